"""Writes the pages that follow from the code, or with `--check` names those that no longer do.

What the code does not say itself stands in `words.toml`. A setting, error or event without a sentence stops both.
"""

import argparse
import ast
import asyncio
import inspect
import itertools
import json
import sys
import textwrap
import tomllib
import types
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from annotated_types import Ge, Gt, Le, Lt
from pydantic import SecretStr

from cantata.callbacks import events
from cantata.graphs import faults as model_faults
from cantata.graphs import models
from cantata.graphs.registry import GraphRegistry
from cantata.server import errors
from cantata.server.__main__ import _parser
from cantata.server.app import create_app
from cantata.server.runs import faults as run_faults
from cantata.server.settings import Settings, Words

ROOT = Path(__file__).resolve().parent.parent
MARK = "<!-- Made from the code by `make docs`: change the code, or docs/words.toml, and not this page. -->"
TABLE_STARTS, TABLE_ENDS = "<!-- events: made by `make docs` -->", "<!-- end of events -->"
SHARED = (events._Envelope, events._Traced, events._Placed, events._Spanned)
NEVER_ANSWERED = (errors.Fenced, errors.LogConflict)
UNITS = {"seconds": "seconds", "bytes": "bytes", "chars": "characters", "MS": "milliseconds", "SECONDS": "seconds"}
WIDTH = 120

Row = Sequence[str]


def main() -> None:
    """Write every page, or check it; exits with 1 when something is missing or stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; name what is stale")
    is_check = parser.parse_args().check
    glossary = Glossary(tomllib.loads((ROOT / "docs/words.toml").read_text()))
    pages = generated(glossary)
    trouble = glossary.trouble() + (stale(pages) if is_check else [])
    if trouble:
        sys.exit("\n".join(trouble))
    for path, text in {} if is_check else pages:
        path.write_text(text)


class Glossary:
    """The sentences that the code lacks; notes which are missing and which nobody asks for."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = told
        self._missing: list[str] = []
        self._unused = {(section, name) for section, names in told.items() for name in names}

    def of(self, section: str, *names: str) -> str:
        """Return what is told under the first known name."""
        for name in names:
            if name in self._told[section]:
                self._unused.discard((section, name))
                return str(self._told[section][name])
        self._missing.append(f"docs/words.toml: [{section}] says nothing of {names[0]}")
        return ""

    def example(self, name: str, members: Collection[str]) -> dict[str, object]:
        """Return the example of an event, completed with the common *members* that it has."""
        self.of("examples", name)
        self.of("examples", "common")
        examples: dict[str, dict[str, object]] = self._told["examples"]
        return {key: value for key, value in examples["common"].items() if key in members} | examples.get(name, {})

    def sentence(self, text: str | None, owner: str) -> str:
        """Return what the code says of *owner* on one line, and insist that it says something."""
        line = " ".join((text or "").split())
        if not line:
            self._missing.append(f"{owner} has no sentence: give it a docstring or a description")
        return line

    def trouble(self) -> list[str]:
        """List what is missing or superfluous."""
        return self._missing + [f"docs/words.toml: [{s}] {name} is of no use" for s, name in sorted(self._unused)]


def generated(glossary: Glossary) -> list[tuple[Path, str]]:
    """Make every generated page with its place."""
    docs, readme = ROOT / "docs", ROOT / "README.md"
    return [
        (docs / "settings.md", settings_page(glossary)),
        (docs / "errors.md", errors_page(glossary)),
        (docs / "events.md", events_page(glossary)),
        (docs / "graphs.md", graphs_page()),
        (docs / "schemas/events.json", as_json(events.json_schema())),
        (docs / "schemas/openapi.json", as_json(create_app(Settings.model_construct()).openapi())),
        (readme, with_table(readme.read_text(), events_table(glossary))),
    ]


def stale(pages: Iterable[tuple[Path, str]]) -> list[str]:
    """Name the pages whose file differs from what the code says now."""
    return [
        f"{path.relative_to(ROOT)} is stale: run `make docs`"
        for path, text in pages
        if not path.is_file() or path.read_text() != text
    ]


