"""The page's files as they are served: headers, compression, what is not there."""

import gzip
import hashlib
import importlib
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from httpx import ASGITransport
from starlette.applications import Starlette

from cantata.server.app import create_app
from cantata.server.routes import page
from cantata.server.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
FINGERPRINT = "sources.sha256"
SCRIPT = b"const words = 'a script of some length';\n" * 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Build a small page."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Cantata</title>")
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path / "assets/index-abc123.js").write_bytes(SCRIPT)
    (tmp_path / FINGERPRINT).write_text("not to be seen")
    return tmp_path


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the program that hashes the sources."""
    monkeypatch.syspath_prepend(ROOT)
    return importlib.import_module("web.fingerprint")


@pytest.fixture
def client(folder: Path) -> httpx.AsyncClient:
    return asking(Starlette(routes=page.page_routes(folder)))


def asking(app: Starlette, **headers: str) -> httpx.AsyncClient:
    plain = {"Accept-Encoding": "identity"} | headers
    return httpx.AsyncClient(transport=ASGITransport(app), base_url="http://localhost", headers=plain)


async def test_the_page_may_load_nothing_but_its_own_and_be_framed_by_nobody(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "microphone=()" in answer.headers["permissions-policy"]


async def test_the_page_is_asked_for_anew_and_answered_with_304_while_it_is_the_same(client: httpx.AsyncClient) -> None:
    first = await client.get("/")
    again = await client.get("/", headers={"If-None-Match": first.headers["etag"]})
    other = await client.get("/", headers={"If-None-Match": '"of another build"'})

    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert other.status_code == 200


async def test_what_has_a_hash_in_its_name_is_kept_for_a_year(client: httpx.AsyncClient) -> None:
    answer = await client.get("/assets/index-abc123.js")

    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.content == SCRIPT


async def test_who_takes_gzip_gets_it_under_a_tag_of_its_own(client: httpx.AsyncClient) -> None:
    plain = await client.get("/assets/index-abc123.js")
    async with client.stream("GET", "/assets/index-abc123.js", headers={"Accept-Encoding": "gzip, br"}) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])

    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(raw) == SCRIPT
    assert len(raw) < len(SCRIPT) / 5
    assert answer.headers["etag"] != plain.headers["etag"]


async def test_head_tells_the_same_without_the_body(client: httpx.AsyncClient) -> None:
    head, whole = await client.head("/"), await client.get("/")

    assert head.status_code == 200
    assert head.headers == whole.headers


@pytest.mark.parametrize(
    "path", ["/sources.sha256", "/index.html", "/assets/", "/assets/../index.html", "/assets/index-other.js"]
)
async def test_what_is_no_part_of_the_page_is_not_there(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_a_browser_finds_the_icon_where_it_looks(client: httpx.AsyncClient) -> None:
    assert (await client.get("/favicon.ico")).headers["content-type"] == "image/svg+xml"


async def test_a_server_without_the_files_says_how_to_make_them(tmp_path: Path) -> None:
    answer = await asking(Starlette(routes=page.page_routes(tmp_path / "nothing"))).get("/")

    assert answer.status_code == 503
    assert "<code>make web</code>" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_an_unknown_file_is_a_problem_and_a_post_to_the_page_is_refused() -> None:
    client = asking(create_app(Settings.model_construct()))

    unknown, posted = await client.get("/assets/nothing.js"), await client.post("/")

    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert (posted.status_code, posted.json()["code"]) == (405, "method_not_allowed")


def test_the_committed_page_was_made_of_these_sources(maker: ModuleType) -> None:
    told = (page.FOLDER / FINGERPRINT).read_text().split()[0]

    assert told == maker.fingerprint(), "the page is older than its sources: run `make web`"


def test_the_hash_is_of_what_the_build_reads(maker: ModuleType) -> None:
    named = {path.relative_to(ROOT).as_posix() for path in maker.sources()}

    assert {"web/package-lock.json", "web/app/index.html", "web/app/src/main.tsx", "web/client/src/index.ts"} <= named
    assert not [name for name in named if "node_modules" in name]


def test_every_file_of_the_committed_page_is_served() -> None:
    there = {file.relative_to(page.FOLDER).as_posix() for file in page.FOLDER.rglob("*") if file.is_file()}

    assert there - {FINGERPRINT} == set(page.built(page.FOLDER))
    assert page.INDEX in there


def test_a_script_has_a_hash_of_what_it_holds_as_its_tag() -> None:
    files = page.built(page.FOLDER)

    assert all(file.tag == hashlib.sha256(file.content).hexdigest()[:20] for file in files.values())
