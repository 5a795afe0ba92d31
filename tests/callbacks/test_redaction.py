"""What leaves a run: masked, bounded, and always JSON."""

import dataclasses
import enum
import json
from collections import deque
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import reduce
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pytest
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langgraph.types import Command
from pydantic import BaseModel, SecretStr

from cantata.callbacks.events import ReasoningStep, StepEnd, ToolEnd, ToolStart, encode
from cantata.callbacks.redaction import MASK, MAX_DEPTH, MAX_ERROR_CHARS, MAX_VALUE_BYTES, Redaction, clean_text
from tests.support.graphs import NOTHING, Log, chain, nested, says
from tests.support.harness import GraphRun, of_type, run_graph
from tests.support.scripted import call, scripted

CANARY = "canary-7f3a9c51"  # a value that the server was configured with
GOOGLE = "AIza" + "Sy0123456789abcdefghijklmnopqrstu"
OPENAI = "sk-" + "proj-0123456789abcdefghij"
GITHUB = "ghp_" + "0123456789abcdefghij0123456789abcdef"
AWS = "AKIA" + "0123456789ABCDEF"
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghij"
KEY = "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----"

redaction = Redaction([CANARY])


class Colour(enum.StrEnum):
    """A string that is an enum."""

    RED = "red"


class Size(enum.IntEnum):
    """A number that is an enum."""

    BIG = 3


class Form(BaseModel):
    """What a tool may take."""

    user: str
    password: str = ""
    key: SecretStr = SecretStr(CANARY)


@dataclasses.dataclass
class Card:
    """What a node may return."""

    holder: str
    api_key: str
    note: Any = None


class Pair(NamedTuple):
    """Two things."""

    left: str
    right: str


def shown(value: Any) -> str:
    """Return everything that a client could read of *value*."""
    return json.dumps(redaction.plain(value))


@pytest.mark.parametrize("secret", [CANARY, GOOGLE, OPENAI, GITHUB, AWS, JWT, KEY, "lsv2_" + "pt_0123456789abcdef"])
@pytest.mark.parametrize(
    "wrapped",
    [
        pytest.param(lambda s: s, id="bare"),
        pytest.param(lambda s: f"before {s} after", id="in a sentence"),
        pytest.param(lambda s: {"k": [{"deep": (s,)}]}, id="nested"),
        pytest.param(lambda s: {s: 1}, id="as a key"),
        pytest.param(lambda s: {s}, id="in a set"),
        pytest.param(lambda s: Form(user=s), id="in a pydantic model"),
        pytest.param(lambda s: Card(holder=s, api_key=""), id="in a dataclass"),
        pytest.param(lambda s: Pair("a", s), id="in a named tuple"),
        pytest.param(lambda s: ValueError(f"bad {s}"), id="in an exception"),
        pytest.param(lambda s: HumanMessage(f"see {s}"), id="in a message"),
        pytest.param(lambda s: Command(update={"a": s}), id="in a command"),
        pytest.param(lambda s: [ValueError(s)], id="in an exception in a list"),
        pytest.param(lambda s: s.encode(), id="in bytes"),
    ],
)
def test_a_secret_is_masked_wherever_it_lies(secret: str, wrapped: Any) -> None:
    text = shown(wrapped(secret))

    assert secret not in text
    assert json.dumps(secret)[1:-1] not in text


@pytest.mark.parametrize(
    "key",
    [
        *("password", "PASSWORD", "api_key", "apiKey", "API-Key", "x-api-key", "Authorization", "client_secret"),
        *("access_token", "refreshToken", "Set-Cookie", "private_key", "token", "db_password", "OPENAI_API_KEY"),
        *("aws_secret_access_key", "smtp-password", "API Key"),
    ],
)
def test_the_value_under_a_telling_key_is_masked(key: str) -> None:
    """Whatever it looks like: `hunter2` has no pattern."""
    assert "hunter2" not in shown({"user": "ada", "login": {key: "hunter2"}})
    assert "hunter2" not in shown({key: {"nested": ["hunter2"]}})


@pytest.mark.parametrize("key", ["tokens", "max_tokens", "output_tokens", "secretary", "keyboard", "passenger", "key"])
def test_an_ordinary_key_is_left_alone(key: str) -> None:
    assert redaction.plain({key: 5}) == {key: 5}


def test_models_and_dataclasses_are_masked_by_their_members_names() -> None:
    assert redaction.plain(Form(user="ada", password="hunter2"))["password"] == MASK
    assert redaction.plain(Card("ada", "hunter2"))["api_key"] == MASK


