"""Sample tables for planning a trip: routes, fares, weather normals and sights of some cities."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from cantata.graphs.data.database import read_csv

Month = Literal[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
MONTHS: tuple[Month, ...] = get_args(Month)


class UnknownCity(LookupError):
    """The tables have no such city; the message says which they have."""


@dataclass(frozen=True)
class Route:
    """A way between two cities, the same in both directions."""

    ends: frozenset[str]
    by: str
    hours: float
    changes: int


@dataclass(frozen=True)
class Fare:
    """What a way costs one person one way."""

    ends: frozenset[str]
    by: str
    lowest_eur: int
    usual_eur: int


@dataclass(frozen=True)
class Normals:
    """What the weather of a month usually is."""

    month: str
    high_celsius: int
    low_celsius: int
    rain_days: int


def find_city(name: str) -> str:
    """Give a city's name as the tables spell it.

    Raises:
        UnknownCity: they do not have it.
    """
    cities = {city.casefold(): city for city in sights()}
    wanted = name.strip(" .?!").casefold()
    if wanted in cities:
        return cities[wanted]
    close = difflib.get_close_matches(wanted, cities, n=1, cutoff=0.75)
    advice = f"Did you mean {cities[close[0]]}?" if close else f"There are {', '.join(cities.values())}."
    raise UnknownCity(f"The sample data has no city {name.strip()!r}. {advice}")


@cache
def routes() -> tuple[Route, ...]:
    """Read the routes, a city's fastest first."""
    rows = [Route(frozenset(row[:2]), row[2], float(row[3]), int(row[4])) for row in read_csv("routes.csv")]
    return tuple(sorted(rows, key=lambda route: route.hours))


@cache
def fares() -> tuple[Fare, ...]:
    """Read the fares, the cheapest first."""
    rows = [Fare(frozenset(row[:2]), row[2], int(row[3]), int(row[4])) for row in read_csv("fares.csv")]
    return tuple(sorted(rows, key=lambda fare: fare.usual_eur))


@cache
def normals() -> dict[str, tuple[Normals, ...]]:
    """Read the weather normals, twelve for each city."""
    values = {(city, measure): list(map(int, months)) for city, measure, *months in read_csv("weather.csv")}
    return {city: tuple(_months(city, values)) for city in sights()}


@cache
def sights() -> dict[str, tuple[str, ...]]:
    """Read what there is to see, by city."""
    return {city: tuple(listed.split(";")) for city, listed in read_csv("sights.csv")}


def _months(city: str, values: dict[tuple[str, str], list[int]]) -> Iterator[Normals]:
    for number, month in enumerate(MONTHS):
        high, low, rain = (values[city, measure][number] for measure in ("high", "low", "rain"))
        yield Normals(month, high, low, rain)
