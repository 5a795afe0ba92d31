"""Which classes of a project may come back from a checkpoint."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cantata.graphs.data_types import DataTypes
from cantata.graphs.registry import GraphRegistry
from cantata.graphs.state import ModelContext

MODULE = """
import dataclasses, enum, typing
import pydantic

@dataclasses.dataclass
class Point:
    x: int

class Size(enum.Enum):
    SMALL = 1

class Pair(typing.NamedTuple):
    a: int

class Order(pydantic.BaseModel):
    size: Size

class Sender:
    def __init__(self, target):
        print(target)

def run(command):
    pass
"""


@pytest.fixture
def bring(tmp_path: Path, clean_imports: None) -> Callable[[str], None]:
    """Write a module into a folder and import it."""

    def write(folder: str) -> None:
        place = tmp_path / folder
        place.mkdir(parents=True, exist_ok=True)
        (place / "brought.py").write_text(MODULE)
        sys.path.insert(0, str(place))
        __import__("brought")

    return write


def test_data_of_modules_below_a_root_is_named(tmp_path: Path, bring: Callable[[str], None]) -> None:
    types = DataTypes([tmp_path])
    assert types.names() == frozenset()

    bring("src")

    assert types.names() == {("brought", name) for name in ("Point", "Size", "Pair", "Order")}


def test_what_is_installed_below_a_root_is_not_the_projects(tmp_path: Path, bring: Callable[[str], None]) -> None:
    bring(".venv/lib/site-packages")

    assert DataTypes([tmp_path]).names() == frozenset()


def test_an_installed_package_that_a_graph_came_from_is(tmp_path: Path, bring: Callable[[str], None]) -> None:
    bring(".venv/lib/site-packages")

    assert ("brought", "Point") in DataTypes([tmp_path], ["brought"]).names()


def test_our_own_classes_are_never_named() -> None:
    """Not even where the whole repository is a project, as in development."""
    source = Path(sys.modules[ModelContext.__module__].__file__ or "").parents[2]

    names = DataTypes([source], ["cantata"]).names()

    assert [name for name in names if name[0].startswith("cantata")] == []


def test_a_project_brings_its_data(load_project: Callable[[str], GraphRegistry]) -> None:
    registry = load_project("state_shapes")

    assert {("models", "Gift"), ("models", "Size"), ("models", "Parcel")} <= registry.data_types.names()
