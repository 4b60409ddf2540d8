"""Months, each named by its first day: how an address writes one, and which come after it."""

import re
from datetime import date, timedelta

_DAY = timedelta(days=1)


def read_month(text: str) -> date | None:
    """The first day of a month as `2026-10`; nothing for anything else."""
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text)
    # A hundred years are enough for the books, and leave room to look a year around.
    if not found or not 1990 <= int(found[1]) < 2100:
        return None
    return date(int(found[1]), int(found[2]), 1)


def write_month(month: date) -> str:
    """A month as an address has it."""
    return f"{month:%Y-%m}"


def month_of(day: date) -> date:
    """The month that a day lies in."""
    return day.replace(day=1)


def months_from(month: date, count: int) -> date:
    """The month so many after it, or before."""
    years, n = divmod(month.month - 1 + count, 12)
    return date(month.year + years, n + 1, 1)


def last_day(month: date) -> date:
    """The last day of a month."""
    return months_from(month, 1) - _DAY


def months_between(first: date, last: date) -> list[date]:
    """All months from one to another, both among them; none where they stand the other way."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [months_from(first, n) for n in range(count)]
