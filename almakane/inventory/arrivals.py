"""
The office's door to deliveries: announced, written down piece by piece, signed, labelled.

A page of a delivery is a form and a list. With htmx the form comes back alone (`#bench`), so that
hundreds of lines go quickly; without a script each line is a page.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Regime
from almakane.cooperatives.models import Artisan, Maker
from almakane.cooperatives.queries import maker_names
from almakane.cooperatives.words import CRAFTS
from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub, Site
from almakane.hubs.queries import local_day
from almakane.inventory.deed import Deed
from almakane.inventory.intake import (
    MOST_LINES,
    Brought,
    add_line,
    as_told,
    begin_receiving,
    change_line,
    count_line,
    count_the_rest,
    drop_intake,
    drop_line,
    line_of,
    restore_line,
    start_intake,
)
from almakane.inventory.intake_forms import (
    TAX_CLASSES,
    CountForm,
    DropForm,
    LineForm,
    SignatureForm,
)
from almakane.inventory.intake_queries import (
    artisans_of,
    count_received,
    differences,
    find_intake,
    intakes_in,
    last_lot_of,
    makers_like,
    product_coded,
    product_titles,
    received,
    usual_of,
)
from almakane.inventory.models import (
    Consignment,
    ConsignmentSignature,
    Intake,
    IntakeLine,
    IntakeSheet,
    IntakeState,
    Lot,
    Product,
    TaxClass,
)
from almakane.inventory.paper import terms_in_words
from almakane.inventory.papers import find_consignment, terms_of
from almakane.inventory.sheets import keep_sheet, propose, read_sheet, take_sheet
from almakane.inventory.spreadsheet import LARGEST_FILE
from almakane.inventory.taking_in import (
    Draft,
    Signed,
    draft_of,
    receive,
    sign,
    signed_lines_hash,
)
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import go_to, is_fragment_asked, require
from almakane.web.csv import csv_response
from almakane.web.languages import language, refusal_text
from almakane.web.voices import voice

bp = Blueprint("intake", __name__)
bp.before_request(require(Role.HUB_STAFF, Role.MANAGER))

T = TypeVar("T")

_ROWS = 50  # lines, or deliveries, on one page
_MOST_WAITING = 200
_CALLED_OFF = 10
_MAKERS = 60
_PROBLEMS = 200  # of a file, that its page shows
_SHEET_BYTES = LARGEST_FILE + 64 * 1024  # with what a form puts around a file
_SPOKEN = ("ar", "fr")  # by makers: what they sign is in one of these


class _Here(NamedTuple):
    """Where the person who asks works, and which day it is there."""

    session: Session
    hub: Hub
    today: date


def _here() -> _Here:
    session = db.session()
    hub = session.get_one(Hub, signed_in().hub_id)
    return _Here(session, hub, local_day(datetime.now(UTC), hub.zone))


def _the(session: Session, intake_id: int) -> Intake:
    intake = find_intake(session, signed_in().hub_id, intake_id)
    if intake is None:
        abort(404)
    return intake


def _the_line(session: Session, intake: Intake, line_id: int) -> IntakeLine:
    line = line_of(session, intake, line_id)
    if line is None:
        abort(404)
    return line


def _written(work: Callable[[Session], T]) -> T:
    """Do something in a transaction, again where the database asks for it."""

    def once() -> T:
        with transaction() as session:
            return work(session)

    return retried(once)


# Lists


@bp.get("/deliveries")
def list_deliveries() -> ResponseReturnValue:
    """What is to come, what is being written down, and what was taken in."""
    session, hub, today = _here()
    count = count_received(session, hub.id)
    page, pages = _page(count)
    open_ones = intakes_in(
        session, hub.id, (IntakeState.ARRIVING, IntakeState.ANNOUNCED), _MOST_WAITING
    )
    return render_template(
        "intake/deliveries.html",
        arriving=[one for one in open_ones if one.state is IntakeState.ARRIVING],
        announced=[one for one in open_ones if one.state is IntakeState.ANNOUNCED],
        called_off=intakes_in(session, hub.id, (IntakeState.DROPPED,), _CALLED_OFF),
        received=received(session, hub.id, _ROWS, (page - 1) * _ROWS),
        names=maker_names(session, hub.id, language()),
        count=count,
        page=page,
        pages=pages,
        today=today,
    )


def _page(count: int) -> tuple[int, int]:
    """The page that the address asks for, and how many there are; 404 for one that is none."""
    pages = max(1, -(-count // _ROWS))
    asked = request.args.get("page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,8}", asked) or int(asked) > pages:
        abort(404)
    return int(asked), pages


@bp.get("/deliveries/new")
def new_delivery() -> ResponseReturnValue:
    """Whose delivery it is: a few letters of the name, the place or the code."""
    session, hub, _today = _here()
    typed = request.args.get("q", "")[:80]
    found = makers_like(session, hub.id, typed, language())
    sites = session.execute(
        select(Site.id, Site.name).where(Site.hub_id == hub.id).order_by(Site.id)
    ).all()
    return render_template(
        "intake/new.html",
        typed=typed,
        makers=[(maker, str(uuid4())) for maker in found[:_MAKERS]],
        more=max(0, len(found) - _MAKERS),
        sites=[(str(site_id), name) for site_id, name in sites],
        site=request.args.get("site", ""),
    )


@bp.post("/deliveries")
def create_delivery() -> ResponseReturnValue:
    """Begin to write a delivery down."""
    person, form = signed_in(), request.form
    site = form.get("site", "")

    def begin(session: Session) -> int:
        named = select(Maker).where(
            Maker.hub_id == person.hub_id, Maker.code == form.get("maker", "")
        )
        maker = session.scalar(named)
        if maker is None:
            raise Refusal("There is no such maker here.", field="maker")
        return start_intake(
            session,
            maker,
            person.login,
            uid=form.get("uid", ""),
            now=datetime.now(UTC),
            site_id=int(site) if re.fullmatch(r"[1-9][0-9]{0,17}", site) else None,
        ).id

    return go_to(url_for("intake.show_delivery", intake_id=_written(begin)))


# One delivery


class _Row(NamedTuple):
    """A line as the page shows it."""

    line: IntakeLine
    title: str
    price: int | None
    quantity: int
    made_by: str
    lacks: list[str]
    product: Product | None


class _Bench(NamedTuple):
    """What the page of a delivery shows besides its form."""

    intake: Intake
    maker: Maker
    name: str
    site: str
    draft: Draft
    rows: list[_Row]
    uncounted: list[_Row]
    whole: list[str]  # lacks of the delivery, not of a line
    lacking: int  # lines that lack something
    artisans: list[Artisan]
    page: int
    pages: int
    lines: int
    last_id: int | None

    @property
    def buys(self) -> bool:
        """Whether the house buys what comes."""
        return bool(self.draft.agreement and self.draft.agreement.regime is Regime.FIRM)


def _bench(session: Session, intake: Intake, today: date) -> _Bench:
    draft = draft_of(session, intake, today)
    maker = session.get_one(Maker, intake.maker_id)
    spoken = language()
    artisans = artisans_of(session, maker.id)
    names = {a.id: (a.name_ar if spoken == "ar" else a.name) for a in artisans}
    titles = product_titles(session, draft.products, spoken)
    lacks: dict[int | None, list[str]] = {}
    for lack in draft.lacks:
        lacks.setdefault(lack.line_id, []).append(refusal_text(lack.refusal))

    def shown(line: IntakeLine) -> _Row:
        product = draft.products.get(line.product_id or 0)
        counted = line.announced if line.counted is None else line.counted
        return _Row(
            line,
            line.title or titles.get(line.product_id or 0) or (product.code if product else ""),
            product.price if product else line.price,
            counted or 0,
            ("، " if spoken == "ar" else ", ").join(names[a.artisan_id] for a in line.artisans),
            lacks.get(line.id, []),
            product,
        )

    is_arriving = intake.state is IntakeState.ARRIVING
    waiting = [line for line in draft.lines if is_arriving and line.counted is None]
    rest = [line for line in draft.lines if not (is_arriving and line.counted is None)]
    page, pages = _page(len(rest))
    rest.reverse()
    return _Bench(
        intake=intake,
        maker=maker,
        name=maker_names(session, intake.hub_id, spoken)[maker.id].name,
        site=session.get_one(Site, intake.site_id).name,
        draft=draft,
        rows=[shown(line) for line in rest[(page - 1) * _ROWS : page * _ROWS]],
        uncounted=[shown(line) for line in waiting[:_ROWS]],
        whole=lacks.pop(None, []) if draft.lines else [],
        lacking=len(lacks),
        artisans=artisans,
        page=page,
        pages=pages,
        lines=len(draft.lines),
        last_id=rest[0].id if rest else None,
    )


def _show(
    session: Session, intake: Intake, today: date, form: LineForm, **more: Any
) -> tuple[str, int]:
    """The page of a delivery, or with htmx what of it changes."""
    part = "intake/_bench.html" if is_fragment_asked() else "intake/delivery.html"
    bench = _bench(session, intake, today)
    product = None
    named = form.named_product
    if named is not None:
        product = bench.draft.products.get(named) or session.get(Product, named)
        if product and product.maker_id != intake.maker_id:
            product = None
    is_wrong = bool(form.errors or form.weight_errors)
    return render_template(
        part,
        bench=bench,
        intake=intake,
        form=form,
        product=product,
        product_title=product_titles(session, [product.id], language()).get(product.id, "")
        if product
        else "",
        words={"category": CRAFTS},
        today=today,
        is_part=part == "intake/_bench.html",
        **more,
    ), (422 if is_wrong else 200)


def _blank(session: Session, intake: Intake) -> LineForm:
    """The form of the next line: what the maker brings is mostly of one kind."""
    form = LineForm()
    last = usual_of(session, intake.maker_id).get("")
    maker = session.get_one(Maker, intake.maker_id)
    line = Brought("")
    if last:
        line = Brought("", category=last.category, tax_class=last.tax_class)
    elif maker.craft in CRAFTS:
        line = Brought("", category=maker.craft)
    artisans = artisans_of(session, intake.maker_id)
    if len(artisans) == 1:
        line = Brought(
            "", category=line.category, tax_class=line.tax_class, weights={artisans[0].id: 1}
        )
    form.show(line, str(uuid4()))
    return form


@bp.get("/deliveries/<int:intake_id>")
def show_delivery(intake_id: int) -> ResponseReturnValue:
    """
    A delivery as it stands.

    `?scan=` is a code of a piece or a product that comes again, `?like=` a line that comes again.
    """
    session, _hub, today = _here()
    intake = _the(session, intake_id)
    if intake.consignment_id is not None:
        consignment = session.get_one(Consignment, intake.consignment_id)
        return go_to(url_for("intake.show_consignment", number=consignment.number))
    form = _blank(session, intake)
    scanned, like = request.args.get("scan", "").strip()[:40], request.args.get("like", "")
    if scanned:
        return _show_scanned(session, intake, today, scanned, form)
    if re.fullmatch(r"[1-9][0-9]{0,17}", like):
        line = _the_line(session, intake, int(like))
        form.show(as_told(line), str(uuid4()))
        form.quantity.data, form.reference.data = 1, ""
    return _show(session, intake, today, form)


def _show_scanned(
    session: Session, intake: Intake, today: date, code: str, form: LineForm
) -> ResponseReturnValue:
    """The form for a piece that comes again, or a word on why it cannot be filled."""
    product = product_coded(session, intake.hub_id, code)
    if product is None:
        why = gettext("No piece here has this code. Write it as a new one.")
        return _show(session, intake, today, form, scan=code, scan_error=why)
    if product.maker_id != intake.maker_id:
        why = gettext("This piece is another maker’s: it does not come with this delivery.")
        return _show(session, intake, today, form, scan=code, scan_error=why)
    waiting = session.scalar(
        select(IntakeLine.id).where(
            IntakeLine.intake_id == intake.id,
            IntakeLine.product_id == product.id,
            IntakeLine.counted.is_(None),
            IntakeLine.dropped_at.is_(None),
        )
    )
    if waiting and intake.state is IntakeState.ARRIVING:
        return go_to(url_for("intake.edit_line", intake_id=intake.id, line_id=waiting))
    last = last_lot_of(session, product.id)
    line = Brought("", product_id=product.id, **(last._asdict() if last else {}))
    form.show(line, str(uuid4()))
    return _show(session, intake, today, form)


@bp.post("/deliveries/<int:intake_id>/arrival")
def create_arrival(intake_id: int) -> ResponseReturnValue:
    """What was announced is here: from now on it is counted."""
    _written(lambda session: begin_receiving(session, _the(session, intake_id), datetime.now(UTC)))
    return go_to(url_for("intake.show_delivery", intake_id=intake_id))


@bp.get("/deliveries/<int:intake_id>/dropping")
def new_dropping(intake_id: int) -> ResponseReturnValue:
    """Ask before a delivery is called off."""
    session, hub, _today = _here()
    intake = _the(session, intake_id)
    names = maker_names(session, hub.id, language())
    return render_template(
        "intake/dropping.html", intake=intake, form=DropForm(), name=names[intake.maker_id].name
    )


@bp.post("/deliveries/<int:intake_id>/dropping")
def create_dropping(intake_id: int) -> ResponseReturnValue:
    """Call a delivery off. Nothing of it was in the books."""
    form, by = DropForm(request.form), signed_in().login

    def drop(session: Session) -> None:
        intake = _the(session, intake_id)
        if not form.validate():
            raise Refusal("This text is too long: at most %(longest)s characters.", longest=200)
        drop_intake(session, intake, form.why.data or "", by=by, now=datetime.now(UTC))

    try:
        _written(drop)
    except Refusal as refusal:
        if not form.errors:
            form.refuse(refusal)
        session, hub, _today = _here()
        intake = _the(session, intake_id)
        names = maker_names(session, hub.id, language())
        return render_template(
            "intake/dropping.html", intake=intake, form=form, name=names[intake.maker_id].name
        ), 422
    flash(gettext("Called off. Nothing of it was in the books."))
    return go_to(url_for("intake.list_deliveries"))


# Lines


@bp.post("/deliveries/<int:intake_id>/lines")
def create_line(intake_id: int) -> ResponseReturnValue:
    """Write a line down; the same one sent twice is there once."""
    return _take_line(intake_id, None)


@bp.get("/deliveries/<int:intake_id>/lines/<int:line_id>")
def edit_line(intake_id: int, line_id: int) -> ResponseReturnValue:
    """A line to correct."""
    session, _hub, today = _here()
    intake = _the(session, intake_id)
    line = _the_line(session, intake, line_id)
    form = LineForm()
    form.show(as_told(line), line.key)
    return _show(session, intake, today, form, edited=line)


@bp.post("/deliveries/<int:intake_id>/lines/<int:line_id>")
def update_line(intake_id: int, line_id: int) -> ResponseReturnValue:
    """Correct a line; what it was can be brought back."""
    return _take_line(intake_id, line_id)


def _take_line(intake_id: int, line_id: int | None) -> ResponseReturnValue:
    """A line that was sent: keep it, or show it again with what is wrong."""
    session, _hub, today = _here()
    intake = _the(session, intake_id)
    edited = None if line_id is None else _the_line(session, intake, line_id)
    form = LineForm(request.form)
    form.read_weights(request.form, artisans_of(session, intake.maker_id))
    if not form.is_fit():
        return _show(session, intake, today, form, edited=edited)

    def take(writing: Session) -> None:
        taken = _the(writing, intake_id)
        if line_id is None:
            add_line(writing, taken, form.told())
        else:
            change_line(writing, taken, _the_line(writing, taken, line_id), form.told())

    try:
        _written(take)
    except Refusal as refusal:
        form.refuse(refusal)
        session, _hub, today = _here()
        intake = _the(session, intake_id)
        return _show(session, intake, today, form, edited=edited)
    if line_id is not None:
        _tell(gettext("Changed."), intake_id, line_id)
    return _go_on(intake_id)


def _tell(words: str, intake_id: int, line_id: int) -> None:
    """Say what was done, with the way back."""
    undo = url_for("intake.create_restoration", intake_id=intake_id, line_id=line_id)
    flash({"words": words, "undo": undo}, "toast")  # type: ignore[arg-type]


def _go_on(intake_id: int) -> ResponseReturnValue:
    """Back to the delivery, ready for the next line: with htmx at once."""
    if not is_fragment_asked():
        return go_to(url_for("intake.show_delivery", intake_id=intake_id) + "#bench")
    session, _hub, today = _here()
    intake = _the(session, intake_id)
    return _show(session, intake, today, _blank(session, intake))


@bp.post("/deliveries/<int:intake_id>/lines/<int:line_id>/removal")
def delete_line(intake_id: int, line_id: int) -> ResponseReturnValue:
    """Take a line out; it can be put back."""

    def drop(session: Session) -> None:
        intake = _the(session, intake_id)
        drop_line(session, intake, _the_line(session, intake, line_id), datetime.now(UTC))

    _written(drop)
    _tell(gettext("Taken out."), intake_id, line_id)
    return _go_on(intake_id)


@bp.post("/deliveries/<int:intake_id>/lines/<int:line_id>/restoration")
def create_restoration(intake_id: int, line_id: int) -> ResponseReturnValue:
    """Put a line back as it was before the last thing that was done to it."""

    def restore(session: Session) -> None:
        intake = _the(session, intake_id)
        restore_line(session, intake, _the_line(session, intake, line_id))

    _written(restore)
    return _go_on(intake_id)


@bp.post("/deliveries/<int:intake_id>/lines/<int:line_id>/count")
def update_count(intake_id: int, line_id: int) -> ResponseReturnValue:
    """Say how many of an announced line are here."""
    session, _hub, today = _here()
    intake = _the(session, intake_id)
    _the_line(session, intake, line_id)
    form = CountForm(request.form)

    def count(writing: Session) -> None:
        taken = _the(writing, intake_id)
        line = _the_line(writing, taken, line_id)
        count_line(writing, taken, line, form.counted.data or 0)

    wrong = not form.validate()
    if not wrong:
        try:
            _written(count)
        except Refusal as refusal:
            form.counted.errors = [refusal_text(refusal)]
            wrong = True
    if wrong:
        session, _hub, today = _here()
        intake = _the(session, intake_id)
        shown, _status = _show(
            session, intake, today, _blank(session, intake), counting=line_id, count_form=form
        )
        return shown, 422
    _tell(gettext("Counted."), intake_id, line_id)
    return _go_on(intake_id)


@bp.post("/deliveries/<int:intake_id>/counts")
def create_counts(intake_id: int) -> ResponseReturnValue:
    """All that nobody has counted yet is here as announced."""
    count = _written(lambda session: count_the_rest(session, _the(session, intake_id)))
    flash(gettext("Counted as announced: %(count)s lines.", count=count))
    return _go_on(intake_id)


# Spreadsheets


@bp.get("/deliveries/<int:intake_id>/sheets")
def new_sheet(intake_id: int) -> ResponseReturnValue:
    """A file to bring, and what it should look like."""
    session, _hub, _today = _here()
    return _show_sheets(session, _the(session, intake_id))


def _show_sheets(session: Session, intake: Intake, error: str = "") -> tuple[str, int]:
    kept = session.execute(
        select(IntakeSheet.id, IntakeSheet.name, IntakeSheet.brought_at, IntakeSheet.taken_at)
        .where(IntakeSheet.intake_id == intake.id)
        .order_by(IntakeSheet.id.desc())
    ).all()
    return render_template(
        "intake/sheets.html",
        intake=intake,
        name=maker_names(session, intake.hub_id, language())[intake.maker_id].name,
        kept=kept,
        error=error,
        largest=LARGEST_FILE // 1024 // 1024,
        most=MOST_LINES,
    ), (422 if error else 200)


@bp.get("/deliveries/sheet.csv")
def show_empty_sheet() -> ResponseReturnValue:
    """A file with the names of the columns and an example, to be filled in."""
    head = (
        *(gettext("Title"), gettext("Quantity"), gettext("Price"), gettext("Floor")),
        *(gettext("Artisans"), gettext("Kind"), gettext("VAT"), gettext("Code"), gettext("Note")),
    )
    example = (gettext("Blue bowl"), 6, "180,00", "150,00", "Aïcha 2, Zohra 1", "", "20", "", "")
    return csv_response("pieces.csv", head, [example])


@bp.post("/deliveries/<int:intake_id>/sheets")
def create_sheet(intake_id: int) -> ResponseReturnValue:
    """Keep a file, and show what it would add."""
    request.max_content_length = _SHEET_BYTES  # for this door alone
    session, _hub, _today = _here()
    intake = _the(session, intake_id)
    if (request.content_length or 0) > _SHEET_BYTES:
        return _show_sheets(session, intake, gettext("This file is larger than 8 MB: divide it."))
    file, by = request.files.get("sheet"), signed_in().login
    content = b""
    if file:
        content = file.read()
        file.close()
    session.rollback()  # a long file takes a while

    def keep(writing: Session) -> int:
        taken = _the(writing, intake_id)
        name = (file.filename or "") if file else ""
        return keep_sheet(writing, taken, name, content, by=by, now=datetime.now(UTC)).id

    try:
        read_sheet(content)  # what cannot be read is not kept
        sheet_id = _written(keep)
    except Refusal as refusal:
        session, _hub, _today = _here()
        return _show_sheets(session, _the(session, intake_id), refusal_text(refusal))
    return go_to(url_for("intake.show_sheet", intake_id=intake_id, sheet_id=sheet_id))


def _the_sheet(session: Session, intake_id: int, sheet_id: int) -> tuple[Intake, IntakeSheet]:
    intake = _the(session, intake_id)
    sheet = session.scalar(
        select(IntakeSheet).where(IntakeSheet.id == sheet_id, IntakeSheet.intake_id == intake.id)
    )
    if sheet is None:
        abort(404)
    return intake, sheet


class _Otherwise(NamedTuple):
    """What is so of the lines that do not say it."""

    category: str
    tax_class: TaxClass | None


def _otherwise() -> _Otherwise:
    category, tax = request.values.get("category", ""), request.values.get("tax_class", "")
    return _Otherwise(
        category if category in CRAFTS else "", TaxClass(tax) if tax in set(TaxClass) else None
    )


@bp.get("/deliveries/<int:intake_id>/sheets/<int:sheet_id>")
def show_sheet(intake_id: int, sheet_id: int) -> ResponseReturnValue:
    """What a file would add, and what is wrong with each other line: nothing is written yet."""
    session, _hub, _today = _here()
    intake, sheet = _the_sheet(session, intake_id, sheet_id)
    return _show_sheet(session, intake, sheet)


def _show_sheet(
    session: Session, intake: Intake, sheet: IntakeSheet, error: str = ""
) -> tuple[str, int]:
    otherwise = _otherwise()
    proposal = propose(session, intake, read_sheet(sheet.content), **otherwise._asdict())
    return render_template(
        "intake/sheet.html",
        intake=intake,
        sheet=sheet,
        name=maker_names(session, intake.hub_id, language())[intake.maker_id].name,
        proposal=proposal,
        wrong=[
            (one.line, columns_in_words()[one.column], refusal_text(one.refusal), one.cell)
            for one in proposal.wrong[:_PROBLEMS]
        ],
        fresh=proposal.fresh[:_PROBLEMS],
        kinds=[("", gettext("As the maker’s craft")), *((c, str(w)) for c, w in CRAFTS.items())],
        taxes=[("", gettext("Choose")), *((one.value, str(w)) for one, w in TAX_CLASSES.items())],
        otherwise=otherwise,
        words=CRAFTS,
        most=MOST_LINES,
        error=error,
    ), (422 if error else 200)


def columns_in_words() -> dict[str, str]:
    """What each column of a file is called on a page."""
    return {
        "title": gettext("Title"),
        "title_ar": gettext("Title in Arabic"),
        "quantity": gettext("Quantity"),
        "price": gettext("Price"),
        "floor": gettext("Floor"),
        "unit_cost": gettext("Cost"),
        "artisans": gettext("Artisans"),
        "category": gettext("Kind"),
        "tax_class": gettext("VAT"),
        "technique": gettext("Technique"),
        "reference": gettext("Code"),
        "note": gettext("Note"),
    }


@bp.get("/deliveries/<int:intake_id>/sheets/<int:sheet_id>.csv")
def show_sheet_problems(intake_id: int, sheet_id: int) -> ResponseReturnValue:
    """Every line that is left out, and why: to be mended and brought again."""
    session, _hub, _today = _here()
    intake, sheet = _the_sheet(session, intake_id, sheet_id)
    proposal = propose(session, intake, read_sheet(sheet.content), **_otherwise()._asdict())
    columns = columns_in_words()
    told = [
        (one.line, columns[one.column], refusal_text(one.refusal), one.cell)
        for one in proposal.wrong
    ]
    session.rollback()
    head = (gettext("Line"), gettext("Column"), gettext("What is wrong"), gettext("What it says"))
    return csv_response(f"problems-{sheet_id}.csv", head, told)


@bp.post("/deliveries/<int:intake_id>/sheets/<int:sheet_id>/lines")
def create_sheet_lines(intake_id: int, sheet_id: int) -> ResponseReturnValue:
    """Add what a file says and can be read. Done twice, the second adds nothing."""
    otherwise = _otherwise()
    session, _hub, _today = _here()
    reading = read_sheet(_the_sheet(session, intake_id, sheet_id)[1].content)

    def take(writing: Session) -> int:
        taken, sheet = _the_sheet(writing, intake_id, sheet_id)
        now = datetime.now(UTC)
        return take_sheet(writing, taken, sheet, reading, now=now, **otherwise._asdict())

    try:
        count = _written(take)
    except Refusal as refusal:
        session, _hub, _today = _here()
        return _show_sheet(
            session, *_the_sheet(session, intake_id, sheet_id), refusal_text(refusal)
        )
    if count:
        flash(gettext("Lines added: %(count)s.", count=count))
    else:
        flash(gettext("All that can be read of this file is here already: nothing was added."))
    return go_to(url_for("intake.show_delivery", intake_id=intake_id))


# Signing, and after


@bp.get("/deliveries/<int:intake_id>/signature")
def new_signature(intake_id: int) -> ResponseReturnValue:
    """What the maker reads and signs, in Arabic or French."""
    session, _hub, today = _here()
    intake = _the(session, intake_id)
    if intake.state is not IntakeState.ARRIVING:
        return go_to(url_for("intake.show_delivery", intake_id=intake_id))
    form = SignatureForm()
    draft = draft_of(session, intake, today)
    if draft.lacks:
        return go_to(url_for("intake.show_delivery", intake_id=intake_id))
    form.lines_hash.data = draft.hash
    return _show_signing(session, intake, draft, form)


def _spoken() -> str:
    """The language in which the maker reads what she signs."""
    for wish in (request.values.get("in"), language()):
        if wish in _SPOKEN:
            return str(wish)
    return "fr"


def _show_signing(
    session: Session, intake: Intake, draft: Draft, form: SignatureForm
) -> tuple[str, int]:
    spoken = _spoken()
    with force_locale(spoken):
        titles = product_titles(session, draft.products, spoken)
        lines = [
            (one, titles.get(one.product.id if one.product else 0) or _said(one.line, spoken))
            for one in draft.ready
        ]
        agreement = draft.agreement
        terms = terms_in_words(terms_of(agreement), spoken, voice(spoken)) if agreement else []
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


def _said(line: IntakeLine, spoken: str) -> str:
    return (line.title_ar if spoken == "ar" else "") or line.title


@bp.post("/deliveries/<int:intake_id>/signature")
def create_signature(intake_id: int) -> ResponseReturnValue:
    """Take the delivery in, signed here or to be signed on paper: lots, moves, all at once."""
    session, hub, today = _here()
    intake = _the(session, intake_id)
    form, spoken, now = SignatureForm(request.form), _spoken(), datetime.now(UTC)
    on_paper = request.form.get("how") == "paper"
    person = signed_in()
    if not on_paper and not form.validate():
        return _show_signing(session, intake, draft_of(session, intake, today), form)
    signed = None
    if not on_paper:
        signed = Signed(
            form.signer.data, form.lines_hash.data or "", spoken, now, form.mark.data or ""
        )

    def take_in(writing: Session) -> str:
        taken = _the(writing, intake_id)
        deed = Deed(
            *(person.hub_id, taken.site_id, taken.uid, now, local_day(now, hub.zone), now),
            person.login,
        )
        return receive(writing, taken, deed, signed).number

    try:
        number = _written(take_in)
    except Refusal as refusal:
        form.refuse(refusal)
        session, _hub, today = _here()
        intake = _the(session, intake_id)
        draft = draft_of(session, intake, today)
        form.lines_hash.data = draft.hash  # what is shown now is what is signed next
        return _show_signing(session, intake, draft, form)
    return go_to(url_for("intake.show_consignment", number=number))


@bp.get("/consignments/<number>")
def show_consignment(number: str) -> ResponseReturnValue:
    """A delivery that was taken in: its slip, its labels, who signed."""
    session, hub, _today = _here()
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
    session, hub, _today = _here()
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
        _written(put)
    except Refusal as refusal:
        form.refuse(refusal)
        session, hub, _today = _here()
        consignment = session.get_one(Consignment, consignment.id)
        return _show_consignment(session, hub, consignment, form)
    return go_to(url_for("intake.show_consignment", number=number))
