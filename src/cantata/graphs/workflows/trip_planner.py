"""A trip: the ways there, the weather and the days are looked up side by side, then put into one itinerary."""

from typing import Any

from cantata.graphs.built_in import built_in_agents
from cantata.graphs.compile import compile_spec

spec: dict[str, Any] = {
    "type": "sequential",
    "name": "trip_planner",
    "steps": [
        {
            "type": "parallel",
            "name": "look_up",
            "tasks": [
                {"agent": "travel", "method": "ways", "name": "ways"},
                {"agent": "travel", "method": "weather", "name": "weather"},
                {"agent": "travel", "method": "days", "name": "days"},
            ],
            "aggregate": "concat",
        },
        {"agent": "travel", "method": "itinerary", "name": "itinerary"},
    ],
}
graph = compile_spec(spec, built_in_agents())
