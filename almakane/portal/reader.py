"""Whom the portal speaks to: a maker, or one artisan, who sees her own part and no other."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from flask import abort
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Artisan, Maker, MakerKind
from almakane.db import db
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day
from almakane.portal.queries import Whose
from almakane.users.queries import signed_in


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, where, and which day it is there; without an artisan it is the maker herself."""

    session: Session
    hub: Hub
    maker: Maker
    artisan: Artisan | None
    today: date

    @property
    def whose(self) -> Whose:
        """Whose rows the reader may see."""
        artisan_id = self.artisan.id if self.artisan else None
        return Whose(self.hub.id, self.maker.id, artisan_id)

    @property
    def is_member(self) -> bool:
        """Whether it is one artisan who reads, not the maker she makes for."""
        return self.artisan is not None

    @property
    def is_alone(self) -> bool:
        """Whether it is a maker who is one person: nobody else has a part in what she sells."""
        is_one = self.maker.kind is MakerKind.ARTISAN and len(self.maker.artisans) <= 1
        return self.artisan is None and is_one


def the_reader() -> Reader:
    """The person behind the lock; 404 where the account is of nobody in its hub."""
    person, session = signed_in(), db.session()
    hub = session.get_one(Hub, person.hub_id)
    artisan = session.get(Artisan, person.artisan_id) if person.artisan_id else None
    maker = session.get(Maker, artisan.maker_id if artisan else person.maker_id)
    if maker is None or maker.hub_id != hub.id:
        abort(404)
    return Reader(session, hub, maker, artisan, local_day(_now(), hub.zone))


def _now() -> datetime:
    return datetime.now(UTC)
