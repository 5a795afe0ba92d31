"""Schemas from clients: what they can say, and that none of them makes the server work without end."""

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
