"""What an answer may hold beside plain words: other scripts, formulas, sources, pictures."""

from uuid import uuid4

import pytest
from playwright.async_api import Locator, expect

from tests.browser.chat import Chat
from tests.browser.visits import Visits
from tests.server_process import ServerProcess

MIXED = """# \u0633\u0644\u0627\u0645

\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd, `code` and more.

An English line.

- \u0645\u0631\u062d\u0628\u0627
- second

| \u0627\u0633\u0645 | price |
| --- | --- |
| \u0634\u0627\u064a | 5 |

```python
x = "\u0633"
```
"""
DIRECTION = "(element) => getComputedStyle(element).direction"


@pytest.fixture
def key() -> str:
    """Name a session that no other test uses."""
    return f"k{uuid4().hex[:12]}"


async def answered(visits: Visits, server: ServerProcess, key: str, text: str) -> Locator:
    """Have *text* said, and open the conversation; return the answer."""
    server.waited("/api/workflows", {"graph": "repeated", "input": text, "session_id": key})
    chat = await Chat.open(visits, server, f"/#/s/{key}")
    await chat.ended()
    return chat.turn(0).get_by_role("group", name="Answer", exact=True)


async def test_each_block_of_an_answer_takes_the_direction_of_its_script(
    visits: Visits, server: ServerProcess, key: str
) -> None:
    answer = await answered(visits, server, key, MIXED)
    blocks = answer.locator(".run-answer .md-part > *")
    await expect(answer.get_by_role("table")).to_be_visible()

    directions = {
        await block.evaluate("(element) => element.className || element.localName"): await block.evaluate(DIRECTION)
        for block in await blocks.all()
    }

    assert directions == {"md-h md-h1": "rtl", "p": "ltr", "ul": "rtl", "md-table": "ltr", "md-code": "ltr"}
    assert await answer.get_by_text("\u05e9\u05dc\u05d5\u05dd").last.evaluate(DIRECTION) == "rtl"
    assert await answer.get_by_role("table").evaluate(DIRECTION) == "rtl"


async def test_what_is_written_and_listed_takes_the_direction_of_its_script(
    visits: Visits, server: ServerProcess, key: str
) -> None:
    words = "\u0645\u0627 \u0647\u0648 17*23\u061f"
    server.waited("/chat", {"message": words, "session_id": key})
    chat = await Chat.open(visits, server, f"/#/s/{key}")
    await expect(chat.turn(0)).to_contain_text("391")
    await chat.message.fill(words)

    places = [
        chat.message,
        chat.page.get_by_role("heading", level=1),
        chat.turn(0).locator(".user-bubble"),
        chat.conversations.get_by_text(words).first,
    ]

    assert [await place.evaluate(DIRECTION) for place in places] == ["rtl"] * 4
    assert await chat.page.evaluate("() => getComputedStyle(document.body).direction") == "ltr"


FORMULAS = r"""The sum $a_1 * b_1$ and \(c^2\), at $5 and $6 each:

$$
\int_0^1 x^2\,dx = \frac{1}{3}
$$

\[ \begin{aligned} a &= b \\[2pt] c &= \label{message}\sqrt{d} \end{aligned} \]

- a list with $\alpha$
- `code $x$`

Not TeX: $\nosuchthing{$ and $$\href{javascript:alert(1)}{x}$$ and $\def\a{\a\a}\a$.
"""


async def test_formulas_are_set_and_prices_are_not(visits: Visits, server: ServerProcess, key: str) -> None:
    answer = (await answered(visits, server, key, FORMULAS)).locator(".run-answer")

    await expect(answer.get_by_role("math")).to_have_count(5)
    await expect(answer).to_contain_text("at $5 and $6 each")
    await expect(answer.get_by_text("code $x$")).to_be_visible()
    await expect(answer.get_by_role("group", name="Formula")).to_have_count(2)
    await expect(answer.locator("mfrac")).to_be_visible()


async def test_what_is_no_tex_stays_as_it_was_written(visits: Visits, server: ServerProcess, key: str) -> None:
    answer = (await answered(visits, server, key, FORMULAS)).locator(".run-answer")

    for source in (r"$\nosuchthing{$", r"$$\href{javascript:alert(1)}{x}$$", r"$\def\a{\a\a}\a$"):
        await expect(answer.get_by_text(source, exact=True)).to_be_visible()
    assert await answer.locator("a, [id=message], [href]").count() == 0


async def test_a_formula_that_comes_piece_by_piece_is_set(visits: Visits, server: ServerProcess, key: str) -> None:
    server.started("held", key, session_id=key)
    server.started("repeated", "The root is $\\sqrt{2}$.", session_id=key, if_busy="enqueue")
    chat = await Chat.open(visits, server, f"/#/s/{key}")
    await expect(chat.turn(1)).to_be_visible()

    server.desk.open(key)

    await expect(chat.turn(1).locator(".run-answer").get_by_role("math")).to_be_visible()


DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5Erk"
    "Jggg=="
)


async def test_a_picture_in_the_text_is_shown_and_one_elsewhere_is_a_link(
    visits: Visits, server: ServerProcess, key: str
) -> None:
    text = f"![a dot]({DOT}) and ![elsewhere](https://example.org/a.png)"

    answer = (await answered(visits, server, key, text)).locator(".run-answer")

    picture = answer.get_by_role("img", name="a dot")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("(image) => image.naturalWidth") == 1
    await expect(answer.get_by_role("link", name="Image: elsewhere")).to_be_visible()


async def test_numbered_links_are_small_and_listed_below(visits: Visits, server: ServerProcess, key: str) -> None:
    text = "Tea [1](https://www.tea.org/a), leaves [2](https://leaf.example/b) and cups [3](https://cup.example)."

    answer = (await answered(visits, server, key, text)).locator(".run-answer")

    await expect(answer.get_by_role("link", name="2", exact=True)).to_have_attribute("title", "leaf.example")
    sources = answer.get_by_role("list", name="Sources")
    await expect(sources.get_by_role("link")).to_have_text(["1 tea.org", "2 leaf.example", "3 cup.example"])
