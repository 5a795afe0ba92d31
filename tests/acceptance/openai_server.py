"""An OpenAI that runs here: it answers by what it is asked, so that runs may come in any order and any number.

It calls the tools that it is offered one after the other, a turn each, and then says what the last one told. It speaks
the chat completions and the responses, streamed as the real one does: tool arguments in pieces, reasoning in parts.
Knows the wire, nothing of any graph.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-not-a-real-key-just-for-tests"
THOUGHT = "The tool should know."
_PIECE = 5  # characters of a tool's arguments in one chunk
_USAGE = {"prompt_tokens": 20, "completion_tokens": 8, "total_tokens": 28}

JSON = dict[str, Any]


@dataclass
class OpenAIServer:
    """The running server; while it is held, answers stop after their first word."""

    url: str
    asked: list[JSON] = field(default_factory=list)
    _may_speak: threading.Event = field(default_factory=threading.Event)

    def hold(self) -> None:
        """Say no more than a word until `release`."""
        self._may_speak.clear()

    def release(self) -> None:
        """Say all."""
        self._may_speak.set()

    def wait(self) -> None:
        """Return when not held."""
        self._may_speak.wait()

    @property
    def settings(self) -> dict[str, str]:
        """What makes LangChain's package come here."""
        return {"OPENAI_BASE_URL": f"{self.url}/v1", "OPENAI_API_KEY": KEY}


@contextmanager
def openai_server() -> Iterator[OpenAIServer]:
    """Run the server on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            server.asked.append(request)
            with suppress(OSError):  # whoever asked may have been killed
                self._answer(request)

        def _answer(self, request: JSON) -> None:
            if wrong := re.search(r"status (\d{3})", json.dumps(request)):
                error = {"error": {"message": "as you asked", "type": "error", "code": None, "param": None}}
                self._send(int(wrong[1]), "application/json", json.dumps(error))
                return
            answer = _answer_to(request)
            is_chat = self.path.endswith("/chat/completions")
            if not request.get("stream"):
                self._send(200, "application/json", json.dumps(_completion(answer) if is_chat else _whole(answer)))
                return
            self._send(200, "text/event-stream")
            for event in _chat_events(answer) if is_chat else _response_events(answer):
                if event is None:
                    server.wait()
                    continue
                named = "" if is_chat else f"event: {event['type']}\n"
                self.wfile.write(f"{named}data: {json.dumps(event)}\n\n".encode())
                self.wfile.flush()
            if is_chat:
                self.wfile.write(b"data: [DONE]\n\n")

        def _send(self, status: int, kind: str, body: str = "") -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Be silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        server = OpenAIServer(f"http://127.0.0.1:{listening.server_port}")
        server.release()
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield server
        server.release()
        listening.shutdown()
        thread.join()


@dataclass(frozen=True)
class _Answer:
    text: str = ""
    tool: str | None = None
    arguments: str = ""
    call_id: str = ""
    may_wait: bool = False


def _answer_to(request: JSON) -> _Answer:
    said = [_plain(item) for item in request.get("messages") or request["input"]]
    asked = max((n for n, (role, _) in enumerate(said) if role == "user"), default=-1)
    question = said[asked][1]
    if schema := _schema_of_answer(request):
        return _Answer(json.dumps(_filled(schema, question)))
    told = [text for role, text in said[asked:] if role == "tool"]
    tools = [tool.get("function", tool) for tool in request.get("tools", [])]
    if len(told) < len(tools):
        wanted = tools[len(told)]
        arguments = json.dumps(_filled(wanted["parameters"], question))
        return _Answer(tool=wanted["name"], arguments=arguments, call_id=f"call_{len(said)}")
    return _Answer(f"I found: {told[-1]}" if told else f"You said: {question}", may_wait=True)


def _plain(item: JSON) -> tuple[str, str]:
    """Return who speaks in an item of a conversation, and what."""
    if item.get("type") == "function_call_output":
        return "tool", str(item["output"])
    content = item.get("content") or ""
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content)
    return item.get("role", "assistant"), content


def _schema_of_answer(request: JSON) -> JSON | None:
    form: JSON = request.get("response_format") or request.get("text", {}).get("format") or {}
    return form.get("json_schema", form)["schema"] if form.get("type") == "json_schema" else None


def _filled(schema: JSON, text: str) -> Any:
    """Make a value that the schema allows; texts are *text*, what may be left out is."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            wanted = schema.get("required", ())
            return {key: _filled(value, text) for key, value in schema["properties"].items() if key in wanted}
        case "array":
            return [_filled(schema.get("items", {}), text)]
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case "string":
            return text
    return None


