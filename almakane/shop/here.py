"""Where and when somebody shops: the hub, its first site, the day there, and who sells."""

from datetime import UTC, date, datetime
from typing import NamedTuple

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.db import Remembered
from almakane.hubs.models import Hub, HubIdentity, Site
from almakane.hubs.opening import alike, spans_of
from almakane.hubs.queries import Opening, identity_on, local_day, opening_on, the_hub
from almakane.shop.phones import show_phone
from almakane.web.formats import clock, weekday
from almakane.web.languages import language


class Here(NamedTuple):
    """The shop at this moment."""

    session: Session
    hub: Hub
    site_id: int
    now: datetime
    today: date


_sites: Remembered[int, int] = Remembered()


def here(session: Session) -> Here:
    """The shop that stands behind this address; raises Refusal where no hub was opened yet."""
    hub = the_hub(session)
    site_id = _sites.get(session, hub.id)
    if site_id is None:
        site_id = session.scalars(
            select(Site.id).where(Site.hub_id == hub.id).order_by(Site.id).limit(1)
        ).one()
        _sites.put(session, hub.id, site_id)
    now = datetime.now(UTC)
    return Here(session, hub, site_id, now, local_day(now, hub.zone))


class Seller(NamedTuple):
    """Who sells, as the law wants a page to say it."""

    name: str
    legal_name: str
    address: str
    city: str
    phone: str
    numbers: tuple[tuple[str, str], ...]
    withdrawal_days: int
    opening: Opening = Opening()

    @property
    def shop_address(self) -> str:
        """Where the shop is, which need not be where its papers are."""
        return self.opening.address or self.address

    @property
    def shop_city(self) -> str:
        """The shop's city."""
        return self.opening.city or self.city

    @property
    def hours(self) -> list[str]:
        """When it is open, a line for each days of the same hours; nothing where nobody said."""
        return [_said(first, last, kept) for first, last, kept in alike(self.opening.week)]

    @property
    def phone_said(self) -> str:
        """The number as it is read aloud."""
        return show_phone(self.phone) if self.phone else ""


_USUAL_DAYS = 7  # law 31-08, where the house says nothing of its own


def seller_on(session: Session, hub: Hub, day: date) -> Seller:
    """The seller's identity of a day; what nobody has said yet is empty, and not shown."""
    own: HubIdentity | None = identity_on(session, hub.id, day)
    if own is None:
        opening = opening_on(session, hub.id, day)
        return Seller(hub.name, hub.name, "", "", "", (), _USUAL_DAYS, opening)
    numbers = (
        *(("RC", own.rc), ("ICE", own.ice), ("IF", own.tax_id)),
        *(("TP", own.patente), ("CNSS", own.cnss)),
    )
    return Seller(
        hub.name,
        own.legal_name or hub.name,
        own.address,
        own.city,
        own.phone,
        tuple(pair for pair in numbers if pair[1]),
        own.withdrawal_days,
        opening_on(session, hub.id, day),
    )


def _said(first: int, last: int, kept: str) -> str:
    spoken = language()
    days = weekday(first, spoken)
    if last > first:
        days = gettext("%(first)s to %(last)s", first=days, last=weekday(last, spoken))
    spans = [
        gettext("%(opens)s to %(closes)s", opens=clock(one, spoken), closes=clock(other, spoken))
        for one, other in spans_of(kept)
    ]
    hours = gettext(" and ").join(spans)
    return str(gettext("%(days)s, %(hours)s", days=days[:1].upper() + days[1:], hours=hours))
