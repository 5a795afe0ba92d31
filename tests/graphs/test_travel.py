"""The sample tables of travel, and the tools that read them."""

from itertools import combinations
from typing import Any

import pytest
from langchain_core.tools import BaseTool, ToolException

from cantata.graphs.data import travel
from cantata.graphs.tools.find_fares import find_fares
from cantata.graphs.tools.find_routes import find_routes
from cantata.graphs.tools.plan_days import plan_days
from cantata.graphs.tools.weather_normals import weather_normals


def test_the_tables_cover_every_city_and_every_pair() -> None:
    cities = set(travel.sights())
    pairs = {frozenset(pair) for pair in combinations(cities, 2)}

    assert len(cities) == 12
    assert {route.ends for route in travel.routes()} == pairs
    assert {(route.ends, route.by) for route in travel.routes()} == {(fare.ends, fare.by) for fare in travel.fares()}
    assert all(len(months) == 12 for months in travel.normals().values())
    assert all(n.low_celsius < n.high_celsius and 0 <= n.rain_days <= 20 for m in travel.normals().values() for n in m)
    assert all(fare.lowest_eur < fare.usual_eur for fare in travel.fares())


async def test_ways_and_fares_are_the_same_in_both_directions() -> None:
    there = await find_routes.ainvoke({"destination": "Paris", "origin": "london"})
    back = await find_routes.ainvoke({"destination": "London", "origin": "Paris"})
    fares = await find_fares.ainvoke({"destination": "paris", "origin": "London"})

    assert there.splitlines()[1:] == [
        "- from London by plane: 1.1 hours, direct",
        "- from London by train: 2.3 hours, direct",
    ]
    assert len(back.splitlines()) == 3
    assert "- from London by train: usually 140 euros, 55 at least" in fares


async def test_without_an_origin_the_nearest_ones_are_told() -> None:
    assert len((await find_routes.ainvoke({"destination": "Vienna"})).splitlines()) == 7


async def test_the_weather_is_told_for_a_month_or_the_year() -> None:
    may = await weather_normals.ainvoke({"city": "Lisbon", "month": "May"})
    year = await weather_normals.ainvoke({"city": "Lisbon"})

    assert may == "In Lisbon May is usually 14 to 22 °C, with 6 days of rain (sample data)."
    assert year.count(" to ") == 12


async def test_days_are_filled_until_the_sights_are_used_up() -> None:
    days = (await plan_days.ainvoke({"city": "rome", "days": 4})).splitlines()

    assert days[1] == "- Day 1: The Colosseum and the Forum; Vatican Museums"
    assert days[-1] == "- Day 4: nothing fixed"


@pytest.mark.parametrize(
    ("tool", "given", "sentence"),
    [
        (find_routes, {"destination": "Atlantis"}, "The sample data has no city 'Atlantis'. There are Amsterdam,"),
        (find_routes, {"destination": "Pariss"}, "Did you mean Paris?"),
        (find_routes, {"destination": "Rome", "origin": "Rome"}, "The way begins and ends in Rome."),
        (find_fares, {"destination": "Rome", "origin": "'; --"}, 'no city "\'; --"'),
        (weather_normals, {"city": "Mars"}, "no city 'Mars'"),
        (plan_days, {"city": "?"}, "no city '?'"),
    ],
)
async def test_an_unknown_place_is_told_in_a_sentence(tool: BaseTool, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ToolException) as raised:
        await tool.ainvoke(given)

    assert sentence in str(raised.value)
