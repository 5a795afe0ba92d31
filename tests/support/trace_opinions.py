"""What LangSmith and Langfuse are told that users say of runs, kept as those two keep it.

LangSmith refuses what is said of a run that it does not find, and takes an id once; Langfuse takes a score in the place
of the one of its id. Of what is changed, whatever is left out stays as it was.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

Members = dict[str, Any]


@dataclass
class Opinions:
    """What both keep."""

    late: int = 0
    """How often LangSmith does not find a run that it has."""
    feedback: dict[str, Members] = field(default_factory=dict)
    """LangSmith's, by its id."""
    scores: dict[str, Members] = field(default_factory=dict)
    """Langfuse's, by its id."""

    def take(self, method: str, path: str, body: bytes, runs: Collection[str]) -> tuple[int, Any]:
        """Answer a request, when LangSmith knows these runs; return the status and the answer."""
        told = json.loads(body or b"{}")
        match method, path.removeprefix("/api/public").split("/")[1:]:
            case "POST", ["feedback"]:
                return self._add_feedback(told, runs), {}
            case "PATCH" | "DELETE", ["feedback", feedback_id]:
                return _change(self.feedback, feedback_id, told), {}
            case "POST", ["scores"]:
                self._add_score(told)
                return 200, {"id": told["id"]}
            case "DELETE", ["scores", score_id]:
                return _change(self.scores, score_id, told), {}
            case "POST", ["ingestion"]:
                for event in told["batch"]:
                    self._add_score(event["body"])
                return 207, {"successes": [], "errors": []}
            case _:
                return 404, {}

    def _add_feedback(self, told: Members, runs: Collection[str]) -> int:
        self.late -= 1
        if self.late >= 0 or told["run_id"] not in runs:
            return 404
        if told["id"] in self.feedback:
            return 409
        self.feedback[told["id"]] = told
        return 200

    def _add_score(self, told: Members) -> None:
        self.scores[told["id"]] = self.scores.get(told["id"], {}) | told


def _change(kept: dict[str, Members], key: str, told: Members) -> int:
    """Change what is kept, or remove it where nothing is told."""
    if key not in kept:
        return 404
    if told:
        kept[key] |= told
    else:
        del kept[key]
    return 200
