"""
The office's door to deliveries: announced, written down piece by piece, signed, labelled.

A page of a delivery is a form and a list. With htmx the form comes back alone (`#bench`), so that
hundreds of lines go quickly; without a script each line is a page.
"""

import re
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import uuid4

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from almakane.cooperatives.agreement import Regime
from almakane.cooperatives.models import Artisan, Maker
from almakane.cooperatives.queries import maker_names
from almakane.cooperatives.words import CRAFTS
from almakane.errors import Refusal
from almakane.gateways.media import MOST_BYTES
from almakane.hubs.models import Site
from almakane.inventory.arrival_desk import (
    asked_by,
    begin_asked,
    the_intake,
    the_line,
    to_begin,
    written,
)
from almakane.inventory.intake import (
    Brought,
    add_line,
    as_told,
    begin_receiving,
    change_line,
    count_line,
    count_the_rest,
    drop_intake,
    drop_line,
    photo_of,
    restore_line,
)
from almakane.inventory.intake_forms import (
    CountForm,
    DropForm,
    LineForm,
)
from almakane.inventory.intake_queries import (
    artisans_of,
    count_received,
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
    Intake,
    IntakeLine,
    IntakeState,
    Product,
)
from almakane.inventory.photos import Shown, shown_kept
from almakane.inventory.sent_photos import TOO_MANY, allow_one_too_large, sent_photo
from almakane.inventory.taking_in import (
    Draft,
    draft_of,
)
from almakane.users.here import here
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import go_to, is_fragment_asked, require
from almakane.web.languages import language, refusal_text

bp = Blueprint("intake", __name__)
bp.before_request(require(Role.HUB_STAFF, Role.MANAGER))

_ROWS = 50  # lines, or deliveries, on one page
_MOST_WAITING = 200
_CALLED_OFF = 10
_MAKERS = 60


# Lists


@bp.get("/deliveries")
def list_deliveries() -> ResponseReturnValue:
    """What is to come, what is being written down, and what was taken in."""
    session, hub, today = here()
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
    """
    Whose delivery it is: a few letters of the name, the place or the code.

    `?maker=SAF` is the first line of hers: nothing is begun before that is written down.
    """
    session, hub, today = here()
    if "maker" in request.args:
        intake = _to_begin(session)
        scanned = request.args.get("scan", "").strip()[:40]
        form = _blank(session, intake)
        if scanned:
            return _show_scanned(session, intake, today, scanned, form)
        return _show(session, intake, today, form)
    typed = request.args.get("q", "")[:80]
    found = makers_like(session, hub.id, typed, language())
    sites = session.execute(
        select(Site.id, Site.name).where(Site.hub_id == hub.id).order_by(Site.id)
    ).all()
    return render_template(
        "intake/new.html",
        typed=typed,
        makers=found[:_MAKERS],
        more=max(0, len(found) - _MAKERS),
        sites=[(str(site_id), name) for site_id, name in sites],
        site=request.args.get("site", ""),
    )


def _to_begin(session: Session) -> Intake:
    """A delivery of which nothing is written down yet: no row of the database."""
    asked = to_begin(session)
    if asked is None:
        abort(404)
    return asked


@bp.post("/deliveries")
def create_delivery() -> ResponseReturnValue:
    """Begin to write a delivery down, with its first line; sent twice it is begun once."""
    allow_one_too_large()
    session, _hub, today = here()
    intake = to_begin(session)
    if intake is None:
        raise Refusal("There is no such maker here.", field="maker")
    form, fits = _filled_in(session, intake)
    if not fits:
        return _show(session, intake, today, form)

    def begin(writing: Session) -> int:
        begun = begin_asked(writing)
        add_line(writing, begun, form.told())
        return begun.id

    try:
        intake_id = written(begin)
    except Refusal as refusal:
        form.refuse(refusal)
        session, _hub, today = here()
        return _show(session, _to_begin(session), today, form)
    return _go_on(intake_id)


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
    photo: Shown | None


