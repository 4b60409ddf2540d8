"""Opening a hub, and taking numbers."""

from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.db import Model, rows
from almakane.errors import Refusal
from almakane.hubs.models import (
    Hub,
    HubHabits,
    HubIdentity,
    HubOpening,
    HubRules,
    SeriesKind,
    Site,
)
from almakane.hubs.opening import WEEK, read_hours

_TAKE = """
UPDATE number_series SET next = next + ? WHERE hub_id = ? AND kind = ? AND register = ?
RETURNING next
"""
_BEGIN = """
INSERT INTO number_series (hub_id, kind, register, next) VALUES (?, ?, ?, ?)
ON CONFLICT (hub_id, kind, register) DO UPDATE SET next = number_series.next + ?
RETURNING next
"""


def take_number(
    session: Session, hub_id: int, kind: SeriesKind, register: str = "", count: int = 1
) -> int:
    """
    Take the next number of a series, or the first of `count` in a row.

    The row stays locked until the transaction ends, so a number that is rolled back is given again
    and none is missing: take it last, after every other lock.
    """
    series = (hub_id, kind.value, register)
    taken = rows(session, _TAKE, (count, *series))
    if not taken:  # the first of its series
        taken = rows(session, _BEGIN, (*series, 1 + count, count))
    return int(taken[0][0]) - count


def open_hub(
    session: Session,
    code: str,
    name: str,
    *,
    sites: dict[str, str],
    rules: dict[str, int | bool] | None = None,
    valid_from: date = date(2010, 1, 1),
    vat_liable: bool = True,
) -> Hub:
    """Open a hub in Morocco with its sites (code to name) and its first rules."""
    hub = Hub(code=code, name=name, currency="MAD", zone="Africa/Casablanca")
    session.add(hub)
    session.flush()
    session.add_all(Site(hub_id=hub.id, code=key, name=title) for key, title in sites.items())
    defaults: dict[str, int | bool] = {
        "vat_liable": vat_liable,
        "vat_bp": 2_000,
        "vat_reduced_bp": 1_000,
        "cash_step": 10,
        "cash_limit": 2_000_000,
        "till_wait_days": 7,
        "web_wait_days": 14,
    }
    session.add(HubRules(hub_id=hub.id, valid_from=valid_from, **(defaults | (rules or {}))))
    session.flush()
    return hub


_ICE_DIGITS = 15


def identify_hub(session: Session, hub_id: int, valid_from: date, **told: str | int) -> HubIdentity:
    """
    Say who the hub is in the eyes of the law from a day on; what is not told is not printed.

    Raises Refusal for an ICE that is none, and for a day that has its identity already.
    """
    return _write_identity(session, hub_id, valid_from, told)


def _write_identity(
    session: Session,
    hub_id: int,
    valid_from: date,
    told: dict[str, str | int],
    *,
    actor: str = "",
    now: datetime | None = None,
) -> HubIdentity:
    ice = str(told.get("ice", ""))
    if ice and not (ice.isascii() and ice.isdigit() and len(ice) == _ICE_DIGITS):
        raise Refusal("An ICE has 15 digits.", field="ice")
    if session.query(HubIdentity).filter_by(hub_id=hub_id, valid_from=valid_from).first():
        raise Refusal("The hub's identity from that day on is written down already.", field="day")
    names = ("legal_name", "address", "city", "phone", "ice", "tax_id", "patente", "rc", "cnss")
    identity = HubIdentity(
        hub_id=hub_id,
        valid_from=valid_from,
        **{name: str(told.get(name, "")).strip() for name in names},
        exchange_days=told.get("exchange_days", 0),
        withdrawal_days=told.get("withdrawal_days", 7),
        actor=actor,
        set_at=now,
    )
    session.add(identity)
    session.flush()
    return identity


Dated = TypeVar("Dated", HubRules, HubHabits)


def set_from(
    session: Session,
    hub_id: int,
    valid_from: date,
    told: dict[str, Any],
    *,
    kind: type[Dated],
    today: date,
    now: datetime,
    actor: str,
) -> Dated:
    """
    Write down which rules or habits hold from a day on; the same words again are there already.

    Raises Refusal for a day that has begun, for what was sold on it keeps its rules, and for one
    that has others already.
    """
    there = session.query(kind).filter_by(hub_id=hub_id, valid_from=valid_from).first()
    if there and _says(there, told):
        return there
    refuse_day(valid_from, today, taken=there is not None)
    row = kind(hub_id=hub_id, valid_from=valid_from, actor=actor, set_at=now, **told)
    session.add(row)
    session.flush()
    return row


def set_opening(
    session: Session,
    hub_id: int,
    valid_from: date,
    told: dict[str, str],
    *,
    today: date,
    now: datetime,
    actor: str,
) -> HubOpening:
    """
    Say where and when the shop is open from a day on; the first word about it may begin today.

    Raises Refusal for hours that are none.
    """
    told = told | {day: read_hours(told.get(day, ""), day) for day in WEEK}
    there = session.query(HubOpening).filter_by(hub_id=hub_id, valid_from=valid_from).first()
    if there and _says(there, told):
        return there
    is_first = session.query(HubOpening.id).filter_by(hub_id=hub_id).first() is None
    if not (is_first and valid_from == today):
        refuse_day(valid_from, today, taken=there is not None)
    row = HubOpening(hub_id=hub_id, valid_from=valid_from, actor=actor, set_at=now, **told)
    session.add(row)
    session.flush()
    return row


def set_identity(
    session: Session,
    hub_id: int,
    valid_from: date,
    told: dict[str, str | int],
    *,
    today: date,
    now: datetime,
    actor: str,
) -> HubIdentity:
    """Say who the hub is from a day on; a hub that nobody has named yet may begin today."""
    there = session.query(HubIdentity).filter_by(hub_id=hub_id, valid_from=valid_from).first()
    if there and _says(there, told):
        return there
    is_first = session.query(HubIdentity.id).filter_by(hub_id=hub_id).first() is None
    if not (is_first and valid_from == today):
        refuse_day(valid_from, today, taken=there is not None)
    return _write_identity(session, hub_id, valid_from, told, actor=actor, now=now)


def _says(row: Model, told: dict[str, Any]) -> bool:
    return all(getattr(row, name) == value for name, value in told.items())


def refuse_day(day: date, today: date, *, taken: bool) -> None:
    """Refuse a day from which nothing new may hold: begun, far away, or with its own version."""
    if day <= today:
        raise Refusal(
            "What holds today is not changed any more: choose a day from tomorrow on.",
            field="valid_from",
        )
    if day.year > today.year + 5:
        raise Refusal("That day is too far away.", field="valid_from")
    if taken:
        raise Refusal(
            "That day has its version already: choose the day after it.", field="valid_from"
        )


def rename_site(session: Session, site: Site, name: str) -> bool:
    """Call a site otherwise; False where it is called so. Refuses the name of another site."""
    session.refresh(site, with_for_update=True)
    if name == site.name:
        return False
    others = select(Site.id).where(Site.hub_id == site.hub_id, Site.name == name)
    if session.scalar(others) is not None:
        raise Refusal("Another site is called %(name)s.", field="name", name=name)
    site.name = name
    session.flush()
    return True
