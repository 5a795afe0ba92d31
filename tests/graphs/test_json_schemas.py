"""Schemas from clients: what they can say, and that none of them makes the server work without end."""

from contextlib import suppress
from typing import Any

import pytest

from cantata.graphs.json_schemas import MAX_REFERENCES, BadSchema, check_schema, faults

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "pattern": "^[a-z]+$"}, "friends": {"items": {"$ref": "#"}}},
    "required": ["name"],
}


def test_a_fault_has_its_path() -> None:
    assert faults({"name": "ada", "friends": [{"name": "bob"}]}, PERSON) == []
    assert faults({"friends": [{"name": "Bob"}]}, PERSON) == [
        ("", "'name' is a required property."),
        ("friends.0.name", "'Bob' does not match '^[a-z]+$'."),
    ]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("string", "is an object"),
        ({"type": "text"}, "no JSON Schema"),
        ({"$ref": "https://example.org/schema"}, "must stay within"),
        ({"$ref": "other.json#/a"}, "must stay within"),
        ({"patternProperties": {"(a+)+$": {}}}, "`patternProperties`"),
        ({"properties": {"a": {"pattern": "(?=a)"}}}, "no look-around"),
        ({"enum": list(range(3_000))}, "more than"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_with_the_reason(schema: Any, words: str) -> None:
    with pytest.raises(BadSchema, match=words):
        check_schema(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {
            "$ref": "#/$defs/d0",
            "$defs": {
                f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]} for n in range(40)
            }
            | {"d40": {}},
        },
        {"$ref": "#/nowhere"},
    ],
    ids=["itself", "circle", "doubling", "nowhere"],
)
def test_references_without_end_end(schema: Any) -> None:
    check_schema(schema)

    with pytest.raises(BadSchema, match=r"reference|leads nowhere"):
        faults("x", schema)


def test_many_references_are_fine() -> None:
    assert faults([{"name": "ada"}] * (MAX_REFERENCES - 1), {"items": {"$ref": "#/p"}, "p": PERSON}) == []


def test_a_pattern_takes_linear_time() -> None:
    """Python's own `re` would take longer than the universe has."""
    assert faults("a" * 100_000 + "b", {"pattern": "^(a+)+$"}) != []


def test_only_the_first_faults_are_told() -> None:
    assert len(faults(["x"] * 1_000, {"items": {"type": "integer"}})) == 20


@pytest.mark.parametrize(
    "place", [5, [1], {"type": "bogus"}, {"minimum": "a"}, {"required": 5}, {"multipleOf": 0}, {"pattern": {}}], ids=str
)
@pytest.mark.parametrize("value", [1, "a", {}])
def test_a_reference_to_what_is_no_schema_is_told_or_harmless(place: Any, value: Any) -> None:
    """Only what the metaschema knows is checked beforehand; a `$ref` may lead anywhere."""
    with suppress(BadSchema):
        faults(value, {"$ref": "#/x", "x": place})


def test_a_reference_by_what_is_no_index_is_told() -> None:
    with pytest.raises(BadSchema, match="no schema"):
        faults(1, {"$ref": "#/allOf/x", "allOf": [{}]})


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"items": {"allOf": [{}] * 1_900}}, [1] * 400_000),
        ({"allOf": [{"items": {}}] * 900}, [1] * 400_000),
        ({"items": {"allOf": [{"type": "integer"}] * 900}}, [1] * 400_000),
        ({"anyOf": [{"type": "integer"}] * 900}, [["x" * 1_000_000]]),
    ],
    ids=["empty", "items", "types", "messages"],
)
def test_many_members_held_against_many_values_are_given_up(schema: Any, value: Any) -> None:
    check_schema(schema)

    with pytest.raises(BadSchema, match="steps"):
        faults(value, schema)


@pytest.mark.parametrize(
    ("items", "are_unique"),
    [
        ([{"a": n} for n in range(50_000)], True),
        ([1, True, "1", [1], {"1": 1}, None, 0, False], True),
        ([1, 1.0], False),
        ([{"a": [1], "b": 2}, {"b": 2.0, "a": [1]}], False),
        ([[True], [True]], False),
    ],
    ids=["many", "kinds", "numbers", "objects", "lists"],
)
def test_items_are_compared_in_linear_time(items: list[Any], are_unique: bool) -> None:
    """Each with each other one would hold the server for minutes."""
    assert (faults(items, {"uniqueItems": True}) == []) is are_unique


def test_a_value_may_be_deep_and_a_circle_ends_before_the_stack_does() -> None:
    """Where the stack ends is luck, and the library behind jsonschema panics there with no `Exception`."""
    tree: Any = {"properties": {"child": {"$ref": "#"}}, "not": {"const": 1}, "contains": {"not": {"const": 2}}}
    value: Any = [1]
    for _ in range(40):
        value = {"child": value}

    def deeper(frames: int) -> list[tuple[str, str]]:
        return deeper(frames - 1) if frames else faults("x", {"$ref": "#"})

    assert faults(value, tree) == []
    for frames in range(0, 120, 7):
        with pytest.raises(BadSchema, match="circle"):
            deeper(frames)
