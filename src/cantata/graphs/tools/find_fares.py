"""What ways between cities cost, from the sample tables."""

import asyncio

from langchain_core.tools import tool
from pydantic import BaseModel, Field

from cantata.graphs.data import travel
from cantata.graphs.tools.find_routes import MAX_RESULTS, ends_of, other_end


class FindFaresInput(BaseModel):
    """Where from and where to."""

    destination: str = Field(description="The city to go to.", min_length=1, max_length=80)
    origin: str | None = Field(None, description="The city to start from.", min_length=1, max_length=80)


@tool(args_schema=FindFaresInput)
async def find_fares(destination: str, origin: str | None = None) -> str:
    """Find fares to a city by train and by plane, in euros for one person one way."""
    return await asyncio.to_thread(_describe, destination, origin)  # the first one reads the table


def _describe(destination: str, origin: str | None) -> str:
    to, start = ends_of(destination, origin)
    found = [fare for fare in travel.fares() if to in fare.ends and (start is None or start in fare.ends)]
    lines = [
        f"- from {other_end(fare.ends, to)} by {fare.by}: usually {fare.usual_eur} euros, {fare.lowest_eur} at least"
        for fare in found[:MAX_RESULTS]
    ]
    if not lines:
        return f"The sample data has no fare from {start} to {to}."
    return "\n".join([f"Fares to {to}, one way (sample data):", *lines])
