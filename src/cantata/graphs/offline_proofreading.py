"""What fixed rules can do to a text: mend slips, and name what a reader may stumble over."""

import re

_LONG_SENTENCE = 35  # words
_DOUBLED = re.compile(r"\b(an?|and|are|by|for|from|in|is|it|of|on|or|the|to|was|with)( +\1)+\b", re.I)
_SPACE_BEFORE = re.compile(r"(?<=\w) +(?=[,;.!?](?:\s|$))")
_SPACES = re.compile(r"(?<=\S) {2,}")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[A-Z0-9\"“])")
_LOWER_START = re.compile(r"^[a-z](?=[a-z]* )", re.M)
_CITATION = re.compile(r"\[[\w.-]+-\d+\]")
_NUMBER = re.compile(r"\d")


def proofread(text: str) -> str:
    """Mend doubled words, stray spaces and lines that begin small."""
    text = _DOUBLED.sub(r"\1", text)
    text = _SPACES.sub(" ", _SPACE_BEFORE.sub("", text))
    return _LOWER_START.sub(lambda found: found[0].upper(), text).strip()


def remarks_on(text: str) -> list[str]:
    """List what should be changed, the most important first; none is a fine result."""
    remarks = [f"No source is given for “{clipped(line, 80)}”" for line in text.splitlines() if _has_bare_figure(line)]
    remarks += [
        f"Longer than {_LONG_SENTENCE} words: “{clipped(one, 80)}”"
        for one in sentences_of(text)
        if len(one.split()) > _LONG_SENTENCE
    ]
    remarks += [f"The word “{found[1]}” is doubled" for found in _DOUBLED.finditer(text)]
    return remarks


def sentences_of(text: str) -> list[str]:
    """Split prose into its sentences; headings and bare lines stay whole."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [sentence for line in lines for sentence in _SENTENCE_END.split(line)]


def clipped(text: str, length: int) -> str:
    """Shorten a text that is longer than *length*."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _has_bare_figure(line: str) -> bool:
    return bool(_NUMBER.search(line)) and " " in line.strip() and not _CITATION.search(line)
