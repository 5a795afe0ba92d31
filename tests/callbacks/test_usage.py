"""Tokens as the provider counts them, and an estimate of their price that is never made up."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.messages.ai import UsageMetadata
from msgspec import UNSET

from cantata.callbacks.events import Usage
from cantata.callbacks.usage import cost_usd, total, usage_of


def told(**members: int) -> AIMessage:
    usage = {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120, **members}
    return AIMessage("hi", usage_metadata=UsageMetadata(**usage))  # type: ignore[typeddict-item]  # as a provider may


def test_tokens_are_the_providers() -> None:
    message = AIMessage(
        "hi",
        usage_metadata=UsageMetadata(
            input_tokens=100,
            output_tokens=20,
            total_tokens=120,
            input_token_details={"cache_read": 60},
            output_token_details={"reasoning": 8},
        ),
    )

    usage = usage_of(message, "unheard-of", "nobody")

    assert usage == Usage(
        input_tokens=100, output_tokens=20, total_tokens=120, reasoning_tokens=8, cached_tokens=60, cost_usd=UNSET
    )


@pytest.mark.parametrize("message", [None, AIMessage("hi"), HumanMessage("hi")])
def test_a_provider_that_tells_nothing_gives_nothing(message: AIMessage | None) -> None:
    assert usage_of(message, "unheard-of", "nobody") == Usage()


def test_a_missing_total_is_added_up() -> None:
    assert usage_of(told(total_tokens=0), "unheard-of", None).total_tokens == 120


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("gemini-2.5-flash", "google_genai"),
        ("models/gemini-2.5-flash", "google_genai"),
        ("gemini-2.5-flash", "google_vertexai"),
        ("gpt-4o", "openai"),
    ],
)
def test_a_known_models_cost_is_estimated(model: str, provider: str) -> None:
    usage = usage_of(told(), model, provider)

    assert usage.cost_usd
    assert 0 < usage.cost_usd < 0.01


def test_more_tokens_cost_more() -> None:
    small, large = (cost_usd("gemini-2.5-flash", "google_genai", n, n, 0) for n in (1_000, 2_000))

    assert small
    assert large == pytest.approx(2 * small)


def test_cached_tokens_cost_less() -> None:
    whole, cached = (cost_usd("gemini-2.5-flash", "google_genai", 1_000, 0, n) for n in (0, 900))

    assert whole
    assert cached
    assert cached < whole


@pytest.mark.parametrize("model", ["unheard-of", "", "unknown"])
def test_an_unknown_models_cost_is_unknown_never_nought(model: str) -> None:
    assert cost_usd(model, "nobody", 1_000, 1_000, 0) is None
    assert usage_of(told(), model, "nobody").cost_usd is UNSET


def test_the_offline_model_is_free() -> None:
    assert usage_of(None, "offline-demo", None).cost_usd == 0
    assert usage_of(told(), "offline-demo", None).cost_usd == 0


def test_a_sum_counts_calls_and_adds_tokens() -> None:
    summed = total([Usage(input_tokens=1, output_tokens=2, total_tokens=3, cost_usd=0.5), Usage(cost_usd=0.25)])

    assert summed == Usage(
        input_tokens=1,
        output_tokens=2,
        total_tokens=3,
        reasoning_tokens=0,
        cached_tokens=0,
        cost_usd=0.75,
        model_calls=2,
    )


def test_one_unknown_cost_makes_the_sum_unknown() -> None:
    assert total([Usage(cost_usd=0.5), Usage()]).cost_usd is UNSET


def test_no_call_costs_nothing() -> None:
    summed = total([])

    assert (summed.model_calls, summed.total_tokens, summed.cost_usd) == (0, 0, 0)
