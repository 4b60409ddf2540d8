"""The office's one door to makers: who comes in, who may write, and whose page it is."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from flask import Blueprint, abort
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.amending import By
from almakane.cooperatives.models import Artisan, Maker
from almakane.cooperatives.queries import Called, maker_names
from almakane.db import retried, transaction
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import require
from almakane.web.languages import language

bp = Blueprint("makers", __name__, url_prefix="/makers")
bp.before_request(require(Role.HUB_STAFF, Role.MANAGER, Role.ACCOUNTANT))

T = TypeVar("T")

WRITERS = (Role.HUB_STAFF, Role.MANAGER)
AGREERS = (Role.MANAGER,)
TREASURERS = (Role.MANAGER, Role.ACCOUNTANT)


def only(*roles: Role) -> None:
    """Let nobody on but these."""
    if signed_in().role not in roles:
        abort(403)


def find_maker(session: Session, code: str) -> Maker:
    """A maker of the person's hub, or 404."""
    maker = session.scalar(
        select(Maker).where(Maker.hub_id == signed_in().hub_id, Maker.code == code)
    )
    if maker is None:
        abort(404)
    return maker


def done(code: str, work: Callable[[Session, Maker, By], T]) -> T:
    """Do something to a maker of the person's hub in a transaction of its own."""
    login = signed_in().login

    def attempt() -> T:
        with transaction() as session:
            return work(session, find_maker(session, code), By(login, datetime.now(UTC)))

    return retried(attempt)


def calling(session: Session, maker: Maker) -> Called:
    """What a maker is called in the reader's language."""
    return maker_names(session, maker.hub_id, language())[maker.id]


def artisans_of(session: Session, maker: Maker) -> list[Artisan]:
    """Who makes for a maker now."""
    return list(
        session.scalars(
            select(Artisan)
            .where(Artisan.maker_id == maker.id, Artisan.left_at.is_(None))
            .order_by(Artisan.id)
        )
    )
