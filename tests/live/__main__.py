"""The `make test-gemini` command: a few small calls of Google's real API, with your key and at your cost.

It says first what the calls may cost, and at the end what they did cost.
"""

import argparse
import os
import sys
from pathlib import Path

import pytest
from dotenv import load_dotenv

from cantata.callbacks.usage import cost_usd
from tests.live.bill import CALLS, MAX_INPUT_TOKENS, MAX_OUTPUT_TOKENS, MODEL, Bill

ROOT = Path(__file__).resolve().parents[2]
TESTS = Path(__file__).with_name("gemini.py")  # not named as a test, so that only this command collects it
NO_KEY = "Set GEMINI_API_KEY, in the environment or in .env, to a key of Google AI Studio, then run this again."


def main() -> None:
    """Run the calls; exits with 1 when there is no key or one of them goes wrong."""
    parser = argparse.ArgumentParser(prog="make test-gemini", description=__doc__)
    parser.add_argument("--model", default="gemini-2.5-flash", help="the model to call (default: %(default)s)")
    model: str = parser.parse_args().model
    load_dotenv(ROOT / ".env")
    if not (os.environ.get("GEMINI_API_KEY") or os.environ.get("GOOGLE_API_KEY")):
        sys.exit(NO_KEY)
    os.environ[MODEL] = model
    print(_estimate(model), flush=True)
    bill = Bill()
    code = pytest.main(["-p", "no:randomly", "-p", "no:cacheprovider", "-q", str(TESTS)], plugins=[bill])
    print(_account(model, bill))
    sys.exit(1 if code else 0)


def _estimate(model: str) -> str:
    cost = cost_usd(model, "google_genai", CALLS * MAX_INPUT_TOKENS, CALLS * MAX_OUTPUT_TOKENS, 0)
    return (
        f"{CALLS} calls of {model}, each with at most {MAX_INPUT_TOKENS:,} tokens in and {MAX_OUTPUT_TOKENS:,} out,"
        f" thoughts included: at most {_dollars(cost)} at list price, in practice much less."
    )


def _account(model: str, bill: Bill) -> str:
    cost = cost_usd(model, "google_genai", bill.tokens_in, bill.tokens_out, bill.tokens_cached)
    return (
        f"{bill.calls} calls told their usage: {bill.tokens_in:,} tokens in, {bill.tokens_out:,} out:"
        f" {_dollars(cost)} at list price."
    )


def _dollars(cost: float | None) -> str:
    return "an unknown amount (the price list lacks this model)" if cost is None else f"${cost:.4f}"


if __name__ == "__main__":
    main()
