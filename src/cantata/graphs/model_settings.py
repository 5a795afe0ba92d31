"""How models are reached, and what may be chosen of each."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ModelSettings:
    """How models are reached. Equal settings share clients, so this is hashable and holds no state."""

    gemini_api_key: str | None = field(default=None, repr=False)
    default_model: str | None = None
    idle_seconds: float = 60.0
    total_seconds: float = 600.0
    attempts: int = 3
    gemini_base_url: str | None = None
    offline_token_delay_seconds: float = 0.01

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "ModelSettings":
        """Read GEMINI_API_KEY (or GOOGLE_API_KEY), DEFAULT_MODEL and the MODEL_* limits.

        An empty variable counts as absent.

        Raises:
            ValueError: A number is missing its digits or out of its bounds; the message names the variable.
        """
        env = os.environ if environment is None else environment
        return cls(
            gemini_api_key=env.get("GEMINI_API_KEY") or env.get("GOOGLE_API_KEY") or None,
            default_model=env.get("DEFAULT_MODEL") or None,
            idle_seconds=_number(env, "MODEL_IDLE_SECONDS", 60.0, (0.001, 3600)),
            total_seconds=_number(env, "MODEL_TOTAL_SECONDS", 600.0, (0.001, 86_400)),
            attempts=_whole_number(env, "MODEL_ATTEMPTS", 3, (1, 10)),
            gemini_base_url=env.get("GOOGLE_GEMINI_BASE_URL") or None,
            offline_token_delay_seconds=_number(env, "OFFLINE_DEMO_TOKEN_DELAY_MS", 10, (0, 10_000)) / 1000,
        )


@dataclass(frozen=True)
class ModelOptions:
    """Generation options; None leaves the choice to the model."""

    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None


def _whole_number(env: Mapping[str, str], name: str, default: int, bounds: tuple[int, int]) -> int:
    number = _number(env, name, default, bounds)
    if not number.is_integer():
        message = f"{name} must be a whole number, not {number:g}."
        raise ValueError(message)
    return int(number)


def _number(env: Mapping[str, str], name: str, default: float, bounds: tuple[float, float]) -> float:
    text = env.get(name) or str(default)
    low, high = bounds
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        message = f"{name} must be a number from {low:g} to {high:g}, not {text!r}."
        raise ValueError(message)
    return value
