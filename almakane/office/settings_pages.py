"""
What the house is set to, by date: in force today, what comes, and a new version from a day on.

Nothing is edited: a change is a row that holds from a later day. What it would do is shown first.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PricedLine, Regime, Terms, check_terms, share
from almakane.cooperatives.amending import By, amend, amendments_of
from almakane.cooperatives.models import Agreement, Maker
from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.hubs.models import HubHabits, HubIdentity, HubOpening, HubRules, Site
from almakane.hubs.opening import WEEK, read_hours
from almakane.hubs.queries import habits_on, opening_on
from almakane.hubs.services import rename_site, set_from, set_identity, set_opening
from almakane.office.forms import HabitsForm, IdentityForm, OpeningForm, RulesForm, SiteForm
from almakane.shop.cities import city_name
from almakane.shop.delivery import tariff_on
from almakane.shop.models import DeliveryTariff
from almakane.users.here import here
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import go_to, require
from almakane.web.formats import figure, percent
from almakane.web.formats import number as count
from almakane.web.forms import Form
from almakane.web.languages import LANGUAGES, language

bp = Blueprint("settings", __name__, url_prefix="/settings")
bp.before_request(require(Role.MANAGER))

_DAY = timedelta(days=1)
_EXAMPLE = 1_000_00
_EXAMPLE_BP = 2_500

RULES = {
    "vat_liable": lazy_gettext("The house is liable to VAT"),
    "vat_bp": lazy_gettext("VAT, per cent"),
    "vat_reduced_bp": lazy_gettext("Reduced VAT, per cent"),
    "cash_step": lazy_gettext("Cash is rounded to, MAD"),
    "cash_limit": lazy_gettext("Cash from here on is flagged, MAD"),
    "till_wait_days": lazy_gettext("Days that money of the till waits"),
    "web_wait_days": lazy_gettext("Days that money of the web waits"),
}
HABITS = {
    "cashier_band_bp": lazy_gettext("A cashier goes below the price by, per cent"),
    "staff_band_bp": lazy_gettext("Hub staff go below the price by, per cent"),
    "return_days": lazy_gettext("Days of return that a new agreement begins with"),
    "label_sheet": lazy_gettext("Labels are printed on"),
}
_SET: dict[str, Callable[..., object]] = {
    "rules": partial(set_from, kind=HubRules),
    "habits": partial(set_from, kind=HubHabits),
    "opening": set_opening,
    "identity": set_identity,
}
_SHEETS = {
    "a4-24": lazy_gettext("A4 sheets of 24 labels, 70 × 37 mm"),
    "a4-65": lazy_gettext("A4 sheets of 65 labels, 38 × 21 mm"),
    "roll-50x30": lazy_gettext("A roll of labels, 50 × 30 mm"),
}
OPENING = {
    "address": lazy_gettext("Where the shop is"),
    "city": lazy_gettext("City"),
    "monday": lazy_gettext("Monday"),
    "tuesday": lazy_gettext("Tuesday"),
    "wednesday": lazy_gettext("Wednesday"),
    "thursday": lazy_gettext("Thursday"),
    "friday": lazy_gettext("Friday"),
    "saturday": lazy_gettext("Saturday"),
    "sunday": lazy_gettext("Sunday"),
}
IDENTITY = {
    "legal_name": lazy_gettext("Legal name, with form and capital"),
    "address": lazy_gettext("Address"),
    "city": lazy_gettext("City"),
    "phone": lazy_gettext("Phone"),
    "ice": lazy_gettext("ICE"),
    "tax_id": lazy_gettext("Tax identifier (IF)"),
    "patente": lazy_gettext("Professional tax (TP)"),
    "rc": lazy_gettext("Trade register (RC)"),
    "cnss": lazy_gettext("CNSS"),
    "exchange_days": lazy_gettext("Days in which the shop exchanges"),
    "withdrawal_days": lazy_gettext("Days to withdraw from what is sold from afar"),
}


def _versions(session: Session, kind: type[Any], hub_id: int) -> list[Any]:
    """All versions of a hub's, the latest first."""
    query = select(kind).where(kind.hub_id == hub_id).order_by(kind.valid_from.desc())
    return list(session.scalars(query))


def _on(versions: list[Any], day: date) -> Any:
    return next((row for row in versions if row.valid_from <= day), None)


def _written(name: str, value: Any) -> str:
    """A value as people read it."""
    spoken = language()
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    if name.endswith("_bp"):
        return percent(value, spoken)
    if name == "label_sheet":
        return str(_SHEETS.get(value, value))
    if name.startswith("cash_"):
        return figure(value, spoken)
    return count(value, spoken) if isinstance(value, int) else str(value)


