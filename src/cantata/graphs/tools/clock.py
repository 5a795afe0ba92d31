"""The current time in a time zone or a well-known city."""

import asyncio
import difflib
import functools
import zoneinfo
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

# Cities and countries that no zone is named after. Zones' own cities (Cairo, Tokyo …) need no entry.
_ELSEWHERE = {
    "Africa/Cairo": "alexandria giza egypt",
    "Africa/Johannesburg": "cape_town durban pretoria south_africa",
    "Africa/Lagos": "abuja nigeria",
    "Africa/Nairobi": "kenya mombasa",
    "America/Argentina/Buenos_Aires": "argentina",
    "America/Chicago": "austin dallas houston",
    "America/Los_Angeles": "la las_vegas portland san_diego san_francisco seattle silicon_valley",
    "America/New_York": "atlanta boston miami new_york_city nyc philadelphia washington",
    "America/Sao_Paulo": "brasilia brazil rio rio_de_janeiro",
    "America/Toronto": "montreal ottawa",
    "Asia/Dubai": "abu_dhabi uae",
    "Asia/Jerusalem": "haifa israel tel_aviv",
    "Asia/Karachi": "islamabad lahore pakistan",
    "Asia/Kolkata": "bangalore bengaluru chennai delhi hyderabad india mumbai new_delhi",
    "Asia/Riyadh": "jeddah mecca medina saudi_arabia",
    "Asia/Seoul": "busan south_korea",
    "Asia/Shanghai": "beijing china guangzhou shenzhen",
    "Asia/Tokyo": "japan kyoto osaka",
    "Australia/Sydney": "canberra",
    "Europe/Amsterdam": "netherlands rotterdam the_hague",
    "Europe/Berlin": "cologne frankfurt germany hamburg munich",
    "Europe/Istanbul": "ankara turkey",
    "Europe/Kyiv": "kiev ukraine",
    "Europe/London": "edinburgh england glasgow manchester uk united_kingdom",
    "Europe/Madrid": "barcelona seville spain valencia",
    "Europe/Paris": "france lyon marseille nice",
    "Europe/Rome": "florence italy milan naples venice",
    "Europe/Zurich": "basel bern geneva switzerland",
}


class UnknownZone(ToolException):
    """No time zone has that name; the message suggests what is close."""


class ClockInput(BaseModel):
    """The clock's argument."""

    zone: str = Field(
        description="An IANA time zone such as 'Africa/Cairo', or a well-known city such as 'Cairo'.",
        min_length=1,
        max_length=80,
    )


@tool(args_schema=ClockInput)
async def current_time(zone: str) -> str:
    """Tell the current date and time in a time zone or a well-known city. Call it once for each place."""
    found = await asyncio.to_thread(find_zone, zone)  # reads the zone files
    return describe_time(zone, found, datetime.now(UTC))


def describe_time(place: str, zone: ZoneInfo, now: datetime) -> str:
    """Say the moment `now` as the people of that zone would."""
    local = now.astimezone(zone)
    name = place.strip(" .?!")
    day = f"{local:%A}, {local.day} {local:%B %Y}"
    return f"In {name} it is {local:%H:%M} on {day} ({zone.key}, UTC{local:%z})."


def find_zone(place: str) -> ZoneInfo:
    """Find the zone of an IANA name or a city, however it is spelled or capitalised.

    Raises:
        UnknownZone: Nothing matches; the message lists close names.
    """
    names = _zones_by_name()
    wanted = _folded(place)
    if wanted in names:
        return ZoneInfo(names[wanted])
    close = difflib.get_close_matches(wanted, names, n=3, cutoff=0.7)
    suggestions = ", ".join(dict.fromkeys(names[name] for name in close))
    advice = f"Did you mean {suggestions}?" if suggestions else "Use an IANA name such as Europe/Paris."
    message = f"No time zone or well-known city is named {place.strip()!r}. {advice}"
    raise UnknownZone(message)


@functools.cache
def _zones_by_name() -> dict[str, str]:
    zones = sorted(zoneinfo.available_timezones())
    cities = {_folded(zone.rsplit("/", 1)[-1]): zone for zone in zones if _is_place(zone)}
    others = {_folded(name): zone for zone, names in _ELSEWHERE.items() for name in names.split()}
    return cities | others | {_folded(zone): zone for zone in zones}


def _is_place(zone: str) -> bool:
    return "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/"))


def _folded(name: str) -> str:
    return name.strip().strip(".?!").casefold().replace(" ", "_").replace("-", "_")
