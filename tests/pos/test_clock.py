"""The clocks of a place, told ahead to devices that know less of decrees."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from almakane.pos.clock import offsets


@pytest.mark.parametrize("zone", ["Africa/Casablanca", "Europe/Paris", "UTC", "Asia/Kathmandu"])
def test_what_is_told_is_the_clock_at_every_hour(zone: str) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    told = [
        (datetime.fromisoformat(at), minutes)
        for at, minutes in offsets(zone, start, start + timedelta(days=1_000))
    ]
    assert told[0][0] == start
    for hours in range(0, 24_000, 3):
        at = start + timedelta(hours=hours, minutes=hours % 60)
        minutes = [minutes for since, minutes in told if since <= at][-1]
        assert timedelta(minutes=minutes) == at.astimezone(ZoneInfo(zone)).utcoffset()
    for since, minutes in told[1:]:
        before = since - timedelta(minutes=1)
        assert since.astimezone(ZoneInfo(zone)).utcoffset() == timedelta(minutes=minutes)
        assert before.astimezone(ZoneInfo(zone)).utcoffset() != timedelta(minutes=minutes)
