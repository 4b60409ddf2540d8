"""The office's door to makers: who they are, who makes for them, and what is agreed with them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import NamedTuple, TypeVar

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from almakane.cooperatives import words
from almakane.cooperatives.agreement import Bearer, Discounts, PaidTo, Regime, Terms
from almakane.cooperatives.amending import By, amendments_of
from almakane.cooperatives.forms import (
    AgreementForm,
    ArtisanForm,
    MakerForm,
    NewMakerForm,
    RibForm,
    TrialForm,
)
from almakane.cooperatives.keeping import (
    Identity,
    Person,
    Said,
    Version,
    agree_anew,
    let_go,
    start_maker,
    take_in_artisan,
    write_artisan,
    write_maker,
)
from almakane.cooperatives.models import Agreement, Artisan, Maker, MakerKind, MakerText, TaxProfile
from almakane.cooperatives.queries import Called, maker_names
from almakane.cooperatives.ribs import name_rib, ribs_of
from almakane.cooperatives.trial import Trial, Tried, try_price
from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.hubs.queries import habits_on, local_day, rules_on, vat_rate
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import go_to, is_fragment_asked, require, settings
from almakane.web.languages import language

bp = Blueprint("makers", __name__, url_prefix="/makers")
bp.before_request(require(Role.HUB_STAFF, Role.MANAGER, Role.ACCOUNTANT))

T = TypeVar("T")

_WRITERS = (Role.HUB_STAFF, Role.MANAGER)
_AGREERS = (Role.MANAGER,)
_TREASURERS = (Role.MANAGER, Role.ACCOUNTANT)
_LANGUAGES = ("fr", "ar", "en")
_EXAMPLE = 1_000_00  # a price to begin with
_SIDES = 4  # versions tried side by side
_MOST_WEIGHT = 1_000


class _Here(NamedTuple):
    """Where the person who asks works, and which day it is there."""

    session: Session
    hub: Hub
    today: date


def _here() -> _Here:
    session = db.session()
    hub = session.get_one(Hub, signed_in().hub_id)
    return _Here(session, hub, local_day(datetime.now(UTC), hub.zone))


def _only(*roles: Role) -> None:
    if signed_in().role not in roles:
        abort(403)


def _find(session: Session, code: str) -> Maker:
    maker = session.scalar(
        select(Maker).where(Maker.hub_id == signed_in().hub_id, Maker.code == code)
    )
    if maker is None:
        abort(404)
    return maker


def _done(code: str, work: Callable[[Session, Maker, By], T]) -> T:
    """Do something to a maker of the person's hub in a transaction of its own."""
    login = signed_in().login

    def attempt() -> T:
        with transaction() as session:
            return work(session, _find(session, code), By(login, datetime.now(UTC)))

    return retried(attempt)


def _called(session: Session, maker: Maker) -> Called:
    return maker_names(session, maker.hub_id, language())[maker.id]


# Who a maker is


@bp.get("/new")
def new_maker() -> ResponseReturnValue:
    """What is asked of a maker who comes for the first time."""
    _only(*_WRITERS)
    form = NewMakerForm()
    form.since.data = _here().today
    return render_template("cooperatives/new_maker.html", form=form)


@bp.post("")
def create_maker() -> ResponseReturnValue:
    """Take a maker in; then her artisans and what is agreed."""
    _only(*_WRITERS)
    form, hub = NewMakerForm(request.form), _here().hub
    if not form.validate():
        return render_template("cooperatives/new_maker.html", form=form), 422
    login = signed_in().login

    def take_in() -> str:
        with transaction() as session:
            return start_maker(
                session,
                hub.id,
                form.code.data,
                _identity(form),
                _texts(form),
                By(login, datetime.now(UTC)),
            ).code

    try:
        code = retried(take_in)
    except Refusal as refusal:
        form.refuse(refusal)
        return render_template("cooperatives/new_maker.html", form=form), 422
    flash(gettext("Taken in. Name the artisans, then write down what is agreed."))
    return go_to(url_for("makers.show_profile", code=code))


def _identity(form: MakerForm) -> Identity:
    return Identity(
        name=form.name.data,
        kind=MakerKind(form.kind.data),
        craft=form.craft.data,
        region=form.region.data or "",
        phone=form.phone.data or "",
        since=form.since.data or _here().today,
        ice=form.ice.data or "",
        tax_id=form.tax_id.data or "",
        tax_profile=TaxProfile(form.tax_profile.data) if form.tax_profile.data else None,
    )


