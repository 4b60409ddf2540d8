"""
What the street side of the house was read at: it changes when anything that a page shows changes.

One statement of a few looks into indexes, whatever the size of the books. Two transactions that
commit in another order than their rows were numbered could hide behind one another on PostgreSQL,
so nothing that is kept by a version is older than `LIFE` either.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from almakane.db import rows, utc_text

LIFE = timedelta(seconds=20)

_VERSION = """
SELECT (SELECT MIN(id) FROM hub),
       (SELECT MAX(id) FROM amendment), (SELECT MAX(id) FROM product),
       (SELECT MAX(id) FROM product_price), (SELECT MAX(id) FROM maker),
       (SELECT MAX(id) FROM photo), (SELECT MAX(id) FROM hub_rules),
       (SELECT MAX(id) FROM hub_identity), (SELECT MAX(id) FROM stock_move),
       (SELECT COUNT(*) FROM hold
        WHERE ended_at IS NULL AND (expires_at IS NULL OR expires_at > ?)),
       (SELECT SUM(id) FROM hold
        WHERE ended_at IS NULL AND (expires_at IS NULL OR expires_at > ?))
"""


class Version(NamedTuple):
    """Of whom and when: the hub of this shop, its words, and what is on hand of its pieces."""

    hub_id: int | None
    words: tuple[int | None, ...]
    stock: tuple[int | None, ...]
    day: date


def read_version(session: Session, now: datetime) -> Version:
    """The version of what stands in the database now."""
    moment = utc_text(now)
    [found] = rows(session, _VERSION, (moment, moment))
    hold = tuple(int(value) if value is not None else None for value in found[9:])
    return Version(found[0], tuple(found[1:8]), (found[8], *hold), now.date())
