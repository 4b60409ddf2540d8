"""
A scan at a till, answered by one look at the books: somebody waits with the piece in their hand.

Where a till stands was seen at its first scan, and never changes. Whether its token still opens is
what may have changed, and that the same look tells.
"""

from datetime import datetime
from typing import Any, NamedTuple

from almakane.db import Remembered, db, utc_text
from almakane.hubs.queries import local_day
from almakane.journal.models import EpochState
from almakane.journal.queries import token_hash
from almakane.pos.bearers import bearer, token_of_request
from almakane.pos.feed import Counter, counter_at, find_lot


class _Stand(NamedTuple):
    """What of a counter never changes, and the zone that its day is told by."""

    hub_id: int
    site_id: int
    places: list[int]
    zone: str


_stands: Remembered[str, _Stand] = Remembered()  # by the hash of a till's token


def scanned(code: str, now: datetime) -> dict[str, Any] | None:
    """The lot of a code at the till whose token this request bears; raises Unread."""
    mark = token_hash(bearer())
    stand = _stands.known(mark)
    if stand:
        found = find_lot(_counter(stand, now), code, mark)
        if found and found.state == EpochState.LIVE:
            return found.lot
    found = find_lot(_counter(_meet(mark, now), now), code, mark)
    return found.lot if found else None


def _meet(mark: str, now: datetime) -> _Stand:
    """Look who asks, and where they stand; raises Unread for whose token opens nothing."""
    token, session = token_of_request(), db.session()
    counter = counter_at(session, token.hub_id, token.site_id, token.zone, now)
    stand = _Stand(token.hub_id, token.site_id, counter.places, token.zone)
    _stands.put(session, mark, stand)
    session.commit()  # nothing was written; but what was seen is remembered from here on
    return stand


def _counter(stand: _Stand, now: datetime) -> Counter:
    day = local_day(now, stand.zone).isoformat()
    return Counter(stand.hub_id, stand.site_id, stand.places, day, utc_text(now))
