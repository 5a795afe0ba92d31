"""Fill a tool's arguments from a prompt, by fixed rules over their JSON schema."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cantata.graphs.offline_prompt import Prompt

JsonObject = Mapping[str, Any]

EXPRESSION = re.compile(r"expr|formula|equation|calculation|arithmetic", re.I)
ZONE = re.compile(r"zone|^tz$", re.I)
PLACE = re.compile(r"city|place|location|country|town|region|destination|where", re.I)
ORIGIN = re.compile(r"^origin|^from_|departure|source_city", re.I)

_QUERY = re.compile(r"query|search|keyword|phrase", re.I)
_PERSON = re.compile(r"person|customer|client|contact|name", re.I)
_NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_MAX_NESTING = 6  # of objects in a schema
_SHORT_TEXT = re.compile(r"title|name|subject|headline|label|topic", re.I)
_TEXT_FORMATS = {
    "url": re.compile(r"https?://[^\s<>\"')]+"),
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "date": re.compile(r"\b\d{4}-\d{2}-\d{2}\b"),
    "path": re.compile(r"(?<![\w:/])(?:[\w.-]*/)*[\w-]+\.\w{1,5}\b"),
}
_SAMPLES = {
    "url": "https://example.com",
    "email": "someone@example.com",
    "date": "2026-01-01",
    "path": "notes.txt",
}


class Filler:
    """Fills one call's arguments; numbers of the prompt are used up in order, hence the state."""

    def __init__(
        self, schema: JsonObject, prompt: Prompt, *, known: JsonObject | None = None, must_fill: bool = False
    ) -> None:
        self._schema = schema
        self._definitions: JsonObject = schema.get("$defs") or {}
        self._prompt = prompt
        self._known = known or {}
        self._must_fill = must_fill
        self._numbers = list(prompt.numbers)

    def arguments(self) -> dict[str, Any] | None:
        """Fill them, or give None when a required one cannot be had from the prompt."""
        return self._object(self._schema, 0)

    def _object(self, schema: JsonObject, depth: int) -> dict[str, Any] | None:
        properties, required = schema.get("properties") or {}, schema.get("required") or ()
        filled: dict[str, Any] = {}
        # Numbers named by their argument ("priority 4") are taken first, so that none else takes them.
        for key in sorted(properties, key=lambda key: self._named_number(key) is None):
            is_required = key in required
            value = self._known[key] if key in self._known else self._value(key, properties[key], is_required, depth)
            if value is not None:
                filled[key] = value
            elif is_required:
                return None
        return {key: filled[key] for key in properties if key in filled}

    def _value(self, key: str, schema: JsonObject, is_required: bool, depth: int) -> Any:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._choice(schema, is_required)
        match type_of(schema):
            case "integer" | "number":
                return self._number(key, schema, is_required)
            case "boolean":
                return self._truth(key, schema, is_required)
            case "array":
                return self._items(key, schema, depth) if is_required else None
            case "object" if depth < _MAX_NESTING:
                return self._object(schema, depth + 1) if is_required else None
            case "string" | None:
                return self._text(key, schema, is_required)
            case _:
                return None

    def _resolved(self, schema: Any) -> JsonObject:
        for _ in range(_MAX_NESTING):
            if not isinstance(schema, Mapping):  # `true` is a schema too
                return {}
            if "$ref" in schema:
                schema = self._definitions.get(schema["$ref"].rsplit("/", 1)[-1], {})
            elif options := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
                schema = _first_of(options)
            else:
                return schema
        return {}

    def _choice(self, schema: JsonObject, is_required: bool) -> Any:
        for option in schema["enum"]:
            if re.search(rf"\b{re.escape(str(option))}\b", self._prompt.text, re.I):
                return option
        return schema.get("default", schema["enum"][0]) if is_required else None

    def _number(self, key: str, schema: JsonObject, is_required: bool) -> float | None:
        value = self._named_number(key)
        if value is None and is_required:
            value = self._numbers[0] if self._numbers else None
        if value is None:
            sample = schema.get("default", schema.get("minimum", 1))
            return sample if is_required and self._must_fill else None
        if value in self._numbers:
            self._numbers.remove(value)
        value = min(max(value, schema.get("minimum", value)), schema.get("maximum", value))
        return int(value) if type_of(schema) == "integer" else value

    def _named_number(self, key: str) -> float | None:
        name = re.escape(key.replace("_", " "))
        text = self._prompt.text
        found = re.search(rf"\b{name}(?: is| of| to|:| =|=)? (-?\d+(?:\.\d+)?)", text, re.I)
        found = found or re.search(rf"(-?\d+(?:\.\d+)?) {name.removesuffix('s')}s?\b", text, re.I)
        if found:
            return float(found[1])
        spoken = re.search(rf"\b({'|'.join(_NUMBER_WORDS)}) {name.removesuffix('s')}s?\b", text, re.I)
        return _NUMBER_WORDS.index(spoken[1].casefold()) + 1.0 if spoken else None

    def _truth(self, key: str, schema: JsonObject, is_required: bool) -> bool | None:
        name = re.escape(key.replace("_", " "))
        if found := re.search(rf"\b(not |no |without )?{name}\b", self._prompt.text, re.I):
            return found[1] is None
        return bool(schema.get("default", False)) if is_required else None

    def _items(self, key: str, schema: JsonObject, depth: int) -> list[Any] | None:
        items = self._resolved(schema.get("items") or {"type": "string"})
        if items.get("type") in {"integer", "number"} and self._numbers:
            return [int(number) if items["type"] == "integer" else number for number in self._numbers]
        if items.get("type") == "string" and "enum" not in items and self._prompt.quoted:
            return list(self._prompt.quoted)
        item = self._value(key, items, True, depth + 1) if depth < _MAX_NESTING else None
        return None if item is None else [item] * max(1, schema.get("minItems", 1))

    def _text(self, key: str, schema: JsonObject, is_required: bool) -> str | None:
        kind = _kind_of_text(key, schema)
        if kind is not None:
            found = _TEXT_FORMATS[kind].search(self._prompt.text)
            return found[0] if found else _SAMPLES[kind] if is_required and self._must_fill else None
        if ORIGIN.search(key) and self._prompt.origin:
            return self._prompt.origin
        if not is_required:
            return None
        text = self._free_text(key)
        if text is None:
            return None
        if not _matches(schema.get("pattern"), text):
            return text if self._must_fill else None
        return text[: schema.get("maxLength", 2000)]

    def _free_text(self, key: str) -> str | None:
        prompt = self._prompt
        if EXPRESSION.search(key) and prompt.expressions:
            return prompt.expressions[0]
        if PLACE.search(key) or ZONE.search(key):
            return prompt.destinations[0] if prompt.places else prompt.text if self._must_fill else None
        if prompt.quoted:
            return prompt.quoted[0]
        if _QUERY.search(key):
            return prompt.query or prompt.text
        if _PERSON.search(key) and prompt.people:
            return prompt.people[0]
        return " ".join(prompt.text.split()[:8]) if _SHORT_TEXT.search(key) else prompt.text


def words_of_name(name: str) -> list[str]:
    """Split `get_weather` and `getWeather` into their words."""
    return [word.casefold() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def type_of(schema: JsonObject) -> str | None:
    """Give a schema's type; a list of types counts as its first that is not null."""
    kind = schema.get("type")
    return next((name for name in kind if name != "null"), None) if isinstance(kind, list) else kind


def _first_of(options: Sequence[Any]) -> Any:
    named = [option for option in options if not isinstance(option, Mapping) or option.get("type") != "null"]
    return named[0] if named else {}


def _matches(pattern: str | None, text: str) -> bool:
    try:
        return pattern is None or re.search(pattern, text) is not None
    except re.error:  # JSON Schema speaks another dialect
        return False


def _kind_of_text(key: str, schema: JsonObject) -> str | None:
    formats = {"uri": "url", "url": "url", "email": "email", "date": "date"}
    if schema.get("format") in formats:
        return formats[schema["format"]]
    words = words_of_name(key)
    for kind, names in {
        "url": {"url", "uri", "link"},
        "email": {"email"},
        "date": {"date"},
        "path": {"path"},
    }.items():
        if names & set(words):
            return kind
    return None