def _texts(form: MakerForm) -> dict[str, Said]:
    return {
        code: Said(*(form[f"{name}_{code}"].data or "" for name in Said._fields))
        for code in _LANGUAGES
    }


@bp.get("/<code>/profile")
def show_profile(code: str) -> ResponseReturnValue:
    """Who a maker is, who makes for her, and what was changed about her."""
    return _show_profile(_find(db.session(), code))


@bp.post("/<code>/profile")
def update_profile(code: str) -> ResponseReturnValue:
    """Keep who a maker is and what her page says."""
    _only(*_WRITERS)
    maker = _find(db.session(), code)
    form = MakerForm(request.form, known=maker)
    if not form.validate():
        return _show_profile(maker, form=form), 422
    identity, texts = _identity(form), _texts(form)
    _done(code, lambda session, one, by: write_maker(session, one, identity, texts, by))
    flash(gettext("The profile is kept."))
    return go_to(url_for("makers.show_profile", code=code))


def _show_profile(
    maker: Maker,
    *,
    form: MakerForm | None = None,
    artisan: ArtisanForm | None = None,
    rib: RibForm | None = None,
) -> str:
    session, _hub, _today = _here()
    called, named = _called(session, maker), _named(session, maker)
    texts = {
        text.language: text
        for text in session.scalars(select(MakerText).where(MakerText.maker_id == maker.id))
    }
    return render_template(
        "cooperatives/profile.html",
        maker=maker,
        called=called,
        form=form or _profile_form(maker, texts),
        missing=[
            language
            for language in _LANGUAGES
            if language not in texts or not (texts[language].name and texts[language].story)
        ],
        artisans=list(
            session.scalars(
                select(Artisan)
                .where(Artisan.maker_id == maker.id)
                .order_by(Artisan.left_at.is_not(None), Artisan.id)
            )
        ),
        artisan_form=artisan or _new_artisan_form(),
        rib_form=_rib_form(called, named, rib),
        ribs=ribs_of(session, maker.id),
        may_name=signed_in().role in _TREASURERS,
        amendments=amendments_of(session, "maker", maker.id),
        words=words,
        may_write=signed_in().role in _WRITERS,
    )


def _profile_form(maker: Maker, texts: dict[str, MakerText]) -> MakerForm:
    form = MakerForm(obj=maker, known=maker)
    form.kind.data = maker.kind.value
    form.tax_profile.data = maker.tax_profile.value if maker.tax_profile else ""
    for code in _LANGUAGES:
        for name in Said._fields:
            form[f"{name}_{code}"].data = getattr(texts.get(code), name, "")
    if not form.place_fr.data:
        form.place_fr.data = maker.place
    return form


# Who makes


_ARTISAN = "artisan-"  # before its fields, for the maker's own stand on the same page


def _new_artisan_form() -> ArtisanForm:
    form = ArtisanForm(prefix=_ARTISAN)
    form.weight.data = 1
    return form


@bp.post("/<code>/artisans")
def create_artisan(code: str) -> ResponseReturnValue:
    """Name somebody who makes under the maker's name."""
    _only(*_WRITERS)
    maker, form = _find(db.session(), code), ArtisanForm(request.form, prefix=_ARTISAN)
    if not form.validate():
        return _show_profile(maker, artisan=form), 422
    person = _person(form)
    _done(code, lambda session, one, by: take_in_artisan(session, one, person, by))
    flash(gettext("Named. Pieces that come in can be hers or his from now on."))
    return go_to(url_for("makers.show_profile", code=code, _anchor="artisans"))


def _person(form: ArtisanForm) -> Person:
    return Person(
        form.name.data,
        form.name_ar.data or "",
        form.gender.data or "",
        form.born.data,
        form.weight.data or 1,
    )


@bp.get("/<code>/artisans/<int:artisan_id>")
def edit_artisan(code: str, artisan_id: int) -> ResponseReturnValue:
    """Who an artisan is."""
    maker, artisan = _find_artisan(code, artisan_id)
    return _show_artisan(maker, artisan, ArtisanForm(obj=artisan))