class _Bench(NamedTuple):
    """What the page of a delivery shows besides its form."""

    intake: Intake
    is_begun: bool
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
            shown_kept(photo_of(line)),
        )

    is_arriving = intake.state is IntakeState.ARRIVING
    waiting = [line for line in draft.lines if is_arriving and line.counted is None]
    rest = [line for line in draft.lines if not (is_arriving and line.counted is None)]
    page, pages = _page(len(rest))
    rest.reverse()
    return _Bench(
        intake=intake,
        is_begun=intake.id is not None,
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
    is_wrong = bool(form.errors or form.form_errors or form.weight_errors)
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
        asked=asked_by(intake),
        photo=shown_kept(form.photo),
        largest_photo=MOST_BYTES // 1024 // 1024,
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
    session, _hub, today = here()
    intake = the_intake(session, intake_id)
    if intake.consignment_id is not None:
        consignment = session.get_one(Consignment, intake.consignment_id)
        return go_to(url_for("consignments.show_consignment", number=consignment.number))
    form = _blank(session, intake)
    scanned, like = request.args.get("scan", "").strip()[:40], request.args.get("like", "")
    if scanned:
        return _show_scanned(session, intake, today, scanned, form)
    if re.fullmatch(r"[1-9][0-9]{0,17}", like):
        line = the_line(session, intake, int(like))
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
    written(
        lambda session: begin_receiving(session, the_intake(session, intake_id), datetime.now(UTC))
    )
    return go_to(url_for("intake.show_delivery", intake_id=intake_id))


@bp.get("/deliveries/<int:intake_id>/dropping")
def new_dropping(intake_id: int) -> ResponseReturnValue:
    """Ask before a delivery is called off."""
    session, hub, _today = here()
    intake = the_intake(session, intake_id)
    names = maker_names(session, hub.id, language())
    return render_template(
        "intake/dropping.html", intake=intake, form=DropForm(), name=names[intake.maker_id].name
    )


@bp.post("/deliveries/<int:intake_id>/dropping")
def create_dropping(intake_id: int) -> ResponseReturnValue:
    """Call a delivery off. Nothing of it was in the books."""
    form, by = DropForm(request.form), signed_in().login

    def drop(session: Session) -> None:
        intake = the_intake(session, intake_id)
        if not form.validate():
            raise Refusal("This text is too long: at most %(longest)s characters.", longest=200)
        drop_intake(session, intake, form.why.data or "", by=by, now=datetime.now(UTC))

    try:
        written(drop)
    except Refusal as refusal:
        if not form.errors:
            form.refuse(refusal)
        session, hub, _today = here()
        intake = the_intake(session, intake_id)
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
    session, _hub, today = here()
    intake = the_intake(session, intake_id)
    line = the_line(session, intake, line_id)
    form = LineForm()
    form.show(as_told(line), line.key)
    form.keep_photo(photo_of(line))
    return _show(session, intake, today, form, edited=line)


@bp.post("/deliveries/<int:intake_id>/lines/<int:line_id>")
def update_line(intake_id: int, line_id: int) -> ResponseReturnValue:
    """Correct a line; what it was can be brought back."""
    return _take_line(intake_id, line_id)


def _take_line(intake_id: int, line_id: int | None) -> ResponseReturnValue:
    """A line that was sent: keep it, or show it again with what is wrong."""
    allow_one_too_large()
    session, _hub, today = here()
    intake = the_intake(session, intake_id)
    if line_id is not None:
        the_line(session, intake, line_id)
    form, fits = _filled_in(session, intake)
    edited = None if line_id is None else the_line(session, intake, line_id)
    if not fits:
        return _show(session, intake, today, form, edited=edited)

    def take(writing: Session) -> None:
        taken = the_intake(writing, intake_id)
        if line_id is None:
            add_line(writing, taken, form.told())
        else:
            change_line(writing, taken, the_line(writing, taken, line_id), form.told())

    try:
        written(take)
    except Refusal as refusal:
        form.refuse(refusal)
        session, _hub, today = here()
        intake = the_intake(session, intake_id)
        return _show(session, intake, today, form, edited=edited)
    if line_id is not None:
        _tell(gettext("Changed."), intake_id, line_id)
    return _go_on(intake_id)


def _filled_in(session: Session, intake: Intake) -> tuple[LineForm, bool]:
    """A line's form as it was sent, its photograph taken in, and whether all of it can be kept."""
    maker_id = intake.maker_id
    try:
        form = LineForm(request.form)
    except RequestEntityTooLarge:  # what stands beside such a file is not read either
        if request.mimetype != "multipart/form-data":
            raise
        form = _blank(session, intake)
        form.refuse(TOO_MANY)
        return form, False
    try:
        kept = "" if form.without_photo.data else form.photo_kept.data or ""
        form.keep_photo(sent_photo("picture", kept))
    except Refusal as refusal:
        form.refuse(refusal)
    form.read_weights(request.form, artisans_of(session, maker_id))
    return form, form.is_fit()


def _tell(words: str, intake_id: int, line_id: int) -> None:
    """Say what was done, with the way back."""
    undo = url_for("intake.create_restoration", intake_id=intake_id, line_id=line_id)
    flash({"words": words, "undo": undo}, "toast")  # type: ignore[arg-type]


def _go_on(intake_id: int) -> ResponseReturnValue:
    """Back to the delivery, ready for the next line: with htmx at once."""
    if not is_fragment_asked():
        return go_to(url_for("intake.show_delivery", intake_id=intake_id) + "#bench")
    session, _hub, today = here()
    intake = the_intake(session, intake_id)
    shown, status = _show(session, intake, today, _blank(session, intake))
    there = {"HX-Replace-Url": url_for("intake.show_delivery", intake_id=intake_id)}
    return shown, status, there


@bp.post("/deliveries/<int:intake_id>/lines/<int:line_id>/removal")
def delete_line(intake_id: int, line_id: int) -> ResponseReturnValue:
    """Take a line out; it can be put back."""

    def drop(session: Session) -> None:
        intake = the_intake(session, intake_id)
        drop_line(session, intake, the_line(session, intake, line_id), datetime.now(UTC))

    written(drop)
    _tell(gettext("Taken out."), intake_id, line_id)
    return _go_on(intake_id)


@bp.post("/deliveries/<int:intake_id>/lines/<int:line_id>/restoration")
def create_restoration(intake_id: int, line_id: int) -> ResponseReturnValue:
    """Put a line back as it was before the last thing that was done to it."""

    def restore(session: Session) -> None:
        intake = the_intake(session, intake_id)
        restore_line(session, intake, the_line(session, intake, line_id))

    written(restore)
    return _go_on(intake_id)


@bp.post("/deliveries/<int:intake_id>/lines/<int:line_id>/count")
def update_count(intake_id: int, line_id: int) -> ResponseReturnValue:
    """Say how many of an announced line are here."""
    session, _hub, today = here()
    intake = the_intake(session, intake_id)
    the_line(session, intake, line_id)
    form = CountForm(request.form)

    def count(writing: Session) -> None:
        taken = the_intake(writing, intake_id)
        line = the_line(writing, taken, line_id)
        count_line(writing, taken, line, form.counted.data or 0)

    wrong = not form.validate()
    if not wrong:
        try:
            written(count)
        except Refusal as refusal:
            form.counted.errors = [refusal_text(refusal)]
            wrong = True
    if wrong:
        session, _hub, today = here()
        intake = the_intake(session, intake_id)
        shown, _status = _show(
            session, intake, today, _blank(session, intake), counting=line_id, count_form=form
        )
        return shown, 422
    _tell(gettext("Counted."), intake_id, line_id)
    return _go_on(intake_id)


@bp.post("/deliveries/<int:intake_id>/counts")
def create_counts(intake_id: int) -> ResponseReturnValue:
    """All that nobody has counted yet is here as announced."""
    count = written(lambda session: count_the_rest(session, the_intake(session, intake_id)))
    flash(gettext("Counted as announced: %(count)s lines.", count=count))
    return _go_on(intake_id)
