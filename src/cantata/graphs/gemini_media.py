"""Which pictures and files may go to Gemini: those that come with the message, and those that Google itself fetches.

Its client would fetch any other address from where this server stands, without a deadline, and tell the model what it
found there: whoever may write a message could read what only the server can reach.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlparse

from langchain_core.messages import BaseMessage, is_data_content_block

from cantata.graphs.faults import ModelFault

# As the client has it (`_PROVIDER_RESOLVED_HOSTS`): what is named so is passed on as it is.
_FETCHED_BY_GOOGLE = ("youtube.com", "youtu.be", "generativelanguage.googleapis.com")


def check_media(messages: Sequence[BaseMessage]) -> None:
    """Refuse what the client would fetch, and data that it could not read.

    Raises:
        ModelFault: `model_invalid_request`, with what would do.
    """
    for block in _media_in(messages):
        if _would_be_fetched(block):
            raise ModelFault(
                "model_invalid_request",
                "A picture or file was given by its address, which this server does not fetch: send its bytes, as"
                ' {"type": "image", "base64": "…", "mime_type": "image/png"}.',
            )
        if not _is_readable(block):
            raise ModelFault("model_invalid_request", "The bytes of a picture or file are no base64.")


def _media_in(messages: Sequence[BaseMessage]) -> Iterator[Mapping[str, Any]]:
    for message in messages:
        for block in message.content if isinstance(message.content, list) else ():
            if isinstance(block, dict) and (block.get("type") == "image_url" or is_data_content_block(block)):
                yield block


def _would_be_fetched(block: Mapping[str, Any]) -> bool:
    is_legacy = block["type"] == "image_url"
    url = block.get("image_url" if is_legacy else "url")
    url = url.get("url") if isinstance(url, Mapping) else url
    if url is None:
        return False
    if not isinstance(url, str) or "source_type" in block:
        return True
    if url.startswith("gs://") or (is_legacy and url.startswith("data:")):
        return False
    host = "" if is_legacy else urlparse(url).hostname or ""
    return not any(host == one or host.endswith(f".{one}") for one in _FETCHED_BY_GOOGLE)


def _is_readable(block: Mapping[str, Any]) -> bool:
    data = block.get("base64", block.get("data"))
    if not isinstance(data, str):
        return True
    try:
        base64.b64decode(data)
    except binascii.Error:
        return False
    return True
