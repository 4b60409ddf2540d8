"""
Web orders at the counter: a till shows them, and its sale fulfils the one that it names.

The web's door is a stranger to this one: `app`, which knows both, fills in what is told here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, cast

from flask import current_app
from sqlalchemy.orm import Session

from almakane.inventory.models import PlaceKind
from almakane.inventory.setting_aside import claims_under, set_aside_of
from almakane.sales.models import Flag


class WebOrders(Protocol):
    """What the tills ask of the web's orders, and tell it."""

    def to_fetch(
        self, session: Session, hub_id: int, site_id: int, words: str, now: datetime
    ) -> list[dict[str, Any]]:
        """The orders that wait for their buyers at a site, by words of a name or a number."""

    def to_fetch_one(
        self, session: Session, hub_id: int, site_id: int, number: str, now: datetime
    ) -> dict[str, Any] | None:
        """One order that waits at a site, and may be paid there, by its number."""

    def waits_at(self, session: Session, hub_id: int, number: str, now: datetime) -> str | None:
        """The name of the site where an order waits that may be paid there."""

    def judge(
        self, session: Session, hub_id: int, uid: str, lines: Sequence[tuple[str, int, int]]
    ) -> list[Flag]:
        """How a ticket that names an order differs from it; lines are code, quantity, total."""

    def pieces_taken(self, session: Session, hub_id: int, sale_uid: str, now: datetime) -> None:
        """A till's ticket ended claims that were not its own: their buyers are told."""


def web_orders() -> WebOrders:
    """What the running app was given."""
    return cast(WebOrders, current_app.extensions["almakane.orders"])


class Fulfilled(NamedTuple):
    """What a ticket that names an order ends and takes: its claims, and where its lots wait."""

    holds: Sequence[str] = ()
    aside: Mapping[int, PlaceKind] = {}
    flags: Sequence[Flag] = ()


def fulfilled_by(
    session: Session, hub_id: int, customer: str | None, lines: Sequence[tuple[str, int, int]]
) -> Fulfilled:
    """What a till's ticket fulfils, if its customer is an order."""
    if not customer or not lines:
        return Fulfilled()
    holds = [hold.uid for hold in claims_under(session, hub_id, customer)]
    if not holds:
        return Fulfilled()
    aside = {lot: place for lot, place, _count in set_aside_of(session, holds).values()}
    return Fulfilled(holds, aside, web_orders().judge(session, hub_id, customer, lines))
