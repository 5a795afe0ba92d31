"""The page of settings: the server's, the models', and the options of the command."""

import argparse
import ast
import re
import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any

from annotated_types import Ge, Gt, Le, Lt
from docs.pages.glossary import Glossary
from docs.pages.markdown import Row, code, page, table
from docs.pages.source import calls
from pydantic import BaseModel, SecretStr

from cantata.graphs.model_settings import ModelSettings
from cantata.server.__main__ import parser as command_line
from cantata.server.settings import GROUPS, Settings

COLUMNS = ("name", "type", "default", "bounds", "unit", "what it is")
UNITS = {
    "days": "days",
    "hours": "hours",
    "seconds": "seconds",
    "bytes": "bytes",
    "chars": "characters",
    "MS": "milliseconds",
    "SECONDS": "seconds",
}


def settings_page(glossary: Glossary) -> str:
    """Describe every setting, those of the models, and the options of the command."""
    return page(
        "Settings",
        """
        Each setting is an environment variable. A file `.env` in the folder where the server starts is read too; what
        the environment says goes first, and an empty variable counts as absent. A value that cannot be used stops the
        start. What the `env` of a `langgraph.json` sets reaches graphs and their models, not the server's settings.
        """,
        *(part for group in GROUPS for part in _group(group, glossary)),
        "## How models are reached",
        "Read by the models themselves, and so also under `langgraph dev`.",
        table(COLUMNS, model_settings(glossary)),
        "## Options of `cantata serve`",
        "`--database` goes before `DATABASE_URL`. With make: `make run ARGS='--port 9000'`.",
        table(("option", "default", "what it does"), _options("serve")),
        "## Options of `cantata key` and `cantata token`",
        "[authentication.md](authentication.md) shows them at work.",
        *_with_title("key create"),
        *_with_title("key revoke"),
        *_with_title("token"),
    )


def _group(group: type[BaseModel], glossary: Glossary) -> tuple[str, str, str]:
    title = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", group.__name__).capitalize()
    rows = [
        (
            code(name.upper()),
            _setting_type(field.annotation),
            _shown_default(field.default),
            _bounds(field.metadata),
            _unit(name),
            glossary.sentence(field.description, f"the setting {name}"),
        )
        for name, field in group.model_fields.items()
    ]
    return f"## {title}", group.__doc__ or "", table(COLUMNS, rows)


def _setting_type(annotation: object) -> str:
    names: dict[object, str] = {
        bool: "`true` or `false`",
        int: "integer",
        float: "number",
        str: "text",
        SecretStr: "secret",
        tuple: "list",
        dict: "JSON",
    }
    if typing.get_origin(annotation) is typing.Literal:
        return " or ".join(map(code, typing.get_args(annotation)))
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):  # an alias makes it the old one
        (annotation,) = (kind for kind in typing.get_args(annotation) if kind is not types.NoneType)
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    return names[typing.get_origin(annotation) or annotation]


def _shown_default(value: object) -> str:
    if value in (None, (), {}, ""):
        return "none"
    if isinstance(value, tuple):
        return code(",".join(value))
    return code(str(value).lower() if isinstance(value, bool) else str(value))


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


def model_settings(glossary: Glossary) -> Iterator[Row]:
    """Read what `from_environment` reads: `env.get(name)`, and `_number(env, name, default, (low, high))`."""
    for call in calls(ModelSettings.from_environment):
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


def _with_title(command: str) -> tuple[str, str]:
    return f"### `cantata {command}`", table(("option", "default", "what it does"), _options(command))


def _options(command: str) -> Iterator[Row]:
    parser = command_line()
    for word in command.split():
        parser = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction)).choices[word]
    for action in parser._actions:
        if action.dest != "help":
            told, _, default = (action.help or "").partition(" (default: ")
            shown = code(str(action.default)) if action.default else default.rstrip(")")
            yield code((action.option_strings or [action.dest])[0]), shown, f"{told[:1].upper()}{told[1:]}."
