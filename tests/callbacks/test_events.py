"""The catalogue: every event has its name, its schema and its place on the wire."""

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from cantata.callbacks.events import (
    TERMINAL_TYPES,
    TYPE_NAMES,
    AgentThinking,
    AuthExpired,
    Event,
    Heartbeat,
    MessageDelta,
    StepStart,
    StoredEvent,
    StreamGap,
    Timestamps,
    ToolEnd,
    ToolStart,
    Usage,
    WorkflowCompleted,
    decode,
    encode,
    json_schema,
    numbered,
)
from cantata.server.runs.frames import FrameWriter
from cantata.server.runs.ids import RunId

RUN = RunId("wf_01h455vb4pex5vsknk084sn02q")
NOW = "2026-01-01T00:00:00.000Z"
CATALOGUE = [
    *("workflow_started", "step_start", "step_end", "message_start", "agent_thinking", "message_delta"),
    *("message_complete", "reasoning_step", "tool_start", "tool_progress", "tool_end", "progress", "custom"),
    *("workflow_interrupted", "workflow_resumed", "workflow_completed", "workflow_error", "workflow_cancelled"),
    *("heartbeat", "stream_gap", "auth_expired"),
]
PROMISED = [
    *("workflow_started", "agent_thinking", "reasoning_step", "tool_start", "tool_end"),
    *("workflow_completed", "workflow_error", "heartbeat"),
]

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)


def _example(kind: type) -> st.SearchStrategy[Any]:
    """Build instances of an event class from what its fields allow."""
    return st.builds(
        lambda members: msgspec.convert({"type": TYPE_NAMES[kind], **members}, kind),
        st.fixed_dictionaries(
            {f.name: _of(f.type) for f in msgspec.structs.fields(kind) if f.required},
            optional={f.name: _of(f.type) for f in msgspec.structs.fields(kind) if not f.required and f.name != "seq"},
        ),
    )


def _of(annotation: Any) -> st.SearchStrategy[Any]:
    schema = msgspec.json.schema(annotation)
    return _built(schema, schema.get("$defs", {}))


_SIMPLE = {
    "string": _TEXT,
    "integer": st.integers(1, 2**53),
    "number": st.floats(0, 1e6),
    "boolean": st.booleans(),
    "null": st.none(),
}


