"""What the bytes of a Gemini answer say, read without any of the code under test.

A second reader of the same wire format: tests compare what it finds with what the client and our guard make of it.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cantata.graphs.faults import FaultCode

_BY_STATUS: dict[int, FaultCode] = {
    400: "model_invalid_request",
    401: "model_auth",
    403: "model_auth",
    404: "model_not_found",
    429: "model_rate_limited",
    499: "model_unavailable",
}
_BAD_CALLS = ("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS")
_UNSIGNED = ("executableCode", "codeExecutionResult")  # parts whose signatures LangChain's client drops
_NO_ANSWER = ("text", "thoughtSignature", "thought")


@dataclass(frozen=True)
class Wire:
    """One answer as it was sent."""

    body: bytes
    is_stream: bool
    status: int = 200

    @cached_property
    def bodies(self) -> list[dict[str, Any]]:
        """The JSON objects in the order they were sent."""
        text = self.body.decode().replace("\r\n", "\n").strip()
        blocks = text.split("\n\n") if self.is_stream else [text]
        return [json.loads(block.removeprefix("data:")) for block in blocks]

    @property
    def parts(self) -> Iterator[dict[str, Any]]:
        """The parts of the first candidate."""
        for candidate in self._candidates():
            yield from candidate.get("content", {}).get("parts", [])

    @property
    def text(self) -> str:
        """The answer without its thoughts."""
        return "".join(self._trimmed(part["text"]) for part in self.parts if "text" in part and not part.get("thought"))

    @property
    def thoughts(self) -> str:
        """What the model thought, as far as it told."""
        return "".join(part["text"] for part in self.parts if part.get("thought"))

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """Names and arguments of the function calls."""
        found = (part["functionCall"] for part in self.parts if "functionCall" in part)
        return [(call.get("name", ""), call.get("args", {})) for call in found]

    @property
    def signatures(self) -> list[bytes]:
        """What the next turn must send back."""
        kept = (part for part in self.parts if not any(name in part for name in _UNSIGNED))
        return [signature for part in kept if (signature := _signature_of(part))]

    @property
    def finish_reason(self) -> str | None:
        """Why it ended; the last word counts."""
        reasons = [c["finishReason"] for c in self._candidates() if "finishReason" in c]
        return reasons[-1] if reasons else None

    @property
    def tokens(self) -> tuple[int, int, int, int, int] | None:
        """Tokens in, out, in all, thought and cached: each body repeats the sums so far, so the last one counts."""
        told = [body["usageMetadata"] for body in self.bodies if "totalTokenCount" in body.get("usageMetadata", {})]
        if not told:
            return None
        last = told[-1]
        thought = last.get("thoughtsTokenCount", 0)
        tokens_in = last.get("promptTokenCount", 0) + last.get("toolUsePromptTokenCount", 0)
        tokens_out = last.get("candidatesTokenCount", 0) + thought
        return tokens_in, tokens_out, last["totalTokenCount"], thought, last.get("cachedContentTokenCount", 0)

    @property
    def fault(self) -> FaultCode | None:
        """The fault that it must end in."""
        return self._fault_of_errors() or self._fault_of_prompt() or self._fault_of_answer()

    def _candidates(self) -> Iterator[dict[str, Any]]:
        for body in self.bodies:
            yield from body.get("candidates", [])[:1]

    def _trimmed(self, text: str) -> str:
        return text if self.is_stream else text.rstrip("\n")  # LangChain's client does so

    def _fault_of_errors(self) -> FaultCode | None:
        errors = [body["error"] for body in self.bodies if "error" in body]
        if not errors:
            return None
        if "API_KEY_INVALID" in str(errors[0].get("details")):
            return "model_auth"
        return _BY_STATUS.get(errors[0]["code"], "model_unavailable")

    def _fault_of_prompt(self) -> FaultCode | None:
        feedback = [body.get("promptFeedback", {}) for body in self.bodies]
        is_blocked = any("blockReason" in told or "blockReasonMessage" in told for told in feedback)
        return "prompt_blocked" if is_blocked else None

    def _fault_of_answer(self) -> FaultCode | None:
        if any(not name for name, _ in self.calls) or self.finish_reason in _BAD_CALLS:
            return "malformed_tool_call"
        if self.finish_reason is None and self.is_stream:
            return "model_truncated"
        if self.finish_reason not in ("STOP", "MAX_TOKENS", None):
            return "answer_blocked"
        if any(_is_answer(part) for part in self.parts):
            return None
        return "output_limit" if self.finish_reason == "MAX_TOKENS" else "empty_answer"


def signatures(contents: list[dict[str, Any]]) -> list[bytes]:
    """Return the signatures of the model's turns in a request or an answer, whatever base64 they are in."""
    parts = [part for content in contents if content.get("role") == "model" for part in content["parts"]]
    return [signature for part in parts if (signature := _signature_of(part))]


def _signature_of(part: Mapping[str, Any]) -> bytes:
    return base64.urlsafe_b64decode(part.get("thoughtSignature", "").replace("+", "-").replace("/", "_"))


def _is_answer(part: Mapping[str, Any]) -> bool:
    if part.get("thought"):
        return False
    return bool(part.get("text")) or any(name not in _NO_ANSWER for name in part)
