"""What may leave a run: plain JSON, masked and bounded.

Knows no events. The policy is for arguments, outputs, errors, copies of inputs, metadata and custom data; a run's own
text is the user's and passes only through `clean_text`, which makes it encodable.
"""

import dataclasses
import math
import re
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from langchain_core.messages import BaseMessage
from langgraph.types import Command
from pydantic import BaseModel

MASK = "[redacted]"
MAX_DEPTH = 32  # levels of nesting; deeper parts, and what holds itself, become "…"
MAX_VALUE_BYTES = 32_768  # of an argument, an output or custom data, as JSON
MAX_ERROR_CHARS = 2_000
SHORT_CHARS, SHORT_TEXTS = 64, 4_096  # keys, ids and names come again and again: so many of them are looked at once
MIN_SECRET_CHARS = 6  # shorter configured values would mask ordinary words

_SECRET_KEYS = frozenset(
    [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "apikey",
        "accesstoken",
        "refreshtoken",
        "authtoken",
        "sessiontoken",
        "idtoken",
        "bearertoken",
        "token",
        "authorization",
        "proxyauthorization",
        "clientsecret",
        "privatekey",
        "cookie",
        "setcookie",
        "xapikey",
        "credentials",
    ]
)
# A key that ends so is a name of one thing: DB_PASSWORD, OPENAI_API_KEY. Not `token`: pages have tokens, too.
_SECRET_ENDINGS = ("password", "passwd", "passphrase", "secret", "apikey", "accesskey", "privatekey", "accesstoken")
_JOINTS = str.maketrans("", "", "_- .")
_URL_PARAMETERS = ("ticket", "token", "access_token", "api_key", "apikey", "client_secret", "password")
_PATTERNS = (
    r"AIza[0-9A-Za-z_\-]{16,}",  # Google API keys
    r"\b(?:sk|pk|rk|ak|lsv2|xox[abprs]|gh[pousr]|glpat)[-_][0-9A-Za-z_\-]{16,}",  # OpenAI, LangSmith, Slack, GitHub
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",  # AWS access key ids
    r"\beyJ[0-9A-Za-z_\-]{8,}\.[0-9A-Za-z_\-]{8,}\.[0-9A-Za-z_\-]*",  # JSON web tokens
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    r"(?i:(?<=\bbearer ))[0-9A-Za-z._~+/=\-]{8,}",
    r"(?<=://)[^\s/:@]{0,256}:[^\s/@]{1,256}(?=@)",  # user:password in a URL
    f"(?:{'|'.join(f'(?<=[?&]{name}=)' for name in _URL_PARAMETERS)})[^\\s&#'\"<>]+",
)
# One of these is in whatever a pattern above matches, and a look for them costs a tenth of the pattern.
_NEEDLES = (
    *("AIza", "k-", "k_", "lsv2", "xox", "ghp", "gho", "ghu", "ghs", "ghr", "glpat", "AKIA", "ASIA", "eyJ"),
    *("-----BEGIN", "://", *(f"{name}=" for name in _URL_PARAMETERS)),
)
# Pictures and files within messages: nobody reads their bytes in a log, and a mask inside would break them.
_BYTES_KEYS = frozenset({"base64", "data", "url", "image_url"})
_BASE64 = re.compile(r"(?:data:[\w.+/;=-]{1,200},)?[A-Za-z0-9+/_-]{200}")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Return *text* as an ordinary string with lone surrogates, which UTF-8 cannot carry, replaced one for one."""
    if type(text) is not str:  # LangChain's `message.text` is a subclass, which no encoder takes
        text = str.__str__(text)
    if text.isascii():
        return text
    return _SURROGATE.sub("\ufffd", text)


class Redaction:
    """Masks what looks like a secret, or is one of *secrets*, in everything it turns into plain JSON."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({s for s in secrets if len(s) >= MIN_SECRET_CHARS}, key=len, reverse=True)
        self._needles = (*known, *_NEEDLES)
        self._pattern = re.compile("|".join([*map(re.escape, known), *_PATTERNS]))
        self._short_text = lru_cache(SHORT_TEXTS)(self._masked)

    def text(self, text: str) -> str:
        """Mask the secrets inside *text*."""
        text = clean_text(text)
        return self._short_text(text) if len(text) <= SHORT_CHARS else self._masked(text)

    def _masked(self, text: str) -> str:
        for needle in self._needles:
            if needle in text:
                return self._pattern.sub(MASK, text)
        return self._pattern.sub(MASK, text) if "bearer " in text.lower() else text

    def error(self, error: BaseException | str) -> str:
        """Describe *error* in a bounded, masked sentence; an exception without words gives its type's name."""
        words = _words_of(error) or type(error).__name__
        masked = self.text(words[: 4 * MAX_ERROR_CHARS])
        return masked if len(masked) <= MAX_ERROR_CHARS else masked[:MAX_ERROR_CHARS] + "…"

    def plain(self, value: Any) -> Any:
        """Turn *value* into masked JSON types; what has no such form becomes its text."""
        return self._plain(value, ())

    def capped(self, value: Any, limit: int = MAX_VALUE_BYTES) -> tuple[Any, int]:
        """Return the plain form of *value* and its size in bytes as JSON, cut to text when over *limit*."""
        plain = self.plain(value)
        data = msgspec.json.encode(plain)
        if len(data) <= limit:
            return plain, len(data)
        shown = plain if isinstance(plain, str) else data.decode()
        return f"{shown[:limit]}… [cut: {len(data)} bytes in all]", len(data)

    def _plain(self, value: Any, above: tuple[int, ...]) -> Any:
        if type(value) is str:  # most of what there is: ahead of the questions that other types need
            return self.text(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self.text(value.value if isinstance(value, Enum) else value)
        if isinstance(value, int | float):
            return _number(value)
        if len(above) >= MAX_DEPTH or id(value) in above:
            return "…"
        above = (*above, id(value))
        if isinstance(value, dict | Mapping):  # in this order: a mapping is slow to tell
            return {self.text(_words_of(k)): self._member(k, v, above) for k, v in value.items()}
        if isinstance(value, list | tuple | set | frozenset | deque):
            return [self._plain(item, above) for item in value]
        return self._plain(_opened(value), above)

    def _member(self, key: Any, value: Any, above: tuple[int, ...]) -> Any:
        if value and isinstance(key, str) and _is_telling(key):
            return MASK
        if _is_long_base64(key, value):
            return f"[{decoded_bytes(value)} bytes, not shown]"
        return self._plain(value, above)


@lru_cache(SHORT_TEXTS)
def _is_telling(key: str) -> bool:
    name = key.lower().translate(_JOINTS)
    return name in _SECRET_KEYS or name.endswith(_SECRET_ENDINGS)


def _is_long_base64(key: Any, value: Any) -> bool:
    is_long = isinstance(value, str) and len(value) > MAX_VALUE_BYTES
    return is_long and key in _BYTES_KEYS and _BASE64.match(value) is not None


def decoded_bytes(base64: str) -> int:
    """Count the bytes that base64 stands for."""
    return len(base64) * 3 // 4 - base64[-2:].count("=")


def _number(value: int | float) -> Any:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if -(2**63) <= value < 2**64 else str(value)  # the range that every JSON reader here takes


def _opened(value: Any) -> Any:
    """Give the JSON-like content of an object."""
    if isinstance(value, BaseMessage | BaseModel):
        return value.model_dump()
    if isinstance(value, Command):
        return {f.name: v for f in dataclasses.fields(value) if (v := getattr(value, f.name))}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, UUID) else _text_of(value)


def _text_of(value: Any) -> str:
    words = _words_of(value)  # whole: a secret must be masked before anything is cut
    return f"{type(value).__name__}: {words}" if isinstance(value, BaseException) else words


def _words_of(value: Any) -> str:
    if type(value) is str:
        return value
    try:
        return str(value)
    # A stranger's `__str__` may raise anything, and what is only to be shown must not fail the run.
    except Exception:  # noqa: BLE001
        return f"<{type(value).__name__}>"
