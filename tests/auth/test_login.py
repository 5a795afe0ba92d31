"""Logging in with a browser, and what a browser's cookie may be used for."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from cantata.server.auth.cookies import LOGIN, Cookies
from tests.auth.conftest import ORIGIN, Opened
from tests.support.issuer import AUDIENCE, CLIENT_ID, CLIENT_SECRET, USER, LocalIssuer

SAME_ORIGIN = {"Origin": ORIGIN}
MESSAGE = {"message": "What is 17*23?"}


@pytest.fixture
def issuer() -> Iterator[LocalIssuer]:
    """Run an issuer."""
    with LocalIssuer().serving() as issuer:
        yield issuer


@pytest.fixture
async def browser(serving: Opened, issuer: LocalIssuer) -> AsyncIterator[httpx.AsyncClient]:
    """Serve where browsers can log in; the client keeps cookies."""
    settings: dict[str, Any] = {
        "oidc_issuer": issuer.url,
        "oidc_audience": AUDIENCE,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": CLIENT_SECRET,
    }
    async with serving(**settings) as client:
        yield client


async def led_back(browser: httpx.AsyncClient, next_path: str = "") -> str:
    """Begin a login, let the issuer agree, and return the address that it leads to."""
    begun = await browser.get("/auth/login", params={"next": next_path} if next_path else {})
    assert begun.status_code == 302, begun.text
    async with httpx.AsyncClient(trust_env=False) as outside:
        agreed = await outside.get(begun.headers["Location"])
    return str(agreed.headers["Location"])


async def log_in(browser: httpx.AsyncClient) -> httpx.Response:
    return await browser.get(await led_back(browser))


async def test_a_browser_logs_in_and_out(browser: httpx.AsyncClient, issuer: LocalIssuer) -> None:
    issuer.claims = {"role": "premium"}

    before = (await browser.get("/auth/me")).json()
    back = await log_in(browser)
    during = (await browser.get("/auth/me")).json()["principal"]
    listed = await browser.get("/api/workflows")
    out = await browser.post("/auth/logout", headers=SAME_ORIGIN)
    after = (await browser.get("/auth/me")).json()

    assert (before["principal"], before["methods"], before["is_open"]) == (None, ["key", "token", "oidc"], False)
    assert (back.status_code, back.headers["Location"]) == (302, "/")
    assert (during["id"], during["email"]) == (f"{issuer.url}|{USER}", "ada@example.org")
    assert (during["role"], during["method"]) == ("premium", "cookie")
    assert (listed.status_code, out.status_code, after["principal"]) == (200, 204, None)


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(browser: httpx.AsyncClient) -> None:
    back = await log_in(browser)
    (told,) = [value for value in back.headers.get_list("Set-Cookie") if value.startswith("cantata_login=")]

    assert "HttpOnly" in told
    assert "SameSite=lax" in told
    assert "Secure" not in told


async def test_over_https_the_cookie_is_secure(browser: httpx.AsyncClient) -> None:
    begun = await browser.get(ORIGIN.replace("http:", "https:") + "/auth/login")

    assert "Secure" in begun.headers["Set-Cookie"]
    assert redirect_uri(begun).startswith("https:")


@pytest.mark.parametrize(
    ("public_url", "root_path", "name"),
    [
        (None, "", "cantata_login"),
        ("https://agents.example", "", "__Host-cantata_login"),
        ("https://example.org/agents", "/agents", "__Secure-cantata_login"),  # which `__Host-` is not for
    ],
)
def test_a_cookies_name_tells_who_may_set_it(public_url: str | None, root_path: str, name: str) -> None:
    assert Cookies(public_url).name(LOGIN, {"scheme": "http", "root_path": root_path}) == name


async def test_over_https_a_cookie_that_a_neighbour_could_have_planted_is_none_of_ours(
    browser: httpx.AsyncClient,
) -> None:
    """`login.example.org` may set cookies for all of `example.org`, though none whose name begins with `__Host-`."""
    browser.base_url = httpx.URL(ORIGIN.replace("http:", "https:"))
    await log_in(browser)
    (name,) = browser.cookies
    listed = await browser.get("/api/workflows")
    planted = {"Cookie": f"cantata_login={browser.cookies[name]}"}
    browser.cookies.clear()

    assert name == "__Host-cantata_login"
    assert listed.status_code == 200
    assert (await browser.get("/api/workflows", headers=planted)).status_code == 401


async def test_a_proxys_address_can_be_told(serving: Opened, issuer: LocalIssuer) -> None:
    settings = {"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE, "oidc_client_id": CLIENT_ID}
    async with serving(**settings, public_url="https://agents.example/x/") as client:
        begun = await client.get("/auth/login")

    assert redirect_uri(begun) == "https://agents.example/x/auth/callback"
    assert "Secure" in begun.headers["Set-Cookie"]


def redirect_uri(begun: httpx.Response) -> str:
    return parse_qs(urlsplit(begun.headers["Location"]).query)["redirect_uri"][0]


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/sessions/a?x=1", "/sessions/a?x=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
async def test_a_login_leads_back_into_the_page_and_nowhere_else(
    browser: httpx.AsyncClient, asked: str, led_to: str
) -> None:
    back = await browser.get(await led_back(browser, asked))

    assert back.headers["Location"] == led_to


async def test_a_login_that_another_browser_began_is_refused(browser: httpx.AsyncClient) -> None:
    """Else somebody could log a visitor in as themselves and read what the visitor then writes."""
    address = await led_back(browser)
    browser.cookies.clear()

    assert (await browser.get(address)).status_code == 401


async def test_a_code_is_good_for_the_login_that_it_was_made_for(browser: httpx.AsyncClient) -> None:
    first = await led_back(browser)
    await led_back(browser)  # whose state replaces the first one's

    assert (await browser.get(first)).status_code == 401


async def test_a_code_is_good_once(browser: httpx.AsyncClient) -> None:
    address = await led_back(browser)
    begun = dict(browser.cookies)
    await browser.get(address)
    browser.cookies.clear()

    assert (
        await browser.get(address, headers={"Cookie": f"cantata_begun={begun['cantata_begun']}"})
    ).status_code == 401


@pytest.mark.parametrize("claims", [{"nonce": "another"}, {"aud": AUDIENCE}, {"exp": 1_000_000_000}, {"sub": ""}])
async def test_an_identity_that_is_not_for_this_login_is_refused(
    browser: httpx.AsyncClient, issuer: LocalIssuer, claims: dict[str, Any]
) -> None:
    issuer.claims = claims

    assert (await log_in(browser)).status_code == 401


async def test_codes_cannot_be_tried_for_ever(serving: Opened, issuer: LocalIssuer) -> None:
    """Each has the issuer asked, with our secret, for whoever likes."""
    settings: dict[str, Any] = {"oidc_audience": AUDIENCE, "oidc_client_id": CLIENT_ID, "oidc_client_secret": "wrong"}
    async with serving(oidc_issuer=issuer.url, rate_limit_failed_logins="1/minute", **settings) as browser:
        address = await led_back(browser)
        answers = [await browser.get(address) for _ in range(14)]

    assert [answer.status_code for answer in answers] == [401] + [429] * 13
    assert issuer.asked["/token"] == 11  # ten times the limit, and the one that passed it


async def test_what_the_issuer_refuses_is_said(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/auth/callback?error=access_denied&state=x")

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_an_issuer_that_is_away_is_503(browser: httpx.AsyncClient, issuer: LocalIssuer) -> None:
    issuer.is_down = True

    assert (await browser.get("/auth/login")).status_code == 503


async def test_without_an_issuer_nobody_can_log_in(client: httpx.AsyncClient) -> None:
    assert (await client.get("/auth/login")).status_code == 404


@pytest.mark.parametrize("cookie", ["", "a.b.c", "a.b.c.d.e", "x" * 5_000])
async def test_a_made_up_cookie_is_nobodys(browser: httpx.AsyncClient, cookie: str) -> None:
    answer = await browser.get("/api/workflows", headers={"Cookie": f"cantata_login={cookie}"})

    assert answer.status_code == 401


async def test_a_login_on_its_way_is_no_login(browser: httpx.AsyncClient) -> None:
    """Both cookies are encrypted with one key: what one says must not count for the other."""
    await led_back(browser)
    begun = browser.cookies["cantata_begun"]
    browser.cookies.clear()

    assert (await browser.get("/api/workflows", headers={"Cookie": f"cantata_login={begun}"})).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": ORIGIN}, 200),
    ],
)
async def test_a_cookie_changes_things_for_our_own_page_alone(
    browser: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    await log_in(browser)

    answer = await browser.post("/chat", json=MESSAGE, headers={"Accept": "application/json", **headers})

    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == "cross_site"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": ORIGIN}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
async def test_a_cookie_starts_no_run_by_a_link(
    browser: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    """An image or a link on another site makes a browser send its cookies with a GET."""
    await log_in(browser)

    answer = await browser.get("/api/stream/assistant?prompt=hi", headers={"Accept": "application/json", **headers})

    assert answer.status_code == status


async def test_another_site_logs_nobody_out(browser: httpx.AsyncClient) -> None:
    await log_in(browser)

    answer = await browser.post("/auth/logout", headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert (await browser.get("/auth/me")).json()["principal"] is not None


async def test_a_form_of_another_site_is_no_json(browser: httpx.AsyncClient) -> None:
    await log_in(browser)

    answer = await browser.post("/chat", content=b"{}", headers={"Content-Type": "text/plain", **SAME_ORIGIN})

    assert answer.status_code == 415
