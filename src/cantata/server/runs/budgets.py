"""What users' runs have used up today, held against what they may.

A model call is counted when it has ended, so a run can go over its budget by the calls that are under way. It is then
let come to rest at the end of its superstep, as for a shutdown, and waits to be resumed.
"""

from asyncio import Future
from collections.abc import Callable
from datetime import datetime, timedelta

from cantata.server.errors import BudgetExceeded
from cantata.server.runs.allowances import Allowance, Allowances
from cantata.server.runs.model import ModelCall, Spent
from cantata.server.runs.ports.usage import UsageStore

BUDGET = "budget"
"""Why a run comes to rest that has used up what it may."""


class Budgets:
    """Counts what runs use up."""

    def __init__(self, store: UsageStore, allowances: Allowances) -> None:
        self._store = store
        self._allowances = allowances

    async def is_used_up(self, owner: str, role: str | None) -> bool:
        """Tell whether nothing is left of the owner's day."""
        allowance = self._allowances.of(role)
        return allowance.has_budget and is_over(await self._store.today(owner), allowance)

    def spend(self, call: ModelCall, role: str | None, on_used_up: Callable[[], object]) -> None:
        """Count *call*; *on_used_up* is called once it is counted, if nothing is left."""
        allowance = self._allowances.of(role)

        def counted(future: "Future[Spent]") -> None:
            # Where the count cannot be written the log cannot either, and that ends the run.
            if not future.cancelled() and future.exception() is None and is_over(future.result(), allowance):
                on_used_up()

        self._store.add(call).add_done_callback(counted)


def check_budget(spent: Spent, allowance: Allowance, now: str) -> None:
    """Refuse work for which nothing is left; *now* is an ISO time.

    Raises:
        BudgetExceeded: nothing is left of the day.
    """
    if is_over(spent, allowance):
        raise BudgetExceeded(policy=BUDGET, retry_after=_seconds_to_midnight(now))


def is_over(spent: Spent, allowance: Allowance) -> bool:
    """Tell whether nothing is left."""
    return (allowance.tokens is not None and spent.tokens >= allowance.tokens) or (
        allowance.cost_usd is not None and spent.cost_usd >= allowance.cost_usd
    )


def _seconds_to_midnight(now: str) -> int:
    moment = datetime.fromisoformat(now)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return max(1, round((midnight - moment).total_seconds()))
