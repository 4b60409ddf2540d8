"""When the clocks of a place change: by decree, and sooner than every device learns of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_STEP = timedelta(hours=6)  # a change lasts longer than that


def offsets(zone: str, start: datetime, end: datetime) -> list[tuple[str, int]]:
    """What a zone is ahead of UTC, in minutes, since which moment: from a start to an end."""
    place = ZoneInfo(zone)
    told = [(_text(start), _minutes(start, place))]
    at = start
    while at < end:
        after = at + _STEP
        if _minutes(after, place) != told[-1][1]:
            low, high = at, after
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) / 2
                is_changed = _minutes(middle, place) != told[-1][1]
                low, high = (low, middle) if is_changed else (middle, high)
            told.append((_text(high.replace(second=0, microsecond=0)), _minutes(after, place)))
        at = after
    return told


def _minutes(at: datetime, place: ZoneInfo) -> int:
    offset = at.astimezone(place).utcoffset() or timedelta()
    return offset // timedelta(minutes=1)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
