"""A human is asked, and the workflow waits."""

from collections.abc import Mapping
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from cantata.graphs.shapes.state import Node, NotApproved, Role, State
from cantata.graphs.spec import ApprovalStep
from cantata.graphs.state import ModelContext

YES_OR_NO: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "approved": {"type": "boolean", "description": "Whether the workflow may go on."},
        "comment": {"type": "string", "description": "Why, or why not."},
        "value": {"description": "What the workflow is to go on with, instead of what it has."},
    },
    "required": ["approved"],
    "additionalProperties": False,
}


def approval_node(step: ApprovalStep, role: Role) -> Node:
    """Make the node that asks. The server holds answers against the schema before the workflow hears of them."""
    schema = step.schema_ or YES_OR_NO

    async def node(state: State, runtime: Runtime[ModelContext]) -> State:
        value = role.read(state)
        answer = interrupt({"type": "approval", "prompt": step.prompt, "schema": dict(schema), "value": value})
        return role.finish(state, _outcome(step, value, answer))

    return node


def _outcome(step: ApprovalStep, value: Any, answer: Any) -> Any:
    if isinstance(answer, Mapping) and answer.get("approved") is False:
        raise NotApproved(str(answer.get("comment") or "A human did not approve it."))
    if step.schema_ is not None:
        return {"value": value, "answer": answer}
    return answer.get("value", value) if isinstance(answer, Mapping) else value
