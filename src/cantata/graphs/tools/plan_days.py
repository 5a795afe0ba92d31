"""The sights of a city, spread over the days of a stay."""

import asyncio
from itertools import islice

from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from cantata.graphs.data import travel

MAX_DAYS = 14


class PlanDaysInput(BaseModel):
    """Where, and for how long."""

    city: str = Field(description="The city.", min_length=1, max_length=80)
    days: int = Field(3, description="Days in the city.", ge=1, le=MAX_DAYS)


@tool(args_schema=PlanDaysInput)
async def plan_days(city: str, days: int = 3) -> str:
    """Spread the sights of a city over the days of a stay, one for each half of a day."""
    return await asyncio.to_thread(_describe, city, days)  # the first one reads the table


def _describe(city: str, days: int) -> str:
    try:
        found = travel.find_city(city)
    except travel.UnknownCity as error:
        raise ToolException(str(error)) from error
    left = iter(travel.sights()[found])
    lines = []
    for day in range(1, days + 1):
        halves = "; ".join(islice(left, 2))
        lines.append(f"- Day {day}: {halves or 'nothing fixed'}")
    return "\n".join([f"Days in {found} (sample data):", *lines])
