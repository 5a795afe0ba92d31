"""Where a server asks who is there: signing in with a token, staying in, going out; and what an operator sees."""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import Fresh
from tests.browser.visits import OFFLINE, Visits
from tests.server_process import ServerProcess
from tests.support.credentials import SECRET, bearer, token
from tests.support.issuer import AUDIENCE, CLIENT_ID, CLIENT_SECRET, LocalIssuer

QUESTION = "What is 2+2?"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server that asks who is there."""
    process = ServerProcess(tmp_path_factory.mktemp("guarded"), None, JWT_SECRET=SECRET)
    yield process.start()
    process.close()


async def signed_in(visits: Visits, address: str, credential: str) -> Page:
    """Open an address, and sign in where one is asked to."""
    page = await visits.open(address)
    await expect(page.get_by_role("heading", name="Sign in to Cantata")).to_be_visible()
    await page.get_by_label("API key or token").fill(credential)
    await page.get_by_role("button", name="Sign in").click()
    return page


async def test_a_token_opens_the_page_and_only_its_own_conversations(visits: Visits, guarded: ServerProcess) -> None:
    guarded.waited("/chat", {"message": "What is 6*7?", "session_id": "bobs"}, headers=bearer(token("bob")))

    chat = Chat(await signed_in(visits, guarded.url, token("ada")))
    await chat.say(QUESTION)

    await expect(chat.turn(0)).to_contain_text("2+2 = 4")
    await expect(chat.page.get_by_role("group", name="Signed in")).to_contain_text("ada@example.org")
    await expect(chat.conversations.get_by_role("link")).to_have_count(1)
    await expect(chat.page.get_by_role("link", name="Operations")).to_have_count(0)


async def test_a_login_at_an_issuer_leads_back_to_the_page(visits: Visits, fresh: Fresh) -> None:
    visits.expect(OFFLINE)
    with LocalIssuer().serving() as issuer:
        server = fresh(
            None,
            OIDC_ISSUER=issuer.url,
            OIDC_AUDIENCE=AUDIENCE,
            OIDC_CLIENT_ID=CLIENT_ID,
            OIDC_CLIENT_SECRET=CLIENT_SECRET,
        ).start()
        chat = Chat(await visits.open(server.url))
        await chat.page.get_by_role("link", name="Sign in with your account").click()

        await expect(chat.page.get_by_role("group", name="Signed in")).to_be_visible()
        await chat.say(QUESTION)
        await expect(chat.turn(0)).to_contain_text("2+2 = 4")


async def test_a_bad_token_is_refused_with_what_to_do(visits: Visits, guarded: ServerProcess) -> None:
    visits.expect(OFFLINE)  # the browser writes each 401 into its console
    page = await signed_in(visits, guarded.url, "no token at all")

    await expect(page.get_by_role("alert")).to_contain_text(re.compile("token|key", re.IGNORECASE))
    await expect(page.get_by_role("heading", name="Sign in to Cantata")).to_be_visible()


async def test_a_reload_stays_signed_in_and_signing_out_forgets(visits: Visits, guarded: ServerProcess) -> None:
    page = await signed_in(visits, guarded.url, token("eve"))
    await expect(page.get_by_role("group", name="Signed in")).to_be_visible()

    await page.reload()
    await expect(page.get_by_role("group", name="Signed in")).to_contain_text("eve@example.org")
    await page.get_by_role("button", name="Sign out").click()

    await expect(page.get_by_role("heading", name="Sign in to Cantata")).to_be_visible()
    assert await page.evaluate("() => Object.values(sessionStorage).join().includes('eyJ')") is False


async def test_an_admin_sees_at_ops_what_everybodys_runs_do(visits: Visits, guarded: ServerProcess) -> None:
    guarded.waited("/chat", {"message": QUESTION}, headers=bearer(token("carol")))

    page = await signed_in(visits, f"{guarded.url}/ops", token("root", role="admin"))

    operations = page.get_by_role("region", name="Operations")
    await expect(operations.get_by_role("heading", name="Active runs")).to_be_visible()
    await expect(operations.get_by_role("heading", name="Latency")).to_be_visible()
    await expect(operations).to_contain_text("offline-demo")  # what carol used, by model


async def test_nobody_else_is_shown_operations(visits: Visits, guarded: ServerProcess) -> None:
    visits.expect(OFFLINE)
    page = await signed_in(visits, f"{guarded.url}/ops", token("mallory"))

    await expect(page.get_by_role("group", name="Signed in")).to_be_visible()
    await expect(page.get_by_role("heading", name="Active runs")).to_have_count(0)
