"""What schemathesis loads when `make test` runs it: its mending, and addresses of what is there.

`FUZZ_KNOWN` holds values for the parameters of paths, as JSON; half of the made-up ones give way to them.
"""

import json
import os
import random
from typing import Any

import schemathesis

import tests.fuzz.compatibility  # noqa: F401 — mends what generates
from cantata.server.routes.bodies import StreamQuery

_chance = random.Random(0)

KNOWN: dict[str, str] = json.loads(os.environ.get("FUZZ_KNOWN", "{}"))


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any]) -> dict[str, Any]:
    """Let half of the addresses lead somewhere."""
    if path_parameters and _chance.random() < 0.5:
        return {name: KNOWN.get(name, value) for name, value in path_parameters.items()}
    return path_parameters


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Let half of the bodies name an agent that there is."""
    if isinstance(body, dict) and _chance.random() < 0.5:
        return {name: KNOWN.get(name, value) for name, value in body.items()}
    return body


@schemathesis.hook
def map_query(context: Any, query: dict[str, Any] | None) -> dict[str, Any] | None:
    """Let most requests be for an answer that there can be: all ask for JSON, which no option of a stream is for."""
    is_of_stream = "coalesce_ms" in {parameter.name for parameter in context.operation.query}
    if query and is_of_stream and _chance.random() < 0.9:
        return {name: value for name, value in query.items() if name not in StreamQuery.model_fields}
    return query
