"""JMESPath in workflow specs, bounded: whoever posts a spec must not be able to stop the server with it.

The language has no loops, but `[@, @]` repeated doubles what it has, and `map` in `map` multiplies the work.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from jmespath.visitor import TreeInterpreter

MAX_EXPRESSION_CHARACTERS = 1_000
MAX_EXPRESSION_DEPTH = 100  # levels of its syntax tree; jmespath goes down it by recursion, twice for each level
MAX_EVALUATION_STEPS = 50_000  # some 70 ms, for which the loop stands still
MAX_BUILT_SIZE = 1_000_000  # values and characters, of all that one evaluation builds

_TOO_DEEP = f"The expression is nested deeper than {MAX_EXPRESSION_DEPTH} levels."
_BUILDERS = frozenset({"multi_select_list", "multi_select_dict", "function_expression"})
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`")


class BadExpression(ValueError):
    """An expression that cannot be evaluated; the message says why."""


@lru_cache(maxsize=1024)
def expression(text: str) -> Callable[[Any], Any]:
    """Compile a JMESPath expression; what comes back raises `BadExpression` for what it cannot be applied to.

    Raises:
        BadExpression: it is none, is too long or too deep, or calls what does not exist.
    """
    tree = _parsed(text)
    _check(tree)

    def evaluate(value: Any) -> Any:
        try:
            return _Interpreter().visit(tree, value)
        except BadExpression:
            raise
        # What jmespath's functions raise themselves, as `ceil` of infinity does.
        except (JMESPathError, ArithmeticError, TypeError, ValueError, RecursionError) as error:
            raise BadExpression(f"{text!r} cannot be applied: {_first_line(error)}") from error

    return evaluate


def is_true(value: Any) -> bool:
    """Tell what JMESPath takes for true: anything but false, null and what is empty. Zero is true."""
    return value is not None and value is not False and value not in ("", [], {})


class _Interpreter(TreeInterpreter):
    """Counts what an evaluation does and builds."""

    def __init__(self) -> None:
        super().__init__()
        self._steps = 0
        self._built = 0

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        """Evaluate a node of the tree."""
        self._steps += 1
        if self._steps > MAX_EVALUATION_STEPS:
            raise BadExpression(f"The expression takes more than {MAX_EVALUATION_STEPS:,} steps.")
        value = super().visit(node, *args, **kwargs)
        if node["type"] in _BUILDERS:
            self._built += _size(value, MAX_BUILT_SIZE - self._built)
            if self._built > MAX_BUILT_SIZE:
                raise BadExpression(f"The expression builds more than {MAX_BUILT_SIZE:,} values and characters.")
        return value


def _parsed(text: str) -> Mapping[str, Any]:
    if len(text) > MAX_EXPRESSION_CHARACTERS:
        raise BadExpression(f"The expression is longer than {MAX_EXPRESSION_CHARACTERS} characters.")
    if _brackets(text) > MAX_EXPRESSION_DEPTH:  # before the parser recurses into them
        raise BadExpression(_TOO_DEEP)
    try:
        tree: Mapping[str, Any] = jmespath.compile(text).parsed
    except (JMESPathError, RecursionError) as error:
        raise BadExpression(f"This is no JMESPath expression: {_first_line(error)}") from error
    return tree


def _check(tree: Mapping[str, Any]) -> None:
    for node, depth in _nodes(tree):
        if depth > MAX_EXPRESSION_DEPTH:
            raise BadExpression(_TOO_DEEP)
        if node["type"] == "function_expression" and node["value"] not in Functions.FUNCTION_TABLE:
            raise BadExpression(f"JMESPath has no function {node['value']!r}.")
    if _has_loose_reference(tree):
        raise BadExpression("A reference (&…) is not a value: only functions as map and sort_by take one.")


def _size(value: Any, limit: int) -> int:
    """Count values and characters, what is there twice twice, until there are more than *limit*."""
    size, found = 0, [value]
    while found and size <= limit:
        one = found.pop()
        size += 1
        if isinstance(one, str):
            size += len(one)
        elif isinstance(one, Mapping):
            found.extend(one.values())
            size += sum(map(len, one))
        elif isinstance(one, list):
            found.extend(one)
    return size


def _has_loose_reference(tree: Mapping[str, Any]) -> bool:
    """Look for references where no function asks for one: there jmespath passes its own object off as a value."""
    if tree["type"] == "expref":
        return True
    return any(
        child["type"] == "expref" and not _takes_reference(node, place)
        for node, _ in _nodes(tree)
        for place, child in enumerate(node["children"])
        if isinstance(child, Mapping)
    )


def _takes_reference(node: Mapping[str, Any], place: int) -> bool:
    if node["type"] != "function_expression":
        return False
    signature = Functions.FUNCTION_TABLE[node["value"]]["signature"]
    return place < len(signature) and "expref" in signature[place]["types"]


def _brackets(text: str) -> int:
    depth = deepest = 0
    for character in _QUOTED.sub("", text):
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return max(deepest, text.count("!"), text.count("&"))  # these two nest without a bracket


def _nodes(tree: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], int]]:
    found = [(tree, 1)]
    while found:
        node, depth = found.pop()
        yield node, depth
        found.extend((child, depth + 1) for child in node["children"] if isinstance(child, Mapping))


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
