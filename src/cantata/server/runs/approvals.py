"""A human's answers, held against the schemas that the questions came with."""

from collections.abc import Mapping
from typing import Any

from cantata.graphs.json_schemas import BadSchema, check_schema
from cantata.server.errors import Invalid
from cantata.server.runs.definitions import check_value


def check_answers(asked: Mapping[str, Any], responses: Mapping[str, Any]) -> None:
    """Check the answers to questions that say how an answer must look.

    Raises:
        Invalid: an answer breaks its schema; every path below `responses` is named.
    """
    found: list[tuple[str, str]] = []
    for interrupt_id, response in responses.items():
        schema = _schema_in(asked.get(interrupt_id))
        if schema is None:
            continue
        try:
            check_value(response, schema, f"responses.{interrupt_id}")
        except Invalid as error:
            found += [(fault["path"], fault["message"]) for fault in error.members["errors"]]
    if found:
        raise Invalid.fields(found)


def _schema_in(question: Any) -> dict[str, Any] | None:
    """Find the schema; a graph of other people may mean something else by the word, and then checks itself."""
    schema = question.get("schema") if isinstance(question, Mapping) else None
    try:
        check_schema(schema)
    except BadSchema:
        return None
    return dict(schema) if isinstance(schema, Mapping) else None
