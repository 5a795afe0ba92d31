"""The classes by which a project holds data: models, dataclasses, enums and named tuples of its own modules.

Checkpoints may revive them although no state schema names them, as between the tasks of a function. Nothing is
imported for it, so data can only ever name classes that the project itself has loaded.
"""

import dataclasses
import enum
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

from pydantic import BaseModel

TypeName = tuple[str, ...]
"""A module and a class in it."""

_OURS = "cantata"
_INSTALLED = ("site-packages", "dist-packages")  # a virtual environment may lie in the project's folder


class DataTypes:
    """Knows them for modules below *roots* and in *packages*; looks again when something was imported since."""

    def __init__(self, roots: Iterable[Path] = (), packages: Iterable[str] = ()) -> None:
        self._roots = tuple(str(root) + os.sep for root in roots)
        self._packages = frozenset(packages) - {_OURS}
        self._names: frozenset[TypeName] = frozenset()
        self._modules_seen = 0

    def names(self) -> frozenset[TypeName]:
        """Return them as a checkpoint names them."""
        if self._modules_seen != len(sys.modules) and (self._roots or self._packages):
            modules = list(sys.modules.values())
            self._modules_seen = len(modules)
            self._names = frozenset(name for module in modules if self._is_own(module) for name in _names_in(module))
        return self._names

    def _is_own(self, module: ModuleType) -> bool:
        package = getattr(module, "__name__", "").partition(".")[0]
        file = getattr(module, "__file__", None)
        if package == _OURS or not isinstance(file, str):
            return False
        is_installed = any(folder in file for folder in _INSTALLED)
        return package in self._packages or (not is_installed and file.startswith(self._roots))


def _names_in(module: ModuleType) -> Iterator[TypeName]:
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == module.__name__ and _holds_data(value):
            yield value.__module__, value.__name__


def _holds_data(kind: type) -> bool:
    return (
        issubclass(kind, BaseModel | enum.Enum)
        or dataclasses.is_dataclass(kind)
        or (issubclass(kind, tuple) and hasattr(kind, "_fields"))
    )
