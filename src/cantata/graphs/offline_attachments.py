"""What the rule-based model knows of pictures and files: their kind, name and size. It does not look inside."""

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import BaseMessage

_KINDS = {"image": "a picture", "image_url": "a picture", "file": "a file", "audio": "a sound", "video": "a film"}


def seen_in(message: BaseMessage) -> str:
    """Say what came with *message*; nothing when it is words alone."""
    blocks = message.content if isinstance(message.content, list) else []
    seen = [_told(block) for block in blocks if isinstance(block, dict) and block.get("type") in _KINDS]
    if not seen:
        return ""
    listed = seen[0] if len(seen) == 1 else f"{', '.join(seen[:-1])} and {seen[-1]}"
    return f"I see {listed}, but fixed rules cannot look inside."


def _told(block: Mapping[str, Any]) -> str:
    extras, data = block.get("extras"), block.get("base64")
    name = extras.get("filename") if isinstance(extras, dict) else None
    size = _size(len(data) * 3 // 4 - data[-2:].count("=")) if isinstance(data, str) else None
    facts = ", ".join(str(fact) for fact in (name, block.get("mime_type"), size) if fact)
    return f"{_KINDS[block['type']]} ({facts})" if facts else _KINDS[block["type"]]


def _size(count: int) -> str:
    return f"{count} bytes" if count < 1_000 else f"{count / 1_000:.1f} kB"
