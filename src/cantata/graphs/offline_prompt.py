"""What fixed rules can read in a prompt: sums, places, numbers, quotes, addresses. English only."""

import ast
import re
from dataclasses import dataclass

_MAX_READ = 4000  # characters; rules need no more, and regular expressions stay fast
_MAX_FOUND = 6  # of each kind

_SPOKEN_SUMS = (
    (re.compile(r"(\d+(?:\.\d+)?)\s*(?:%|percent)\s+of\s+(\d+(?:\.\d+)?)", re.I), r"\1/100*\2"),
    (re.compile(r"square root of\s+(\d+(?:\.\d+)?)", re.I), r"sqrt(\1)"),
    (re.compile(r"(?<=\d)\s+(?:multiplied by|times)\s+(?=[\d(])", re.I), " * "),
    (re.compile(r"(?<=\d)\s*x\s*(?=\d)", re.I), " * "),
    (re.compile(r"(?<=\d)\s+divided by\s+(?=[\d(])", re.I), " / "),
    (re.compile(r"(?<=\d)\s+plus\s+(?=[\d(])", re.I), " + "),
    (re.compile(r"(?<=\d)\s+minus\s+(?=[\d(])", re.I), " - "),
    (re.compile(r"(?<=\d)\s+to the power of\s+(?=[\d(])", re.I), " ** "),
    (re.compile(r"(?<=\d)\s+squared\b", re.I), " ** 2"),
)
_FUNCTION = r"(?:abs|ceil|cos|exp|floor|ln|log|max|min|round|sin|sqrt|tan)(?=\s*\()"
_SUM = re.compile(rf"(?:(?:\d+(?:,\d{{3}})*(?:\.\d+)?|\*\*|//|[-+*/%^×÷−(),]|{_FUNCTION}|\bpi\b)\s*)+")
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_BARE_RANGE = re.compile(r"\d+(?:[-/]\d+)+")  # 10-20 or 24/7: a sum only when the prompt asks for one
_ASKS_SUM = re.compile(r"calculat|comput|evaluat|solve|work out|how much|what(?:'s| is)|=", re.I)
_ASKS_TIME = re.compile(
    r"what(?:'s| is)? (?:the )?(?:current |local |exact )?(?:time|date|day)\b|\btime (?:is it|it is|now|in|at)\b"
    r"|\bcurrent (?:time|date)\b|o'clock|today's date|\bdate today\b",
    re.I,
)
_ZONE = re.compile(r"\b(?:[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?|UTC|GMT)\b")
_PROPER = r"[A-Z][\w'’-]*(?: (?:de |of |the )?[A-Z][\w'’-]*)*"
_PLACES = re.compile(
    rf"\b(?:in|at|for|near|from|to|of) ((?:{_PROPER})(?:(?:, and |, or |, | and | or | & ){_PROPER})*)"
)
_LOWER_PLACES = re.compile(r"\btime (?:is it |it is )?(?:right )?(?:now )?(?:in|at) ([a-z][a-z ,&]*)", re.I)
_BETWEEN = re.compile(r",? and |,? or |, | & ")
_NOT_PLACES = frozenset(
    str.split(
        "january february march april may june july august september october november december monday tuesday wednesday"
        " thursday friday saturday sunday english french german spanish arabic python json markdown i"
    )
)
_FILLER = frozenset({"also", "and", "currently", "me", "now", "or", "please", "right", "the", "then", "today"})
_QUOTED = re.compile(r"[\"“]([^\"”]{1,500})[\"”]|(?<!\w)'([^']{1,500})'(?!\w)")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\w])")


@dataclass(frozen=True)
class Prompt:
    """A prompt and what was found in it, each list in reading order and without doubles."""

    text: str
    expressions: tuple[str, ...]
    places: tuple[str, ...]
    quoted: tuple[str, ...]
    numbers: tuple[float, ...]
    asks_time: bool

    @property
    def words(self) -> frozenset[str]:
        """Its words, folded to a crude stem."""
        return frozenset(stem(word) for word in re.findall(r"[A-Za-z]+", self.text))


def read_prompt(text: str) -> Prompt:
    """Read a prompt by the rules of this module."""
    text = text[:_MAX_READ].strip()
    asks_time = _ASKS_TIME.search(text) is not None
    return Prompt(
        text=text,
        expressions=_unique(_expressions(text)),
        places=_unique(_places(text, asks_time=asks_time)),
        quoted=_unique([double or single for double, single in _QUOTED.findall(text)]),
        numbers=tuple(float(number.replace(",", "")) for number in _NUMBER.findall(text)),
        asks_time=asks_time,
    )


def stem(word: str) -> str:
    """Fold a word so that `searches`, `Searching` and `search` are one."""
    folded = word.casefold()
    for ending in ("ing", "es", "ed", "s"):
        if folded.endswith(ending) and len(folded) - len(ending) >= 3:
            return folded.removesuffix(ending)
    return folded


def _expressions(text: str) -> list[str]:
    text = _DATE.sub(" ", text)
    for pattern, symbols in _SPOKEN_SUMS:
        text = pattern.sub(symbols, text)
    found = [_sum_in(match[0]) for match in _SUM.finditer(text)]
    asks = _ASKS_SUM.search(text) is not None
    return [expression for expression in found if expression and (asks or not _BARE_RANGE.fullmatch(expression))]


def _sum_in(span: str) -> str | None:
    candidate = span.strip().lstrip("*/%,^×÷)").rstrip("+-*/%,^×÷−(").strip()
    if not 3 <= len(candidate) <= 200:
        return None
    plain = candidate.translate(str.maketrans("^×÷−", "**/-"))
    try:
        tree = ast.parse(re.sub(r"(?<=\d),(?=\d{3})", "", plain), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return candidate if isinstance(tree, ast.BinOp | ast.Call) else None


def _places(text: str, *, asks_time: bool) -> list[str]:
    found = _ZONE.findall(text)
    for match in _PLACES.finditer(_ZONE.sub(" ", text)):
        found += _BETWEEN.split(match[1])
    if asks_time and not found and (lower := _LOWER_PLACES.search(text)):
        found += _BETWEEN.split(lower[1])
    return [place for place in map(_place, found) if place and place.casefold() not in _NOT_PLACES]


def _place(text: str) -> str:
    words = text.strip(" .?!").split()
    while words and words[-1].casefold() in _FILLER:
        words.pop()
    return " ".join(words[:4])


def _unique(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:_MAX_FOUND]
