"""The page of events, and their table for the README."""

import ast
import inspect
import itertools
import json
import types
import typing
from collections.abc import Iterator
from typing import Any

import msgspec
from docs.pages.glossary import Glossary
from docs.pages.markdown import Row, code, page, table

from cantata.callbacks import events

SHARED = (events._Envelope, events._Traced, events._Placed, events._Spanned)


def events_page(glossary: Glossary) -> str:
    """Describe every event with its members and an example."""
    shared = [(field, owner) for owner in SHARED for field in _own_fields(owner)]
    parts = (events.Usage, events.ToolCall, events.Fault, events.WorkflowFault, events.PendingInterrupt)
    members = [(code(f.encode_name), *_member(f, o, glossary), _who_has(o)) for f, o in shared]
    members.insert(0, (code("type"), "string", "", glossary.of("fields", "type"), "all"))
    return page(
        "Events",
        """
        Everything that a client sees of a run is one of these events. On a stream each is a frame of `id`, `event` and
        `data`; elsewhere it is the JSON alone. A member marked *optional* is left out when there is nothing to say,
        never `null`. Later versions may add members and events: ignore what you do not know.
        [events.json](schemas/events.json) is the same as a JSON Schema.
        """,
        events_table(glossary),
        "## Members that events share",
        table(("member", "type", "", "what it is", "on"), members),
        *(part for kind in events.TYPE_NAMES for part in _event(kind, glossary)),
        "## Parts",
        *(part for kind in parts for part in _part(kind, glossary)),
    )


def events_table(glossary: Glossary) -> str:
    """List the events: name, what it tells, when it comes."""
    rows = [
        (
            code(name),
            glossary.sentence(kind.__dict__.get("__doc__"), f"the event {name}"),
            glossary.of("when", name),
        )
        for kind, name in events.TYPE_NAMES.items()
    ]
    return table(("event", "what it tells", "when"), rows)


def _event(kind: type, glossary: Glossary) -> Iterator[str]:
    name = events.TYPE_NAMES[kind]
    yield f"## {code(name)}"
    yield glossary.sentence(kind.__dict__.get("__doc__"), f"the event {name}")
    shared = [
        code(field.encode_name) + ("" if field.required else " (optional)")
        for owner in SHARED
        if issubclass(kind, owner)
        for field in _own_fields(owner)
    ]
    yield f"Shared: {', '.join(shared)}."
    yield from _members(kind, glossary, name)
    yield f"```json\n{_example(kind, name, glossary)}\n```"


def _part(kind: type, glossary: Glossary) -> Iterator[str]:
    yield f"### {kind.__name__}"
    yield glossary.sentence(kind.__doc__, kind.__name__)
    yield from _members(kind, glossary)


def _members(kind: type, glossary: Glossary, name: str = "") -> Iterator[str]:
    rows = [(code(field.encode_name), *_member(field, kind, glossary, name)) for field in _own_fields(kind)]
    yield table(("member", "type", "", "what it is"), rows)


def _own_fields(kind: type) -> list[msgspec.structs.FieldInfo]:
    return [field for field in msgspec.structs.fields(kind) if field.name in kind.__annotations__]


def _member(field: msgspec.structs.FieldInfo, owner: type, glossary: Glossary, event: str = "") -> Row:
    """Tell a member's type, whether it is optional, and what it is: in the code's words if it has some."""
    name = field.encode_name
    qualified = f"{event or _snake(owner.__name__)}.{name}"
    told = _told_in_code(field, owner) or glossary.of("fields", qualified, name)
    return _member_type(field.type), "" if field.required else "optional", told


def _told_in_code(field: msgspec.structs.FieldInfo, owner: type) -> str:
    """Return the description in the type, or the docstring under the member."""
    for kind in (field.type, *typing.get_args(field.type)):
        for meta in typing.get_args(kind)[1:] if typing.get_origin(kind) is typing.Annotated else ():
            if isinstance(meta, msgspec.Meta) and meta.description:
                return meta.description
    (body,) = (node.body for node in ast.parse(inspect.getsource(owner)).body if isinstance(node, ast.ClassDef))
    for line, following in itertools.pairwise(body):
        match line, following:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ) if name == field.name:
                return " ".join(text.split())
    return ""


def _member_type(kind: object) -> str:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _member_type(arguments[0])
    if origin is typing.Literal:
        return ", ".join(code(json.dumps(value)) for value in arguments)
    if origin in (typing.Union, types.UnionType):
        parts = [
            part for part in arguments if part is not msgspec.UnsetType and not (part is int and float in arguments)
        ]
        return " or ".join(map(_member_type, parts))
    if origin is list:
        return f"array of {_member_type(arguments[0])}"
    if origin is dict:
        return "object"
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    names: dict[object, str] = {
        str: "string",
        int: "integer",
        float: "number",
        bool: "boolean",
        types.NoneType: "null",
        Any: "any",
    }
    return names[kind]


def _who_has(owner: type) -> str:
    """Say on which events the members of *owner* are."""
    having = [name for kind, name in events.TYPE_NAMES.items() if issubclass(kind, owner)]
    without = [name for name in events.TYPE_NAMES.values() if name not in having]
    if not without:
        return "all"
    return "all but " + ", ".join(map(code, without)) if len(without) < len(having) else ", ".join(map(code, having))


def _example(kind: type, name: str, glossary: Glossary) -> str:
    """Write an example that the event's own type accepts, as it looks on the wire."""
    members = {field.encode_name for field in msgspec.structs.fields(kind)}
    if kind in typing.get_args(events.StreamEvent):
        members.discard("seq")
    example: object = msgspec.convert({"type": name, **glossary.example(name, members)}, type=kind)
    shown = (f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in msgspec.to_builtins(example).items())
    return "{\n" + ",\n".join(shown) + "\n}"


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and at else c.lower() for at, c in enumerate(name))
