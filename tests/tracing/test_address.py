"""Where traces are shown is asked for once in a while, until somebody knows."""

from collections.abc import Iterator

import pytest

from cantata.callbacks.tracing import address
from cantata.callbacks.tracing.address import Address


def asked(answers: list[str | None], looks: int) -> tuple[str | None, int]:
    """Look so often; return what is known then, and how often somebody was asked."""
    left: Iterator[str | None] = iter(answers)
    asking = Address(lambda: next(left))
    for _ in range(looks):
        asking.look()
    return asking.url, len(answers) - len(list(left))


def test_a_tool_that_does_not_tell_is_not_asked_for_every_batch() -> None:
    """A question costs a connection, and more than the batch itself."""
    assert asked([None, "https://here"], looks=100) == (None, 1)


def test_a_tool_that_tells_later_is_asked_until_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "ASK_SECONDS", 0.0)

    assert asked([None, None, "https://here", "https://there"], looks=100) == ("https://here", 3)
