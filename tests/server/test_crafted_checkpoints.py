"""Whoever can write into the database's file cannot make the server run what he likes by way of a checkpoint."""

import json
from pathlib import Path
from typing import Any

import ormsgpack
import pytest

from cantata.server.persistence.serializer import serializer

CONSTRUCTORS = range(3)  # langgraph's codes for a call with one argument, with several, with named ones
METHOD, PYDANTIC_V1, PYDANTIC_V2 = 3, 4, 5
ATTACKS = [
    ("os", "system"),
    ("subprocess", "getoutput"),
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("posix", "system"),
]


def crafted(code: int, *content: Any) -> tuple[str, bytes]:
    """Write a value that asks for a call when it is read."""
    return "msgpack", ormsgpack.packb(ormsgpack.Ext(code, ormsgpack.packb(content)))


@pytest.mark.parametrize(("module", "name"), ATTACKS)
@pytest.mark.parametrize("code", [*CONSTRUCTORS, PYDANTIC_V1, PYDANTIC_V2])
def test_a_checkpoint_calls_nothing(tmp_path: Path, module: str, name: str, code: int) -> None:
    mark = tmp_path / "was here"
    words = f"touch '{mark}'" if name in ("system", "getoutput") else f"open({str(mark)!r}, 'w')"
    arguments = {0: words, 1: [words], 2: {"command": words}}.get(code, {"command": words})

    read = serializer(()).loads_typed(crafted(code, module, name, arguments, "model_construct"))

    assert not mark.exists()
    assert read is None or isinstance(read, str | list | dict)


def test_a_checkpoint_calls_no_method(tmp_path: Path) -> None:
    mark = tmp_path / "was here"

    serializer(()).loads_typed(crafted(METHOD, "pathlib", "Path", str(mark), "touch"))

    assert not mark.exists()


@pytest.mark.parametrize("kind", ["pickle", "yaml", ""])
def test_a_checkpoint_of_another_kind_is_refused(kind: str) -> None:
    with pytest.raises(NotImplementedError):
        serializer(()).loads_typed((kind, b"cos\nsystem\n(S'true'\ntR."))


def test_a_checkpoint_in_json_revives_no_class_by_its_name() -> None:
    content = json.dumps({"lc": 2, "type": "constructor", "id": ["subprocess", "Popen"], "kwargs": {"args": "true"}})

    read = serializer(()).loads_typed(("json", content.encode()))

    assert type(read).__module__ == "builtins"
