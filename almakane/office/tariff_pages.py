"""What delivery costs, by city and weight: in force today, and a new tariff from a day on."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day
from almakane.office.tariff_forms import TariffForm, typed_tariff
from almakane.shop.cities import CITIES, city_name
from almakane.shop.delivery import ELSEWHERE, Tariff, change_tariff, tariff_on
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import go_to, require
from almakane.web.formats import figure, weight
from almakane.web.languages import language

bp = Blueprint("tariffs", __name__, url_prefix="/settings/delivery")
bp.before_request(require(Role.MANAGER))

_DAY = timedelta(days=1)


@bp.get("/new")
def new_tariff() -> ResponseReturnValue:
    """The tariff of today, to be changed from a day on."""
    session = db.session()
    hub = session.get_one(Hub, signed_in().hub_id)
    today = local_day(datetime.now(UTC), hub.zone)
    now = tariff_on(session, hub.id, today)
    first = today + _DAY if now else today
    return _page(TariffForm(data={"valid_from": first, **typed_tariff(now)}))


@bp.post("")
def create_tariff() -> ResponseReturnValue:
    """Show what would change; sent again with `sure`, write it down."""
    session, person = db.session(), signed_in()
    hub = session.get_one(Hub, person.hub_id)
    today = local_day(datetime.now(UTC), hub.zone)
    form = TariffForm(request.form)
    told = form.read() if form.validate() else None
    if told is None:
        return _page(form), 422
    day = form.valid_from.data
    if "sure" not in request.form:
        return _page(form, _changes(tariff_on(session, hub.id, max(day, today)), told))

    def write() -> None:
        with transaction() as session:
            change_tariff(
                *(session, person.hub_id, day, told),
                today=today,
                now=datetime.now(UTC),
                actor=person.login,
            )

    try:
        retried(write)
    except Refusal as refusal:
        form.refuse(refusal)
        return _page(form), 422
    flash(gettext("Written down. Orders that were placed keep the fee that they were shown."))
    return go_to(url_for("settings.show_settings"))


def _page(form: TariffForm, changes: Any = None) -> str:
    return render_template(
        "office/tariff.html",
        form=form,
        title=gettext("What delivery costs, from a day on"),
        url=url_for("tariffs.create_tariff"),
        changes=changes,
        split=None,
        towns=[city_name(city, language()) for city in CITIES],
    )


def _changes(now: Tariff | None, told: Tariff) -> list[tuple[str, str, str]]:
    """Where the fees change, what they are now, and what they are to be; alike cities together."""
    found: dict[tuple[str, str], list[str]] = {}
    named = {*(now.fees if now else ()), *told.fees}
    for city in sorted(named - {ELSEWHERE}):
        pair = _said(now, city), _said(told, city)
        if pair[0] != pair[1]:
            found.setdefault(pair, []).append(city_name(city, language()))
    pair = _said(now, ELSEWHERE), _said(told, ELSEWHERE)
    if pair[0] != pair[1]:
        found.setdefault(pair, []).append(gettext("everywhere else"))
    before = weight(now.default_grams, language()) if now else ""
    after = weight(told.default_grams, language())
    rows = [(gettext(", ").join(cities), *pair) for pair, cities in found.items()]
    if before != after:
        rows.append((gettext("A piece that nobody has weighed"), before, after))
    return rows


def _said(tariff: Tariff | None, city: str) -> str:
    """The fees of a city in a line."""
    if tariff is None or not tariff.serves(city):
        return str(gettext("not delivered"))
    steps = tariff.fees.get(city) or tariff.fees[ELSEWHERE]
    return " · ".join(
        f"{weight(most, language())}\u00a0: {figure(fee, language())}" for most, fee in steps
    )
