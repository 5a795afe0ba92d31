"""What schemathesis loads when `make test` runs it: its mending, and addresses of what is there.

`FUZZ_KNOWN` holds values for the parameters of paths, as JSON; half of the made-up ones give way to them.
"""

import json
import os
import random
from typing import Any

import schemathesis

import tests.fuzz.compatibility  # noqa: F401 — mends what generates

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
