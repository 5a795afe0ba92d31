"""/api/usage: what model calls used and what that costs, by day, model, agent and more."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

import fastapi
from fastapi import APIRouter, Request, Response
from pydantic import Field, field_validator

from cantata.server.auth.policies import GuardedRoute, needs
from cantata.server.auth.principal import EVERYBODY, READ, Caller, Principal
from cantata.server.routes.answers import Service, json_response
from cantata.server.routes.bodies import Query
from cantata.server.routes.documented import USAGE_ANSWERS
from cantata.server.routes.looks import look_as
from cantata.server.runs.ports.usage import UsageFilter, UsageKey
from cantata.server.runs.requests import invalid

router = APIRouter(prefix="/api/usage", tags=["usage"], route_class=GuardedRoute)

DEFAULT_DAYS = 30
SUMS = (
    "calls",
    "unpriced",
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cached_tokens",
    "total_tokens",
    "cost_usd",
)
NOTE = (
    "Costs are estimated at list price; calls whose price is unknown are counted in `unpriced` and cost nothing here."
)


class UsageQuery(Query):
    """What is asked for."""

    since: date | None = Field(None, alias="from", description="First day (UTC); 30 days in all unless named.")
    until: date | None = Field(None, alias="to", description="Last day (UTC); today unless named.")
    by: list[UsageKey] = Field(["day", "model"], max_length=6, description="What the sums are by, with commas between.")
    session_id: str | None = Field(None, max_length=128)
    model: str | None = Field(None, max_length=256)
    owner: str | None = Field(None, max_length=255, description="For admins: of somebody else, or `*` of everybody.")
    format: Literal["json", "csv"] = "json"

    @field_validator("by", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        told = value if isinstance(value, list) else [value]
        words = [word.strip() for part in told for word in str(part).split(",") if word.strip()]
        return list(dict.fromkeys(words))


@router.get("", response_class=Response, responses=USAGE_ANSWERS)
@needs(READ)
async def usage(
    query: Annotated[UsageQuery, fastapi.Query()], request: Request, answers: Service, caller: Caller
) -> Response:
    """Sum up model calls with their tokens and estimated cost, as JSON or CSV."""
    last = query.until or datetime.now(UTC).date()
    first = query.since or last - timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        raise invalid("from", "The first day comes after the last one.")
    wanted = UsageFilter(
        owner=await _owner(caller, query, request),
        first_day=first.isoformat(),
        last_day=last.isoformat(),
        session_id=query.session_id,
        model=query.model,
    )
    store = request.app.state.resources.engine.usage
    rows = [_told(row) for row in await store.sums(wanted, query.by)]
    if query.format == "csv":
        return _as_csv([*query.by, *SUMS], rows, f"usage-{first}-{last}.csv")
    (total,) = await store.sums(wanted, ())
    return json_response(
        {
            "from": first.isoformat(),
            "to": last.isoformat(),
            "by": query.by,
            "rows": rows,
            "total": _told(total),
            "note": NOTE,
        }
    )


async def _owner(caller: Principal, query: UsageQuery, request: Request) -> str | None:
    """Return whose usage is asked for, None for everybody's; sums that tell nobody apart are no look at anybody's."""
    is_personal = query.session_id is not None or not {"user", "session"}.isdisjoint(query.by)
    if query.owner == EVERYBODY and caller.is_admin and not is_personal:
        return None
    asked = await look_as(caller, query.owner, "usage", request)
    return None if asked == EVERYBODY else asked


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Say 0 where there was no call to be summed up, and null where no call of the sum had a price."""
    row = row | {name: row[name] or 0 for name in SUMS if name in row}
    is_priced = not row["calls"] or row["unpriced"] < row["calls"]
    total = row["input_tokens"] + row["output_tokens"]
    return row | {"total_tokens": total, "cost_usd": row["cost_usd"] if is_priced else None}


def _as_csv(columns: Sequence[str], rows: Sequence[dict[str, Any]], name: str) -> Response:
    file = io.StringIO()
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    writer.writerows([{key: _harmless(value) for key, value in row.items()} for row in rows])
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(file.getvalue(), headers=headers, media_type="text/csv; charset=utf-8")


def _harmless(value: Any) -> Any:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
