"""What is agreed with a maker: every version, a new one, and a price tried under them."""

from datetime import date
from typing import NamedTuple

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from almakane.cooperatives import words
from almakane.cooperatives.agreement import Bearer, Discounts, PaidTo, Regime, Terms
from almakane.cooperatives.door import (
    AGREERS,
    artisans_of,
    bp,
    calling,
    done,
    find_maker,
    only,
)
from almakane.cooperatives.forms import (
    AgreementForm,
    TrialForm,
)
from almakane.cooperatives.keeping import (
    Version,
    agree_anew,
)
from almakane.cooperatives.models import Agreement, Artisan, Maker, TaxProfile
from almakane.cooperatives.trial import Trial, Tried, try_price
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.hubs.queries import habits_on, rules_on, vat_rate
from almakane.users.here import here
from almakane.users.queries import signed_in
from almakane.web import go_to, is_fragment_asked
from almakane.web.languages import language

_EXAMPLE = 1_000_00  # a price to begin with
_SIDES = 4  # versions tried side by side
_MOST_WEIGHT = 1_000


@bp.get("/<code>/agreements")
def list_agreements(code: str) -> ResponseReturnValue:
    """Every version of the agreement, and a price tried under them side by side."""
    session, hub, today = here()
    maker = find_maker(session, code)
    agreements = _versions(session, maker)
    form, trial = _trial_form(TrialForm)
    artisans = artisans_of(session, maker)
    sides = [
        _side(agreement, form, today, agreements) for agreement in reversed(agreements[:_SIDES])
    ]
    tried = _tried(session, hub, sides, trial, artisans, today)
    part = "cooperatives/_trial.html"
    return render_template(
        part if is_fragment_asked() else "cooperatives/agreements.html",
        maker=maker,
        called=calling(session, maker),
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
        may_agree=signed_in().role in AGREERS,
    )


@bp.get("/<code>/agreements/new")
def new_agreement(code: str) -> ResponseReturnValue:
    """A new version, begun with what holds now; as it is typed a price is tried under both."""
    only(*AGREERS)
    session, _hub, _today = here()
    maker = find_maker(session, code)
    if "regime" not in request.args:
        return _show_new(maker, _first_form(session, maker))
    form = AgreementForm(request.args)
    form.validate()
    return _show_new(maker, form)


@bp.post("/<code>/agreements")
def create_agreement(code: str) -> ResponseReturnValue:
    """Agree on a new version from a day on."""
    only(*AGREERS)
    session, _hub, today = here()
    maker, form = find_maker(session, code), AgreementForm(request.form)
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
        done(
            code,
            lambda session, one, by: agree_anew(session, one, version, today=today, by=by),
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _show_new(maker, form), 422
    flash(gettext("Agreed. It holds for what comes in from that day on."))
    return go_to(url_for("makers.list_agreements", code=code))


def _show_new(maker: Maker, form: AgreementForm) -> str:
    session, hub, today = here()
    agreements = _versions(session, maker)
    _form, trial = _trial_form(AgreementForm, form)
    artisans = artisans_of(session, maker)
    sides = []
    if (now := _in_force(agreements, today)) is not None:
        sides.append(_side(now, form, today, agreements))
    if (drafted := _drafted(form)) is not None:
        sides.append(drafted)
    return render_template(
        "cooperatives/_trial.html" if is_fragment_asked() else "cooperatives/new_agreement.html",
        maker=maker,
        called=calling(session, maker),
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


def _first_form(session: Session, maker: Maker) -> AgreementForm:
    """The form as it begins: with the version that holds now, or with the usual terms."""
    agreements, today = _versions(session, maker), here().today
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
