"""The quick look before the patterns lets nothing through that a pattern would mask."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.callbacks import redaction
from cantata.callbacks.redaction import MASK, Redaction


@pytest.mark.parametrize("pattern", redaction._PATTERNS)
@given(data=st.data())
def test_whatever_a_pattern_matches_is_masked(pattern: str, data: st.DataObject) -> None:
    """A pattern that is added without its needle would be passed over in silence."""
    secret = data.draw(
        st.from_regex(
            pattern.replace("(?i:(?<=\\bbearer ))", "(?i: bearer )").replace("(?<=://)", "://"), fullmatch=False
        )
    )

    assert MASK in Redaction().text(secret)
