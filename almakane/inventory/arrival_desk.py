"""What the pages of deliveries share: who asks and where, and whose intake it is."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

from flask import abort, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Maker
from almakane.db import retried, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Site
from almakane.inventory.intake import (
    line_of,
    start_intake,
)
from almakane.inventory.intake_queries import (
    find_intake,
)
from almakane.inventory.models import (
    Intake,
    IntakeLine,
    IntakeState,
)
from almakane.users.queries import signed_in

T = TypeVar("T")


def the_intake(session: Session, intake_id: int) -> Intake:
    intake = find_intake(session, signed_in().hub_id, intake_id)
    if intake is None:
        abort(404)
    return intake


def to_begin(session: Session) -> Intake | None:
    """
    The delivery that a request would begin, no row yet; none where it names no maker of the hub.

    `maker` and `site` say whose it is and where, `uid` that it is begun once.
    """
    maker = _asked_maker(session)
    sites = select(Site.id).where(Site.hub_id == signed_in().hub_id).order_by(Site.id)
    known = session.scalars(sites).all()
    if maker is None or not known:
        return None
    site_id = _asked_site()
    return Intake(
        hub_id=maker.hub_id,
        site_id=site_id if site_id in known else known[0],
        maker_id=maker.id,
        uid=request.values.get("uid", "")[:36] or str(uuid4()),
        state=IntakeState.ARRIVING,
        note="",
        by_maker=False,
        begun_by=signed_in().login,
    )


def begin_asked(session: Session) -> Intake:
    """Begin the delivery that a form asks for; told again it is the same one."""
    maker = _asked_maker(session)
    if maker is None:
        raise Refusal("There is no such maker here.", field="maker")
    return start_intake(
        session,
        maker,
        signed_in().login,
        uid=request.form.get("uid", ""),
        now=datetime.now(UTC),
        site_id=_asked_site(),
    )


def _asked_maker(session: Session) -> Maker | None:
    return session.scalar(
        select(Maker).where(
            Maker.hub_id == signed_in().hub_id, Maker.code == request.values.get("maker", "")
        )
    )


def _asked_site() -> int | None:
    site = request.values.get("site", "")
    return int(site) if re.fullmatch(r"[1-9][0-9]{0,17}", site, re.ASCII) else None


def asked_by(intake: Intake) -> dict[str, str]:
    """What a form says of a delivery that is not begun, so that it begins with what is sent."""
    if intake.id is not None:
        return {}
    return {
        "maker": request.values.get("maker", ""),
        "site": str(intake.site_id),
        "uid": intake.uid,
    }


def the_line(session: Session, intake: Intake, line_id: int) -> IntakeLine:
    line = line_of(session, intake, line_id)
    if line is None:
        abort(404)
    return line


def written(work: Callable[[Session], T]) -> T:
    """Do something in a transaction, again where the database asks for it."""

    def once() -> T:
        with transaction() as session:
            return work(session)

    return retried(once)
