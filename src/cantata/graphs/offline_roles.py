"""What the rule-based model says as a researcher, a writer and so on: made of what it was given, nothing else."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cantata.graphs.offline_material import (
    blocks_of,
    doubts_in,
    facts_in,
    passages_in,
    sources_in,
    text_in,
    topic_in,
)
from cantata.graphs.offline_proofreading import clipped, proofread, remarks_on, sentences_of

_ROLES = {
    "researcher": re.compile(r"\bresearcher|\bresearch (?:agent|assistant)|\banalyst", re.I),
    "reviewer": re.compile(r"\breviewer|\bcritic\b|\beditor\b|\bproofreader", re.I),
    "copywriter": re.compile(r"\bcopywriter", re.I),
    "writer": re.compile(r"\bwriter|\bauthor\b", re.I),
    "planner": re.compile(r"\bplanner|\bcoordinator|\bsupervisor|\borchestrator", re.I),
    "summarizer": re.compile(r"\bsummari[sz]er", re.I),
}
_COMMON = frozenset(
    str.split(
        "about after again also because before between could describe does explain from give have into just like make"
        " more most much only other over please short should some tell than that their them then there these they this"
        " those what when where which while will with would write your"
    )
)
_SENTENCES_OF_A_NOTE = 2
_FACTS_OF_A_PARAGRAPH = 3
_FACTS_OF_COPY = 3


@dataclass(frozen=True)
class Part:
    """What somebody in a role has before them."""

    prompt: str
    instructions: str = ""
    is_answer: bool = False
    """The prompt is what somebody before answered."""
    earlier: str = ""
    """What was answered before, in this conversation."""
    results: tuple[str, ...] = ()
    """What tools gave."""
    failures: tuple[str, ...] = ()

    @property
    def topic(self) -> str:
        """What it is about."""
        return clipped(topic_in(self.prompt), 120) or "the subject"

    @property
    def material(self) -> str:
        """What there is to work on."""
        return text_in(self.prompt) or (self.prompt if self.is_answer else self.earlier)

    def is_told(self, words: str) -> bool:
        """Tell whether the instructions have a word like these."""
        return re.search(words, self.instructions, re.I) is not None


def role_in(system: str) -> str | None:
    """Find the role that a system prompt gives, the first word that names one."""
    found = {role: match.start() for role, pattern in _ROLES.items() if (match := pattern.search(system))}
    return min(found, key=lambda role: found[role]) if found else None


def play(role: str, part: Part) -> str | None:
    """Say what somebody in that role would; None when the tools' results are the answer as they are."""
    return _PLAYS[role](part)


def _research(part: Part) -> str | None:
    passages = passages_in("\n".join(part.results))
    if part.results and not passages and not any("No document is about" in result for result in part.results):
        return None
    if part.is_told("sceptic"):
        return _doubt(part, " ".join(passage.text for passage in passages))
    if not passages:
        return _frame_of_notes(part)
    notes = [(" ".join(sentences_of(found.text)[:_SENTENCES_OF_A_NOTE]), found.id) for found in passages]
    if part.is_told("newcomer"):
        count = 1 if len(notes) > 2 else _SENTENCES_OF_A_NOTE
        return " ".join(f"{' '.join(sentences_of(note)[:count])} [{name}]" for note, name in notes)
    sources = "; ".join(f"[{passage.id}] {passage.title}" for passage in passages)
    listed = "\n".join(f"- {note} [{name}]" for note, name in notes)
    return f"Notes on {part.topic}:\n{listed}\n\nSources: {sources}"


def _frame_of_notes(part: Part) -> str:
    searched = "".join(f"- Searched: {result}\n" for result in part.results)
    return (
        f"Notes on {part.topic}:\n{searched}"
        f"- Subject: {', '.join(_terms(part.topic))}.\n"
        "- To be checked: names, dates and numbers. Fixed rules know none."
    )


def _doubt(part: Part, read: str) -> str:
    missing = [term for term in _terms(part.topic) if term.casefold()[:5] not in read.casefold()]
    silent = f"- The documents do not mention: {', '.join(missing)}.\n" if missing else ""
    figures = [one for one in sentences_of(read) if re.search(r"\babout\b|\busually\b|\bdisputed\b|\bmost\b", one)]
    vague = "".join(f"- Not exact: {one}\n" for one in figures[:3])
    return (
        f"Doubts about {part.topic}:\n{silent}{vague}- One collection was searched; nothing here was checked elsewhere."
    )


