"""How the rule-based model leads others: first those who find things out, then writers, then reviewers."""

import re
from collections.abc import Mapping, Sequence

from langchain_core.messages import ToolMessage

from cantata.graphs.functions import sections_of
from cantata.graphs.offline_label import unlabelled
from cantata.graphs.offline_planning import DELEGATION, PlannedCall, ToolSpec
from cantata.graphs.offline_prompt import Prompt

Answer = tuple[Mapping[str, object], ToolMessage]

_STAGES = (
    re.compile(r"\breview|\bcritic|\bproofread|\bchecks a text|\bedits\b", re.I),
    re.compile(r"\bwrite|\bdraft|\bcontent\b|\breport\b", re.I),
)
_REASONS = ("It finds out what is needed.", "It writes from what the others found.", "It checks what was written.")
_HANDED_ON = ("", "Notes", "Draft")  # how the task calls what the stage before gave


def plan_delegations(prompt: Prompt, tools: Sequence[ToolSpec], answers: Sequence[Answer]) -> list[PlannedCall]:
    """Plan the next round: the members of the earliest stage that have not had their turn."""
    done = {message.name for _, message in answers}
    left = [tool for tool in tools if tool.name.startswith(DELEGATION) and tool.name not in done]
    if not left:
        return []
    stage = min(map(_stage_of, left))
    material = put_together(answers, tools) if stage else ""
    task = f"Topic: {prompt.text}\n\n{_HANDED_ON[stage]}:\n{material}" if material else prompt.text
    members = [tool for tool in left if _stage_of(tool) == stage]
    return [PlannedCall(member.name, {"task": task, "reason": _REASONS[stage]}) for member in members]


def is_delegation(answers: Sequence[Answer]) -> bool:
    """Tell whether *answers* are those of members."""
    return all((message.name or "").startswith(DELEGATION) for _, message in answers)


def put_together(answers: Sequence[Answer], tools: Sequence[ToolSpec]) -> str:
    """Give what the last stage made; several texts stand below each other under their members' names."""
    stages = {tool.name: _stage_of(tool) for tool in tools}
    made = {_member(message): message for _, message in answers if message.status != "error" and message.text.strip()}
    last = max((stages.get(message.name or "", 0) for message in made.values()), default=0)
    texts = {
        name: unlabelled(message.text) for name, message in made.items() if stages.get(message.name or "", 0) == last
    }
    return next(iter(texts.values())) if len(texts) == 1 else sections_of(texts)


def failures(answers: Sequence[Answer]) -> list[str]:
    """Say who failed, and why."""
    return [message.text.strip() for _, message in answers if message.status == "error"]


def _stage_of(tool: ToolSpec) -> int:
    said = f"{_words(tool.name)} {tool.description}"
    return next((len(_STAGES) - n for n, pattern in enumerate(_STAGES) if pattern.search(said)), 0)


def _member(message: ToolMessage) -> str:
    return _words(message.name or "")


def _words(name: str) -> str:
    return name.removeprefix(DELEGATION).replace("_", " ")