def test_an_empty_secret_is_shown_as_empty() -> None:
    """That nothing was given is no secret, and helps who looks for a mistake."""
    assert redaction.plain({"password": "", "token": None}) == {"password": "", "token": None}


def test_a_bearers_token_is_masked_and_the_rest_is_not() -> None:
    assert redaction.text("Authorization: Bearer abcdefghijkl, then") == f"Authorization: Bearer {MASK}, then"


def test_a_password_in_a_url_is_masked() -> None:
    assert redaction.text("postgres://ada:hunter2@db:5432/x") == f"postgres://{MASK}@db:5432/x"


@pytest.mark.parametrize(
    "text", ["sk-", "the token is spent", "eyJust a word", "https://a.b/c", "AIza", "Bearer of news"]
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert redaction.text(text) == text


def test_short_configured_values_mask_nothing() -> None:
    """A password of three letters would blot out ordinary words."""
    assert Redaction(["abc"]).text("abcdef") == "abcdef"


def test_a_configured_secret_may_hold_any_characters() -> None:
    assert Redaction(["a.*+(b)c"]).text("x a.*+(b)c y") == f"x {MASK} y"


def test_of_two_configured_secrets_the_longer_is_masked_whole() -> None:
    assert Redaction(["secret", "secret-and-more"]).text("secret-and-more") == MASK


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (5, 5),
        (-(2**63), -(2**63)),
        (2**64 - 1, 2**64 - 1),
        (2**64, str(2**64)),
        (-(2**63) - 1, str(-(2**63) - 1)),
        (10**40, str(10**40)),
        (1.5, 1.5),
        (float("nan"), None),
        (float("inf"), None),
        (-float("inf"), None),
        ("a\ud800b", "a�b"),
        ({"\ud800": "\udfff"}, {"�": "�"}),
        (b"abc", "<3 bytes>"),
        (bytearray(b"ab"), "<2 bytes>"),
        (memoryview(b"a"), "<1 bytes>"),
        ({1: {2.5: {None: "x"}}}, {"1": {"2.5": {"None": "x"}}}),
        (deque([1, deque(["x"])]), [1, ["x"]]),
        ((1, (2,)), [1, [2]]),
        (Pair("a", "b"), ["a", "b"]),
        (Colour.RED, "red"),
        (Size.BIG, 3),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("1.50"), "1.50"),
        (Card("ada", "", [1]), {"holder": "ada", "api_key": "", "note": [1]}),
        (ValueError("bad"), "ValueError: bad"),
        (Command(goto="x"), {"goto": "x"}),
    ],
)
def test_every_value_has_a_plain_form(value: Any, expected: Any) -> None:
    plain = redaction.plain(value)

    assert plain == expected
    assert json.loads(msgspec.json.encode(plain)) == json.loads(json.dumps(expected))


def test_deep_values_are_bounded() -> None:
    start: Any = ["bottom"]
    value = reduce(lambda inner, _: [inner], range(10_000), start)

    text = shown(value)

    assert text.count("[") == MAX_DEPTH
    assert "bottom" not in text


def test_a_value_that_holds_itself_is_bounded() -> None:
    value: dict[str, Any] = {}
    value["self"] = value

    assert "…" in msgspec.json.encode(redaction.plain(value)).decode()


def test_a_family_of_objects_that_know_each_other_is_bounded() -> None:
    """Parent and children: without a bound the work doubles with every level."""
    parent: dict[str, Any] = {"children": []}
    parent["children"] += [{"parent": parent, "n": n} for n in range(30)]

    assert len(msgspec.json.encode(redaction.plain(parent))) < 10_000


def test_an_object_that_cannot_say_what_it_is_breaks_nothing() -> None:
    """The handler's exceptions are the run's: a strange object in a node's output must not fail it."""

    class Mute:
        def __str__(self) -> str:
            raise RuntimeError("no words")

    assert "Mute" in shown({"a": Mute()})


def test_an_error_that_cannot_say_what_it_is_breaks_nothing() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    assert redaction.error(Mute()) == "<Mute>"


def test_a_value_that_is_met_twice_is_shown_twice() -> None:
    """Only what holds itself is cut."""
    shared = {"a": 1}

    assert redaction.plain([shared, shared]) == [{"a": 1}, {"a": 1}]


def test_a_value_within_the_cap_keeps_its_shape() -> None:
    assert redaction.capped({"a": [1, 2]}) == ({"a": [1, 2]}, 11)


