"""What strangers send: anything at all, and what is nearly right."""

import os

from hypothesis import settings, strategies

INPUTS = int(os.environ.get("FUZZ_INPUTS", "2000"))
"""For each parser; `make fuzz` tries many more."""

many = settings(max_examples=INPUTS)

ANYTHING = strategies.text(max_size=300) | strategies.binary(max_size=300).map(lambda data: data.decode("latin-1"))
PIECES = strategies.sampled_from(
    [
        "",
        "\x00",
        "\r\n",
        "\n\nevent: admin",
        "=",
        ".",
        "_",
        "-1",
        "0",
        "9" * 30,
        "../../",
        "%00",
        "é",
        "\ud800",
        "\u2028",
    ]
) | strategies.text(max_size=5)


@strategies.composite
def nearly(draw: strategies.DrawFn, right: str) -> str:
    """Make something of what is right: with pieces cut out, repeated, or put in."""
    text = right
    for _ in range(draw(strategies.integers(0, 3))):
        start = draw(strategies.integers(0, len(text)))
        end = draw(strategies.integers(start, min(len(text), start + 10)))
        text = text[:start] + draw(PIECES) + (text[start:end] * draw(strategies.integers(0, 2))) + text[end:]
    return text


def sent(*right: str) -> strategies.SearchStrategy[str]:
    """Send anything, and what is nearly one of *right*."""
    return strategies.one_of(ANYTHING, *(nearly(text) for text in right))


def as_header(text: str) -> bytes:
    """Write *text* as a client can put it on the wire."""
    return text.encode("utf-8", "surrogatepass")
