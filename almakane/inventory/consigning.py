"""The signature under a delivery, in the maker's language, and the consignment that follows it."""

from datetime import UTC, datetime

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Regime, Terms
from almakane.cooperatives.models import Agreement, Maker
from almakane.cooperatives.queries import maker_names
from almakane.cooperatives.trial import Trial, try_price
from almakane.errors import Refusal
from almakane.hubs.models import Hub, HubRules, Site
from almakane.hubs.queries import local_day, rules_on, vat_rate
from almakane.inventory.arrival_desk import the_intake, written
from almakane.inventory.deed import Deed
from almakane.inventory.intake_forms import (
    SignatureForm,
)
from almakane.inventory.intake_queries import (
    differences,
    product_titles,
)
from almakane.inventory.models import (
    Consignment,
    ConsignmentSignature,
    Intake,
    IntakeLine,
    IntakeState,
    Lot,
)
from almakane.inventory.paper import terms_in_words
from almakane.inventory.papers import find_consignment, terms_of
from almakane.inventory.taking_in import (
    Draft,
    Ready,
    Signed,
    draft_of,
    receive,
    sign,
    signed_lines_hash,
)
from almakane.users.here import here
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import go_to, require
from almakane.web.languages import language
from almakane.web.voices import voice

bp = Blueprint("consignments", __name__)
bp.before_request(require(Role.HUB_STAFF, Role.MANAGER))

_SPOKEN = ("ar", "fr")  # by makers: what they sign is in one of these


@bp.get("/deliveries/<int:intake_id>/signature")
def new_signature(intake_id: int) -> ResponseReturnValue:
    """What the maker reads and signs, in Arabic or French."""
    session, _hub, today = here()
    intake = the_intake(session, intake_id)
    if intake.state is not IntakeState.ARRIVING:
        return go_to(url_for("intake.show_delivery", intake_id=intake_id))
    form = SignatureForm()
    draft = draft_of(session, intake, today)
    if draft.lacks:
        return go_to(url_for("intake.show_delivery", intake_id=intake_id))
    _show_draft(form, draft)
    return _show_signing(session, intake, draft, form)


def _show_draft(form: SignatureForm, draft: Draft) -> None:
    """What is shown now is what is signed next."""
    form.lines_hash.data = draft.hash
    form.agreement_id.data = str(draft.agreement.id) if draft.agreement else ""


def _spoken() -> str:
    """The language in which the maker reads what she signs."""
    for wish in (request.values.get("in"), language()):
        if wish in _SPOKEN:
            return str(wish)
    return "fr"


def _show_signing(
    session: Session, intake: Intake, draft: Draft, form: SignatureForm
) -> tuple[str, int]:
    spoken, agreement = _spoken(), draft.agreement
    rules = rules_on(session, intake.hub_id, here().today)
    with force_locale(spoken):
        titles = product_titles(session, draft.products, spoken)
        lines = [
            (
                one,
                titles.get(one.product.id if one.product else 0) or _said(one.line, spoken),
                _for_her(one, agreement, rules) if agreement else 0,
            )
            for one in draft.ready
        ]
        terms = (
            terms_in_words(terms_of(agreement, rules), spoken, voice(spoken)) if agreement else []
        )
        return render_template(
            "intake/signing.html",
            intake=intake,
            name=maker_names(session, intake.hub_id, spoken)[intake.maker_id].name,
            draft=draft,
            lines=lines,
            buys=agreement is not None and agreement.regime is Regime.FIRM,
            agreement=agreement,
            terms=terms,
            form=form,
            spoken=spoken,
        ), (422 if form.errors or form.form_errors else 200)


def _for_her(one: Ready, agreement: Agreement, rules: HubRules) -> int:
    """What the maker has of one piece that is sold at its price, in centimes."""
    vat = vat_rate(rules, one.product.tax_class if one.product else one.line.tax_class)
    terms = Terms(
        agreement.regime,
        one.commission_bp,
        agreement.discounts,
        maker_vat_liable=agreement.maker_vat_liable,
    )
    trial = Trial(
        price=one.price,
        paid=one.price,
        floor=one.floor,
        goods_vat_bp=vat,
        hub_vat_bp=rules.vat_bp if rules.vat_liable else 0,
    )
    return try_price(terms, trial).parts.maker


