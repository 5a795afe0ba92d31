"""Keeps secrets out of the server's log, wherever a line comes from: ours, a library's, a traceback."""

import logging
import re
from collections.abc import Iterable

from cantata.callbacks.redaction import MASK, Redaction

# What the redaction of events leaves alone, because there a name and its value are two things.
_IN_A_LINE = re.compile(
    r"(?i)(?P<told>[?&;\s\"'](?:ticket|token|access_token|refresh_token|id_token|api_key|apikey|key|code|password)="
    r"|\b(?:proxy-)?authorization\\?['\"]?\s*[:=,]\s*b?\\?['\"]?(?:(?:bearer|basic|token)\s+)?"
    r"|\b(?:x-api-key|set-cookie|cookie)\\?['\"]?\s*[:=,]\s*b?\\?['\"]?)"
    r"(?P<secret>[^\s&'\",\\]+)"
)


class Masking:
    """Masks what looks like a secret, or is one of *secrets*."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._redaction = Redaction(secrets)

    def text(self, line: str) -> str:
        """Mask the secrets in *line*."""
        return self._redaction.text(_IN_A_LINE.sub(rf"\g<told>{MASK}", line))


class MaskedFormatter(logging.Formatter):
    """Formats as another one does, and masks what comes out."""

    def __init__(self, masking: Masking, formatter: logging.Formatter | None = None) -> None:
        super().__init__()
        self._masking = masking
        self._formatter = formatter or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        """Write *record* as one text, its traceback included."""
        return self._masking.text(self._formatter.format(record))


def mask_log(secrets: Iterable[str], logger: logging.Logger | None = None) -> None:
    """Mask all that the present handlers of *logger*, the root unless named, will write."""
    masking = Masking(secrets)
    for handler in (logger or logging.getLogger()).handlers:
        handler.setFormatter(MaskedFormatter(masking, handler.formatter))
