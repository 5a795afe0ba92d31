"""Looks into the code's source, for what can only be read there."""

import ast
import inspect
import textwrap
import types
from collections.abc import Callable, Iterator


def calls(owner: types.ModuleType | Callable[..., object]) -> Iterator[ast.Call]:
    """Yield every call that is written in *owner*."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(owner)))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))