def _built(part: Any, named: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Build what a JSON schema allows."""
    match part:
        case {"$ref": reference}:
            return _built(named[reference.rpartition("/")[2]], named)
        case {"enum": values}:
            return st.sampled_from(values)
        case {"anyOf": parts}:
            return st.one_of([_built(p, named) for p in parts])
        case {"type": "array"}:
            return st.lists(_built(part.get("items", {}), named), max_size=3)
        case {"type": "object", "properties": members}:
            return st.fixed_dictionaries({k: _built(members[k], named) for k in part["required"]})
        case {"type": "object"}:
            return st.dictionaries(_TEXT, _JSON, max_size=3)
    return _SIMPLE.get(part.get("type"), _JSON)


def test_the_catalogue_is_the_contracts() -> None:
    assert sorted(TYPE_NAMES.values()) == sorted(CATALOGUE)
    assert set(PROMISED) <= set(TYPE_NAMES.values())


def test_the_schema_covers_every_class() -> None:
    schema = json_schema()

    tags = {
        definition["properties"]["type"]["enum"][0]
        for definition in schema["$defs"].values()
        if "type" in definition["properties"] and "enum" in definition["properties"]["type"]
    }
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(CATALOGUE) <= tags
    assert set(schema["discriminator"]["mapping"]) == set(CATALOGUE)


def test_the_schema_describes_the_envelope_of_every_event() -> None:
    properties = [d["properties"] for d in json_schema()["$defs"].values() if "workflow_id" in d["properties"]]

    assert len(properties) == len(CATALOGUE)
    assert all({"type", "seq", "timestamp"} <= members.keys() for members in properties)


@pytest.mark.parametrize("kind", get_args(StoredEvent), ids=lambda kind: TYPE_NAMES[kind])
@given(st.data())
def test_every_stored_event_comes_back_as_it_was(kind: type, data: st.DataObject) -> None:
    event = data.draw(_example(kind))

    assert decode(encode(event)) == event


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: TYPE_NAMES[kind])
@given(st.data())
def test_the_type_comes_first_and_absent_members_are_left_out(kind: type, data: st.DataObject) -> None:
    event = data.draw(_example(kind))

    members = msgspec.json.decode(encode(event))

    assert next(iter(members)) == "type"
    assert members["type"] == TYPE_NAMES[kind]
    absent = {f.name for f in msgspec.structs.fields(kind) if getattr(event, f.name) is UNSET}
    assert not absent & members.keys()


def test_a_token_costs_221_bytes() -> None:
    """The figure that the seeds claim for an event."""
    event = MessageDelta(workflow_id=RUN, timestamp=NOW, message_id="m1", delta="hello")

    (frames,) = FrameWriter(RUN, 122).write([event])

    assert len(frames.data) == 221
    assert frames.data == (
        b"id: evt_01h455vb4pex5vsknk084sn02q_123\nevent: message_delta\n"
        b'data: {"type":"message_delta","workflow_id":"wf_01h455vb4pex5vsknk084sn02q","seq":123,'
        b'"timestamp":"2026-01-01T00:00:00.000Z","message_id":"m1","delta":"hello"}\n\n'
    )


@pytest.mark.parametrize("kind", [MessageDelta, AgentThinking])
def test_a_delta_carries_nothing_but_its_words(kind: type) -> None:
    names = {field.name for field in msgspec.structs.fields(kind)}

    assert names == {"workflow_id", "seq", "timestamp", "message_id", "delta"}


def test_only_the_log_numbers_events() -> None:
    event = MessageDelta(workflow_id=RUN, timestamp=NOW, message_id="m1", delta="hello")
    assert b"seq" not in encode(event)

    numbered(event, 7)

    assert event.seq == 7


@pytest.mark.parametrize(
    "event",
    [
        Heartbeat(workflow_id=RUN, timestamp=NOW, status="running", last_seq=3),
        StreamGap(workflow_id=RUN, timestamp=NOW, from_seq=1, to_seq=3, snapshot={}),
        AuthExpired(workflow_id=RUN, timestamp=NOW, reason="expired"),
    ],
)
def test_what_a_stream_makes_itself_has_no_number_and_is_no_event_of_the_log(event: Event) -> None:
    assert b'"seq"' not in encode(event)
    with pytest.raises(msgspec.ValidationError):
        decode(encode(event))


def test_unset_members_of_members_are_left_out_too() -> None:
    event = WorkflowCompleted(
        workflow_id=RUN,
        timestamp=NOW,
        output=None,
        usage=Usage(input_tokens=1),
        execution_time_ms=1,
        tools_used=[],
        step_count=0,
    )

    assert encode(event).endswith(
        b'"output":null,"usage":{"input_tokens":1},"execution_time_ms":1,"tools_used":[],"step_count":0}'
    )


def test_a_start_and_its_end_have_the_same_key() -> None:
    shared = {"span_id", "node", "path", "parent_span_id"}

    assert all(shared <= {f.name for f in msgspec.structs.fields(kind)} for kind in (ToolStart, ToolEnd, StepStart))


def test_three_events_end_a_run() -> None:
    assert {TYPE_NAMES[kind] for kind in TERMINAL_TYPES} == {
        "workflow_completed",
        "workflow_error",
        "workflow_cancelled",
    }


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (0.001, "1970-01-01T00:00:00.001Z"),
        (1_767_225_599.999, "2025-12-31T23:59:59.999Z"),
        (1_767_225_600.0, "2026-01-01T00:00:00.000Z"),
        (1_767_225_600.0004, "2026-01-01T00:00:00.000Z"),
    ],
)
def test_times_are_utc_with_milliseconds(seconds: float, expected: str) -> None:
    assert Timestamps(lambda: seconds).now() == expected


@given(st.lists(st.floats(0, 4e9), min_size=2, max_size=10))
def test_later_times_sort_later(moments: list[float]) -> None:
    """A client may sort by them, and the API searches by them."""
    timestamps = Timestamps()

    written = [timestamps.at(moment) for moment in sorted(moments)]

    assert written == sorted(written)
