"""What the stock's pages share: who asks, where and when, and who may act."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple, TypeVar
from uuid import uuid4

from flask import abort, request
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Maker
from almakane.cooperatives.queries import maker_names
from almakane.db import db, retried, transaction
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day
from almakane.inventory.deed import Deed
from almakane.inventory.lots import HubPlace, find_lot, hub_places
from almakane.inventory.models import Lot, PlaceKind
from almakane.inventory.queries import titles_in
from almakane.inventory.stock_words import KINDS, PLACES, STATES
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import SAFE_METHODS
from almakane.web.languages import language
from almakane.web.texts import sort_key

T = TypeVar("T")

CODE = re.compile(r"\d{13}", re.ASCII)

ROLES = (Role.HUB_STAFF, Role.MANAGER, Role.ACCOUNTANT)
_ACT = (Role.HUB_STAFF, Role.MANAGER)


class Desk(NamedTuple):
    """Where the person who asks works, which day it is there, and the places of her hub."""

    session: Session
    hub: Hub
    today: date
    now: datetime
    places: dict[int, HubPlace]

    @property
    def has_sites(self) -> bool:
        """Whether the hub has more than one site, so that each has to be named."""
        return len({place.site_id for place in self.places.values()}) > 1

    def place_of(self, text: str) -> HubPlace:
        """The place that a form named; 404 where it is none of ours."""
        place = self.places.get(int(text)) if text.isascii() and text.isdigit() else None
        if place is None:
            abort(404)
        return place

    def at(self, *kinds: PlaceKind) -> list[HubPlace]:
        """The hub's places of those kinds, in the order of kinds within a site."""
        found = [place for place in self.places.values() if place.kind in kinds]
        return sorted(found, key=lambda place: (place.site_id, kinds.index(place.kind)))


def desk() -> Desk:
    """The desk of the person who asks."""
    session, now = db.session(), datetime.now(UTC)
    hub = session.get_one(Hub, signed_in().hub_id)
    return Desk(session, hub, local_day(now, hub.zone), now, hub_places(session, hub.id))


def only_staff_act() -> None:
    """The accountant looks; hub staff and managers act."""
    if request.method not in SAFE_METHODS and signed_in().role not in _ACT:
        abort(403)


def may_act() -> bool:
    """Whether the person who asks may move pieces."""
    return signed_in().role in _ACT


def may_decide() -> bool:
    """Whether she may write off, take back and close counts."""
    return signed_in().role is Role.MANAGER


def only_actors() -> None:
    """For the pages on which something is begun."""
    if not may_act():
        abort(403)


def only_managers() -> None:
    """For what makes the house owe somebody."""
    if not may_decide():
        abort(403)


def deed_now(at: Desk, uid: str, site_id: int) -> Deed:
    """Something that the person who asks did at a site just now."""
    return Deed(at.hub.id, site_id, uid or new_uid(), at.now, at.today, at.now, signed_in().login)


def new_uid() -> str:
    """A uid for the next deed of a form, so that sending it twice does it once."""
    return str(uuid4())


def done(work: Callable[[Session], T]) -> T:
    """Do something in a transaction of its own, tried again where that may help."""

    def do() -> T:
        with transaction() as session:
            return work(session)

    return retried(do)


def named_places(
    at: Desk, places: Sequence[HubPlace], empty: str | None = None
) -> list[tuple[str, str]]:
    """Places for a form to choose from, with their site where there is more than one."""
    first = [("", empty)] if empty is not None else []
    return first + [
        (
            str(place.id),
            f"{PLACES[place.kind]} · {place.site}" if at.has_sites else str(PLACES[place.kind]),
        )
        for place in places
    ]


def the_lot(at: Desk, code: str) -> Lot:
    """A lot of the hub by its code, or 404."""
    lot = find_lot(at.session, at.hub.id, code) if CODE.fullmatch(code) else None
    if lot is None:
        abort(404)
    return lot


def the_maker(at: Desk, code: str | None) -> Maker | None:
    """A maker of the hub by her code; nobody where none is asked for, 404 for one of others."""
    if not code:
        return None
    maker = at.session.scalar(select(Maker).where(Maker.hub_id == at.hub.id, Maker.code == code))
    if maker is None:
        abort(404)
    return maker


def titles_of(at: Desk, codes: Iterable[str]) -> dict[tuple[str, str], str]:
    """A lot's code and title to that title in the reader's language, for those that have one."""
    return titles_in(at.session, language(), at.hub.id, codes)


def makers_to_choose(at: Desk, empty: str) -> list[tuple[str, str]]:
    """The hub's makers for a form, by name; `empty` is what none of them is called."""
    names = maker_names(at.session, at.hub.id, language())
    found = at.session.execute(select(Maker.id, Maker.code).where(Maker.hub_id == at.hub.id))
    called = [(code, names[maker_id].name) for maker_id, code in found]
    return [("", empty), *sorted(called, key=lambda one: sort_key(one[1]))]


def stock_words_of() -> dict[str, object]:
    """What every template of the stock knows."""
    is_known = bool(getattr(current_user, "is_authenticated", False))
    return {
        "place_words": PLACES,
        "state_words": STATES,
        "kind_words": KINDS,
        "arrow": "←" if language() == "ar" else "→",
        "may_act": is_known and may_act(),
        "may_decide": is_known and may_decide(),
    }
