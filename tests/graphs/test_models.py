"""Names, settings and the cache of chat models."""

import asyncio
import copy
import sys

import pytest
from langchain_core.language_models import BaseChatModel

from cantata.graphs.faults import ModelFault, ModelProblem, ModelUnavailable, UnknownModel
from cantata.graphs.model_names import resolve_model_name, short_model_name
from cantata.graphs.model_settings import ModelOptions, ModelSettings
from cantata.graphs.models import aclose_models, chat_model, check_model
from cantata.graphs.offline import OfflineChat

WITH_KEY = ModelSettings(gemini_api_key="AIzaTestKey")
WITHOUT_KEY = ModelSettings()


@pytest.mark.parametrize(
    ("name", "settings", "canonical"),
    [
        (None, WITHOUT_KEY, "offline-demo"),
        (None, WITH_KEY, "google_genai:gemini-2.5-flash"),
        (None, ModelSettings(gemini_api_key="k", default_model="offline-demo"), "offline-demo"),
        (None, ModelSettings(gemini_api_key="k", default_model="gemini-2.5-pro"), "google_genai:gemini-2.5-pro"),
        ("offline-demo", WITH_KEY, "offline-demo"),
        ("gemini-2.0-flash-exp", WITH_KEY, "google_genai:gemini-2.0-flash-exp"),
        ("models/gemini-2.5-pro", WITH_KEY, "google_genai:gemini-2.5-pro"),
        ("google_genai:gemini-2.5-pro", WITH_KEY, "google_genai:gemini-2.5-pro"),
        ("google_genai:models/gemini-2.5-pro", WITH_KEY, "google_genai:gemini-2.5-pro"),
        ("google_genai:gemma-3-27b-it", WITH_KEY, "google_genai:gemma-3-27b-it"),
        ("openai:gpt-5", WITHOUT_KEY, "openai:gpt-5"),
        ("ollama:llama3:8b", WITHOUT_KEY, "ollama:llama3:8b"),
    ],
)
def test_names_become_canonical(name: str | None, settings: ModelSettings, canonical: str) -> None:
    assert resolve_model_name(name, settings) == canonical


@pytest.mark.parametrize(
    "name", ["gpt-5", "openai:", "google_genai:", "google_genai:a/b", "gemini-1:x", "models/x", "a b:c", "openai:a b"]
)
def test_an_unknown_name_is_answered_with_what_exists(name: str) -> None:
    with pytest.raises(UnknownModel, match="offline-demo and google_genai:<model>"):
        resolve_model_name(name, WITH_KEY)


@pytest.mark.parametrize(
    ("canonical", "short"),
    [("offline-demo",) * 2, ("google_genai:gemini-2.5-pro", "gemini-2.5-pro"), ("ollama:llama3:8b", "llama3:8b")],
)
def test_a_short_name_has_no_provider(canonical: str, short: str) -> None:
    assert short_model_name(canonical) == short


def test_another_providers_model_takes_the_settings_and_the_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    settings = ModelSettings(idle_seconds=7, attempts=2)

    model = chat_model("openai:gpt-4.1", ModelOptions(temperature=0.5, max_output_tokens=9), settings)

    assert chat_model("openai:gpt-4.1", ModelOptions(temperature=0.5, max_output_tokens=9), settings) is model
    assert vars(model).items() >= {"request_timeout": 7, "max_retries": 1, "temperature": 0.5, "max_tokens": 9}.items()


def test_another_providers_model_without_its_key_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    with pytest.raises(ModelUnavailable, match="OPENAI_API_KEY"):
        check_model("openai:gpt-5", WITHOUT_KEY)


def test_without_langchain_itself_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain.chat_models", None)

    with pytest.raises(ModelUnavailable, match="pip install langchain"):
        check_model("openai:gpt-4.1-mini", WITHOUT_KEY)