@bp.get("")
def show_settings() -> ResponseReturnValue:
    """What holds today, and what is to hold from a day on."""
    session, hub, today = here()
    rules = _versions(session, HubRules, hub.id)
    identities = _versions(session, HubIdentity, hub.id)
    habits = _versions(session, HubHabits, hub.id)
    openings = _versions(session, HubOpening, hub.id)
    return render_template(
        "office/settings.html",
        hub=hub,
        today=today,
        parts=(
            ("rules", gettext("Rules"), RULES, _on(rules, today), rules),
            (
                *("habits", gettext("How the house does things"), HABITS),
                *(_on(habits, today) or habits_on(session, hub.id, today), habits),
            ),
            ("opening", gettext("The shop"), OPENING, _on(openings, today), openings),
            ("identity", gettext("Who the house is"), IDENTITY, _on(identities, today), identities),
        ),
        written=_written,
        tariff=tariff_on(session, hub.id, today),
        tariffs=_versions(session, DeliveryTariff, hub.id),
        city_name=city_name,
        languages=LANGUAGES,
        sites=session.scalars(select(Site).where(Site.hub_id == hub.id).order_by(Site.id)).all(),
    )


@bp.get("/rules/new")
def new_rules() -> ResponseReturnValue:
    """The rules of today, to be changed from a day on."""
    session, hub, today = here()
    now = _on(_versions(session, HubRules, hub.id), today)
    values = {name: getattr(now, name) for name in RULES} if now else {}
    return _page("rules", RulesForm(data={"valid_from": today + _DAY, **values}))


@bp.post("/rules")
def create_rules() -> ResponseReturnValue:
    """Show what would change; sent again with `sure`, write it down."""
    session, hub, today = here()
    form, person = RulesForm(request.form), signed_in()
    if not form.validate():
        return _page("rules", form), 422
    told: dict[str, int | bool] = {name: form[name].data for name in RULES}
    day = form.valid_from.data
    now = _on(_versions(session, HubRules, hub.id), max(day, today))
    try:
        _refuse_broken_agreements(session, hub.id, day, told)
        if "sure" not in request.form:
            if day <= today:
                _SET["rules"](
                    *(session, hub.id, day, told),
                    today=today,
                    now=datetime.now(UTC),
                    actor=person.login,
                )
            return _page("rules", form, _changes(now, told, RULES), _split(now, told))
        retried(lambda: _write("rules", day, told, today))
    except Refusal as refusal:
        session.rollback()
        form.refuse(refusal)
        return _page("rules", form), 422
    flash(gettext("Written down. Nothing that was sold before changes."))
    return go_to(url_for("settings.show_settings"))


def _write(kind: str, day: date, told: dict[str, Any], today: date) -> None:
    person = signed_in()
    with transaction() as session:
        _SET[kind](
            *(session, person.hub_id, day, told),
            today=today,
            now=datetime.now(UTC),
            actor=person.login,
        )


# What a form of each kind is headed by.
_TITLES = {
    "rules": lazy_gettext("New rules from a day on"),
    "habits": lazy_gettext("How the house does things, from a day on"),
    "opening": lazy_gettext("Where and when the shop is open, from a day on"),
    "identity": lazy_gettext("Who the house is, from a day on"),
}


def _page(kind: str, form: Form, changes: Any = None, split: Any = None) -> str:
    return render_template(
        "office/setting.html",
        form=form,
        title=_TITLES[kind],
        url=url_for(f"settings.create_{kind}"),
        changes=changes,
        split=split,
        written=_written,
    )


