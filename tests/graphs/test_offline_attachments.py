"""The rule-based model with pictures and files: it says what it knows of them, and fails on none."""

from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from cantata.graphs.offline import OfflineChat

PNG = {"type": "image", "base64": "A" * 4_000, "mime_type": "image/png", "extras": {"filename": "cat.png"}}
PDF = {"type": "file", "base64": "A" * 400, "mime_type": "application/pdf"}


def said(*blocks: Any) -> str:
    """Ask the model; return its answer."""
    return str(OfflineChat().invoke([HumanMessage(content=list(blocks))]).text)


def test_it_tells_kind_name_and_size_and_that_it_looks_no_further() -> None:
    answer = said({"type": "text", "text": "What is this?"}, PNG, PDF)

    assert answer.startswith(
        "I see a picture (cat.png, image/png, 3.0 kB) and a file (application/pdf, 300 bytes),"
        " but fixed rules cannot look inside."
    )


def test_a_question_beside_a_picture_is_answered() -> None:
    assert "17*23 = 391." in said({"type": "text", "text": "What is 17*23?"}, PNG)


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
        {"type": "image", "url": "https://example.org/a.png", "extras": None},
        {"type": "unheard-of"},
        {"type": "image", "base64": 7, "mime_type": "image/png"},
    ],
)
def test_it_fails_on_no_block(block: dict[str, Any]) -> None:
    assert said(block)