def settings_page(glossary: Glossary) -> str:
    """Describe every setting, those of the models, and the options of the command."""
    rows = [
        (
            code(name.upper()),
            _setting_type(field.annotation),
            _shown_default(field.default),
            _bounds(field.metadata),
            _unit(name),
            glossary.sentence(field.description, f"the setting {name}"),
        )
        for name, field in Settings.model_fields.items()
    ]
    return page(
        "Settings",
        """
        Each setting is an environment variable. A file `.env` in the folder where the server starts is read too; what
        the environment says goes first, and an empty variable counts as absent. A value that cannot be used stops the
        start. What the `env` of a `langgraph.json` sets reaches graphs and their models, not the server's settings.
        """,
        table(("name", "type", "default", "bounds", "unit", "what it is"), rows),
        "## Models",
        "How models are reached, beside the keys and `DEFAULT_MODEL` above.",
        table(("name", "type", "default", "bounds", "unit", "what it is"), _model_settings(glossary)),
        "## Options of `cantata serve`",
        "`--database` goes before `DATABASE_URL`. With make: `make run ARGS='--port 9000'`.",
        table(("option", "default", "what it does"), _options()),
    )


def errors_page(glossary: Glossary) -> str:
    """Describe every way in which a request, the start or a run can fail."""
    known: list[type[errors.CantataError]] = [errors.CantataError, *_descendants(errors.CantataError)]
    of_requests = [e for e in known if e.__module__ == errors.__name__ and e not in NEVER_ANSWERED]
    of_the_start = [e for e in known if e.__module__ != errors.__name__]
    sentences = {e: glossary.sentence(e.__dict__.get("__doc__"), f"the error {e.__name__}") for e in known}
    return page(
        "Errors",
        """
        `code` is stable and for programs; `detail` is for people, says what to do next, and may be reworded. No answer
        holds a traceback or a secret.
        """,
        "## When a request fails",
        """
        The answer is `application/problem+json`. Some errors carry more members: `errors` lists `path` and `message` of
        each field that was refused, `session_busy` names `active_workflow_id` and `cancel`, `cursor_beyond_head` the
        `last_seq`, `interrupt_mismatch` the `pending` ids. A 503 has `Retry-After`.
        """,
        '```json\n{"type": "urn:cantata:error:cursor_beyond_head", "title": "Conflict", "status": 409,\n'
        ' "detail": "The cursor lies beyond the last event: it is of another log.",\n'
        ' "code": "cursor_beyond_head", "last_seq": 71}\n```',
        table(("code", "status", "what it says"), [(code(e.code), str(e.status), sentences[e]) for e in of_requests]),
        "What matches no route is `not_found`, or 405 `method_not_allowed`.",
        "## When the server does not start",
        "It prints one sentence and exits with 2, also for a setting or a `langgraph.json` that cannot be used.",
        table(("code", "what it says"), [(code(e.code), sentences[e]) for e in of_the_start]),
        "## When a run fails",
        """
        The stream ends with `workflow_error`, the workflow has `status: failed`, and both hold `error` with `code`,
        `message` and `retryable`, beside `recovery_suggestions` and the `partial_response`.
        """,
        table(("code", "retryable", "what happened", "suggestions"), _failures(glossary)),
    )


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


def graphs_page() -> str:
    """Draw every built-in graph."""
    graphs = GraphRegistry.load(None)
    drawings = {entry.name: asyncio.run(_drawing(graphs, entry.name)) for entry in graphs.entries()}
    return page(
        "Graphs",
        """
        The graphs that come with Cantata, as LangSmith Studio draws them: a dotted arrow is taken or not, a graph
        within a graph is drawn open. [studio.md](studio.md) tells how to look into them while they run.
        """,
        *(
            part
            for entry in graphs.entries()
            for part in (f"## {entry.name}", entry.description, f"```mermaid\n{drawings[entry.name]}```")
        ),
    )


async def _drawing(graphs: GraphRegistry, name: str) -> str:
    async with graphs.get(name).open({}, access="assistants.read") as graph:
        return (await graph.aget_graph(xray=True)).draw_mermaid(with_styles=False).replace("\t", "  ")


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


def with_table(text: str, new: str) -> str:
    """Put the table between its marks."""
    before, _, rest = text.partition(TABLE_STARTS)
    return f"{before}{TABLE_STARTS}\n\n{new}\n\n{TABLE_ENDS}{rest.partition(TABLE_ENDS)[2]}"


