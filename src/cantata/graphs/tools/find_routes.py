"""Ways between cities, from the sample tables."""

import asyncio

from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from cantata.graphs.data import travel

MAX_RESULTS = 6


class FindRoutesInput(BaseModel):
    """Where from and where to."""

    destination: str = Field(description="The city to go to.", min_length=1, max_length=80)
    origin: str | None = Field(None, description="The city to start from.", min_length=1, max_length=80)


@tool(args_schema=FindRoutesInput)
async def find_routes(destination: str, origin: str | None = None) -> str:
    """Find ways to a city by train and by plane, with hours and changes."""
    return await asyncio.to_thread(_describe, destination, origin)  # the first one reads the table


def ends_of(destination: str, origin: str | None) -> tuple[str, str | None]:
    """Find both cities.

    Raises:
        ToolException: the tables lack one, or both are the same.
    """
    try:
        to = travel.find_city(destination)
        start = None if origin is None else travel.find_city(origin)
    except travel.UnknownCity as error:
        raise ToolException(str(error)) from error
    if to == start:
        raise ToolException(f"The way begins and ends in {to}.")
    return to, start


def other_end(ends: frozenset[str], end: str) -> str:
    """Give the end of a way that is not *end*."""
    return next(iter(ends - {end}))


def _describe(destination: str, origin: str | None) -> str:
    to, start = ends_of(destination, origin)
    found = [route for route in travel.routes() if to in route.ends and (start is None or start in route.ends)]
    lines = [
        f"- from {other_end(route.ends, to)} by {route.by}: {route.hours:g} hours, {_changes(route.changes)}"
        for route in found[:MAX_RESULTS]
    ]
    if not lines:
        return f"The sample data has no way from {start} to {to}."
    return "\n".join([f"Ways to {to} (sample data):", *lines])


def _changes(count: int) -> str:
    return {0: "direct", 1: "1 change"}.get(count, f"{count} changes")
