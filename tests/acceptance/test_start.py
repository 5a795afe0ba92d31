"""A server that cannot serve says in one sentence why, and which setting to change."""

import pytest

from tests.acceptance.conftest import Fresh
from tests.server_process import PROJECTS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEARTBEAT_SECONDS", "soon"),
        ("MAX_BODY_BYTES", "1"),
        ("CHECKPOINT_TYPES", "Order"),
        ("DATABASE_URL", "postgres://localhost/x"),
        ("OFFLINE_DEMO_TOKEN_DELAY_MS", "abc"),
        ("DEFAULT_MODEL", "gpt-4"),
        ("JWT_SECRET", "too short"),
        ("OIDC_ALGORITHMS", "HS256"),
        ("INVALID_KEY_STATUS", "418"),
        ("WORKSPACE_RETENTION", "a week"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(fresh: Fresh, name: str, value: str) -> None:
    server = fresh()
    server.database = value if name == "DATABASE_URL" else server.database

    code, said = server.refused(**{name: value})

    assert code == 2
    assert said.startswith("cantata: ")
    assert name in said
    assert "Traceback" not in said


def test_two_servers_do_not_share_a_database(fresh: Fresh) -> None:
    first, second = fresh().start(), fresh()
    second.database = first.database

    code, said = second.refused()

    assert code == 2
    assert said.splitlines()[-1].startswith("cantata: Another server uses ")
    assert "DATABASE_URL" in said
    assert "Traceback" not in said
    assert first.client.get("/health/live").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org"])
def test_an_open_server_listens_on_loopback_alone(fresh: Fresh, host: str) -> None:
    code, said = fresh().refused("--host", host)

    assert code == 2
    assert host in said
    assert all(name in said for name in ("JWT_SECRET", "OIDC_ISSUER", "INTERNAL_API_KEY", "AUTHENTICATION"))


@pytest.mark.parametrize("database", ["sqlite:////proc/nowhere/x.db", "sqlite:///a_folder"])
def test_a_database_that_cannot_be_opened_is_named(fresh: Fresh, database: str) -> None:
    server = fresh()
    server.database = database
    (server.folder / "a_folder").mkdir()

    code, said = server.refused()

    assert code == 2
    assert "DATABASE_URL" in said
    assert "Traceback" not in said


def test_a_langgraph_json_that_is_not_there_is_named(fresh: Fresh) -> None:
    code, said = fresh(PROJECTS / "nowhere.json").refused()

    assert code == 2
    assert "nowhere.json" in said


def test_a_project_with_folders_named_as_ours_runs(fresh: Fresh) -> None:
    """Its `graphs` and `server` are its own packages, its broken graphs are listed and disturb nobody."""
    server = fresh(PROJECTS / "own_names" / "langgraph.json").start()

    ready = server.client.get("/health/ready").json()
    sorted_ticket = server.waited("/api/workflows", {"graph": "triage", "input": "My order 17 is late"})
    broken = server.client.post("/api/workflows", json={"graph": "broken", "input": {}})

    assert {"support", "triage", "loose", "assistant"} <= set(ready["graphs"])
    assert {"broken", "absent", "unnamed", "formless"} == set(ready["broken_graphs"])
    assert sorted_ticket["status"] == "completed"
    assert (broken.status_code, broken.json()["code"]) == (422, "graph_unusable")
    assert server.waited("/chat", {"message": "Where is order 17?"})["final_response"]


@pytest.mark.parametrize("settings", [{"JWT_SECRET": "x" * 32}, {"AUTHENTICATION": "on"}])
def test_a_server_that_asks_who_is_there_listens_anywhere(fresh: Fresh, settings: dict[str, str]) -> None:
    server = fresh(**settings)
    server.host = "0.0.0.0"
    server.start()

    answers = [server.client.get(path).status_code for path in ("/health/live", "/api/workflows")]

    assert answers == [200, 401]


def test_a_development_token_needs_no_database(fresh: Fresh) -> None:
    server = fresh(JWT_SECRET="x" * 32).start()

    text = server.told("token", "--email", "ada@example.org", "--role", "admin")
    told = server.client.get("/auth/me", headers={"Authorization": f"Bearer {text.strip()}"}).json()["principal"]

    assert text.count("\n") == 1
    assert (told["id"], told["role"]) == ("ada@example.org", "admin")
