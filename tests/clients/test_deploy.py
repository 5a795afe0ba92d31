"""What deploy/ holds for proxies, in front of the server as it is shown; skipped where a proxy is not installed."""

import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import httpx
import pytest

from tests.server_process import ROOT, SSE, ServerProcess, Stream, eventually, free_port

NAME = "agents.example"
FILES = [ROOT / "deploy/nginx.conf", ROOT / "deploy/Caddyfile"]
TOKEN_SECONDS = 0.05


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_guide_shows_the_file(file: Path) -> None:
    assert f"```\n{file.read_text()}```\n" in (ROOT / "docs/frontend.md").read_text().replace("```nginx", "```")


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[ServerProcess]:
    """Run a server that answers for the public name."""
    delay = str(TOKEN_SECONDS * 1_000)
    server = ServerProcess(
        tmp_path / "server",
        None,
        OFFLINE_DEMO_TOKEN_DELAY_MS=delay,
        ALLOWED_HOSTS=NAME,
        TRUSTED_PROXIES="127.0.0.1",
    )
    yield server.start()
    server.close()


@pytest.fixture(params=["nginx", "caddy"])
def proxied(request: pytest.FixtureRequest, behind: ServerProcess, tmp_path: Path) -> Iterator[httpx.Client]:
    """Run a proxy as deploy/ has it, on a free port, and give a client that knows its certificate."""
    if shutil.which(request.param) is None or shutil.which("openssl") is None:
        pytest.skip(f"{request.param} is not installed")
    port = free_port()
    certify(tmp_path)
    command = {"nginx": nginx, "caddy": caddy}[request.param](tmp_path, port, behind.port)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    with (tmp_path / "proxy.log").open("w") as log, subprocess.Popen(command, env=environment, stderr=log) as process:
        trust = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        with httpx.Client(base_url=f"https://localhost:{port}", verify=trust, trust_env=False, timeout=20) as client:
            client.headers["Host"] = f"{NAME}:{port}"
            try:
                eventually(lambda: is_up(client))
                yield client
            finally:
                process.terminate()


def test_behind_an_installed_proxy_tokens_come_one_by_one_and_a_cut_stream_goes_on(
    proxied: httpx.Client, behind: ServerProcess
) -> None:
    body = {"message": "What is 17*23?"}
    page = {"Origin": f"https://{proxied.headers['Host']}", "Sec-Fetch-Site": "same-origin"}

    with proxied.stream("POST", "/chat", json=body, headers=SSE | page) as response:
        first = Stream(response)
        times = [time.monotonic() for frame in islice(first, 60) if frame.event in ("agent_thinking", "message_delta")]
    run_id = first.events[0]["workflow_id"]
    address = f"/api/workflows/{run_id}/events"
    with proxied.stream("GET", address, headers=SSE | page | {"Last-Event-ID": str(first.cursor)}) as response:
        rest = Stream(response)
        rest.rest()

    assert times[-1] - times[0] > len(times) / 2 * TOKEN_SECONDS  # gathered by the proxy they would come at once
    assert first.events + rest.events == behind.events(run_id)
    assert "content-encoding" not in response.headers


def test_behind_an_installed_proxy_a_page_from_elsewhere_is_refused(proxied: httpx.Client) -> None:
    answer = proxied.post("/chat", json={"message": "hi"}, headers={"Origin": "https://elsewhere.example"})

    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")


def is_up(client: httpx.Client) -> bool:
    try:
        return client.get("/health/live").status_code == 200
    except httpx.HTTPError:
        return False


def certify(folder: Path) -> None:
    """Make a certificate for this machine."""
    names = ["-subj", "/CN=localhost", "-addext", f"subjectAltName=DNS:localhost,DNS:{NAME}"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"), "-days", "2"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names, *files]
    subprocess.run(command, check=True, capture_output=True)


def nginx(folder: Path, port: int, target: int) -> list[str]:
    """Write the whole of nginx's configuration around the file."""
    shown = changed(FILES[0], target, {"listen 443": f"listen 127.0.0.1:{port}"})
    shown = shown.replace("/etc/ssl/agents.example.pem", f"{folder}/cert.pem")
    shown = shown.replace("/etc/ssl/agents.example.key", f"{folder}/key.pem")
    places = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi"))
    places += "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("uwsgi", "scgi"))
    whole = (
        f"daemon off; master_process off; pid {folder}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{places}{shown}}}"
    )
    (folder / "nginx.conf").write_text(whole)
    return ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]


def caddy(folder: Path, port: int, target: int) -> list[str]:
    """Let Caddy use our certificate instead of asking for one."""
    site = f"https://localhost:{port}, https://{NAME}:{port} {{\n\ttls {folder}/cert.pem {folder}/key.pem"
    shown = changed(FILES[1], target, {f"{NAME} {{": site})
    (folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + shown)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


def changed(file: Path, target: int, changes: dict[str, str]) -> str:
    """Put in what a test cannot have as it is shown: names, ports and certificates."""
    text = file.read_text()
    for shown, own in {"127.0.0.1:8000": f"127.0.0.1:{target}", **changes}.items():
        assert shown in text
        text = text.replace(shown, own)
    return text
