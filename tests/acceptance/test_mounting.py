"""`create_app` inside another FastAPI application, at its root and under a path, on a uvicorn of its own."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import httpx
import pytest

from tests.acceptance.reading import typed
from tests.server_process import ASYNC, HANG_SECONDS, JSON, SCENARIOS, SSE, ServerProcess, Stream, eventually
from tests.support.credentials import SECRET, bearer, token
from tests.support.invariants import check_invariants

SITE = Path(__file__).parent / "outer"
TAKES_ANYTHING = {"Host": "site.example", "Origin": "https://elsewhere.example", "Content-Type": "text/plain"}


class Site(ServerProcess):
    """The outer application; paths are the inner one's."""

    def __init__(self, folder: Path, path: str, app: str = "site", **settings: str) -> None:
        super().__init__(
            folder, SCENARIOS, AGENTS_PATH=path, AGENTS_CONFIG=str(SCENARIOS), MAX_BODY_BYTES="1024", **settings
        )
        self._app = app
        self._environment["DATABASE_URL"] = self.database
        self.outer = httpx.Client(base_url=self.url, timeout=HANG_SECONDS, trust_env=False)
        self.client.base_url = self.url + path

    def command(self, *more: str) -> list[str]:
        """Return a command line that knows nothing of Cantata."""
        serve = [sys.executable, "-u", "-m", "uvicorn", f"site_with_agents:{self._app}", "--app-dir", str(SITE)]
        return [*serve, "--port", str(self.port)]

    def start(self, **settings: str) -> Self:
        """Start a process and wait until it answers."""
        self._environment |= settings
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command(), stdout=subprocess.PIPE, stderr=log, text=True, cwd=self.folder, env=self._environment
            )
        eventually(self._answers)
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.outer.get("/openapi.json").status_code == 200
        except httpx.ConnectError:
            return False

    def close(self) -> None:
        """Leave nothing behind."""
        self.outer.close()
        super().close()


Sites = Callable[..., Site]


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Sites]:
    made: list[Site] = []

    def make(path: str = "/agents", app: str = "site", **settings: str) -> Site:
        made.append(Site(tmp_path / f"site{len(made)}", path, app, **settings))
        made[-1].start()
        return made[-1]

    yield make
    for site in made:
        site.close()


@pytest.mark.parametrize("path", ["", "/agents"])
def test_every_link_leads_to_the_run(sites: Sites, path: str, key: str) -> None:
    site = sites(path)

    started = site.client.post("/chat", json={"message": "What is 17*23?", "session_id": key}, headers=ASYNC)
    told = [started.headers["Location"], started.headers["Content-Location"], *started.json()["links"].values()]
    reached = [site.outer.get(link).status_code for link in told if not link.endswith(("/cancel", "/resume"))]
    workflow = site.outer.get(started.headers["Location"]).json()

    assert all(link.startswith(f"{path}/api/workflows/wf_") for link in told)
    assert set(reached) == {200}
    assert workflow["links"] == started.json()["links"]


def test_a_stream_a_waiting_answer_and_an_error_name_mounted_addresses(sites: Sites, key: str) -> None:
    site = sites()

    with site.client.stream("POST", "/chat", json={"message": "hi"}, headers=SSE) as response:
        events = Stream(response)
        events.rest()
    waited = site.waited("/chat", {"message": "hi"})
    site.started("nested", {"key": key}, session_id=key)
    busy = site.client.post("/chat", json={"message": "hi", "session_id": key}).json()

    check_invariants(typed(events.events))
    assert response.headers["Location"].startswith("/agents/api/workflows/wf_")
    assert waited["links"]["self"] == f"/agents/api/workflows/{waited['workflow_id']}"
    assert busy["cancel"] == f"/agents/api/workflows/{busy['active_workflow_id']}/cancel"
    assert site.outer.post(busy["cancel"]).json()["status"] == "cancelled"


@pytest.mark.parametrize("path", ["", "/agents"])
def test_the_page_finds_its_files_wherever_it_is(sites: Sites, path: str) -> None:
    site = sites(path)

    page = site.outer.get(f"{path}/")
    linked = re.findall(r'(?:src|href)="\./([^"]+)"', page.text)
    answers = [site.outer.get(f"{path}/{name}") for name in linked]

    assert any(name.startswith("assets/") for name in linked)
    assert [answer.status_code for answer in answers] == [200] * len(linked)
    assert '="/' not in page.text


