"""What owners have used up, held against what they may, in transactions of the embedded database.

Every statement names the owner.
"""

import sqlite3

from cantata.server.errors import TooManyRuns
from cantata.server.runs.allowances import Allowance
from cantata.server.runs.budgets import check_budget
from cantata.server.runs.model import Spent

RETRY_SECONDS = 5  # a guess: when one of the owner's runs ends, nobody knows

_ADD = (
    "INSERT INTO spending (owner, day, tokens, cost_usd) VALUES (?, ?, ?, ?) ON CONFLICT (owner, day)"
    " DO UPDATE SET tokens = tokens + excluded.tokens, cost_usd = cost_usd + excluded.cost_usd"
    " RETURNING tokens, cost_usd"
)
# By the index of what is active, of which there is little; an owner's runs may be many.
_AT_WORK = (
    "SELECT count(*) FROM runs INDEXED BY runs_active WHERE owner = ?"
    " AND status IN ('queued', 'running', 'interrupted') AND status <> 'interrupted'"
)


def spend(cursor: sqlite3.Cursor, owner: str, day: str, tokens: int, cost_usd: float) -> Spent:
    """Add to what the owner has used up that day; return the sum."""
    return Spent(*cursor.execute(_ADD, (owner, day, tokens, cost_usd)).fetchone())


def check_allowance(cursor: sqlite3.Cursor, owner: str, allowance: Allowance, now: str) -> None:
    """Refuse one more run of an owner who may not have it; in the transaction that queues it.

    Raises:
        TooManyRuns: as many are queued or running as may be.
        BudgetExceeded: the day's budget is used up.
    """
    if allowance.has_budget:
        check_budget(spent(cursor, owner, now[:10]), allowance, now)
    if allowance.runs is not None and cursor.execute(_AT_WORK, (owner,)).fetchone()[0] >= allowance.runs:
        raise TooManyRuns(
            f"{allowance.runs} workflows of yours are queued or running, and no more may be: wait, or cancel one.",
            policy="concurrent_runs",
            retry_after=RETRY_SECONDS,
        )


def spent(source: sqlite3.Cursor | sqlite3.Connection, owner: str, day: str) -> Spent:
    """Return what the owner has used up that day."""
    sql = "SELECT tokens, cost_usd FROM spending WHERE owner = ? AND day = ?"
    return Spent(*(source.execute(sql, (owner, day)).fetchone() or (0, 0.0)))
