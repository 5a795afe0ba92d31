"""What a workflow spec may name beside agents: transformers, aggregators, and JMESPath expressions. Never code.

A transformer takes a step's output and gives what the next step gets; an aggregator takes the outputs of a parallel
step's branches, or of a manager's sub-agents, by name.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from cantata.graphs.expressions import BadExpression, expression

Transformer = Callable[[Any], Any]
Aggregator = Callable[[Mapping[str, Any]], Any]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def text_of(value: Any) -> str:
    """Write a value as text: a text as it is, texts one below the other, anything else as JSON."""
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return "\n\n".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def sections_of(outputs: Mapping[str, Any]) -> str:
    """Write outputs one below the other, each under its name."""
    return "\n\n".join(f"## {name}\n\n{text_of(output)}" for name, output in outputs.items())


def register_transformer(name: str, transformer: Transformer) -> None:
    """Let specs name *transformer*; what it gives must be plain JSON, for it is stored."""
    _transformers[_checked(name)] = transformer


def register_aggregator(name: str, aggregator: Aggregator) -> None:
    """Let specs name *aggregator*; what it gives must be plain JSON, for it is stored."""
    _aggregators[_checked(name)] = aggregator


def transformer_names() -> list[str]:
    """List the transformers."""
    return sorted(_transformers)


def aggregator_names() -> list[str]:
    """List the aggregators."""
    return sorted(_aggregators)


def transformer(text: str) -> Transformer:
    """Give what a spec's `transform` names: a registered transformer, or else a JMESPath expression.

    Raises:
        BadExpression: it is neither.
    """
    if text in _transformers:
        return _transformers[text]
    if _NAME.fullmatch(text):
        known = ", ".join(transformer_names())
        raise BadExpression(
            f"There is no transformer {text!r}: there are {known}. A member of that name is written `@.{text}`."
        )
    evaluate = expression(text)
    return lambda value: _plain(evaluate(value))


def aggregator(name: str) -> Aggregator:
    """Give a registered aggregator.

    Raises:
        BadExpression: there is none of that name.
    """
    if name not in _aggregators:
        known = ", ".join(("list", "merge", *aggregator_names()))
        raise BadExpression(f"There is no aggregator {name!r}: there are {known}; or give an agent step.")
    return _aggregators[name]


def _json_of(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return _plain(json.loads(value, parse_constant=_refused))
    except RecursionError as error:
        raise BadExpression("The output is JSON that is nested too deep.") from error
    except BadExpression:
        raise
    except ValueError as error:
        raise BadExpression(f"The output is not JSON: {error}.") from error


def _plain(value: Any) -> Any:
    """Refuse what both languages can write and nothing can store: huge numbers, half characters, expressions."""
    try:
        json.dumps(value, allow_nan=False)  # orjson would write null
        orjson.dumps(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadExpression(f"The result cannot be written as JSON: {error}.") from error
    return value


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")


def _vote(outputs: Mapping[str, Any]) -> Any:
    """Give the output that most branches have; the earlier one on a tie."""
    texts = [text_of(output) for output in outputs.values()]
    winner = Counter(texts).most_common(1)[0][0]
    return list(outputs.values())[texts.index(winner)]


_transformers: dict[str, Transformer] = {
    "json": _json_of,
    "lines": lambda value: [line for line in text_of(value).splitlines() if line.strip()],
    "text": text_of,
}
_aggregators: dict[str, Aggregator] = {
    "concat": sections_of,
    "first": lambda outputs: next(iter(outputs.values())),
    "vote": _vote,
}


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be a name: letters, digits and _, not beginning with a digit.")
    return name