def _write(part: Part) -> str:
    material = part.material
    facts, topic = facts_in(material), part.topic
    if part.is_told("every remark"):
        return _revise(material or part.prompt)
    if not facts:
        return _frame_of_text(topic)
    sources = sources_in(material)
    paragraphs = "\n\n".join(_paragraphs(facts, _FACTS_OF_A_PARAGRAPH))
    if part.is_told(r"\breport\b"):
        summary, *findings = facts
        parts = [f"# {_capitalised(topic)}", "## Summary", summary, "## Findings", *_paragraphs(findings or facts, 1)]
        return "\n\n".join([*parts, *_listed("## Open", doubts_in(material)), *_listed("## Sources", sources)])
    ending = f"\n\nSources: {'; '.join(sources)}" if sources else ""
    is_sentence = topic.endswith("…") or sentences_of(facts[0])[0].strip(" .?!") == topic
    title = "" if is_sentence else f"{_capitalised(topic)}\n\n"
    return f"{title}{paragraphs}{ending}"


def _listed(heading: str, points: list[str]) -> list[str]:
    return [heading, "\n".join(f"- {point}" for point in points)] if points else []


def _frame_of_text(topic: str) -> str:
    return (
        f"{_capitalised(topic)} is the subject; there are no notes on it to write from. A text would say what it is,"
        " why it matters to the reader, and what follows from it. Names, dates and numbers are left to someone who can"
        " check them."
    )


def _write_copy(part: Part) -> str:
    material = part.material
    if part.is_told("every remark"):
        return _revise(material or part.prompt)
    headline = f"# {_capitalised(part.topic)}"
    facts = facts_in(material)[:_FACTS_OF_COPY]
    if not facts:
        return f"{headline}\n\n{_frame_of_text(part.topic)}"
    lead, *others = facts
    points = "".join(f"\n- {sentences_of(fact)[0]}" for fact in others)
    listed = f"\n\nGood to know:\n{points}" if points else ""
    return f"{headline}\n\n{lead}{listed}\n\nRead on: {', '.join(sources_in(material)) or part.topic}."


def _review(part: Part) -> str:
    text = part.material
    if not text:
        return f"Review: there is no text on {part.topic} to look at yet."
    if not part.is_told("do not rewrite"):
        return proofread(text) or text
    remarks = "\n".join(f"- {remark}." for remark in remarks_on(text)) or "- Nothing to correct."
    return f"Remarks:\n{remarks}\n\nText:\n{text}"


def _revise(text: str) -> str:
    _, found, revised = text.rpartition("Text:\n")
    return proofread(revised if found else text) or "There is no text to revise."


def _plan(part: Part) -> str:
    blocks = list(part.results) or blocks_of(part.prompt)
    missing = [f"Not found: {failure}" for failure in dict.fromkeys(part.failures)]
    if not blocks and not missing and part.is_told("always call"):
        return f"There is nothing in “{clipped(part.prompt, 80)}” to look up: name a place."
    if not blocks and not missing:
        return f"Plan for {part.topic}:\n1. Gather what is known.\n2. Draft the answer.\n3. Review it and finish."
    return "\n\n".join([f"Plan for {part.topic}:", *blocks, *missing])


def _summarize(part: Part) -> str:
    return f"In short: {clipped(part.material or part.topic, 300)}"


_PLAYS: dict[str, Callable[[Part], str | None]] = {
    "researcher": _research,
    "reviewer": _review,
    "copywriter": _write_copy,
    "writer": _write,
    "planner": _plan,
    "summarizer": _summarize,
}


def _paragraphs(facts: list[str], size: int) -> Iterator[str]:
    for start in range(0, len(facts), size):
        yield " ".join(facts[start : start + size])


def _terms(topic: str) -> list[str]:
    words = [word for word in re.findall(r"[\w'’-]{4,}", topic) if word.casefold() not in _COMMON]
    return list(dict.fromkeys(words))[:4] or [topic]


def _capitalised(text: str) -> str:
    return text[0].upper() + text[1:]
