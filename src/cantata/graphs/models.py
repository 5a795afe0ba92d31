"""From a model's name to a chat model that is ready to call.

Names are canonical from here on: "offline-demo" or "<provider>:<model>", where google_genai is Gemini by our own
client and any other provider one of LangChain's. Knows nothing of graphs.
"""

import os
import re
import threading
from asyncio import AbstractEventLoop, get_running_loop
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from langchain_core.language_models import BaseChatModel

from cantata.graphs.faults import FaultCode, ModelFault, ModelProblem, ModelUnavailable, UnknownModel
from cantata.graphs.offline import OFFLINE_MODEL, OfflineChat

__all__ = [
    "OFFLINE_MODEL",
    "FaultCode",
    "ModelFault",
    "ModelOptions",
    "ModelProblem",
    "ModelSettings",
    "ModelUnavailable",
    "UnknownModel",
    "aclose_models",
    "chat_model",
    "check_model",
    "known_models",
    "model_provider",
    "resolve_model_name",
    "short_model_name",
    "warm_up",
]

GEMINI_PREFIX = "google_genai:"
GEMINI_DEFAULT = "google_genai:gemini-2.5-flash"
GEMINI_MODELS = (  # names to pick from; whatever else the key opens can be named all the same
    GEMINI_DEFAULT,
    "google_genai:gemini-2.5-flash-lite",
    "google_genai:gemini-2.5-pro",
    "google_genai:gemini-3.1-pro-preview",
    "google_genai:gemini-3.8-flash",
    "google_genai:gemini-4-argon",
)

_MAX_CACHED = 32  # clients per event loop; each holds a connection pool
_PROVIDED = re.compile(r"[a-z][a-z0-9_]*:\S+")
_WHAT_EXISTS = (
    f"Known are {OFFLINE_MODEL} and {GEMINI_PREFIX}<model>, for example {GEMINI_DEFAULT}, "
    "and <provider>:<model> of any provider whose LangChain package is installed."
)


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


def resolve_model_name(name: str | None, settings: ModelSettings) -> str:
    """Give the canonical name of what was asked for; None asks for the default.

    Of other providers' models no more than the form of the name is looked at; see `check_model`.

    Raises:
        UnknownModel: Nothing here has this name.
        ModelUnavailable: It is a Gemini model and no key is set.
    """
    canonical = _canonical(name or settings.default_model or _built_in_default(settings))
    if canonical.startswith(GEMINI_PREFIX) and settings.gemini_api_key is None:
        message = f"The model {canonical} needs a key: set GEMINI_API_KEY, or use {OFFLINE_MODEL}."
        raise ModelUnavailable(message)
    return canonical


def known_models(settings: ModelSettings) -> list[str]:
    """List names to pick from, the default first and `offline-demo` last.

    Raises:
        UnknownModel, ModelUnavailable: The default cannot be had; see `resolve_model_name`.
    """
    gemini = GEMINI_MODELS if settings.gemini_api_key is not None else ()
    return list(dict.fromkeys([resolve_model_name(None, settings), *gemini, OFFLINE_MODEL]))


def model_provider(canonical: str) -> str:
    """Name who provides a model; a model of our own names itself."""
    return canonical.partition(":")[0]


def check_model(name: str | None, settings: ModelSettings) -> str:
    """Give the canonical name of a model that can be had for sure; slow and blocking for another provider's first.

    Raises:
        UnknownModel: Nothing here has this name.
        ModelUnavailable: A key or a package is missing; the message names it.
    """
    canonical = resolve_model_name(name, settings)
    if _is_of_another_provider(canonical):
        chat_model(canonical, None, settings)
    return canonical


def chat_model(
    name: str | None, options: ModelOptions | None = None, settings: ModelSettings | None = None
) -> BaseChatModel:
    """Give the chat model of that name, the same object for equal arguments on one event loop.

    Without settings those of the environment hold, so that a graph file runs unchanged under `langgraph dev`.
    A Gemini client's connections belong to the loop that opened them, hence one cache per loop.

    Raises:
        UnknownModel: Nothing here has this name.
        ModelUnavailable: A key or a package is missing; the message names it.
    """
    settings = settings or ModelSettings.from_environment()
    options = options or ModelOptions()
    key = (resolve_model_name(name, settings), options, settings)
    with _lock:
        models = _models_of_this_loop()
        if key not in models:
            models[key] = _construct(*key)
        models.move_to_end(key)
        while len(models) > _MAX_CACHED:
            # Not closed: a run may hold it. Its own finaliser closes it when the last run lets go.
            models.popitem(last=False)
        return models[key]


def short_model_name(canonical: str) -> str:
    """Drop the provider: the name that traces and prices use."""
    return canonical.partition(":")[2] or canonical


def warm_up(settings: ModelSettings) -> None:
    """Import the clients that are configured: 1.5 s that the first run would wait, with the loop stopped.

    Raises:
        UnknownModel: The default model's provider is none of LangChain's.
        ModelUnavailable: The default model's key or package is missing.
    """
    check_model(None, settings)
    if settings.gemini_api_key is not None:
        import cantata.graphs.gemini  # noqa: F401, PLC0415 - 1.5 s, and useless without a key


async def aclose_models() -> None:
    """Close the clients of this event loop and forget them. Call it once no run is left."""
    with _lock:
        models = list(_models_of_this_loop().values())
        _models_of_this_loop().clear()
    for model in models:
        if aclose := getattr(model, "aclose", None):
            await aclose()


_Key = tuple[str, ModelOptions, ModelSettings]
_lock = threading.Lock()  # sync nodes ask for models from worker threads
_by_loop: WeakKeyDictionary[AbstractEventLoop, OrderedDict[_Key, BaseChatModel]] = WeakKeyDictionary()
_without_loop: OrderedDict[_Key, BaseChatModel] = OrderedDict()


def _models_of_this_loop() -> OrderedDict[_Key, BaseChatModel]:
    try:
        loop = get_running_loop()
    except RuntimeError:
        return _without_loop
    return _by_loop.setdefault(loop, OrderedDict())


def _construct(name: str, options: ModelOptions, settings: ModelSettings) -> BaseChatModel:
    if name == OFFLINE_MODEL:
        return OfflineChat(
            temperature=options.temperature,
            top_p=options.top_p,
            max_output_tokens=options.max_output_tokens,
            token_delay_seconds=settings.offline_token_delay_seconds,
        )
    if _is_of_another_provider(name):
        from cantata.graphs.providers import provider_chat  # noqa: PLC0415 - it takes its settings from here

        return provider_chat(name, options, settings)
    from cantata.graphs.gemini import gemini_chat  # noqa: PLC0415 - 1.5 s, only for those who have a key

    return gemini_chat(short_model_name(name), options, settings)


def _is_of_another_provider(canonical: str) -> bool:
    return canonical != OFFLINE_MODEL and not canonical.startswith(GEMINI_PREFIX)


def _canonical(name: str) -> str:
    if name == OFFLINE_MODEL or (_PROVIDED.fullmatch(name) and not name.startswith(GEMINI_PREFIX)):
        return name
    model = name.removeprefix(GEMINI_PREFIX).removeprefix("models/")
    is_gemini = name.startswith(GEMINI_PREFIX) or model.startswith("gemini-")
    if not is_gemini or not model or "/" in model or ":" in model:
        message = f"No model is named {name!r}. {_WHAT_EXISTS}"
        raise UnknownModel(message)
    return GEMINI_PREFIX + model


def _built_in_default(settings: ModelSettings) -> str:
    return GEMINI_DEFAULT if settings.gemini_api_key is not None else OFFLINE_MODEL


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
