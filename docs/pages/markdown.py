"""How a generated page is written. Knows nothing of what is on it."""

import json
import textwrap
from collections.abc import Iterable, Sequence
from inspect import cleandoc

MARK = "<!-- Made from the code by `make docs`: change the code, or docs/words.toml, and not this page. -->"
WIDTH = 120

Row = Sequence[str]


def with_table(text: str, name: str, new: str) -> str:
    """Put a table between its marks on a page that is otherwise written by hand."""
    starts, ends = f"<!-- {name}: made by `make docs` -->", f"<!-- end of {name} -->"
    before, _, rest = text.partition(starts)
    return f"{before}{starts}\n\n{new}\n\n{ends}{rest.partition(ends)[2]}"


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


def undented(schema: object) -> object:
    """Take the indentation out of a schema's descriptions: Python does so itself, but only from 3.13 on."""
    if isinstance(schema, list):
        return [undented(member) for member in schema]
    if isinstance(schema, dict):
        return {
            name: cleandoc(member) if name == "description" and isinstance(member, str) else undented(member)
            for name, member in schema.items()
        }
    return schema


def _wrapped(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)