def _said(line: IntakeLine, spoken: str) -> str:
    return (line.title_ar if spoken == "ar" else "") or line.title


@bp.post("/deliveries/<int:intake_id>/signature")
def create_signature(intake_id: int) -> ResponseReturnValue:
    """Take the delivery in, signed here or to be signed on paper: lots, moves, all at once."""
    session, hub, today = here()
    intake = the_intake(session, intake_id)
    form, spoken, now = SignatureForm(request.form), _spoken(), datetime.now(UTC)
    on_paper = request.form.get("how") == "paper"
    person = signed_in()
    if not on_paper and not form.validate():
        return _show_signing(session, intake, draft_of(session, intake, today), form)
    signed = None
    if not on_paper:
        signed = Signed(
            *(form.signer.data, form.lines_hash.data or "", spoken, now, form.mark.data or ""),
            agreement_id=form.agreement_id.data or "",
        )

    def take_in(writing: Session) -> str:
        taken = the_intake(writing, intake_id)
        deed = Deed(
            *(person.hub_id, taken.site_id, taken.uid, now, local_day(now, hub.zone), now),
            person.login,
        )
        return receive(writing, taken, deed, signed).number

    try:
        number = written(take_in)
    except Refusal as refusal:
        form.refuse(refusal)
        session, _hub, today = here()
        intake = the_intake(session, intake_id)
        draft = draft_of(session, intake, today)
        _show_draft(form, draft)
        return _show_signing(session, intake, draft, form)
    return go_to(url_for("consignments.show_consignment", number=number))


@bp.get("/consignments/<number>")
def show_consignment(number: str) -> ResponseReturnValue:
    """A delivery that was taken in: its slip, its labels, who signed."""
    session, hub, _today = here()
    consignment = find_consignment(session, hub.id, number)
    if consignment is None:
        abort(404)
    return _show_consignment(session, hub, consignment, SignatureForm())


def _show_consignment(
    session: Session, hub: Hub, consignment: Consignment, form: SignatureForm
) -> tuple[str, int]:
    lots = session.scalars(
        select(Lot).where(Lot.consignment_id == consignment.id).order_by(Lot.n)
    ).all()
    signature = session.scalar(
        select(ConsignmentSignature).where(ConsignmentSignature.consignment_id == consignment.id)
    )
    intake = session.scalar(select(Intake).where(Intake.consignment_id == consignment.id))
    return render_template(
        "intake/consignment.html",
        consignment=consignment,
        lots=lots,
        pieces=sum(lot.quantity for lot in lots),
        titles=product_titles(session, (lot.product_id for lot in lots), language()),
        signature=signature,
        differs=differences(session, intake) if intake else [],
        name=maker_names(session, hub.id, language())[consignment.maker_id].name,
        maker=session.get_one(Maker, consignment.maker_id),
        site=session.get_one(Site, consignment.site_id).name,
        form=form,
    ), (422 if form.errors or form.form_errors else 200)


@bp.post("/consignments/<number>/signature")
def create_later_signature(number: str) -> ResponseReturnValue:
    """A maker signs what was taken in before."""
    session, hub, _today = here()
    consignment = find_consignment(session, hub.id, number)
    if consignment is None:
        abort(404)
    form, now, person = SignatureForm(request.form), datetime.now(UTC), signed_in()
    if not form.validate():
        return _show_consignment(session, hub, consignment, form)
    spoken = _spoken()

    def put(writing: Session) -> None:
        named = find_consignment(writing, person.hub_id, number)
        if named is None:
            abort(404)
        lines_hash = signed_lines_hash(writing, named)
        told = Signed(form.signer.data, lines_hash, spoken, now, form.mark.data or "")
        sign(writing, named, told, actor=person.login, now=now)

    try:
        written(put)
    except Refusal as refusal:
        form.refuse(refusal)
        session, hub, _today = here()
        consignment = session.get_one(Consignment, consignment.id)
        return _show_consignment(session, hub, consignment, form)
    return go_to(url_for("consignments.show_consignment", number=number))
