"""How settings are written. Each form says what is wrong with a value; whoever reports it names the setting."""

import json
import re
from collections.abc import Callable
from ipaddress import ip_network
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from limits import RateLimitItem, parse_many
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

OFF = "off"
MOST_REQUESTS = 100_000  # of one window: each is remembered
MIN_JWT_SECRET_BYTES = 32  # RFC 7518, 3.2
MIN_KEY_CHARS = 16
ASYMMETRIC_ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


def rate_of(text: str) -> RateLimitItem | None:
    """Read a rate limit; None when it is off.

    Raises:
        ValueError: it is none.
    """
    if text.strip().lower() == OFF:
        return None
    try:
        (rate,) = parse_many(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no rate limit: write 100/minute, 100/15 minutes, or off") from error
    if not 1 <= rate.amount <= MOST_REQUESTS:
        raise ValueError(f"{text!r} is no rate limit: from 1 to {MOST_REQUESTS} requests can be counted")
    return rate


def _split(value: object) -> object:
    return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value


def _parsed(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError('must be JSON, as in {"trial": 1}') from error


def _is_sqlite(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "sqlite" or len(parts.path) < 2:
        raise ValueError("must be sqlite:///relative/path or sqlite:////absolute/path")
    return value


def _is_redis(value: SecretStr) -> SecretStr:
    if urlsplit(value.get_secret_value()).scheme not in ("redis", "rediss"):
        raise ValueError("must be redis://host:port/number, or rediss:// with TLS")
    return value


def _is_long(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value().encode()) < MIN_JWT_SECRET_BYTES:
        raise ValueError(f"needs {MIN_JWT_SECRET_BYTES} bytes or more: openssl rand -hex 32 makes one")
    return value


def _is_key(value: SecretStr) -> SecretStr:
    if not re.fullmatch(rf"[\x21-\x7e]{{{MIN_KEY_CHARS},}}", value.get_secret_value()):
        raise ValueError(f"needs {MIN_KEY_CHARS} or more visible ASCII characters")
    return value


def _is_rate(value: str) -> str:
    rate_of(value)
    return value


def _agent_rate(entry: str) -> None:
    agent, _, rate = entry.partition("=")
    if not agent or not rate:
        raise ValueError(f"must hold agent=10/hour, not {entry!r}")
    rate_of(rate)


def _class_name(name: str) -> None:
    if name.count(":") != 1:
        raise ValueError(f"must hold module:Class, not {name!r}")


def _level(told: str) -> None:
    module, _, level = told.partition("=")
    if not module or level not in get_args(LogLevel):
        raise ValueError(f"must hold module=LEVEL, not {told!r}")


def _origin(origin: str) -> None:
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}" or not parts.netloc:
        raise ValueError(f"must hold origins as https://app.example, not {origin!r}")


def _are_asymmetric(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value or not ASYMMETRIC_ALGORITHMS.issuperset(value):
        raise ValueError(f"may name {', '.join(sorted(ASYMMETRIC_ALGORITHMS))}")
    return value


def _is_refusal(value: int) -> int:
    if value not in (401, 403):
        raise ValueError("is 401 or 403")
    return value


def _each(check: Callable[[str], object]) -> AfterValidator:
    def checked(value: tuple[str, ...]) -> tuple[str, ...]:
        for word in value:
            check(word)
        return value

    return AfterValidator(checked)


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""A list, in the environment separated by commas."""
WorkspaceDays = Annotated[dict[str, Annotated[float, Field(ge=0, le=36_500)]], NoDecode, BeforeValidator(_parsed)]
"""Days by workspace, as JSON."""
SqliteUrl = Annotated[str, AfterValidator(_is_sqlite)]
RedisUrl = Annotated[SecretStr, AfterValidator(_is_redis)]
JwtSecret = Annotated[SecretStr, AfterValidator(_is_long)]
Key = Annotated[SecretStr, AfterValidator(_is_key)]
Rate = Annotated[str, AfterValidator(_is_rate)]
AgentRates = Annotated[Words, _each(_agent_rate)]
ClassNames = Annotated[Words, _each(_class_name)]
Levels = Annotated[Words, _each(_level)]
Origins = Annotated[Words, _each(_origin)]
Networks = Annotated[Words, _each(ip_network)]
AsymmetricAlgorithms = Annotated[Words, AfterValidator(_are_asymmetric)]
Refusal = Annotated[int, AfterValidator(_is_refusal)]
"""An HTTP status."""
