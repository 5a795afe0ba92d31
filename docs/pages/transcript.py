"""A run's events as lines for a person."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

Members = Mapping[str, Any]

SHOWN = 72  # characters of a text
_WITHIN = ("message_complete", "reasoning_step", "tool_start", "tool_end", "custom")


def lines_of(events: Sequence[Members], turns: Collection[tuple[str, ...]]) -> Iterator[str]:
    """Yield a line for each event that says something new; single words are left out, and the steps within *turns*."""
    for event in events:
        path = tuple(event.get("path", ()))
        turn = next((n for n in range(1, len(path)) if path[:n] in turns), len(path))
        if turn < len(path) and event["type"] in ("step_start", "step_end"):
            continue
        said = _SAID.get(event["type"], _nothing)(event)
        if said:
            depth = max(0, turn - 1) + (event["type"] in _WITHIN and bool(path))
            yield f"{event['type']:<21} {'  ' * depth}{said}"


def _nothing(event: Members) -> str:
    return ""


def _step_end(event: Members) -> str:
    return str(event["name"]) + ("" if event["status"] == "ok" else f", {event['status']}")


def _message(event: Members) -> str:
    return f"{event['agent']}: {_quoted(event['content'])}" if event["content"] else ""


def _decision(event: Members) -> str:
    calls = [f"{call['name']}({', '.join(map(_quoted, call['args'].values()))})" for call in event["tool_calls"]]
    return " ".join([f"{event['agent']}: {event['action']}", *calls])


def _quoted(text: object) -> str:
    line = " ".join(str(text).split())
    return f"“{line if len(line) <= SHOWN else line[: SHOWN - 1].rstrip() + '…'}”"


_SAID: Mapping[str, Callable[[Members], str]] = {
    "workflow_started": lambda event: f"{event['strategy']}, {_quoted(event['input'])}",
    "step_start": lambda event: str(event["name"]),
    "step_end": _step_end,
    "message_complete": _message,
    "reasoning_step": _decision,
    "tool_start": lambda event: str(event["tool"]),
    "tool_end": lambda event: str(event["tool"]),
    "progress": lambda event: f"{event['percent']:g} %",
    "custom": lambda event: f"{event['name']} {json.dumps(event['data'], ensure_ascii=False)}",
    "workflow_interrupted": lambda event: ", ".join(_quoted(asked["value"]["prompt"]) for asked in event["interrupts"]),
    "workflow_resumed": lambda event: str(event["cause"]),
    "workflow_completed": lambda event: _quoted(event["final_response"]),
}