def page(title: str, *parts: str) -> str:
    """Join a page's parts; prose is wrapped, all else stays."""
    shown = [part if part.startswith(("|", "#", "```")) else _wrapped(part) for part in parts]
    return "\n\n".join([MARK, f"# {title}", *shown]) + "\n"


def table(head: Row, rows: Iterable[Row]) -> str:
    """Write a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)


def code(text: str) -> str:
    """Mark *text* as code."""
    return f"`{text}`"


def as_json(value: object) -> str:
    """Write *value* as a file that differs only where it differs."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


# Settings


def _setting_type(annotation: object) -> str:
    names = {int: "integer", float: "number", str: "text", SecretStr: "secret", Words: "list", tuple: "list"}
    kinds = [kind for kind in typing.get_args(annotation) or (annotation,) if kind is not types.NoneType]
    return names[typing.get_origin(annotation) or kinds[0]] if len(kinds) > 1 else names[kinds[0]]


def _shown_default(value: object) -> str:
    return code(str(value)) if value not in (None, ()) else "none"


def _bounds(metadata: Iterable[Any]) -> str:
    told = []
    for bound in metadata:
        match bound:
            case Ge(ge=limit):
                told.append(f"≥ {limit}")
            case Gt(gt=limit):
                told.append(f"> {limit}")
            case Le(le=limit):
                told.append(f"≤ {limit}")
            case Lt(lt=limit):
                told.append(f"< {limit}")
    return ", ".join(told)


def _unit(name: str) -> str:
    return UNITS.get(name.rpartition("_")[2], "")


def _model_settings(glossary: Glossary) -> Iterator[Row]:
    """Read what `from_environment` reads: `env.get(name)`, and `_number(env, name, default, (low, high))`."""
    for call in _calls(models.ModelSettings.from_environment):
        match call:
            case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name)), *_]):
                if name.lower() not in Settings.model_fields:
                    yield code(name), "text", "none", "", "", glossary.of("models", name)
            case ast.Call(
                func=ast.Name(id="_number" | "_whole_number"), args=[_, ast.Constant(value=str(name)), default, bounds]
            ):
                low, high = ast.literal_eval(bounds)
                shown = code(f"{ast.literal_eval(default):g}")
                yield code(name), "number", shown, f"≥ {low}, ≤ {high}", _unit(name), glossary.of("models", name)


def _options() -> Iterator[Row]:
    commands = next(a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction))
    for action in commands.choices["serve"]._actions:
        if action.dest != "help":
            told, _, default = (action.help or "").partition(" (default: ")
            shown = code(str(action.default)) if action.default else default.rstrip(")")
            yield code(action.option_strings[0]), shown, f"{told[:1].upper()}{told[1:]}."


# Errors


def _descendants(kind: type[errors.CantataError]) -> Iterator[type[errors.CantataError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _descendants(child)


def _failures(glossary: Glossary) -> Iterator[Row]:
    found: dict[str, tuple[str, list[str]]] = {
        kind: (_yes(told.retryable), list(told.recovery_suggestions)) for kind, told in model_faults._KINDS.items()
    }
    for call in _calls(run_faults):
        match call:
            case ast.Call(func=ast.Name(id="_failure"), args=[ast.Constant(value=str(name)), _, retryable, *said]):
                is_known = isinstance(retryable, ast.Constant)
                told = _yes(ast.literal_eval(retryable)) if is_known else "as the model says"
                suggestions = [_text_in(run_faults, argument) for argument in said]
                if name in found:  # two causes of one code
                    told = told if told == found[name][0] else "depends"
                    suggestions = [*found[name][1], *suggestions]
                found[name] = (told, suggestions)
    for name, (told, suggestions) in sorted(found.items()):
        yield code(name), told, glossary.of("failures", name), " ".join(suggestions)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _text_in(module: types.ModuleType, node: ast.expr) -> str:
    return str(getattr(module, node.id) if isinstance(node, ast.Name) else ast.literal_eval(node))


def _calls(owner: types.ModuleType | Callable[..., object]) -> Iterator[ast.Call]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(owner)))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


# Events


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


if __name__ == "__main__":
    main()
