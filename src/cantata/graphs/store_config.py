"""What the `store` of a `langgraph.json` asks for: how memory is indexed, how long it is kept, or a store of its own.

The keys are langgraph-cli's. Nothing is opened here.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

Minutes = Annotated[float, Meta(gt=0)]


class IndexConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """How texts are embedded, for search by meaning."""

    embed: Annotated[str, Meta(pattern=".:.")]
    """A model, as "provider:name", or a function, as "./file.py:function"."""
    dims: Annotated[int, Meta(gt=0)]
    fields: list[str] | str | None = None
    """What of a value is embedded; all of it unless told."""


class TTLConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """How long what is stored is kept."""

    default_ttl: Minutes | None = None
    refresh_on_read: bool = True
    sweep_interval_minutes: Minutes | None = None


class StoreConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole section."""

    path: str | None = None
    """A store of the project's own in place of ours, as "./file.py:variable"."""
    index: IndexConfig | None = None
    ttl: TTLConfig | None = None


def store_config(value: Any) -> StoreConfig:
    """Read the section; without one there are no wishes.

    Raises:
        ValueError: It has a key or value of the wrong form; the message names it.
    """
    try:
        return msgspec.convert({} if value is None else value, StoreConfig)
    except msgspec.ValidationError as error:
        raise ValueError(f"store: {str(error).replace('$', 'store')}") from error