@bp.post("/<code>/artisans/<int:artisan_id>")
def update_artisan(code: str, artisan_id: int) -> ResponseReturnValue:
    """Keep who an artisan is."""
    _only(*_WRITERS)
    maker, artisan = _find_artisan(code, artisan_id)
    form = ArtisanForm(request.form)
    if not form.validate():
        return _show_artisan(maker, artisan, form), 422
    person = _person(form)
    _done(
        code,
        lambda session, _one, by: write_artisan(
            session, session.get_one(Artisan, artisan_id), person, by
        ),
    )
    flash(gettext("Kept. What came in before keeps its shares."))
    return go_to(url_for("makers.show_profile", code=code, _anchor="artisans"))


@bp.post("/<code>/artisans/<int:artisan_id>/departure")
def create_departure(code: str, artisan_id: int) -> ResponseReturnValue:
    """An artisan is no longer among the maker's."""
    return _let_go(code, artisan_id, is_back=False)


@bp.post("/<code>/artisans/<int:artisan_id>/return")
def delete_departure(code: str, artisan_id: int) -> ResponseReturnValue:
    """An artisan is among the maker's again."""
    return _let_go(code, artisan_id, is_back=True)


def _let_go(code: str, artisan_id: int, *, is_back: bool) -> ResponseReturnValue:
    _only(*_WRITERS)
    _find_artisan(code, artisan_id)
    _done(
        code,
        lambda session, _one, by: let_go(
            session, session.get_one(Artisan, artisan_id), by, is_back=is_back
        ),
    )
    return go_to(url_for("makers.show_profile", code=code, _anchor="artisans"))


def _find_artisan(code: str, artisan_id: int) -> tuple[Maker, Artisan]:
    session = db.session()
    maker = _find(session, code)
    artisan = session.get(Artisan, artisan_id)
    if artisan is None or artisan.maker_id != maker.id:
        abort(404)
    return maker, artisan


def _show_artisan(maker: Maker, artisan: Artisan, form: ArtisanForm) -> str:
    session = db.session()
    return render_template(
        "cooperatives/artisan.html",
        maker=maker,
        called=_called(session, maker),
        artisan=artisan,
        form=form,
        may_write=signed_in().role in _WRITERS,
    )


# Where the money goes


def _rib_form(called: Called, named: list[Artisan], form: RibForm | None = None) -> RibForm:
    form = form or RibForm()
    names = {one.id: one.name_ar if language() == "ar" else one.name for one in named}
    form.offer(called.name, names)
    return form


@bp.post("/<code>/ribs")
def create_rib(code: str) -> ResponseReturnValue:
    """Name a bank account; a second person confirms it before money goes there."""
    _only(*_TREASURERS)
    session = db.session()
    maker = _find(session, code)
    form = _rib_form(_called(session, maker), _named(session, maker), RibForm(request.form))
    if not form.validate():
        return _show_profile(maker, rib=form), 422
    whose = int(form.whose.data) if form.whose.data else None
    rib, vault = form.rib.data, settings().vault_secret
    try:
        _done(code, lambda session, one, by: name_rib(session, one, whose, rib, vault=vault, by=by))
    except Refusal as refusal:
        form.refuse(refusal)
        return _show_profile(maker, rib=form), 422
    flash(gettext("Named. No money goes there before a second person has confirmed it."))
    return go_to(url_for("makers.show_profile", code=code, _anchor="bank"))


# What is agreed


@bp.get("/<code>/agreements")
def list_agreements(code: str) -> ResponseReturnValue:
    """Every version of the agreement, and a price tried under them side by side."""
    session, hub, today = _here()
    maker = _find(session, code)
    agreements = _versions(session, maker)
    form, trial = _trial_form(TrialForm)
    artisans = _named(session, maker)
    sides = [
        _side(agreement, form, today, agreements) for agreement in reversed(agreements[:_SIDES])
    ]
    tried = _tried(session, hub, sides, trial, artisans, today)
    part = "cooperatives/_trial.html"
    return render_template(
        part if is_fragment_asked() else "cooperatives/agreements.html",
        maker=maker,
        called=_called(session, maker),
        agreements=agreements,
        in_force=_in_force(agreements, today),
        today=today,
        form=form,
        tried=tried,
        trial=trial,
        artisans=artisans,
        weights=_weights(artisans),
        words=words,
        firm=Regime.FIRM,
        may_agree=signed_in().role in _AGREERS,
    )


@bp.get("/<code>/agreements/new")
def new_agreement(code: str) -> ResponseReturnValue:
    """A new version, begun with what holds now; as it is typed a price is tried under both."""
    _only(*_AGREERS)
    session, _hub, _today = _here()
    maker = _find(session, code)
    if "regime" not in request.args:
        return _show_new(maker, _first_form(session, maker))
    form = AgreementForm(request.args)
    form.validate()
    return _show_new(maker, form)


