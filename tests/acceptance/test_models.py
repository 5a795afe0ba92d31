"""What may be picked: the list of models, with and without a key."""

from tests.acceptance.conftest import Fresh
from tests.server_process import ServerProcess

OFFLINE = {"name": "offline-demo", "provider": "offline-demo", "is_default": True}


def test_without_a_key_there_is_the_model_that_needs_none(server: ServerProcess) -> None:
    answer = server.client.get("/api/models")

    assert (answer.status_code, answer.json()) == (200, {"models": [OFFLINE]})


def test_with_a_key_gemini_comes_first_and_each_name_starts_a_run(fresh: Fresh) -> None:
    server = fresh(None, GEMINI_API_KEY="none", GOOGLE_GEMINI_BASE_URL="http://127.0.0.1:9").start()

    models = server.client.get("/api/models").json()["models"]
    body = {"message": "hi", "model": models[-2]["name"]}
    begun = server.client.post("/chat", json=body, headers={"Prefer": "respond-async"})

    assert models[0] == {"name": "google_genai:gemini-2.5-flash", "provider": "google_genai", "is_default": True}
    assert models[-1] == OFFLINE | {"is_default": False}
    assert [model["is_default"] for model in models].count(True) == 1
    assert begun.status_code == 202


def test_the_default_of_the_settings_is_listed_too(fresh: Fresh) -> None:
    server = fresh(None, DEFAULT_MODEL="openai:gpt-5-mini", OPENAI_API_KEY="none").start()

    models = server.client.get("/api/models").json()["models"]

    assert models == [
        {"name": "openai:gpt-5-mini", "provider": "openai", "is_default": True},
        OFFLINE | {"is_default": False},
    ]
