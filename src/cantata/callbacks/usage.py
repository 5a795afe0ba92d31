"""What a model call used: tokens as the provider counts them, and an estimate of their price."""

import logging
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import genai_prices
from langchain_core.messages import BaseMessage
from msgspec import UNSET

from cantata.callbacks.events import Usage

logger = logging.getLogger(__name__)

FREE_MODELS = frozenset({"offline-demo"})

# LangChain's `ls_provider` → the name that genai-prices knows.
_PROVIDERS = {"google_genai": "google", "google_vertexai": "google", "azure_openai": "azure", "bedrock": "aws"}


def usage_of(message: BaseMessage | None, model: str, provider: str | None) -> Usage:
    """Read the usage of one model call from its whole *message*; empty when the provider tells none."""
    told: dict[str, Any] | None = getattr(message, "usage_metadata", None)
    if not told:
        return Usage(cost_usd=0.0) if model in FREE_MODELS else Usage()
    cached = _detail(told, "input_token_details", "cache_read")
    tokens_in, tokens_out = told.get("input_tokens") or 0, told.get("output_tokens") or 0
    cost = cost_usd(model, provider, tokens_in, tokens_out, cached)
    return Usage(
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        total_tokens=told.get("total_tokens") or tokens_in + tokens_out,
        reasoning_tokens=_detail(told, "output_token_details", "reasoning"),
        cached_tokens=cached,
        cost_usd=UNSET if cost is None else cost,
    )


def cost_usd(model: str, provider: str | None, tokens_in: int, tokens_out: int, cached: int) -> float | None:
    """Estimate the list price of a call in US dollars; None for a model whose price is unknown."""
    name = model.removeprefix("models/")
    if name in FREE_MODELS:
        return 0.0
    if not _is_priced(name, provider):
        return None
    used = genai_prices.Usage(input_tokens=tokens_in, output_tokens=tokens_out, cache_read_tokens=cached)
    price = genai_prices.calc_price(used, name, provider_id=_PROVIDERS.get(provider or "", provider))
    return float(price.total_price)


def warm_up() -> None:
    """Load the table of prices, which takes some 0.4 s; call it in a thread at the start."""
    cost_usd("gemini-2.5-flash", "google_genai", 1, 1, 0)


def total(usages: Iterable[Usage]) -> Usage:
    """Add up *usages*; the cost is absent as soon as one call's is."""
    calls = list(usages)
    costs = [u.cost_usd for u in calls]
    known = [c for c in costs if c is not UNSET]
    return Usage(
        input_tokens=sum(u.input_tokens or 0 for u in calls),
        output_tokens=sum(u.output_tokens or 0 for u in calls),
        total_tokens=sum(u.total_tokens or 0 for u in calls),
        reasoning_tokens=sum(u.reasoning_tokens or 0 for u in calls),
        cached_tokens=sum(u.cached_tokens or 0 for u in calls),
        cost_usd=sum(known) if len(known) == len(costs) else UNSET,
        model_calls=len(calls),
    )


def _detail(told: dict[str, Any], group: str, name: str) -> int:
    return (told.get(group) or {}).get(name) or 0


@lru_cache(maxsize=256)
def _is_priced(model: str, provider: str | None) -> bool:
    try:
        genai_prices.calc_price(genai_prices.Usage(), model, provider_id=_PROVIDERS.get(provider or "", provider))
    except LookupError:
        logger.warning("the price of %s is unknown: what it costs is told as null", model)
        return False
    return True
