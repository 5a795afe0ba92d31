"""What the rule-based model says when it calls no tool: results, a role's part, or an honest fallback."""

import re
from collections.abc import Callable, Mapping, Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from cantata.graphs.offline_prompt import Prompt, read_prompt
from cantata.graphs.tools.calculator import CalculationError, calculate

LABEL = "(offline-demo: made by fixed rules, not by a language model.)"

_MAX_RESULT = 1000  # characters of a tool's output that an answer repeats
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
_ROLES = {
    "researcher": re.compile(r"\bresearcher|\bresearch (?:agent|assistant)|\banalyst", re.I),
    "reviewer": re.compile(r"\breviewer|\bcritic\b|\beditor\b|\bproofreader", re.I),
    "writer": re.compile(r"\bwriter|\bauthor\b|\bcopywriter", re.I),
    "planner": re.compile(r"\bplanner|\bcoordinator|\bsupervisor|\borchestrator", re.I),
    "summarizer": re.compile(r"\bsummari[sz]er", re.I),
}
_SECTION = re.compile(r"^(topic|question|task|request|notes|research|draft|text)\s*:\s*", re.I | re.M)
_LEAD = re.compile(
    r"^(?:please |can you |could you )*(?:research|write|explain|describe|review|summari[sz]e|tell me|give me)"
    r"(?: an?| the)?(?: short| brief| long)?(?: \w+)? (?:about|on|of) ",
    re.I,
)
_COMMON = frozenset(
    str.split(
        "about after again also because before between could describe does explain from give have into just like make"
        " more most much only other over please short should some tell than that their them then there these they this"
        " those what when where which while will with would write your"
    )
)


def answer_with_results(results: Sequence[tuple[Mapping[str, object], ToolMessage]]) -> str:
    """Answer with what the tools gave, one sentence for each call in their order."""
    sentences = [_result_sentence(args, message) for args, message in results]
    if len(sentences) == 1 or sum(map(len, sentences)) < 300:
        return labelled(" ".join(sentences))
    return labelled("\n".join(f"- {sentence}" for sentence in sentences))


def answer_in_role(role: str, messages: Sequence[BaseMessage]) -> str:
    """Say what somebody in that role would, about what the conversation is about."""
    prompt = _last_human_text(messages)
    sections = _sections(prompt)
    topic = _topic(sections.get("topic", prompt))
    earlier = [message.text for message in messages if isinstance(message, AIMessage) and message.text]
    material = sections.get("draft") or sections.get("notes") or (earlier[-1] if earlier else "")
    return labelled(_ROLE_TEXTS[role](topic, unlabelled(material)))


def role_of(messages: Sequence[BaseMessage]) -> str | None:
    """Find the role that the system prompt gives, the first word that names one."""
    system = " ".join(message.text for message in messages if isinstance(message, SystemMessage))
    found = {role: match.start() for role, pattern in _ROLES.items() if (match := pattern.search(system))}
    return min(found, key=lambda role: found[role]) if found else None


def answer_freely(prompt: Prompt, messages: Sequence[BaseMessage], tool_names: Sequence[str]) -> str:
    """Answer without tools: small talk, memory of this conversation, sums, else say what is possible."""
    text = _small_talk(prompt.text, tool_names) or _memory(prompt.text, messages) or _sums(prompt)
    if text is None:
        text = f"You asked: “{_clipped(prompt.text, 200)}”. I have no rule for that. {_abilities(tool_names)}"
    return labelled(text)


def prompt_of(messages: Sequence[BaseMessage]) -> Prompt:
    """Read the last thing that the human said."""
    return read_prompt(_last_human_text(messages))


def labelled(text: str) -> str:
    """Add the label that says what this is."""
    return f"{text.rstrip()}\n\n{LABEL}"


def unlabelled(text: str) -> str:
    """Take the label off, for text that becomes material of the next answer."""
    return text.replace(LABEL, "").strip()


def _result_sentence(args: Mapping[str, object], message: ToolMessage) -> str:
    content = _clipped(message.text.strip(), _MAX_RESULT)
    name = message.name or "The tool"
    if message.status == "error":
        return f"{name} failed: {content}"
    if "expression" in args and re.fullmatch(r"-?[\d.e+-]+", content):
        return f"{args['expression']} = {content}."
    if " " in content and not content.startswith(("{", "[")):
        return content
    shown = ", ".join(f"{key}={value}" for key, value in args.items())
    return f"{name}({shown}) gave {content or 'nothing'}."


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


def _sections(prompt: str) -> dict[str, str]:
    parts = _SECTION.split(prompt)
    aliases = {"question": "topic", "task": "topic", "request": "topic", "research": "notes", "text": "draft"}
    named = zip((name.casefold() for name in parts[1::2]), parts[2::2], strict=True)
    return {aliases.get(name, name): text.strip() for name, text in named}


def _topic(text: str) -> str:
    first = re.split(r"(?<=[.?!])\s|\n", text.strip(), maxsplit=1)[0]
    return _clipped(_LEAD.sub("", first).strip(' .?!"“”'), 120) or "the subject"


def _terms(topic: str) -> list[str]:
    words = [word for word in re.findall(r"[\w'’-]{4,}", topic) if word.casefold() not in _COMMON]
    return list(dict.fromkeys(words))[:4] or [topic]


def _research(topic: str, _material: str) -> str:
    terms = _terms(topic)
    return (
        f"Notes on {topic}:\n"
        f"- Subject: {', '.join(terms)}.\n"
        f"- A reader first asks what {terms[0]} is, then why it matters, then what follows from it.\n"
        f"- Define {terms[-1]} in one sentence and give one example.\n"
        "- To be checked: names, dates and numbers. Fixed rules know none."
    )


def _write(topic: str, material: str) -> str:
    terms = _terms(topic)
    points = len(re.findall(r"^\s*[-*•]", material, re.M))
    basis = f"It follows {points} points of the notes" if points else "It follows the request"
    return (
        f"{topic[0].upper()}{topic[1:]} is a subject that rewards a clear start. First comes what {terms[0]} is, in"
        " plain words; then why it matters to the reader; last, what follows from it in practice."
        f" {basis} and leaves names, dates and numbers to someone who can check them."
    )


def _review(topic: str, material: str) -> str:
    if not material:
        return f"Review: there is no text on {topic} to look at yet."
    sentences = len(re.findall(r"[.?!](?:\s|$)", material))
    return (
        f"{material}\n\nReviewed: on the subject of {topic}, {sentences} sentences, {len(material.split())} words,"
        " nothing to correct."
    )


def _plan(topic: str, _material: str) -> str:
    return f"Plan for {topic}:\n1. Gather what is known.\n2. Draft the answer.\n3. Review it and finish."


def _summarize(topic: str, material: str) -> str:
    return f"In short: {_clipped(material or topic, 300)}"


_ROLE_TEXTS: dict[str, Callable[[str, str], str]] = {
    "researcher": _research,
    "writer": _write,
    "reviewer": _review,
    "planner": _plan,
    "summarizer": _summarize,
}


def _last_human_text(messages: Sequence[BaseMessage]) -> str:
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            return message.text
    return ""


def _clipped(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
