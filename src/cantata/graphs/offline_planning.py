"""Which tools a prompt calls for, and with what arguments, by fixed rules over their JSON schemas."""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cantata.graphs.offline_arguments import (
    EXPRESSION,
    ORIGIN,
    PLACE,
    ZONE,
    Filler,
    JsonObject,
    type_of,
    words_of_name,
)
from cantata.graphs.offline_prompt import Prompt, stem

DELEGATION = "delegate_to_"  # begins the name of a tool that gives the task to somebody else
_MAX_CALLS = 8  # in one turn

_SENTENCE = re.compile(r"(?<=[.!?:;])\s+")
_ALWAYS = re.compile(r"\balways call\b", re.I)
_ONLY = re.compile(r"\bcall only\b", re.I)
_NO_TOOL = re.compile(r"\bcall no tool\b", re.I)
_ABOUT_TIME = re.compile(r"\btime\b|\bclock\b|time_|_time|timezone|\bdate\b", re.I)
_ABOUT_SUMS = re.compile(r"calc|arithmetic|math", re.I)
_OPERATIONS: dict[str, type[ast.operator]] = {
    "add": ast.Add,
    "sum": ast.Add,
    "plus": ast.Add,
    "subtract": ast.Sub,
    "minus": ast.Sub,
    "multiply": ast.Mult,
    "product": ast.Mult,
    "times": ast.Mult,
    "divide": ast.Div,
    "quotient": ast.Div,
    "power": ast.Pow,
    "pow": ast.Pow,
}
_EMPTY_WORDS = frozenset(
    stem(word)
    for word in str.split(
        "a about an and any by call can current do find for from get given in is it its list make my of on or read"
        " return returns run set show some that the their this to tool use used uses using what when which with you"
        " your"
    )
)


@dataclass(frozen=True)
class PlannedCall:
    """A tool call to be made."""

    tool: str
    args: dict[str, Any]


@dataclass(frozen=True)
class ToolSpec:
    """A bound tool as the rules see it."""

    name: str
    description: str
    parameters: JsonObject

    @classmethod
    def of(cls, openai_tool: JsonObject) -> "ToolSpec":
        """Read the form that `convert_to_openai_tool` gives."""
        function = openai_tool["function"]
        return cls(function["name"], function.get("description") or "", function.get("parameters") or {})

    @property
    def properties(self) -> JsonObject:
        """Its arguments' schemas by name."""
        properties: JsonObject = self.parameters.get("properties") or {}
        return {key: schema if isinstance(schema, Mapping) else {} for key, schema in properties.items()}

    @property
    def required(self) -> Sequence[str]:
        """The arguments it cannot be called without."""
        required: Sequence[str] = self.parameters.get("required") or ()
        return required


def plan_calls(prompt: Prompt, tools: Sequence[ToolSpec], instructions: str = "") -> list[PlannedCall]:
    """List the calls that the prompt asks for, in the order of the tools; none is a fine answer.

    *instructions* may order calls: "Always call x and y", "Call only x", "Call no tool".
    """
    ordered, allowed = _orders(instructions, tools)
    calls = [
        call
        for tool in tools
        if not tool.name.startswith(DELEGATION) and tool.name in allowed
        for call in _calls_of(tool, prompt, is_ordered=tool.name in ordered)
    ]
    return calls[:_MAX_CALLS]


def force_call(prompt: Prompt, tools: Sequence[ToolSpec]) -> PlannedCall:
    """Plan one call come what may, of the tool that fits best; arguments the prompt lacks get samples."""
    tool = max(tools, key=lambda tool: _likeness(tool, prompt))
    return PlannedCall(tool.name, Filler(tool.parameters, prompt, must_fill=True).arguments() or {})


