"""What a clock shows is read from the zones that the project pins, whichever the machine has."""

import importlib.resources
import os
import subprocess
import sys
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from almakane.hubs.queries import local_day
from almakane.pos.clock import offsets
from almakane.settings import ROOT

ZONE = "Africa/Casablanca"
_ASK = f"""
import {{}}
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
print(datetime(2026, 11, 20, 12, tzinfo=UTC).astimezone(ZoneInfo({ZONE!r})).utcoffset())
"""


@pytest.fixture
def a_machine_that_is_wrong(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine whose own zone data has Casablanca in the Himalayas."""
    elsewhere = importlib.resources.files("tzdata") / "zoneinfo" / "Asia" / "Kathmandu"
    place = tmp_path / ZONE
    place.parent.mkdir()
    place.write_bytes(elsewhere.read_bytes())
    return {**os.environ, "PYTHONTZPATH": str(tmp_path)}


def told_there(module: str, environment: dict[str, str]) -> str:
    """What Casablanca is ahead of UTC to a program that begins with a module."""
    command = [sys.executable, "-c", _ASK.format(module)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    "entry",
    ["almakane.app", "almakane.cli", "almakane.agent.program", "bench.__main__", "tests.conftest"],
)
def test_no_entry_asks_the_machine(entry: str, a_machine_that_is_wrong: dict[str, str]) -> None:
    assert told_there("zoneinfo", a_machine_that_is_wrong) == "5:45:00"
    assert told_there(entry, a_machine_that_is_wrong) == "0:00:00"


def test_nothing_has_pointed_this_process_back_at_the_machine() -> None:
    assert zoneinfo.TZPATH == ()


@pytest.mark.parametrize(
    ("on", "ahead"),
    [
        (date(2026, 2, 14), 1),
        (date(2026, 2, 16), 0),  # Ramadan
        (date(2026, 3, 21), 0),
        (date(2026, 3, 23), 1),
        (date(2026, 9, 19), 1),
        (date(2026, 9, 21), 0),  # the decree of that month
        (date(2027, 2, 6), 0),
        (date(2027, 2, 20), 0),  # Ramadan changes nothing now
        (date(2027, 3, 15), 0),
        (date(2027, 7, 1), 0),
    ],
)
def test_casablanca_is_where_the_decrees_put_it(on: date, ahead: int) -> None:
    noon = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    assert noon.astimezone(ZoneInfo(ZONE)).utcoffset() == timedelta(hours=ahead)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 2, 10, 23, 30, tzinfo=UTC), date(2026, 2, 11)),
        (datetime(2026, 3, 10, 23, 30, tzinfo=UTC), date(2026, 3, 10)),  # Ramadan
        (datetime(2026, 9, 18, 23, 30, tzinfo=UTC), date(2026, 9, 19)),
        (datetime(2026, 9, 20, 23, 30, tzinfo=UTC), date(2026, 9, 20)),
        (datetime(2027, 3, 1, 23, 30, tzinfo=UTC), date(2027, 3, 1)),
        (datetime(2027, 6, 1, 23, 30, tzinfo=UTC), date(2027, 6, 1)),
    ],
)
def test_a_day_ends_at_midnight_on_the_wall(moment: datetime, day: date) -> None:
    assert local_day(moment, ZONE) == day


def test_a_till_is_told_of_the_change_of_september_2026() -> None:
    summer = datetime(2026, 6, 1, tzinfo=UTC)
    [(_, before), (since, after)] = offsets(ZONE, summer, summer + timedelta(days=365))
    assert (before, since, after) == (60, "2026-09-20T01:00:00+00:00", 0)
