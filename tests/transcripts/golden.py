"""Streams as files that can be compared and read: what differs from run to run becomes a stable word.

Equal ids become equal words, numbered as they are first seen, so that the structure is kept.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parent

_BASE32 = "[0-7][0-9a-hjkmnp-tv-z]{25}"
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_NAMED = {
    "session": rf"(?<=sess_){_BASE32}",
    "run": rf"(?<=wf_|vt_|sg_){_BASE32}",
    "id": _UUID,
    "interrupt": r"(?<=\")[0-9a-f]{32}(?=\")",
}
_PLAIN = {
    r'(?<="timestamp":")[^"]*': "<time>",
    r'(?<="timestamp":)\d[\d.]*': '"<time>"',  # `session` tells it in Unix seconds
    r'(?<=_ms":)\d+': '"<ms>"',
    r'(?<="cost_usd":)[\d.e-]+': '"<usd>"',
}
_CLOCK = {
    r"\d\d:\d\d(?= )": "<clock>",
    r"\b\w+day\b": "<weekday>",
    r"\b\d{1,2} (?=January|February|March|April|May|June|July|August|September|October|November|December)": "<day> ",
    r"(?<=\")\d{1,2} (?=\")": "<day> ",
    r"\b(January|February|March|April|May|June|July|August|September|October|November|December)\b": "<month>",
    r"\b20\d\d(?= )": "<year>",
    r'(?<=_tokens":)\d+': '"<tokens>"',  # the offline model counts characters
    r'(?<="output_bytes":)\d+': '"<bytes>"',
}


def normal(raw: bytes, *, tells_time: bool = False) -> str:
    """Replace what is of one run alone; *tells_time* when the answer holds the present time."""
    text = raw.decode()
    for pattern, word in (_PLAIN | (_CLOCK if tells_time else {})).items():
        text = re.sub(pattern, word, text)
    for name, pattern in _NAMED.items():
        text = re.sub(pattern, _numbered(name), text)
    return text


def compare(name: str, text: str) -> None:
    """Compare with the golden file, or rewrite it when `UPDATE_TRANSCRIPTS` is set."""
    path = FOLDER / f"{name}.sse"
    if os.environ.get("UPDATE_TRANSCRIPTS"):
        path.write_text(text)
    assert text == path.read_text(), f"{path} differs: `make transcripts` rewrites it, and its diff is to be reviewed"


def _numbered(name: str) -> Callable[[re.Match[str]], str]:
    seen: dict[str, str] = {}
    return lambda match: seen.setdefault(match[0], f"<{name}{len(seen) + 1}>")
