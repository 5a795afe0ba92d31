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
_PERSON = re.compile(r"\b[A-Z][\w’-]+(?: [A-Z][\w’-]+)+")
_NOT_NAMES = frozenset(
    str.split(
        "all and any are can did do does find for from get give had has have how is list look please search show tell"
        " the was were what when where which who whose why with"
    )
)
_ORIGIN = re.compile(rf"\bfrom ({_PROPER})")
_LEAD = re.compile(
    r"^(?:please |can you |could you |i want to |i would like to |let's )*"
    r"(?:compare|describe|draft|explain|find|get|give|list|look|make|plan|prepare|research|review|revise|search|show"
    r"|summari[sz]e|tell|what|which|write)\b(?: (?!about\b|on\b|of\b|for\b|regarding\b)[\w'’-]+){0,4}?"
    r" (?:about|on|of|for|regarding) ",
    re.I,
)
_COMMAND = re.compile(
    r"^(?:please |can you |could you |i want to |i would like to |we want to |we would like to )*"
    r"(?:(?:compare|describe|explain|find|look up|plan|research|review|summari[sz]e|search|show|write)(?: me)?"
    r"|(?:fly|go|travel)(?: from)?|(?:what|who) (?:is|are|was|were)|how (?:do|does|did)|tell me) ",
    re.I,
)
_HEADED = re.compile(r"^(?:Notes on|Plan for|Doubts about) (.+):$", re.M)
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
    people: tuple[str, ...] = ()
    origin: str | None = None
    """Where somebody comes or goes from."""

    @property
    def destinations(self) -> tuple[str, ...]:
        """The places but for the origin; all of them when there is no other."""
        return tuple(place for place in self.places if place != self.origin) or self.places

    @property
    def query(self) -> str:
        """What to search for: what is quoted, else whom or what it is about."""
        if self.quoted:
            return self.quoted[0]
        topic = topic_of(self.text)
        is_led = _LEAD.match(self.text) is not None
        if self.people and (not is_led or topic.startswith(self.people[0])):
            return self.people[0]
        return topic

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
        people=_unique(_people(text)),
        origin=_origin(text),
    )


def topic_of(text: str) -> str:
    """Tell what a prompt, or a text with a heading of ours, is about."""
    if headed := _HEADED.search(text):
        return headed[1]
    first = re.split(r"(?<=[.?!])\s|\n", text.strip(), maxsplit=1)[0]
    lead = _LEAD if _LEAD.match(first) else _COMMAND
    words = lead.sub("", first).strip(' .?!"“”').split()
    while words and words[-1].casefold().strip(",") in _FILLER:
        words.pop()
    if words:
        words[-1] = words[-1].rstrip(",")
    if words and words[0] in ("The", "A", "An"):
        words[0] = words[0].casefold()
    return " ".join(words)


def stem(word: str) -> str:
    """Fold a word so that `searches`, `Searching` and `search` are one."""
    folded = word.casefold()
    for ending in ("ing", "es", "ed", "s", "e"):
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


def _people(text: str) -> list[str]:
    found = [match[0].split() for match in _PERSON.finditer(re.sub(r"['’]s\b", "", text))]
    for words in found:
        while words and words[0].casefold() in _NOT_NAMES:
            words.pop(0)
    return [" ".join(words) for words in found if len(words) > 1]


def _origin(text: str) -> str | None:
    found = _ORIGIN.search(text)
    place = _place(found[1]) if found else ""
    return place if place.casefold() not in _NOT_PLACES else None


def _place(text: str) -> str:
    words = text.strip(" .?!").split()
    while words and words[-1].casefold() in _FILLER:
        words.pop()
    return " ".join(words[:4])


def _unique(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:_MAX_FOUND]