def _completion(answer: _Answer) -> JSON:
    message: JSON = {"role": "assistant", "content": answer.text or None}
    if answer.tool:
        call = {"name": answer.tool, "arguments": answer.arguments}
        message["tool_calls"] = [{"id": answer.call_id, "type": "function", "function": call}]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if answer.tool else "stop"}
    base = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-5-mini"}
    return {**base, "choices": [choice], "usage": _USAGE}


def _chat_events(answer: _Answer) -> Iterator[JSON | None]:
    def chunk(delta: JSON, finish: str | None = None) -> JSON:
        base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5-mini"}
        return {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    yield chunk({"role": "assistant", "content": ""})
    for n, word in enumerate(_words(answer.text)):
        if n == 1 and answer.may_wait:
            yield None
        yield chunk({"content": word})
    if answer.tool:
        named = {"name": answer.tool, "arguments": ""}
        yield chunk({"tool_calls": [{"index": 0, "id": answer.call_id, "type": "function", "function": named}]})
        for piece in _pieces(answer.arguments):
            yield chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
    yield chunk({}, "tool_calls" if answer.tool else "stop")
    yield {**chunk({}), "choices": [], "usage": _USAGE}


def _response_events(answer: _Answer) -> Iterator[JSON | None]:
    """Reason in two parts, then call a tool or say the answer."""
    number = iter(range(1000))

    def event(kind: str, **members: Any) -> JSON:
        return {"type": f"response.{kind}", "sequence_number": next(number), **members}

    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": THOUGHT}]}
    at = {"item_id": "rs_1", "output_index": 0, "summary_index": 0}
    yield event("created", response=_response([], "in_progress"))
    yield event("output_item.added", output_index=0, item={**reasoning, "summary": []})
    yield event("reasoning_summary_part.added", **at, part={"type": "summary_text", "text": ""})
    for word in _words(THOUGHT):
        yield event("reasoning_summary_text.delta", **at, delta=word)
    yield event("reasoning_summary_part.done", **at, part={"type": "summary_text", "text": THOUGHT})
    yield event("output_item.done", output_index=0, item=reasoning)
    if answer.tool:
        item: JSON = {"type": "function_call", "id": "fc_1", "call_id": answer.call_id, "name": answer.tool}
        yield event("output_item.added", output_index=1, item={**item, "arguments": "", "status": "in_progress"})
        for piece in _pieces(answer.arguments):
            yield event("function_call_arguments.delta", item_id="fc_1", output_index=1, delta=piece)
        item |= {"arguments": answer.arguments, "status": "completed"}
    else:
        item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": []}
        at = {"item_id": "msg_1", "output_index": 1, "content_index": 0}
        yield event("output_item.added", output_index=1, item={**item, "status": "in_progress"})
        part = {"type": "output_text", "text": "", "annotations": []}
        yield event("content_part.added", **at, part=part)
        for n, word in enumerate(_words(answer.text)):
            if n == 1 and answer.may_wait:
                yield None
            yield event("output_text.delta", **at, delta=word, logprobs=[])
        item["content"] = [{**part, "text": answer.text}]
    yield event("output_item.done", output_index=1, item=item)
    yield event("completed", response=_response([reasoning, item], "completed"))


def _whole(answer: _Answer) -> JSON:
    """Return what the last event of the stream holds."""
    whole: JSON = [event for event in _response_events(answer) if event is not None][-1]["response"]
    return whole


def _response(output: list[JSON], status: str) -> JSON:
    usage = {"input_tokens": 20, "output_tokens": 8, "total_tokens": 28}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 4}}
    base = {"id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-5-mini", "tools": []}
    return {
        **base,
        "status": status,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "usage": {**usage, **details},
    }


def _words(text: str) -> list[str]:
    return re.findall(r"\S+\s*", text)


def _pieces(arguments: str) -> list[str]:
    return [arguments[n : n + _PIECE] for n in range(0, len(arguments), _PIECE)]
