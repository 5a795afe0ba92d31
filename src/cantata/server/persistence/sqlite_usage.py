"""What model calls used, in the embedded database. Every statement names the owner, or is for an admin."""

import asyncio
import sqlite3
from collections.abc import Sequence
from typing import Any

from msgspec import UNSET

from cantata.callbacks.events import Timestamps, Usage
from cantata.server.persistence.sqlite import Database
from cantata.server.persistence.sqlite_spending import spend, spent
from cantata.server.runs.model import ModelCall, Spent
from cantata.server.runs.ports.usage import UsageFilter, UsageKey

_COLUMNS: dict[UsageKey, str] = {
    "day": "day",
    "user": "owner",
    "session": "session_id",
    "graph": "graph",
    "agent": "agent",
    "model": "model",
}
_SUMS = ("calls", "unpriced", "input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "cost_usd")
_KEY = "owner, day, session_id, graph, agent, model"
_ADD = (
    f"INSERT INTO usage ({_KEY}, {', '.join(_SUMS)}) VALUES ({', '.join('?' * 13)}) ON CONFLICT ({_KEY})"
    f" DO UPDATE SET {', '.join(f'{name} = {name} + excluded.{name}' for name in _SUMS)}"
)


class SqliteUsage:
    """A `UsageStore`."""

    def __init__(self, database: Database, timestamps: Timestamps) -> None:
        self._database = database
        self._now = timestamps.now

    def add(self, call: ModelCall) -> "asyncio.Future[Spent]":
        """Count a call; see the port."""
        used, day = call.usage, self._now()[:10]
        values = (call.owner, day, call.session_id, call.graph, call.agent, call.model, *_used(used))

        def operation(cursor: sqlite3.Cursor) -> Spent:
            cursor.execute(_ADD, values)
            return spend(cursor, call.owner, day, used.total_tokens or 0, used.cost_usd or 0.0)

        return self._database.submit(operation)

    async def today(self, owner: str) -> Spent:
        """Return what the owner has used up; see the port."""
        day = self._now()[:10]
        return self._database.look(lambda connection: spent(connection, owner, day))

    async def sums(self, wanted: UsageFilter, by: Sequence[UsageKey]) -> list[dict[str, Any]]:
        """Return sums; see the port."""
        sql = f"SELECT {', '.join([*(_COLUMNS[key] for key in by), *(f'sum({name})' for name in _SUMS)])} FROM usage"
        where, values = _where(wanted)
        sql += f" WHERE {where}"
        if by:
            order = ", ".join(_COLUMNS[key] for key in by)
            sql += f" GROUP BY {order} ORDER BY {order}"

        def query(connection: sqlite3.Connection) -> list[dict[str, Any]]:
            return [dict(zip((*by, *_SUMS), row, strict=True)) for row in connection.execute(sql, values)]

        return await self._database.read(query)


def _used(usage: Usage) -> tuple[int | float, ...]:
    tokens = (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens, usage.cached_tokens)
    is_unpriced = usage.cost_usd is UNSET
    return 1, int(is_unpriced), *(told or 0 for told in tokens), usage.cost_usd or 0.0


def _where(wanted: UsageFilter) -> tuple[str, list[str]]:
    told = [
        ("owner = ?", wanted.owner),
        ("day >= ?", wanted.first_day),
        ("day <= ?", wanted.last_day),
        ("session_id = ?", wanted.session_id),
        ("model = ?", wanted.model),
    ]
    return " AND ".join(term for term, value in told if value is not None), [v for _, v in told if v is not None]
