"""The clock: zones, cities, and help for what it does not know."""

from datetime import UTC, datetime

import pytest

from cantata.graphs.tools.clock import UnknownZone, current_time, describe_time, find_zone


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        ("Africa/Cairo", "Africa/Cairo"),
        ("cairo?", "Africa/Cairo"),
        ("New York", "America/New_York"),
        ("san francisco", "America/Los_Angeles"),
        ("asia/tokyo", "Asia/Tokyo"),
        ("UTC", "UTC"),
        ("Japan", "Japan"),
        ("Egypt", "Egypt"),
    ],
)
def test_finds_the_zone(place: str, zone: str) -> None:
    assert find_zone(place).key == zone


@pytest.mark.parametrize(
    ("place", "advice"), [("Kairo", "Africa/Cairo"), ("xyzzy", "Use an IANA name"), ("../../etc/passwd", "IANA")]
)
def test_an_unknown_place_gets_advice(place: str, advice: str) -> None:
    with pytest.raises(UnknownZone, match=advice):
        find_zone(place)


def test_tells_date_day_and_offset() -> None:
    moment = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)

    sentence = describe_time("Cairo?", find_zone("Cairo"), moment)

    assert sentence == "In Cairo it is 00:30 on Sunday, 22 November 2026 (Africa/Cairo, UTC+0200)."


async def test_the_tool_answers_for_now() -> None:
    assert str(datetime.now(UTC).year) in await current_time.ainvoke({"zone": "UTC"})
