"""What the rule-based model says when it calls no tool: results, a role's part, or an honest fallback."""

import json
import re
from collections.abc import Mapping, Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from cantata.graphs.offline_attachments import seen_in
from cantata.graphs.offline_delegation import failures, is_delegation, put_together
from cantata.graphs.offline_label import LABEL, labelled, unlabelled
from cantata.graphs.offline_planning import ToolSpec
from cantata.graphs.offline_prompt import Prompt, read_prompt
from cantata.graphs.offline_roles import Part, play, role_in
from cantata.graphs.tools.calculator import CalculationError, calculate

__all__ = ["LABEL", "answer", "labelled", "prompt_of", "unlabelled"]

_MAX_RESULT = 4000  # characters of a tool's output that an answer repeats
_MAX_COUNT = 2000
_GREETING = re.compile(r"(?:hi|hello|hey|good (?:morning|afternoon|evening)|salam|ahlan)\b[\s!.,]*\w*[\s!.]*", re.I)
_CAPABILITIES = re.compile(r"what can you do|who are you|what are you|help\b|how do you work", re.I)
_COUNT = re.compile(r"\bcount (?:up )?(?:from 1 )?to (\d+)", re.I)
_REPEAT = re.compile(r"\b(?:repeat|say|echo)\b[^\"“:]*[:\"“]\s*(.+?)[\"”]?\s*$", re.I | re.S)
_TELLS_NAME = re.compile(r"\bmy name is ([A-Z][\w'’-]*)|\bI am called ([A-Z][\w'’-]*)", re.I)
_ASKS_NAME = re.compile(r"what(?:'s| is) my name|who am i\b", re.I)
_ASKS_RECALL = re.compile(
    r"what did i (?:just )?(?:say|ask|tell)|my (?:last|previous|first) (?:question|message)", re.I
)

Result = tuple[Mapping[str, object], ToolMessage]


def answer(messages: Sequence[BaseMessage], results: Sequence[Result], tools: Sequence[ToolSpec]) -> tuple[str, str]:
    """Give a thought and an answer; *results* are those since the human last spoke, with the calls' arguments."""
    system = " ".join(message.text for message in messages if isinstance(message, SystemMessage))
    role = role_in(system)
    if results and is_delegation(results):
        return "Those I asked have answered. I put it together.", _answer_of_team(results, tools)
    if role is not None and (played := play(role, _part(messages, system, results))) is not None:
        return f"I act as the {role} and keep to the subject.", labelled(played)
    if results:
        return "The tools have answered. I put their results together.", _answer_with_results(results)
    names = [tool.name for tool in tools]
    return "No tool is needed, so I answer from fixed rules.", _answer_freely(messages, names)


def prompt_of(messages: Sequence[BaseMessage]) -> Prompt:
    """Read the last thing that the human said."""
    return read_prompt(_last_human_text(messages))


def _part(messages: Sequence[BaseMessage], system: str, results: Sequence[Result]) -> Part:
    earlier = [message.text for message in messages if isinstance(message, AIMessage) and message.text]
    prompt = _last_human_text(messages)
    return Part(
        prompt=unlabelled(prompt),
        instructions=system,
        is_answer=LABEL in prompt,
        earlier=unlabelled(earlier[-1]) if earlier else "",
        results=tuple(message.text.strip() for _, message in results if message.status != "error"),
        failures=tuple(message.text.strip() for _, message in results if message.status == "error"),
    )


def _answer_of_team(results: Sequence[Result], tools: Sequence[ToolSpec]) -> str:
    parts = [put_together(results, tools), *failures(results)]
    return labelled("\n\n".join(part for part in parts if part))


def _answer_with_results(results: Sequence[Result]) -> str:
    """Answer with what the tools gave, in the order of the calls."""
    sentences = [_result_sentence(args, message) for args, message in results]
    if any("\n" in sentence for sentence in sentences):
        return labelled("\n\n".join(sentences))
    if len(sentences) == 1 or sum(map(len, sentences)) < 300:
        return labelled(" ".join(sentences))
    return labelled("\n".join(f"- {sentence}" for sentence in sentences))


def _answer_freely(messages: Sequence[BaseMessage], tool_names: Sequence[str]) -> str:
    """Answer without tools: small talk, memory of this conversation, sums, else say what is possible."""
    prompt = prompt_of(messages)
    text = _small_talk(prompt.text, tool_names) or _memory(prompt.text, messages) or _sums(prompt)
    asked = next((message for message in reversed(messages) if isinstance(message, HumanMessage)), None)
    if asked is not None and (seen := seen_in(asked)):
        text = f"{seen} {text or _abilities(tool_names)}"
    if text is None:
        text = f"You asked: “{_clipped(prompt.text, 200)}”. I have no rule for that. {_abilities(tool_names)}"
    return labelled(text)


def _result_sentence(args: Mapping[str, object], message: ToolMessage) -> str:
    content = _clipped(message.text.strip(), _MAX_RESULT)
    name = message.name or "The tool"
    if message.status == "error":
        return f"{name} failed: {content}"
    if "expression" in args and re.fullmatch(r"-?[\d.e+-]+", content):
        return f"{args['expression']} = {content}."
    if " " in content and not _is_json(content):
        return content
    shown = ", ".join(f"{key}={value}" for key, value in args.items())
    return f"{name}({shown}) gave {content or 'nothing'}."


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _small_talk(text: str, tool_names: Sequence[str]) -> str | None:
    if _GREETING.fullmatch(text):
        return f"Hello! {_abilities(tool_names)}"
    if text.casefold().startswith(("thanks", "thank you")):
        return "You are welcome."
    if found := _COUNT.search(text):
        return ", ".join(str(number) for number in range(1, min(int(found[1][:6]), _MAX_COUNT) + 1)) + "."
    if found := _REPEAT.search(text):
        return found[1]
    return _abilities(tool_names) if _CAPABILITIES.search(text) and len(text) < 80 else None


def _memory(text: str, messages: Sequence[BaseMessage]) -> str | None:
    said = [message.text for message in messages if isinstance(message, HumanMessage)]
    if _ASKS_NAME.search(text):
        names = [found[1] or found[2] for line in said if (found := _TELLS_NAME.search(line))]
        return f"Your name is {names[-1]}." if names else "You have not told me your name yet."
    if found := _TELLS_NAME.search(text):
        return f"Nice to meet you, {found[1] or found[2]}."
    if _ASKS_RECALL.search(text):
        earlier = said[0] if "first" in text.casefold() else said[-2] if len(said) > 1 else ""
        return f"You said: “{_clipped(earlier, 300)}”." if len(said) > 1 else "This is your first message."
    return None


def _sums(prompt: Prompt) -> str | None:
    sentences = []
    for expression in prompt.expressions:
        try:
            sentences.append(f"{expression} = {calculate(expression)}.")
        except CalculationError as error:
            sentences.append(str(error))
    return " ".join(sentences) or None


def _abilities(tool_names: Sequence[str]) -> str:
    if tool_names:
        tools = ", ".join(tool_names)
        return f"I can call the tools here ({tools}), count, and recall what you told me. Set GEMINI_API_KEY for more."
    return "I can do sums, count, and recall what you told me. Set GEMINI_API_KEY for more."


def _last_human_text(messages: Sequence[BaseMessage]) -> str:
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            return message.text
    return ""


def _clipped(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
