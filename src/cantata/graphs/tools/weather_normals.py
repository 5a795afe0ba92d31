"""What the weather of a city usually is, from the sample tables."""

import asyncio

from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from cantata.graphs.data import travel
from cantata.graphs.data.travel import Month


class WeatherNormalsInput(BaseModel):
    """Where and when."""

    city: str = Field(description="The city.", min_length=1, max_length=80)
    month: Month | None = Field(None, description="Without it, the whole year.")


@tool(args_schema=WeatherNormalsInput)
async def weather_normals(city: str, month: Month | None = None) -> str:
    """Tell what the weather of a city usually is in a month: a long-term mean, not a forecast."""
    return await asyncio.to_thread(_describe, city, month)  # the first one reads the table


def _describe(city: str, month: Month | None) -> str:
    try:
        found = travel.find_city(city)
    except travel.UnknownCity as error:
        raise ToolException(str(error)) from error
    normals = travel.normals()[found]
    if month is not None:
        usual = normals[travel.MONTHS.index(month)]
        return (
            f"In {found} {month} is usually {usual.low_celsius} to {usual.high_celsius} °C, with"
            f" {usual.rain_days} days of rain (sample data)."
        )
    months = "; ".join(f"{n.month} {n.low_celsius} to {n.high_celsius} °C, {n.rain_days}" for n in normals)
    return f"Usual weather in {found}, with days of rain in the month (sample data): {months}."
