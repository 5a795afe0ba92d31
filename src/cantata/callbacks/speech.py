"""What a graph says itself, through `get_stream_writer()` or `adispatch_custom_event`, sorted into its kinds."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Said:
    """Words of a message that the graph speaks."""

    kind: Literal["agent_thinking", "message_delta"]
    text: str


@dataclass(frozen=True)
class Advanced:
    """How far the graph, or a tool, says that it is."""

    kind: Literal["progress", "tool_progress"]
    percent: float | None
    message: str | None

    def members(self) -> dict[str, Any]:
        """Return what was said, for a place where it has no meaning of its own."""
        told = {"percent" if self.kind == "progress" else "progress": self.percent, "message": self.message}
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True)
class Other:
    """Anything else."""

    name: str
    data: dict[str, Any]


def parse(value: Any, name: str = "custom") -> Said | Advanced | Other:
    """Sort *value*, dispatched under *name*; a reserved type without its members is an ordinary word."""
    if not isinstance(value, dict):
        return Other(name, {"value": value})
    told = value.get("type")
    kind = told if isinstance(told, str) else name
    rest = {k: v for k, v in value.items() if k != "type"} if isinstance(told, str) else value
    match kind:
        case "agent_thinking" | "message_delta" if isinstance(text := rest.get("text"), str):
            return Said(kind, text)
        case "progress" if (advanced := _advanced(kind, rest, "percent")) is not None:
            return advanced
        case "tool_progress" if (advanced := _advanced(kind, rest, "progress")) is not None:
            return advanced
        case _:
            return Other(kind, rest)


def _advanced(kind: Literal["progress", "tool_progress"], rest: dict[str, Any], key: str) -> Advanced | None:
    percent, message = rest.get(key), rest.get("message")
    is_number = isinstance(percent, int | float) and not isinstance(percent, bool) and 0 <= percent <= 100
    if (percent is not None and not is_number) or (message is not None and not isinstance(message, str)):
        return None
    if percent is None and message is None:
        return None
    return Advanced(kind, percent, message)
