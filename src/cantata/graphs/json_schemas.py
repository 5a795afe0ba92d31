"""JSON Schemas that come from clients, and values held against them: bounded work, nothing fetched from anywhere.

Two things make a schema a weapon: patterns, which Python's `re` may try for ever, and references, which may go round in
a circle or double at each step. Patterns are matched in linear time here, and references are counted.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, SchemaError, ValidationError
from jsonschema.validators import extend
from pydantic_core import SchemaError as BadPattern
from pydantic_core import SchemaValidator, core_schema
from pydantic_core import ValidationError as NoMatch
from referencing import Registry
from referencing.exceptions import Unresolvable

MAX_SCHEMA_NODES = 2_000
MAX_REFERENCES = 5_000  # followed for one value
MAX_TOLD = 20  # faults of one value

_REFUSED = ("patternProperties", "$dynamicRef", "$id")
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
    left = MAX_REFERENCES

    def reference(validator: Any, target: str, instance: Any, within: Any) -> Iterator[ValidationError]:
        nonlocal left
        left -= 1
        if left < 0:
            raise BadSchema("The schema's references go round in a circle, or are too many.")
        yield from Draft202012Validator.VALIDATORS["$ref"](validator, target, instance, within)

    kind: Any = extend(Draft202012Validator, {"$ref": reference, "pattern": _pattern})  # type: ignore[no-untyped-call]  # so it is in types-jsonschema
    validator = kind(schema, registry=_known)
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
    return sorted(found)


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
