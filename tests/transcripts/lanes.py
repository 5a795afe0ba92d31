"""Streams of branches that ran at once, one branch after the other: only the order within each is promised.

What is numbered over the whole run (`seq`, steps, messages, decisions, `percent`) is numbered anew in the new order.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

Members = dict[str, Any]


@dataclass
class _Step:
    """A step with all that is said within it, in order."""

    place: tuple[int, int, str] = (0, 0, "")
    """Superstep, branch and name, by which steps at once are put in order."""
    parts: list["Members | _Step"] = field(default_factory=list)

    def flat(self) -> Iterator[Members]:
        """Yield the events, steps at once one after the other."""
        for superstep, group in groupby(self.parts, lambda part: part.place[0] if isinstance(part, _Step) else None):
            parts = list(group)
            if superstep is not None:
                parts.sort(key=lambda part: part.place if isinstance(part, _Step) else (0, 0, ""))
            for part in parts:
                yield from part.flat() if isinstance(part, _Step) else [part]


def in_lanes(raw: bytes) -> bytes:
    """Rewrite the frames of one run's whole log."""
    events = [json.loads(line[6:]) for line in raw.split(b"\n") if line.startswith(b"data: ")]
    return b"".join(map(_frame, _numbered(list(_tree(events).flat()), events)))


def lanes(events: list[Members]) -> list[Members]:
    """Put the JSON of a run's events in the same order, numbered anew."""
    return _numbered(list(_tree(events).flat()), events)


def _tree(events: list[Members]) -> _Step:
    root = _Step()
    within: dict[str, _Step] = {}  # by the span or message that is said there
    last = root
    for event in events:
        above = within.get(event.get("parent_span_id", ""), root)
        match event["type"]:
            case "step_start":
                step = _Step((event["superstep"], event.get("branch", -1), event["name"]))
                above.parts.append(step)
                above = within[event["span_id"]] = step
            case "step_end" | "tool_progress":
                above = within[event["span_id"]]
            case "tool_start":
                within[event["span_id"]] = above
            case "message_start":
                within[event["message_id"]] = above
            case "message_delta" | "agent_thinking":
                above = within[event["message_id"]]
            case "progress" if "percent" in event:
                above = last  # it is of the step that has just ended
        above.parts.append(event)
        last = above
    return root


def _numbered(events: list[Members], before: list[Members]) -> list[Members]:
    percents = iter([event["percent"] for event in before if event["type"] == "progress" and "percent" in event])
    numbers: dict[tuple[str, Any], int] = {}
    counts: dict[str, int] = {}

    def new(kind: str, old: Any) -> int:
        if (kind, old) not in numbers:
            numbers[kind, old] = counts[kind] = counts.get(kind, 0) + 1
        return numbers[kind, old]

    told = []
    for seq, event in enumerate(events, 1):
        told.append({**event, "seq": seq})
        if event["type"] in ("step_start", "step_end"):
            told[-1]["step"] = new("step", event["step"])
        if "message_id" in event:
            told[-1]["message_id"] = f"m{new('message', event['message_id'])}"
        if event["type"] == "reasoning_step":
            told[-1]["index"] = new("index", event["index"])
        if event["type"] == "progress" and "percent" in event:
            told[-1]["percent"] = next(percents)
    return told


def _frame(event: Members) -> bytes:
    name = f"evt_{event['workflow_id'].removeprefix('wf_')}_{event['seq']}"
    data = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return f"id: {name}\nevent: {event['type']}\ndata: {data}\n\n".encode()
