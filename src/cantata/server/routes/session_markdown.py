"""A conversation as Markdown that a person likes to read.

Nothing that was said can break out of its place: texts are quoted and their HTML is shown, not obeyed; arguments and
results stand in fences longer than any inside. When in doubt whether something is code, it is treated as none.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from cantata.callbacks.redaction import decoded_bytes
from cantata.server.runs.messages import USER, attachments_in
from cantata.server.runs.model import Message, Session
from cantata.server.runs.ports.sessions import RunPlace
from cantata.server.runs.sessions import title_of

Entry = Mapping[str, Any]

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
_FENCE = re.compile(r"(`{3,})[^`]*$|(~{3,})")
_SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|[<&]")
_ESCAPED = {"<": "&lt;", "&": "&amp;"}


def heading(session: Session) -> str:
    """Write the beginning of the document."""
    facts = [f"session `{session.id}`", f"begun {_when(session.created_at)}"]
    facts += [_count(session.run_count, "workflow"), _count(session.message_count, "message")]
    return f"# {_plain(title_of(session) or session.id)}\n\n{' · '.join(facts)}\n"


def turn(number: int, follows: int | None, run: RunPlace, messages: Sequence[Message], workflow: Entry) -> str:
    """Write a question, how its answer came about, and the answer.

    *follows* names the turn before it where that is not the one above.
    """
    after = f" (follows {follows})" if follows else ""
    parts = [f"## {number}{after}"]
    parts += [_spoken(one, "You") for one in messages if one.message_id == run.question_id]
    parts += _way(workflow)
    said = [one for one in messages if one.run_id == run.id and one.role != USER and one.content]
    parts += [_spoken(one, _plain(one.sent_from)) for one in said]
    parts += _end(run, workflow)
    return "\n" + "\n\n".join(parts) + "\n"


def _spoken(message: Message, who: str) -> str:
    model = message.metadata.get("model")
    name = f"**{who}**" + (f" ({_plain(model)})" if model else "")
    attached = [f"Attached: {_attached(part)}" for part in attachments_in(message.content_parts)]
    return "\n\n".join([f"{name} · {_when(message.timestamp)}", _quoted(message.content), *attached])


def _attached(part: Entry) -> str:
    extras = part.get("extras")
    name = extras.get("filename") if isinstance(extras, dict) else None
    data = part.get("base64")
    size = f"{decoded_bytes(data)} bytes" if isinstance(data, str) else None
    facts = [str(fact) for fact in (part.get("mime_type"), size) if fact]
    return _plain(f"{name or part['type']} ({', '.join(facts)})" if facts else str(name or part["type"]))


def _way(workflow: Entry) -> list[str]:
    """Write what happened before the answer, folded; the tools of a model call after its thought."""
    calls = [call for call in workflow["reasoning"] if not call["void"]]
    tools = [tool for tool in workflow["tools"] if not tool["void"]]
    entries = [part for call in calls for part in _decision(call, tools)]
    called = {wanted["id"] for call in calls for wanted in call["tool_calls"]}
    entries += [_used(tool) for tool in tools if tool["tool_call_id"] not in called]
    spans = {call["span_id"] for call in calls}
    entries += [
        _thought(one["agent"], one["thought"])
        for one in workflow["messages"]
        if one["thought"] and not one["void"] and one["span_id"] not in spans
    ]
    if not entries:
        return []
    summary = f"How it came about: {_count(len(calls), 'model call')}, {_count(len(tools), 'tool call')}"
    return [f"<details>\n<summary>{summary}</summary>", *entries, "</details>"]


def _decision(call: Entry, tools: Sequence[Entry]) -> Iterator[str]:
    if call["thought"]:
        yield _thought(call["agent"], call["thought"])
    wanted = {one["id"] for one in call["tool_calls"]}
    for tool in tools:
        if tool["tool_call_id"] in wanted:
            yield _used(tool)


def _thought(agent: str, thought: str) -> str:
    return f"**{_plain(agent)}** thought:\n\n{_quoted(thought)}"


def _used(tool: Entry) -> str:
    took = "" if tool["duration_ms"] is None else f" · {_seconds(tool['duration_ms'])}"
    parts = [f"Tool **{_plain(tool['tool'])}** · {tool['status']}{took}", _value(tool["args"])]
    if error := tool.get("error"):
        parts.append(f"**{_plain(error['type'])}**: {_plain(error['message'])}")
    elif tool["output"] is not None:
        parts.append(_value(tool["output"]))
    return "\n\n".join(parts)


def _end(run: RunPlace, workflow: Entry) -> Iterator[str]:
    if error := workflow["error"]:
        yield f"**Failed** (`{error['code']}`): {_plain(error['message'])}"
        if workflow["recovery_suggestions"]:
            yield "\n".join(f"- {_plain(one)}" for one in workflow["recovery_suggestions"])
    if cancelled := workflow.get("cancelled"):
        yield f"**Cancelled** by {_plain(cancelled['by'])}: {_plain(cancelled['reason'])}"
    for asked in workflow["interrupts"]:
        yield f"**Waiting for a human:**\n\n{_value(asked['value'])}"
    usage = workflow["usage"]
    facts = [f"`{run.id}`", _plain(run.graph), workflow["status"]]
    if workflow["execution_time_ms"] is not None:
        facts.append(_seconds(workflow["execution_time_ms"]))
    if usage["model_calls"]:
        price = "price unknown" if usage["cost_usd"] is None else f"${usage['cost_usd']:.6f}"
        facts += [f"{usage['input_tokens']} tokens in, {usage['output_tokens']} out", price]
    yield " · ".join(facts)


def _quoted(text: str) -> str:
    """Quote a text whose own Markdown may count; a fence that it leaves open ends with the quotation."""
    lines = text.splitlines() or [""]
    marked = _fenced(lines)
    is_clear = all(code or _is_clear(line) for line, code in marked)
    return "\n".join(f"> {_shown(line, code, is_clear=is_clear)}".rstrip() for line, code in marked)


def _fenced(lines: Sequence[str]) -> list[tuple[str, bool]]:
    """Tell which lines belong to fenced code; fences in lists and the like are not looked for."""
    fence = ""
    marked: list[tuple[str, bool]] = []
    for line in lines:
        opening = None if fence else _FENCE.match(line)
        marked.append((line, bool(fence or opening)))
        if opening:
            fence = opening[1] or opening[2]
        elif fence and re.fullmatch(rf" {{0,3}}{fence[0]}{{{len(fence)},}} *", line):
            fence = ""
    return marked


def _is_clear(line: str) -> bool:
    """Tell whether every backtick of a line that is no code belongs to a span that ends on it."""
    rest = _SPAN.sub("", line)
    return not ("`" in rest or "~~~" in rest or r"\`" in line)


def _shown(line: str, is_code: bool, *, is_clear: bool) -> str:
    """Let a line's HTML be seen. Code has none, but what is code must be clear, or a tag could pass for it."""
    if not is_clear:
        return line.replace("&", "&amp;").replace("<", "&lt;")
    return line if is_code else _SPAN.sub(lambda found: _ESCAPED.get(found[0], found[0]), line)


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{'' if isinstance(value, str) else 'json'}\n{text}\n{fence}"


def _plain(text: str) -> str:
    """Write *text* as one line without a meaning in Markdown."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds} ms" if milliseconds < 1_000 else f"{milliseconds / 1_000:.1f} s"


def _when(timestamp: str) -> str:
    return f"{timestamp[:10]} {timestamp[11:16]} UTC"