def test_an_empty_key_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some packages make a client of it, whose first call would fail."""
    monkeypatch.setenv("OPENAI_API_KEY", "")

    with pytest.raises(ModelUnavailable, match="OPENAI_API_KEY"):
        check_model("openai:gpt-5", WITHOUT_KEY)


@pytest.mark.parametrize(
    ("name", "words"),
    [("anthropic:claude-sonnet-4-5", "langchain-anthropic"), ("nobody:model", "no provider 'nobody'")],
)
def test_another_provider_that_is_missing_is_named(name: str, words: str) -> None:
    with pytest.raises(ModelProblem, match=words):
        check_model(name, WITHOUT_KEY)


@pytest.mark.parametrize("settings", [WITHOUT_KEY, ModelSettings(default_model="gemini-2.5-pro")])
def test_gemini_without_a_key_names_the_setting(settings: ModelSettings) -> None:
    with pytest.raises(ModelUnavailable, match="GEMINI_API_KEY"):
        resolve_model_name(settings.default_model or "gemini-2.5-flash", settings)


def test_settings_come_from_the_environment_and_hide_the_key() -> None:
    settings = ModelSettings.from_environment(
        {
            "GOOGLE_API_KEY": "AIzaSecret",
            "GEMINI_API_KEY": "",
            "MODEL_ATTEMPTS": "2",
            "OFFLINE_DEMO_TOKEN_DELAY_MS": "0",
        }
    )

    assert (settings.gemini_api_key, settings.attempts) == ("AIzaSecret", 2)
    assert settings.offline_token_delay_seconds == 0
    assert "AIzaSecret" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODEL_IDLE_SECONDS", "soon"),
        ("MODEL_TOTAL_SECONDS", "0"),
        ("MODEL_ATTEMPTS", "99"),
        ("MODEL_IDLE_SECONDS", "nan"),
    ],
)
def test_a_bad_number_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        ModelSettings.from_environment({name: value})


async def test_equal_arguments_share_a_model() -> None:
    settings = ModelSettings(offline_token_delay_seconds=0)
    first = chat_model("offline-demo", ModelOptions(temperature=0.1), settings)

    assert chat_model(None, ModelOptions(temperature=0.1), settings) is first
    assert chat_model(None, ModelOptions(temperature=0.2), settings) is not first
    await aclose_models()
    assert chat_model(None, ModelOptions(temperature=0.1), settings) is not first


async def test_the_cache_is_bounded() -> None:
    first = chat_model(None, ModelOptions(max_output_tokens=1), WITHOUT_KEY)

    for n in range(2, 40):
        chat_model(None, ModelOptions(max_output_tokens=n), WITHOUT_KEY)

    assert chat_model(None, ModelOptions(max_output_tokens=1), WITHOUT_KEY) is not first
    await aclose_models()


def test_each_loop_has_its_own_clients() -> None:
    async def ask() -> BaseChatModel:
        return chat_model("gemini-2.5-flash", None, WITH_KEY)

    async def ask_and_close() -> BaseChatModel:
        first = await ask()
        assert await ask() is first
        await aclose_models()
        return first

    assert asyncio.run(ask_and_close()) is not chat_model("gemini-2.5-flash", None, WITH_KEY)
    assert asyncio.run(aclose_models()) is None


def test_the_environment_decides_when_no_settings_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFLINE_DEMO_TOKEN_DELAY_MS", "7")

    model = chat_model(None)

    assert isinstance(model, OfflineChat)
    assert model.token_delay_seconds == 0.007


def test_a_fault_carries_its_advice() -> None:
    fault = ModelFault("model_rate_limited", "The rate limit is reached.")

    assert fault.retryable
    assert fault.recovery_suggestions
    assert str(fault) == "The rate limit is reached."
    assert copy.copy(fault).code == fault.code


def test_options_out_of_range_are_an_invalid_request() -> None:
    with pytest.raises(ModelFault, match="temperature must be in the range") as caught:
        chat_model("gemini-2.5-flash", ModelOptions(temperature=9), WITH_KEY)

    assert caught.value.code == "model_invalid_request"
    assert "AIzaTestKey" not in f"{caught.value} {caught.value.__cause__}"
