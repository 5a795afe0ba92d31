"""JSON Schemas that come from clients, and values held against them: bounded work, nothing fetched from anywhere.

Three things make a schema a weapon: patterns, which Python's `re` may try for ever, references, which may go round in
a circle or double at each step, and many members held against many values. Patterns are matched in linear time here,
and references and all other work are counted.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, SchemaError, ValidationError
from jsonschema.exceptions import UnknownType
from jsonschema.validators import extend
from pydantic_core import SchemaError as BadPattern
from pydantic_core import SchemaValidator, core_schema
from pydantic_core import ValidationError as NoMatch
from referencing import Registry
from referencing.exceptions import Unresolvable

MAX_SCHEMA_NODES = 2_000
MAX_REFERENCES = 5_000  # followed for one value
MAX_CHECK_STEPS = 200_000  # for one value: members applied, what they list, and the items that they are applied to
MAX_CHECK_DEPTH = 100  # members within members; where Python's stack ends, the library behind jsonschema panics
MAX_TOLD = 20  # faults of one value

# The unevaluated ones follow references out of sight of those that count them.
_REFUSED = ("patternProperties", "$dynamicRef", "$id", "unevaluatedProperties", "unevaluatedItems")
_SENTENCE = 100  # characters of a fault's message that count as a step: it repeats the value
# What jsonschema raises where a `$ref` leads to a place that the check of the schema did not take for one.
_NO_SCHEMA = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, UnknownType)
_known = Registry[Any]()  # empty, and without a way to retrieve


class BadSchema(ValueError):
    """A schema that cannot be used; the message says why."""


def check_schema(schema: Any) -> None:
    """Check that values can be held against *schema*.

    Raises:
        BadSchema: it is none, is too large, or uses what is not supported.
    """
    if not isinstance(schema, Mapping):
        raise BadSchema("A JSON Schema is an object.")
    for count, (key, value) in enumerate(_members(schema), 1):
        if count > MAX_SCHEMA_NODES:
            raise BadSchema(f"The schema has more than {MAX_SCHEMA_NODES} members.")
        if key in _REFUSED:
            raise BadSchema(f"`{key}` is not supported.")
        if key == "$ref" and isinstance(value, str) and not value.startswith("#"):
            raise BadSchema(f"`$ref` must stay within the schema: {value!r} does not.")
        if key == "pattern" and isinstance(value, str):
            _matcher(value)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise BadSchema(f"This is no JSON Schema: {error.message}") from error
    except RecursionError as error:
        raise BadSchema("The schema is nested too deep.") from error


def faults(value: Any, schema: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Hold *value* against *schema*: pairs of a path in the value and a sentence, the first ones.

    Raises:
        BadSchema: the schema turns out not to be usable; `check_schema` cannot see all of it.
    """
    validator = _Work().validator(schema)
    found: list[tuple[str, str]] = []
    try:
        for error in validator.iter_errors(value):
            found.append((".".join(map(str, error.absolute_path)), f"{_capped(error.message)}."))
            if len(found) == MAX_TOLD:
                break
    except RecursionError as error:
        raise BadSchema("The schema's references go round in a circle.") from error
    except Unresolvable as error:
        raise BadSchema(f"A `$ref` leads nowhere: {error}") from error
    except BadSchema:
        raise
    except _NO_SCHEMA as error:
        raise BadSchema("A `$ref` leads to what is no schema.") from error
    return sorted(found)


class _Work:
    """What holding one value against a schema has cost so far."""

    def __init__(self) -> None:
        self._references = 0
        self._steps = 0
        self._depth = 0

    def validator(self, schema: Mapping[str, Any]) -> Any:
        """Make a validator that counts."""
        ours = {"$ref": self._reference, "pattern": _pattern, "uniqueItems": _unique}
        checks = {**Draft202012Validator.VALIDATORS, **ours}
        counted = {keyword: self._counted(check) for keyword, check in checks.items()}
        kind: Any = extend(Draft202012Validator, counted)  # type: ignore[no-untyped-call]  # so it is in types-jsonschema
        return kind(schema, registry=_known)

    def _counted(self, check: Any) -> Any:
        def checked(validator: Any, wanted: Any, instance: Any, within: Any) -> Iterator[ValidationError]:
            self._take(1 + sum(len(part) for part in (wanted, instance) if isinstance(part, list | dict)))
            self._depth += 1
            try:
                if self._depth > MAX_CHECK_DEPTH:
                    raise BadSchema("The schema's references go round in a circle, or too deep.")
                for error in check(validator, wanted, instance, within) or ():
                    self._take(len(error.message) // _SENTENCE)
                    yield error
            finally:  # also when nobody asks for the next error
                self._depth -= 1

        return checked

    def _take(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MAX_CHECK_STEPS:
            raise BadSchema(f"It takes more than {MAX_CHECK_STEPS:,} steps.")

    def _reference(self, validator: Any, target: str, instance: Any, within: Any) -> Iterator[ValidationError]:
        self._references += 1
        if self._references > MAX_REFERENCES:
            raise BadSchema("The schema's references go round in a circle, or are too many.")
        yield from Draft202012Validator.VALIDATORS["$ref"](validator, target, instance, within)


def _members(schema: Any) -> Iterator[tuple[str, Any]]:
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        pairs = part.items() if isinstance(part, Mapping) else [("", item) for item in part]
        for key, value in pairs:
            yield key, value
            if isinstance(value, Mapping | list):
                waiting.append(value)


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _matcher(pattern)(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _unique(validator: Any, wanted: bool, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Jsonschema's own compares each item with each other one."""
    if wanted and isinstance(instance, list) and len({_hashable(item) for item in instance}) < len(instance):
        yield ValidationError(f"{instance!r} has non-unique elements")


def _hashable(value: Any) -> Any:
    """Give equal JSON equal keys: 1 and 1.0, but not 1 and true."""
    if isinstance(value, dict):
        return frozenset((key, _hashable(item)) for key, item in value.items())
    return tuple(map(_hashable, value)) if isinstance(value, list) else (isinstance(value, bool), value)


@lru_cache(maxsize=256)
def _matcher(pattern: str) -> Callable[[str], bool]:
    """Compile a pattern with pydantic's regular expressions, which never go back."""
    try:
        validator = SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except BadPattern as error:
        raise BadSchema(f"The pattern {pattern!r} cannot be used: no look-around, no back-references.") from error

    def matches(text: str) -> bool:
        try:
            validator.validate_python(text)
        except NoMatch:
            return False
        return True

    return matches


def _capped(message: str) -> str:
    return message if len(message) <= 300 else f"{message[:300]} …"
