"""What a prompt holds beside the request: notes, a draft, sections of several authors, passages with sources."""

import re
from dataclasses import dataclass

from cantata.graphs.offline_prompt import topic_of
from cantata.graphs.offline_proofreading import sentences_of

_SECTION = re.compile(r"^(topic|question|task|request|notes|research|draft|text)\s*:\s*", re.I | re.M)
_ALIASES = {"question": "topic", "task": "topic", "request": "topic", "research": "notes", "text": "draft"}
_PASSAGE = re.compile(r"^\[([\w.-]+)\] ([^:\n]+): (.+)$", re.M)
_HEADING = re.compile(r"^#{1,6} .+$", re.M)
_OPENING = re.compile(r"^(?:Notes on|Plan for|Doubts about) .+:$", re.M)
_BULLET = re.compile(r"^\s*[-*•] +(.+)$", re.M)
_REMARKS = re.compile(r"^Remarks:$", re.M)
_SOURCES = re.compile(r"^(?:Sources|Read on): (.+)$", re.M)
_REMARK = re.compile(
    r"(?:Searched|Subject|To be checked|Not exact): |The documents do not mention: |One collection was "
)
_DOUBT = re.compile(r"Not exact: |The documents do not mention: ")
_A_TEXT = 180  # characters; a shorter prompt without sections is a request


@dataclass(frozen=True)
class Passage:
    """A piece of a document, with what to cite it by."""

    id: str
    title: str
    text: str


def passages_in(text: str) -> list[Passage]:
    """Find the lines of the form `[id] Title: text`."""
    return [Passage(*found) for found in _PASSAGE.findall(text)]


def topic_in(prompt: str) -> str:
    """Tell what a prompt is about, be it a request or material with a heading."""
    sections = _sections(prompt)
    if "topic" in sections:
        return topic_of(sections["topic"])
    title = _HEADING.search(prompt)
    if _OPENING.search(prompt) or title is None:
        return topic_of(sections.get("draft", prompt))
    return topic_of(title[0].lstrip("# "))


def text_in(prompt: str) -> str:
    """Give the material of a prompt: its draft or notes, else all of it when it is too long for a request."""
    sections = _sections(prompt)
    if _REMARKS.search(prompt):
        return prompt  # remarks and the text that they are on belong together
    named = sections.get("draft") or sections.get("notes")
    return named or (prompt if len(prompt) > _A_TEXT or _is_composed(prompt) else "")


def facts_in(material: str) -> list[str]:
    """List what notes say; of prose, its sentences. Headings and remarks about the notes are no facts."""
    facts = [fact.strip() for fact in _BULLET.findall(material) if not _REMARK.match(fact)]
    if facts or _BULLET.search(material):
        return list(dict.fromkeys(facts))
    prose = _SOURCES.sub("", _OPENING.sub("", _HEADING.sub("", material)))
    return list(dict.fromkeys(sentences_of(prose)))


def doubts_in(material: str) -> list[str]:
    """List what notes say about what they lack."""
    return [doubt for doubt in _BULLET.findall(material) if _DOUBT.match(doubt)]


def sources_in(material: str) -> list[str]:
    """List the sources that notes name, each once."""
    listed = [source.strip() for found in _SOURCES.findall(material) for source in found.split(";")]
    return list(dict.fromkeys(listed))


def blocks_of(material: str) -> list[str]:
    """Give the paragraphs of several authors' texts, each once and without their headings."""
    if not _is_composed(material):
        return []
    bare = _OPENING.sub("", _HEADING.sub("", material))
    return list(dict.fromkeys(block.strip() for block in re.split(r"\n{2,}", bare) if block.strip()))


def _is_composed(prompt: str) -> bool:
    return _OPENING.search(prompt) is not None or _HEADING.search(prompt) is not None


def _sections(prompt: str) -> dict[str, str]:
    parts = _SECTION.split(prompt)
    named = zip((name.casefold() for name in parts[1::2]), parts[2::2], strict=True)
    return {_ALIASES.get(name, name): text.strip() for name, text in named}
