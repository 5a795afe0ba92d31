"""What calls of the real API may use, and what they used."""

from dataclasses import dataclass

import pytest
from langchain_core.messages.ai import UsageMetadata

MODEL = "CANTATA_LIVE_MODEL"  # the variable by which the command tells its tests which model
CALLS = 6  # that are billed; the one with a bad key is not
MAX_INPUT_TOKENS = 300
MAX_OUTPUT_TOKENS = 4_096  # thoughts included; the calls ask for no more


@dataclass
class Bill:
    """The sum of what the calls told, as a plugin of pytest from which tests get it."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0

    def add(self, used: UsageMetadata | None) -> None:
        """Take the usage of one call."""
        assert used is not None, "the call told no usage"
        self.calls += 1
        self.tokens_in += used["input_tokens"]
        self.tokens_out += used["output_tokens"]
        self.tokens_cached += used.get("input_token_details", {}).get("cache_read", 0)

    @pytest.fixture
    def bill(self) -> "Bill":
        """Hand on the bill of this session."""
        return self
