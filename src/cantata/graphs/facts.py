"""What can be known of a graph without running it: its keys and JSON schemas."""

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langgraph.graph.state import CompiledStateGraph
from pydantic import PydanticUserError, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError

from cantata.graphs.opening import AnyGraph

JsonObject = Mapping[str, Any]

_NO_SCHEMA = (
    PydanticUserError,
    PydanticInvalidForJsonSchema,
    PydanticSchemaGenerationError,
    NameError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True)
class GraphFacts:
    """A graph's keys and schemas. A schema that cannot be made is as full as can be, at worst `{}`."""

    input_schema: JsonObject
    output_schema: JsonObject
    context_schema: JsonObject | None
    input_keys: tuple[str, ...]
    required_string_keys: tuple[str, ...]
    state_keys: tuple[str, ...]
    output_keys: tuple[str, ...]
    context_keys: tuple[str, ...]
    node_names: tuple[str, ...]
    has_messages: bool
    takes_text: bool
    """Its input is a string itself, as an `@entrypoint` with a `str` parameter has it."""

    @property
    def config_keys(self) -> tuple[str, ...]:
        """What it reads from `config["configurable"]`: LangGraph tells it apart from the context no more."""
        return self.context_keys

    @property
    def text_key(self) -> str | None:
        """The input key that a plain text goes to: `messages`, else the only string that is required."""
        if self.has_messages:
            return "messages"
        return self.required_string_keys[0] if len(self.required_string_keys) == 1 else None

    def input_of(self, text: str) -> Any:
        """Make the graph's input of a plain text, as JSON that can be stored.

        Raises:
            ValueError: Nothing says where the text should go; the message lists the keys.
        """
        if self.takes_text:
            return text
        if self.text_key is None:
            keys = ", ".join(self.input_keys) or "none known"
            message = f"This graph takes an object as input, not a text; its keys: {keys}."
            raise ValueError(message)
        # "type", not "role": a pydantic state tells messages apart by it.
        return {self.text_key: [{"type": "human", "content": text}] if self.text_key == "messages" else text}


def facts_of(graph: AnyGraph) -> GraphFacts:
    """Read a graph's facts; slow (tens of milliseconds for a state with messages), so keep them."""
    input_schema = _input_schema(graph)
    output_schema = _output_schema(graph)
    context_schema = _context_schema(graph)
    input_keys = _keys(input_schema)
    return GraphFacts(
        input_schema=input_schema,
        output_schema=output_schema,
        context_schema=context_schema,
        input_keys=input_keys,
        required_string_keys=_required_strings(input_schema),
        state_keys=tuple(name for name in graph.stream_channels_list if not name.startswith("__")),
        output_keys=_keys(output_schema),
        context_keys=_keys(context_schema or {}),
        node_names=tuple(name for name in graph.nodes if not name.startswith("__")),
        has_messages="messages" in input_keys,
        takes_text=input_schema.get("type") == "string",
    )


def _input_schema(graph: AnyGraph) -> JsonObject:
    try:
        return graph.get_input_jsonschema()
    except _NO_SCHEMA:
        return _object_schema(graph.builder.input_schema) if isinstance(graph, CompiledStateGraph) else {}


def _output_schema(graph: AnyGraph) -> JsonObject:
    try:
        return graph.get_output_jsonschema()
    except _NO_SCHEMA:
        return _object_schema(graph.builder.output_schema) if isinstance(graph, CompiledStateGraph) else {}


def _context_schema(graph: AnyGraph) -> JsonObject | None:
    try:
        return graph.get_context_jsonschema()
    except _NO_SCHEMA:
        return None if graph.context_schema is None else _object_schema(graph.context_schema)


def _object_schema(kind: Any) -> JsonObject:
    """Describe a class key by key: pydantic refuses a whole `typing.TypedDict` below Python 3.12, or one odd field."""
    try:
        hints = typing.get_type_hints(kind, include_extras=True)
    except _NO_SCHEMA:
        hints = dict.fromkeys(getattr(kind, "__annotations__", {}), Any)
    properties = {name: _schema_of(hint) for name, hint in hints.items()}
    required = [name for name in hints if _is_required(kind, name)]
    return {"title": kind.__name__, "type": "object", "properties": properties, "required": required}


def _schema_of(hint: Any) -> JsonObject:
    try:
        return TypeAdapter(_bare(hint)).json_schema()
    except _NO_SCHEMA:
        return {}


def _bare(hint: Any) -> Any:
    while typing.get_origin(hint) in (typing.Required, typing.NotRequired, typing.Annotated):
        hint = typing.get_args(hint)[0]
    return hint


def _is_required(kind: Any, name: str) -> bool:
    if dataclasses.is_dataclass(kind):
        field = next((field for field in dataclasses.fields(kind) if field.name == name), None)
        return field is not None and field.default is field.default_factory is dataclasses.MISSING
    return name in getattr(kind, "__required_keys__", ())


def _keys(schema: JsonObject) -> tuple[str, ...]:
    return tuple(schema.get("properties", ()))


def _required_strings(schema: JsonObject) -> tuple[str, ...]:
    properties = schema.get("properties", {})
    return tuple(key for key in schema.get("required", ()) if properties.get(key, {}).get("type") == "string")
