"""The codes of the demo's people: a reader of the README has none of their phones."""

from base64 import b32encode
from datetime import UTC, datetime
from hashlib import sha256
from io import StringIO
from typing import NamedTuple

import qrcode
from flask import Blueprint, Flask, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.db import db
from almakane.errors import Refusal
from almakane.users.models import MONEY_ROLES, Role, SecondFactor, User
from almakane.users.second_factor import keep, read_secret
from almakane.users.totp import code_at, enrolment_address, seconds_left, step_at
from almakane.web import endpoints_without_a_lock, public, settings

_BYTES = 20


class Shown(NamedTuple):
    """A person of the demo, with what an authenticator of theirs would know and show."""

    login: str
    name: str
    role: Role
    secret: str
    code: str
    next_code: str

    @property
    def address(self) -> str:
        """What an authenticator reads."""
        return enrolment_address(self.secret, self.login)


def demo_secret(login: str) -> str:
    """The secret of somebody of the demo: as public as their password, and the same everywhere."""
    return b32encode(sha256(f"almakane demo {login}".encode()).digest()[:_BYTES]).decode("ascii")


def give_codes(session: Session, hub_id: int, *, vault: str, now: datetime) -> None:
    """Let everybody of a hub that was just opened for the demo have the second factor they need."""
    for user in session.scalars(select(User).where(User.hub_id == hub_id)):
        if user.role in MONEY_ROLES:
            keep(session, user, demo_secret(user.login), vault=vault, now=now)


def shown_codes(session: Session, *, vault: str, now: datetime) -> list[Shown]:
    """Whoever still has the secret of the demo, and what their phone would show now."""
    step = step_at(now)
    return [
        Shown(
            *(user.login, user.name, user.role, secret, code_at(secret, step)),
            code_at(secret, step + 1),
        )
        for user, factor in session.execute(
            select(User, SecondFactor)
            .join(SecondFactor, SecondFactor.user_id == User.id)
            .order_by(User.id)
        )
        if (secret := demo_secret(user.login)) == _kept(factor, vault)
    ]


def _kept(factor: SecondFactor, vault: str) -> str | None:
    try:
        return read_secret(factor, vault)
    except Refusal:
        return None


def qr_text(data: str) -> str:
    """A QR code in the letters of a terminal."""
    code = qrcode.QRCode(border=2)
    code.add_data(data)
    written = StringIO()
    code.print_ascii(out=written, invert=True)
    return written.getvalue()


def open_codes(app: Flask) -> None:
    """Give the app the page of codes; the demo alone has it."""
    app.register_blueprint(_page())
    if open_doors := endpoints_without_a_lock(app):
        raise RuntimeError(f"Nothing says who may use {', '.join(open_doors)}.")


def _page() -> Blueprint:
    bp = Blueprint("codes", __name__, url_prefix="/-/codes")
    bp.before_request(public)

    @bp.get("")
    def list_codes() -> ResponseReturnValue:
        """What the phones of the demo's people show now."""
        now = datetime.now(UTC)
        return render_template(
            "demo/codes.html",
            people=shown_codes(db.session(), vault=settings().vault_secret, now=now),
            seconds=seconds_left(now),
        )

    return bp