def _orders(instructions: str, tools: Sequence[ToolSpec]) -> tuple[set[str], set[str]]:
    """Read which tools must be called, and which may be; the last order about what may be called counts."""
    ordered: set[str] = set()
    allowed = {tool.name for tool in tools}
    for sentence in _SENTENCE.split(instructions):
        named = {tool.name for tool in tools if re.search(rf"\b{re.escape(tool.name)}\b", sentence)}
        if _ALWAYS.search(sentence):
            ordered |= named
        elif _NO_TOOL.search(sentence):
            allowed = set()
        elif _ONLY.search(sentence) and named:
            ordered = allowed = named
    return ordered & allowed, allowed


def _calls_of(tool: ToolSpec, prompt: Prompt, *, is_ordered: bool) -> list[PlannedCall]:
    if (key := _expression_key(tool)) is not None:
        return _one_call_each(tool, key, prompt.expressions, prompt)
    if _ABOUT_TIME.search(f"{tool.name} {tool.description}") and (key := _place_key(tool)) is not None:
        places = prompt.places or ("UTC",)
        return _one_call_each(tool, key, places, prompt) if prompt.asks_time else []
    if (operation := _operation_of(tool)) is not None and prompt.expressions:
        return _operation_calls(tool, operation, prompt)
    if not is_ordered and _likeness(tool, prompt) < 1:
        return []
    if (key := _place_key(tool)) is not None and prompt.places:
        return _one_call_each(tool, key, prompt.destinations, prompt)
    return _one_call_each(tool, None, ("",), prompt)


def _one_call_each(tool: ToolSpec, key: str | None, values: Sequence[str], prompt: Prompt) -> list[PlannedCall]:
    calls = []
    for value in values:
        known = {} if key is None else {key: value}
        arguments = Filler(tool.parameters, prompt, known=known).arguments()
        if arguments is not None:
            calls.append(PlannedCall(tool.name, arguments))
    return calls


def _expression_key(tool: ToolSpec) -> str | None:
    strings = [key for key, schema in tool.properties.items() if type_of(schema) == "string"]
    for key in strings:
        if EXPRESSION.search(key) or EXPRESSION.search(tool.properties[key].get("description", "")):
            return key
    is_calculator = _ABOUT_SUMS.search(tool.name) is not None
    return strings[0] if is_calculator and len(strings) == 1 else None


def _place_key(tool: ToolSpec) -> str | None:
    for pattern in (ZONE, PLACE):
        for key, schema in tool.properties.items():
            if (
                pattern.search(key)
                and not ORIGIN.search(key)
                and type_of(schema) in {"string", None}
                and "enum" not in schema
            ):
                return key
    return None


def _operation_of(tool: ToolSpec) -> type[ast.operator] | None:
    numeric = [key for key in tool.required if type_of(tool.properties.get(key, {})) in {"integer", "number"}]
    if len(numeric) != 2 or len(tool.required) != 2:
        return None
    for word in words_of_name(tool.name):
        if word in _OPERATIONS:
            return _OPERATIONS[word]
    return None


def _operation_calls(tool: ToolSpec, operation: type[ast.operator], prompt: Prompt) -> list[PlannedCall]:
    calls = []
    for expression in prompt.expressions:
        match ast.parse(expression.replace("^", "**").replace("×", "*").replace("÷", "/"), mode="eval").body:
            case ast.BinOp(left=ast.Constant(value=left), op=op, right=ast.Constant(value=right)) if (
                type(op) is operation
            ):
                calls.append(PlannedCall(tool.name, dict(zip(tool.required, (left, right), strict=True))))
            case _:
                pass
    return calls


def _likeness(tool: ToolSpec, prompt: Prompt) -> float:
    """Score how much a prompt speaks of a tool; from 1 on it is meant."""
    text = prompt.text.casefold()
    if tool.name.casefold() in text or tool.name.replace("_", " ").casefold() in text:
        return 10
    name_words = {stem(word) for word in words_of_name(tool.name)} - _EMPTY_WORDS
    described = {stem(word) for word in re.findall(r"[A-Za-z]{5,}", tool.description)} - _EMPTY_WORDS
    return 2.0 * len(name_words & prompt.words) + 0.5 * len(described & prompt.words)