def _changes(now: Any, told: dict[str, Any], words: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What it is called, what it is now, and what it is to be."""
    return [
        (
            str(words[name]),
            _written(name, getattr(now, name)) if now else "",
            _written(name, value),
        )
        for name, value in told.items()
        if now is None or getattr(now, name) != value
    ]


def _split(now: Any, told: dict[str, Any]) -> tuple[int, int] | None:
    """What a maker has of 1 000.00 at 25 %, now and then, where that changes."""
    line, terms = PricedLine(_EXAMPLE, _EXAMPLE), Terms(Regime.MANDATE, _EXAMPLE_BP)
    before = share(line, terms, now.vat_bp * now.vat_liable).net if now else 0
    after = share(line, terms, told["vat_bp"] * told["vat_liable"]).net
    return (before, after) if before != after else None


def _refuse_broken_agreements(
    session: Session, hub_id: int, day: date, told: dict[str, int | bool]
) -> None:
    """Refuse a VAT under which the terms with some maker would take more than the whole price."""
    found = session.execute(
        select(Agreement, Maker.name)
        .join(Maker, Maker.id == Agreement.maker_id)
        .where(Maker.hub_id == hub_id, Agreement.valid_from <= day)
        .order_by(Agreement.maker_id, Agreement.valid_from)
    )
    in_force = {agreement.maker_id: (agreement, name) for agreement, name in found}
    for agreement, name in in_force.values():
        terms = Terms(
            agreement.regime,
            agreement.commission_bp,
            card_fee_bp=agreement.card_fee_bp,
            card_fee_maker_bp=agreement.card_fee_maker_bp,
        )
        try:
            check_terms(terms, told["vat_bp"] * told["vat_liable"])
        except Refusal as refusal:
            raise Refusal(
                "Commission, its VAT and the fees would take more than the whole price of what"
                " %(maker)s brings.",
                field="vat_bp",
                maker=name,
            ) from refusal


@bp.get("/habits/new")
def new_habits() -> ResponseReturnValue:
    """How the house does things today, to be changed from a day on."""
    session, hub, today = here()
    now = habits_on(session, hub.id, today)
    return _page("habits", _habits_form(data={"valid_from": today + _DAY, **now._asdict()}))


@bp.post("/habits")
def create_habits() -> ResponseReturnValue:
    """Show what would change; sent again with `sure`, write it down."""
    session, hub, today = here()
    form = _habits_form(request.form)
    if not form.validate():
        return _page("habits", form), 422
    told: dict[str, Any] = {name: form[name].data for name in HABITS}
    day = form.valid_from.data
    if "sure" not in request.form:
        now = habits_on(session, hub.id, max(day, today))
        return _page("habits", form, _changes(now, told, HABITS))
    try:
        retried(lambda: _write("habits", day, told, today))
    except Refusal as refusal:
        form.refuse(refusal)
        return _page("habits", form), 422
    flash(gettext("Written down. Nothing that was sold before changes."))
    return go_to(url_for("settings.show_settings"))


def _habits_form(*given: Any, **values: Any) -> HabitsForm:
    form = HabitsForm(*given, **values)
    form.label_sheet.choices = [(name, str(said)) for name, said in _SHEETS.items()]
    return form


@bp.get("/opening/new")
def new_opening() -> ResponseReturnValue:
    """Where and when the shop is open today, to be changed from a day on."""
    session, hub, today = here()
    known = _versions(session, HubOpening, hub.id)
    first = today + _DAY if known else today
    now = opening_on(session, hub.id, today)
    return _page("opening", OpeningForm(data={"valid_from": first, **now._asdict()}))


@bp.post("/opening")
def create_opening() -> ResponseReturnValue:
    """Show what would change for buyers; sent again with `sure`, write it down."""
    session, hub, today = here()
    form = OpeningForm(request.form)
    if not form.validate():
        return _page("opening", form), 422
    told: dict[str, Any] = {name: form[name].data for name in OPENING}
    try:
        told |= {day: read_hours(told[day], day) for day in WEEK}
        if "sure" not in request.form:
            now = opening_on(session, hub.id, max(form.valid_from.data, today))
            return _page("opening", form, _changes(now, told, OPENING))
        retried(lambda: _write("opening", form.valid_from.data, told, today))
    except Refusal as refusal:
        form.refuse(refusal)
        return _page("opening", form), 422
    flash(gettext("Written down. Buyers read it from that day on."))
    return go_to(url_for("settings.show_settings"))


@bp.get("/identity/new")
def new_identity() -> ResponseReturnValue:
    """Who the house is today, to be changed from a day on."""
    session, hub, today = here()
    now = _on(_versions(session, HubIdentity, hub.id), today)
    values = (
        {name: getattr(now, name) for name in IDENTITY}
        if now
        else {"legal_name": hub.name, "exchange_days": 0, "withdrawal_days": 7}
    )
    first = today + _DAY if now else today
    return _page("identity", IdentityForm(data={"valid_from": first, **values}))


@bp.post("/identity")
def create_identity() -> ResponseReturnValue:
    """Show what would change on papers; sent again with `sure`, write it down."""
    session, hub, today = here()
    form = IdentityForm(request.form)
    if not form.validate():
        return _page("identity", form), 422
    told: dict[str, Any] = {name: form[name].data for name in IDENTITY}
    now = _on(_versions(session, HubIdentity, hub.id), max(form.valid_from.data, today))
    if "sure" not in request.form:
        return _page("identity", form, _changes(now, told, IDENTITY))
    try:
        retried(lambda: _write("identity", form.valid_from.data, told, today))
    except Refusal as refusal:
        form.refuse(refusal)
        return _page("identity", form), 422
    flash(gettext("Written down. Papers of earlier days keep what they say."))
    return go_to(url_for("settings.show_settings"))


@bp.get("/sites/<code>")
def edit_site(code: str) -> ResponseReturnValue:
    """What a site is called."""
    site = _find_site(db.session(), code)
    return _site_page(site, SiteForm(obj=site))


@bp.post("/sites/<code>")
def update_site(code: str) -> ResponseReturnValue:
    """Call a site otherwise from now on; its code stays, for papers and places go by it."""
    form, person = SiteForm(request.form), signed_in()
    site = _find_site(db.session(), code)
    if not form.validate():
        return _site_page(site, form), 422

    def rename() -> None:
        with transaction() as session:
            site = _find_site(session, code)
            if rename_site(session, site, form.name.data):
                by = By(person.login, datetime.now(UTC))
                amend(session, person.hub_id, ("site", site.id), "named", by, ["name"])

    try:
        retried(rename)
    except Refusal as refusal:
        form.refuse(refusal)
        return _site_page(site, form), 422
    flash(gettext("Kept. New tickets and papers call it so."))
    return go_to(url_for("settings.show_settings"))


def _find_site(session: Session, code: str) -> Site:
    found = session.scalar(select(Site).filter_by(hub_id=signed_in().hub_id, code=code))
    if found is None:
        abort(404)
    return found


def _site_page(site: Site, form: SiteForm) -> str:
    last = amendments_of(db.session(), "site", site.id, 1)
    return render_template("office/site.html", site=site, form=form, last=last[0] if last else None)