def test_the_site_and_cantata_each_describe_themselves(sites: Sites) -> None:
    site = sites()

    docs = site.client.get("/docs").text
    described = site.client.get("/openapi.json").json()
    outer = site.outer.get("/openapi.json").json()

    assert "'/agents/openapi.json'" in docs
    assert described["servers"] == [{"url": "/agents"}]
    assert "/chat" in described["paths"]
    assert outer["info"]["title"] == "The site"
    assert "/chat" not in outer["paths"]


def test_what_guards_cantata_does_not_guard_the_site(sites: Sites) -> None:
    site = sites()
    big = b"x" * 5_000

    echoed = site.outer.post("/echo", content=big, headers=TAKES_ANYTHING)
    refused = [
        site.client.get("/health/live", headers={"Host": "site.example"}),
        site.client.post("/chat", json={"message": "hi"}, headers={"Origin": "https://elsewhere.example"}),
        site.client.post("/chat", content=big, headers={"Content-Type": "application/json"}),
        site.client.post("/chat", content=b"hi", headers={"Content-Type": "text/plain"}),
        site.client.get("/nothing"),
    ]
    followed = site.client.get("/docs", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"})

    assert echoed.json() == {"length": 5_000}
    assert [answer.json()["code"] for answer in refused] == [
        "host_not_allowed",
        "cross_site",
        "body_too_large",
        "unsupported_media_type",
        "not_found",
    ]
    assert followed.status_code == 200
    assert site.outer.get("/nothing").json() == {"detail": "Not Found"}


def test_a_mounted_application_asks_who_is_there(sites: Sites) -> None:
    site = sites(JWT_SECRET=SECRET)
    open_ones = [site.client.get(path).status_code for path in ("/", "", "/health/live", "/auth/me")]
    started = site.client.post("/chat", json={"message": "hi"}, headers={**JSON, **bearer(token())})
    ticket = site.client.post(f"/api/workflows/{started.json()['workflow_id']}/stream-ticket", headers=bearer(token()))

    assert open_ones == [200] * 4
    assert [site.client.get(path).status_code for path in ("/api/workflows", "/nothing")] == [401, 401]
    assert site.outer.get("/nothing").status_code == 404
    assert site.outer.get(ticket.json()["events"]).status_code == 200


def test_the_site_runs_agents_by_itself(sites: Sites) -> None:
    site = sites()

    told = site.outer.get("/answer", params={"question": "What is 17*23?"}).json()
    (listed,) = site.client.get("/api/workflows").json()["workflows"]

    assert "391" in told["answer"]
    assert listed["status"] == "completed"


def test_streams_end_when_the_site_stops(sites: Sites, key: str) -> None:
    site = sites()

    with site.stream("POST", "/api/workflows", {"graph": "approval", "input": {"key": key}}) as stream:
        asked = stream.until("workflow_interrupted")
        site.signal(signal.SIGTERM)
        stream.rest()  # raises when the body is cut
    code = site.wait()
    site.start()

    assert stream.raw.endswith(b"retry: 1000\n\n")
    assert code in (0, -signal.SIGTERM)  # uvicorn raises the signal again once it has stopped
    assert site.workflow(asked.data["workflow_id"])["status"] == "interrupted"


def test_waiting_requests_end_when_the_site_stops(sites: Sites, key: str) -> None:
    site = sites(DRAIN_SECONDS="0.5")

    with ThreadPoolExecutor() as threads:
        body = {"graph": "nested", "input": {"key": key}, "session_id": key}
        waiting = threads.submit(site.client.post, "/api/workflows", json=body, headers=JSON)
        eventually(lambda: site.desk.ran(key))
        site.signal(signal.SIGTERM)
        answer = waiting.result(HANG_SECONDS)
    site.wait()

    assert (answer.status_code, answer.json()["code"]) == (503, "shutting_down")


def test_one_that_nobody_opened_says_so(sites: Sites) -> None:
    site = sites(app="forgetful")

    answers = [site.client.get("/api/workflows"), site.client.get("/health/ready")]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(503, "not_opened")] * 2