@bp.post("/<code>/agreements")
def create_agreement(code: str) -> ResponseReturnValue:
    """Agree on a new version from a day on."""
    _only(*_AGREERS)
    session, _hub, today = _here()
    maker, form = _find(session, code), AgreementForm(request.form)
    if not form.validate():
        return _show_new(maker, form), 422
    version = Version(
        _terms(form),
        form.valid_from.data,
        form.own_rates(),
        form.return_days.data or 0,
        form.unsold_days.data or 0,
    )
    try:
        _done(
            code,
            lambda session, one, by: agree_anew(session, one, version, today=today, by=by),
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _show_new(maker, form), 422
    flash(gettext("Agreed. It holds for what comes in from that day on."))
    return go_to(url_for("makers.list_agreements", code=code))


def _show_new(maker: Maker, form: AgreementForm) -> str:
    session, hub, today = _here()
    agreements = _versions(session, maker)
    _form, trial = _trial_form(AgreementForm, form)
    artisans = _named(session, maker)
    sides = []
    if (now := _in_force(agreements, today)) is not None:
        sides.append(_side(now, form, today, agreements))
    if (drafted := _drafted(form)) is not None:
        sides.append(drafted)
    return render_template(
        "cooperatives/_trial.html" if is_fragment_asked() else "cooperatives/new_agreement.html",
        maker=maker,
        called=_called(session, maker),
        form=form,
        trial=trial,
        artisans=artisans,
        weights=_weights(artisans),
        tried=_tried(session, hub, sides, trial, artisans, today),
        is_first=not agreements,
        words=words,
        firm=Regime.FIRM,
    )


def _versions(session: Session, maker: Maker) -> list[Agreement]:
    """Every version, newest first."""
    return list(
        session.scalars(
            select(Agreement)
            .where(Agreement.maker_id == maker.id)
            .options(selectinload(Agreement.overrides))
            .order_by(Agreement.version.desc())
        )
    )


def _in_force(agreements: list[Agreement], today: date) -> Agreement | None:
    return next((one for one in agreements if one.valid_from <= today), None)


def _named(session: Session, maker: Maker) -> list[Artisan]:
    return list(
        session.scalars(
            select(Artisan)
            .where(Artisan.maker_id == maker.id, Artisan.left_at.is_(None))
            .order_by(Artisan.id)
        )
    )


def _first_form(session: Session, maker: Maker) -> AgreementForm:
    """The form as it begins: with the version that holds now, or with the usual terms."""
    agreements, today = _versions(session, maker), _here().today
    last = agreements[0] if agreements else None
    if last is None:
        habits = habits_on(session, maker.hub_id, today)
        usual = {
            **{"regime": Regime.MANDATE.value, "commission_bp": 2_500},
            **{"discounts": Discounts.SHARED.value, "card_fee_bp": 0, "card_fee_maker_bp": 0},
            **{"paid_to": PaidTo.COOPERATIVE.value, "loss_bearer": Bearer.HUB.value},
            **{"return_days": habits.return_days, "unsold_days": 180},
            "maker_vat_liable": maker.tax_profile is TaxProfile.LIABLE,
        }
        form = AgreementForm(data=usual)
        form.valid_from.data = min(maker.since, today)
    else:
        own = [
            {"category": one.category, "commission_bp": one.commission_bp} for one in last.overrides
        ]
        kept = {
            name: getattr(last, name)
            for name in (
                *("commission_bp", "card_fee_bp", "card_fee_maker_bp", "maker_vat_liable"),
                *("return_days", "unsold_days"),
            )
        }
        chosen = {
            name: getattr(last, name).value
            for name in ("regime", "discounts", "paid_to", "loss_bearer")
        }
        form = AgreementForm(data={**kept, **chosen, "overrides": [*own, {}, {}]})
        form.valid_from.data = today
    form.price.data = _EXAMPLE
    form.tax_class.data = "standard"
    return form


def _terms(form: AgreementForm) -> Terms:
    regime = Regime(form.regime.data)
    return Terms(
        regime=regime,
        commission_bp=0 if regime is Regime.FIRM else form.commission_bp.data or 0,
        discounts=Discounts(form.discounts.data),
        card_fee_bp=form.card_fee_bp.data or 0,
        card_fee_maker_bp=form.card_fee_maker_bp.data or 0,
        maker_vat_liable=bool(form.maker_vat_liable.data),
        paid_to=PaidTo(form.paid_to.data),
        loss_bearer=Bearer(form.loss_bearer.data),
    )


# A price tried out


class _Trial(NamedTuple):
    """What is tried, as it was typed; what could not be read is as it was at first."""

    price: int
    paid: int
    floor: int
    by_card: bool
    tax_class: str
    category: str


class _Side(NamedTuple):
    """Terms beside others: a version, or the draft that is being written (no version)."""

    version: int | None
    valid_from: date | None
    in_force: bool
    terms: Terms


class _Result(NamedTuple):
    """What a price comes to on one side."""

    side: _Side
    tried: Tried
    members: list[tuple[str, int]]


def _trial_form(kind: type[TrialForm], form: TrialForm | None = None) -> tuple[TrialForm, _Trial]:
    if form is None and "price" in request.args:
        form = kind(request.args)
        form.validate()
    elif form is None:
        form = kind(data={"price": _EXAMPLE, "tax_class": "standard"})
    price = form.price.data or _EXAMPLE
    paid = price if form.paid.data is None else form.paid.data
    options = dict(form.tax_class.choices)
    return form, _Trial(
        price,
        paid,
        form.floor.data or 0,
        bool(form.by_card.data),
        form.tax_class.data if form.tax_class.data in options else "standard",
        form.category.data or "",
    )


def _side(agreement: Agreement, form: TrialForm, today: date, agreements: list[Agreement]) -> _Side:
    own = {one.category: one.commission_bp for one in agreement.overrides}
    return _Side(
        agreement.version,
        agreement.valid_from,
        agreement is _in_force(agreements, today),
        Terms(
            regime=agreement.regime,
            commission_bp=own.get(form.category.data or "", agreement.commission_bp),
            discounts=agreement.discounts,
            card_fee_bp=agreement.card_fee_bp,
            card_fee_maker_bp=agreement.card_fee_maker_bp,
            maker_vat_liable=agreement.maker_vat_liable,
            paid_to=agreement.paid_to,
            loss_bearer=agreement.loss_bearer,
        ),
    )


def _drafted(form: AgreementForm) -> _Side | None:
    """What is being written, if it can be read already."""
    needed = (form.regime, form.discounts, form.paid_to, form.loss_bearer)
    rates = (form.commission_bp, form.card_fee_bp, form.card_fee_maker_bp)
    if any(field.data not in dict(field.choices) for field in needed):
        return None
    if any(field.data is None for field in rates):
        return None
    terms = _terms(form)
    own = form.own_rates().get(form.category.data or "")
    if own is not None and terms.regime is not Regime.FIRM:
        terms = Terms(
            **{name: getattr(terms, name) for name in Terms.__slots__} | {"commission_bp": own}
        )
    return _Side(None, form.valid_from.data, False, terms)


def _weights(artisans: list[Artisan]) -> dict[int, int]:
    """Artisan to weight: what was typed, else her usual share; none where only one is named."""
    weights: dict[int, int] = {}
    for artisan in artisans if len(artisans) > 1 else ():
        typed = request.values.get(f"weight-{artisan.id}", str(artisan.weight)).strip()
        is_whole = typed.isascii() and typed.isdigit() and len(typed) <= 4
        weights[artisan.id] = min(int(typed), _MOST_WEIGHT) if is_whole else artisan.weight
    return weights


def _tried(
    session: Session,
    hub: Hub,
    sides: list[_Side],
    trial: _Trial,
    artisans: list[Artisan],
    today: date,
) -> list[_Result]:
    rules = rules_on(session, hub.id, today)
    weights = {number: weight for number, weight in _weights(artisans).items() if weight}
    asked = Trial(
        price=trial.price,
        paid=trial.paid,
        floor=trial.floor,
        by_card=trial.by_card,
        goods_vat_bp=vat_rate(rules, trial.tax_class),
        hub_vat_bp=rules.vat_bp if rules.vat_liable else 0,
        weights=weights,
    )
    names = {
        artisan.id: artisan.name_ar if language() == "ar" else artisan.name for artisan in artisans
    }
    results = []
    for side in sides:
        tried = try_price(side.terms, asked)
        members = [(names[number], amount) for number, amount in tried.members.items()]
        results.append(_Result(side, tried, members))
    return results
