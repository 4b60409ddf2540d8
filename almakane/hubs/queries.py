"""What day it is at a hub, and which rules hold on it."""

from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.errors import Refusal
from almakane.gateways.sheet import Letterhead
from almakane.hubs.models import Hub, HubHabits, HubIdentity, HubOpening, HubRules, Site


def the_hub(session: Session, code: str | None = None) -> Hub:
    """The hub of that code, or the only one; raises Refusal where there is none."""
    query = select(Hub).order_by(Hub.id).limit(1)
    hub = session.scalar(query if code is None else query.where(Hub.code == code))
    if hub is None:
        raise Refusal("There is no hub here yet: run `almakane demo` or open one.")
    return hub


def rules_on(session: Session, hub_id: int, day: date) -> HubRules:
    """The hub's rules on a day; raises Refusal where none reach back so far."""
    rules = session.scalar(
        select(HubRules)
        .where(HubRules.hub_id == hub_id, HubRules.valid_from <= day)
        .order_by(HubRules.valid_from.desc())
        .limit(1)
    )
    if rules is None:
        raise Refusal("The hub has no rules for %(day)s.", day=day)
    return rules


class Habits(NamedTuple):
    """How the house does things; as it begins, where nobody has said otherwise."""

    cashier_band_bp: int = 1_000
    staff_band_bp: int = 1_500
    return_days: int = 7
    label_sheet: str = "a4-24"


def habits_on(session: Session, hub_id: int, day: date) -> Habits:
    """How the house does things on a day."""
    row = session.execute(
        select(
            *(HubHabits.cashier_band_bp, HubHabits.staff_band_bp),
            *(HubHabits.return_days, HubHabits.label_sheet),
        )
        .where(HubHabits.hub_id == hub_id, HubHabits.valid_from <= day)
        .order_by(HubHabits.valid_from.desc())
        .limit(1)
    ).first()
    return Habits(*row) if row else Habits()


def identity_on(session: Session, hub_id: int, day: date) -> HubIdentity | None:
    """Who the hub was on a day, as the law names it; nothing where nobody has said so yet."""
    return session.scalar(
        select(HubIdentity)
        .where(HubIdentity.hub_id == hub_id, HubIdentity.valid_from <= day)
        .order_by(HubIdentity.valid_from.desc())
        .limit(1)
    )


class Opening(NamedTuple):
    """Where the shop is, and the hours of Monday to Sunday; empty where nobody has said."""

    address: str = ""
    city: str = ""
    monday: str = ""
    tuesday: str = ""
    wednesday: str = ""
    thursday: str = ""
    friday: str = ""
    saturday: str = ""
    sunday: str = ""

    @property
    def week(self) -> tuple[str, ...]:
        """The hours of each day, Monday first."""
        return self[2:]


def opening_on(session: Session, hub_id: int, day: date) -> Opening:
    """Where and when the shop is open on a day."""
    row = session.execute(
        select(*(getattr(HubOpening, name) for name in Opening._fields))
        .where(HubOpening.hub_id == hub_id, HubOpening.valid_from <= day)
        .order_by(HubOpening.valid_from.desc())
        .limit(1)
    ).first()
    return Opening(*row) if row else Opening()


def vat_rate(rules: HubRules, tax_class: str | None) -> int:
    """The VAT of a class of goods, in basis points; what has no class is at the standard rate."""
    rates = {"exempt": 0, "reduced": rules.vat_reduced_bp}
    return rates.get(tax_class or "", rules.vat_bp)


def local_day(moment: datetime, zone: str) -> date:
    """The hub's calendar day at a moment, by its own clock and the decrees about it."""
    return moment.astimezone(ZoneInfo(zone)).date()


def letterhead_of(session: Session, hub: Hub, day: date) -> Letterhead:
    """What the hub's documents of a day begin with: its name, where it is, and its numbers."""
    own = identity_on(session, hub.id, day)
    if own is None:
        sites = session.scalars(select(Site.name).where(Site.hub_id == hub.id).order_by(Site.id))
        return Letterhead(hub.name, tuple(sites))
    legal_name = own.legal_name if own.legal_name != hub.name else ""
    return Letterhead(
        hub.name,
        tuple(line for line in (legal_name, own.address, own.city, own.phone) if line),
        (
            *(("ICE", own.ice), ("IF", own.tax_id), ("TP", own.patente)),
            *(("RC", own.rc), ("CNSS", own.cnss)),
        ),
    )