def test_a_value_over_the_cap_becomes_a_cut_text_that_tells_the_size() -> None:
    cut, size = redaction.capped({"a": "x" * 100_000})

    assert size == 100_008
    assert cut.startswith('{"a":"xxx')
    assert cut.endswith("… [cut: 100008 bytes in all]")
    assert len(cut) < MAX_VALUE_BYTES + 50


@pytest.mark.parametrize("offset", range(-20, 21, 5))
def test_a_secret_that_lies_over_the_cut_is_not_shown_in_part(offset: int) -> None:
    class Talkative:
        def __str__(self) -> str:
            return "x" * (MAX_VALUE_BYTES + offset - len(CANARY) // 2) + CANARY + "y" * 100

    cut, _ = redaction.capped(Talkative())

    assert CANARY[:6] not in cut


def test_an_error_is_told_in_a_bounded_masked_sentence() -> None:
    told = redaction.error(ValueError(f"key {CANARY} " + "x" * 100_000))

    assert told.startswith(f"key {MASK} xxx")
    assert len(told) == MAX_ERROR_CHARS + 1


def test_an_error_without_words_gives_its_name() -> None:
    assert redaction.error(LookupError()) == "LookupError"


def test_text_of_langchains_own_kind_is_an_ordinary_string() -> None:
    """`message.text` is a subclass of str, which no encoder takes."""
    text = HumanMessage("a").text

    assert type(clean_text(text)) is str
    assert type(redaction.plain({"a": text})["a"]) is str


# Through the handler


def _leaks(events: list[Any], secret: str) -> list[str]:
    return [data.decode() for data in map(encode, events) if secret in data.decode()]


async def test_a_nodes_output_is_masked() -> None:
    async def node(state: Log) -> Any:
        return {"log": [f"found {CANARY}", GOOGLE]}

    events = await run_graph(chain(a=node), NOTHING, redaction=redaction)

    assert of_type(events, StepEnd)[0].output == {"log": [f"found {MASK}", MASK]}


async def test_a_nodes_error_is_masked() -> None:
    async def node(state: Log) -> Any:
        raise ValueError(f"401 for key {CANARY} and {OPENAI}")

    events = await GraphRun(nested(chain(a=node)), redaction=redaction).invoke(NOTHING)

    assert _leaks(events, CANARY) + _leaks(events, OPENAI) == []
    assert len(of_type(events, StepEnd)) == 3


async def test_the_arguments_of_a_decision_are_masked() -> None:
    model = scripted([call("login", {"password": "hunter2", "note": CANARY})])

    events = await run_graph(chain(a=says(model)), NOTHING, redaction=redaction)

    assert of_type(events, ReasoningStep)[0].tool_calls[0].args == {"password": MASK, "note": MASK}


async def test_a_tools_arguments_output_and_error_are_masked() -> None:
    @tool
    async def login(password: str, note: str) -> str:
        """Log in."""
        return f"{note} is in"

    @tool
    async def fails(note: str) -> str:
        """Fail."""
        raise ValueError(note)

    async def node(state: Log) -> Any:
        await login.ainvoke({"password": "hunter2", "note": CANARY})
        await fails.ainvoke({"note": CANARY})

    events = await GraphRun(chain(a=node), redaction=redaction).invoke(NOTHING)

    assert of_type(events, ToolStart)[0].args == {"password": MASK, "note": MASK}
    assert of_type(events, ToolEnd)[0].output == f"{MASK} is in"
    assert _leaks(events, CANARY) + _leaks(events, "hunter2") == []


@pytest.mark.parametrize("block", [{"base64": "{}"}, {"image_url": {"url": "data:image/png;base64,{}"}}])
def test_the_bytes_of_a_picture_become_a_note(block: dict[str, Any]) -> None:
    data = "aGVsbG8g" * 5_000
    filled = json.loads(json.dumps({"type": "image", "mime_type": "image/png", **block}).replace("{}", data))

    shown = json.dumps(redaction.plain({"messages": [HumanMessage(content=[filled])]}))

    assert data[:100] not in shown
    assert "bytes, not shown]" in shown
    assert "image/png" in shown


@pytest.mark.parametrize(
    "value",
    [
        {"base64": "aGVsbG8g"},  # small enough to be seen
        {"data": "many words " * 5_000},
        {"text": "aGVsbG8g" * 5_000},
    ],
)
def test_what_is_small_or_no_bytes_is_shown(value: Any) -> None:
    assert redaction.plain(value) == value
