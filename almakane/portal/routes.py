"""
The makers' door: what was left, what sold with its split, waiting and available money, statements.

Each page begins with the reader; what is somebody else's is not there (404), as if it never was.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import RequestEntityTooLarge

from almakane.cooperatives.models import Artisan, Maker, MakerText
from almakane.cooperatives.words import BEARERS, CRAFTS, DISCOUNTS, PAID_TO, REGIMES
from almakane.db import retried, transaction
from almakane.errors import Refusal
from almakane.gateways.documents import typeset
from almakane.gateways.media import MOST_BYTES
from almakane.hubs.queries import letterhead_of
from almakane.inventory.intake import announce_delivery, drop_intake, photo_of
from almakane.inventory.intake import lines_of as lines_announced
from almakane.inventory.models import ON_HAND, Consignment, IntakeState, Product
from almakane.inventory.paper import delivery_slip, return_slip
from almakane.inventory.papers import delivery_of, given_back
from almakane.inventory.photos import Shown, photos_of_products, shown, shown_kept
from almakane.inventory.queries import titles_in
from almakane.inventory.sent_photos import TOO_MANY, allow_photographs
from almakane.ledger.models import Seal
from almakane.payouts.files import statement_file, statement_pdf
from almakane.payouts.queries import (
    rows_told,
    sells_as_own,
    statement_before,
    statement_members,
    statement_totals,
    statement_waits,
)
from almakane.payouts.statement import columns_of
from almakane.payouts.wording import column_words
from almakane.payouts.words import kind_word
from almakane.portal.forms import LINES, AnnouncementForm
from almakane.portal.pieces import (
    Where,
    announced_by,
    deliveries_of,
    find_announced,
    find_lot,
    find_own_consignment,
    find_own_return,
    find_product,
    in_the_house,
    life_of,
    lots_of,
    pieces_of,
    products_of,
    promise_of,
    returns_of,
    titles_of,
    weights_of,
)
from almakane.portal.queries import (
    Line,
    Owed,
    Period,
    earned_by,
    find_own_statement,
    find_sold,
    is_paid_herself,
    last_lines,
    lines_of,
    members_of,
    month_of,
    owed_to,
    sells_since,
    statements_of,
    sums_of,
)
from almakane.portal.reader import Reader, the_reader
from almakane.portal.words import CHANNELS, EVENTS, NOTHING, PLACES, STATES, WHERE
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import go_to, require
from almakane.web.files import pdf_response
from almakane.web.languages import language
from almakane.web.texts import sort_key
from almakane.web.voices import voice

bp = Blueprint("portal", __name__, url_prefix="/portal")
bp.before_request(require(Role.MAKER, Role.ARTISAN))

_LATEST = 5  # sales on the first page
_LINES = 50  # of a month
_PIECES = 24
_DELIVERIES = 24
_ANNOUNCED = 12
_KNOWN = 200  # products to choose from again
_LOTS = 24  # of one product
_EVENTS = 40
_STATEMENTS = 24
_ROWS = 100  # of a statement
_NEW = timedelta(days=21)  # a statement is news
_SOON = timedelta(days=14)  # a piece is to be fetched


@bp.get("")
def show_home() -> ResponseReturnValue:
    """What may be paid and what is to come, the last sales, and what waits for the reader."""
    reader = the_reader()
    session, whose = reader.session, reader.whose
    lines = last_lines(session, whose, _LATEST)
    statements = statements_of(session, whose, 1)
    announced = [] if reader.is_member else announced_by(session, reader.maker.id, 1)
    month = _period(reader, reader.today.replace(day=1))
    paid_herself = not reader.is_member or is_paid_herself(session, whose)
    return render_template(
        "portal/home.html",
        reader=reader,
        person=_artisan_name(reader.artisan) if reader.artisan else _called(reader),
        called=_called(reader),
        owed=_owed(reader),
        paid_herself=paid_herself,
        month=month.first,
        sums=None if paid_herself else sums_of(session, whose, month),
        lines=lines,
        titles=_titles(reader, lines),
        pictures=_pictures_of_lines(reader, lines),
        house=in_the_house(session, whose, reader.today + _SOON),
        arrived=next(
            (a for a in announced if a.received_on and a.received_on >= reader.today - _NEW), None
        ),
        statement=next((s for s in statements if s.day >= reader.today - _NEW), None),
        channels=CHANNELS,
    )


# Pieces


@bp.get("/pieces")
def list_pieces() -> ResponseReturnValue:
    """What was left, by product, and where each stands; `?where=sold` narrows it."""
    reader = the_reader()
    asked, page = request.args.get("where"), _page()
    if asked is not None and asked not in list(Where):
        abort(404)
    where = Where(asked) if asked else None
    found = pieces_of(
        reader.session,
        reader.whose,
        language(),
        where=where,
        until=reader.today + _SOON,
        limit=_PIECES + 1,
        offset=(page - 1) * _PIECES,
    )
    if page > 1 and not found:
        abort(404)
    return render_template(
        "portal/pieces.html",
        reader=reader,
        pieces=found[:_PIECES],
        where=where,
        words=WHERE,
        nothing=NOTHING,
        pictures=_pictures(reader, {piece.product_id: piece.category for piece in found}),
        page=page,
        has_more=len(found) > _PIECES,
    )


@bp.get("/pieces/<code>")
def show_piece(code: str) -> ResponseReturnValue:
    """One product: its life in plain words, its terms, and where its price would go."""
    reader = the_reader()
    session, whose = reader.session, reader.whose
    product = find_product(session, whose, code)
    came = lots_of(session, whose, product, _LOTS) if product else []
    if product is None or not came:
        abort(404)
    titles = {text.language: text.title for text in product.texts}
    life = life_of(session, [each.lot.id for each in came], _EVENTS)
    # The terms that count for the next sale are those of the oldest lot that is still here.
    here = [each for each in came if any(each.at.get(kind, 0) > 0 for kind in ON_HAND)]
    promise = promise_of(session, whose, product, here[-1], reader.today) if here else None
    return render_template(
        "portal/piece.html",
        reader=reader,
        product=product,
        title=titles.get(language()) or came[0].lot.title,
        came=came,
        next=here[-1] if here else None,
        promise=promise,
        life=life,
        earned=earned_by(session, whose, [happened.line for happened in life]),
        artisans=_artisans(reader, {one for each in came for one in each.weights}),
        places=PLACES,
        events=EVENTS,
        picture=_pictures(reader, {product.id: product.category})[product.id],
        words={
            "regime": REGIMES,
            "discounts": DISCOUNTS,
            "bearer": BEARERS,
            "paid_to": PAID_TO,
            "category": CRAFTS,
        },
    )


# Deliveries


@bp.get("/deliveries")
def list_deliveries() -> ResponseReturnValue:
    """What was brought and what was taken back, with the slips to keep."""
    reader, page = _the_maker(), _page()
    found = deliveries_of(
        reader.session, reader.maker.id, _DELIVERIES + 1, (page - 1) * _DELIVERIES
    )
    if page > 1 and not found:
        abort(404)
    return render_template(
        "portal/deliveries.html",
        reader=reader,
        deliveries=found[:_DELIVERIES],
        returns=returns_of(reader.session, reader.whose, _DELIVERIES) if page == 1 else [],
        announced=announced_by(reader.session, reader.maker.id, _ANNOUNCED) if page == 1 else [],
        states=STATES,
        page=page,
        has_more=len(found) > _DELIVERIES,
    )


@bp.get("/deliveries/<number>/slip.pdf")
def show_deposit_slip(number: str) -> ResponseReturnValue:
    """What was left with one delivery, on paper."""
    reader, spoken = _the_maker(), language()
    consignment = find_own_consignment(reader.session, reader.whose, number)
    if consignment is None:
        abort(404)
    delivery = delivery_of(reader.session, consignment, spoken)
    head = letterhead_of(reader.session, reader.hub, consignment.day)
    data = delivery_slip(delivery, head, spoken, voice(spoken))
    reader.session.rollback()  # typesetting takes its time, and needs no connection
    return pdf_response(number, typeset("slip", data))


@bp.get("/returns/<number>/slip.pdf")
def show_return_slip(number: str) -> ResponseReturnValue:
    """What was taken back, on paper."""
    reader, spoken = _the_maker(), language()
    slip = find_own_return(reader.session, reader.whose, number)
    if slip is None:
        abort(404)
    back = given_back(reader.session, slip, spoken)
    head = letterhead_of(reader.session, reader.hub, slip.day)
    data = return_slip(back, head, spoken, voice(spoken))
    reader.session.rollback()
    return pdf_response(number, typeset("slip", data))


# Deliveries to come


@bp.get("/announcements/new")
def new_announcement() -> ResponseReturnValue:
    """Say what will be brought; `?product=SAF-001` begins with a piece that was here before."""
    reader = _the_maker()
    products = _known_products(reader)
    form = AnnouncementForm(products=products, uid=str(uuid4()))
    asked = request.args.get("product")
    if asked:
        product = find_product(reader.session, reader.whose, asked)
        if product is None:
            abort(404)
        form.lines[0].form.product.data = str(product.id)
    return _announcement_form(form)


@bp.post("/announcements")
def create_announcement() -> ResponseReturnValue:
    """Announce a delivery; with the button for one more line, only that is given."""
    allow_photographs()
    reader = _the_maker()
    products = _known_products(reader)
    try:
        form = AnnouncementForm(request.form, products=products)
    except RequestEntityTooLarge:  # what stands beside such files is not read either
        form = AnnouncementForm(products=products, uid=str(uuid4()))
        form.refuse(TOO_MANY)
        return _announcement_form(form), 413
    if "more" in request.form:
        form.one_more()
        return _announcement_form(form)
    if form.is_fit(reader.today):
        person = signed_in()

        def announce() -> int:
            with transaction() as session:
                maker = session.get_one(Maker, reader.maker.id)
                return announce_delivery(
                    session,
                    maker,
                    form.told(maker.craft),
                    person.login,
                    uid=form.uid.data or "",
                    now=datetime.now(UTC),
                    expected_on=form.expected_on.data,
                    note=form.note.data or "",
                    by_maker=True,
                ).id

        try:
            intake_id = retried(announce)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(gettext("The house knows what you will bring."))
            return go_to(url_for("portal.show_announcement", intake_id=intake_id))
    return _announcement_form(form), 422


@bp.get("/announcements/<int:intake_id>")
def show_announcement(intake_id: int) -> ResponseReturnValue:
    """What was announced, how far it is, and what was counted of it."""
    reader = _the_maker()
    intake = find_announced(reader.session, reader.whose, intake_id)
    if intake is None:
        abort(404)
    lines = lines_announced(reader.session, intake)
    products = [line.product_id for line in lines if line.product_id]
    consignment = (
        reader.session.get(Consignment, intake.consignment_id) if intake.consignment_id else None
    )
    return render_template(
        "portal/announcement.html",
        reader=reader,
        intake=intake,
        lines=[(line, shown_kept(photo_of(line))) for line in lines],
        titles=titles_of(reader.session, language(), products),
        consignment=consignment,
        states=STATES,
    )


@bp.post("/announcements/<int:intake_id>/withdrawal")
def create_withdrawal(intake_id: int) -> ResponseReturnValue:
    """Take an announcement back, as long as nobody counts it."""
    reader, person = _the_maker(), signed_in()

    def withdraw() -> bool:
        with transaction() as session:
            intake = find_announced(session, reader.whose, intake_id)
            if intake is None:
                return False
            if intake.state is IntakeState.ARRIVING:
                raise Refusal("The house is counting this delivery: talk to us.")
            drop_intake(session, intake, "", by=person.login, now=datetime.now(UTC))
            return True

    if not retried(withdraw):
        abort(404)
    flash(gettext("The house no longer waits for it."))
    return go_to(url_for("portal.list_deliveries"))


def _known_products(reader: Reader) -> list[tuple[int, str]]:
    found = pieces_of(reader.session, reader.whose, language(), limit=_KNOWN)
    return [(piece.product_id, piece.title) for piece in found]


def _announcement_form(form: AnnouncementForm) -> str:
    return render_template(
        "portal/announcement_form.html",
        form=form,
        most=LINES,
        largest_photo=MOST_BYTES // 1024 // 1024,
    )


# Sales


@bp.get("/sales")
def list_sales() -> ResponseReturnValue:
    """What a month sold and took back, with the reader's part; `?month=2026-10` is another."""
    reader, page = the_reader(), _page()
    session, whose = reader.session, reader.whose
    this_month = reader.today.replace(day=1)
    month = _month(request.args["month"]) if "month" in request.args else this_month
    since = sells_since(session, whose)
    first = since.replace(day=1) if since else this_month
    if not min(first, this_month) <= month <= this_month:
        abort(404)
    period = _period(reader, month)
    lines = lines_of(session, whose, period, limit=_LINES + 1, offset=(page - 1) * _LINES)
    if page > 1 and not lines:
        abort(404)
    members = members_of(session, reader.maker.id, period) if _has_members(reader) else {}
    names = _artisans(reader, set(members))
    return render_template(
        "portal/sales.html",
        reader=reader,
        month=month,
        is_running=month == this_month,
        sums=sums_of(session, whose, period),
        lines=lines[:_LINES],
        titles=_titles(reader, lines),
        pictures=_pictures_of_lines(reader, lines),
        channels=CHANNELS,
        members=sorted(
            ((names[artisan], amount) for artisan, amount in members.items()),
            key=lambda member: sort_key(member[0]),
        ),
        earlier=(month - timedelta(days=1)).replace(day=1) if month > first else None,
        later=(month + timedelta(days=31)).replace(day=1) if month < this_month else None,
        page=page,
        has_more=len(lines) > _LINES,
    )


@bp.get("/sales/<int:earning_id>")
def show_sale(earning_id: int) -> ResponseReturnValue:
    """One sold line: where its price went to the centime, and what came back of it."""
    reader = the_reader()
    session, whose = reader.session, reader.whose
    sold = find_sold(session, whose, earning_id)
    if sold is None:
        abort(404)
    earning = sold.earning
    lot = find_lot(session, whose, earning.lot_code)
    weights = weights_of(session, [lot.id]).get(lot.id, {}) if lot else {}
    titles = titles_in(session, language(), reader.hub.id, [earning.lot_code])
    if whose.artisan_id is None:
        mine, left = earning.net, sold.left
    else:
        mine, left = sold.shares[whose.artisan_id], sold.left_of(whose.artisan_id)
    return render_template(
        "portal/sale.html",
        reader=reader,
        sold=sold,
        earning=earning,
        title=titles.get((earning.lot_code, earning.title), earning.title),
        lot=lot,
        product=_product_code(reader, lot.product_id) if lot else None,
        mine=mine,
        left=left,
        weights=weights,
        artisans=_artisans(reader, set(sold.shares)) if _has_members(reader) else {},
        channels=CHANNELS,
        today=reader.today,
    )


# Money


@bp.get("/money")
def show_money() -> ResponseReturnValue:
    """The account: what may be paid, what waits until when, and the statements to keep."""
    reader, page = the_reader(), _page()
    session, whose = reader.session, reader.whose
    found = statements_of(session, whose, _STATEMENTS + 1, (page - 1) * _STATEMENTS)
    if page > 1 and not found:
        abort(404)
    owed = _owed(reader)
    paid_herself = not reader.is_member or is_paid_herself(session, whose)
    names = _artisans(reader, set(owed.members))
    return render_template(
        "portal/money.html",
        reader=reader,
        called=_called(reader),
        owed=owed,
        paid_herself=paid_herself,
        months=[] if paid_herself else _last_months(reader),
        members=sorted(
            ((names[artisan], part) for artisan, part in owed.members.items()),
            key=lambda member: sort_key(member[0]),
        ),
        statements=found[:_STATEMENTS],
        page=page,
        has_more=len(found) > _STATEMENTS,
    )


def _last_months(reader: Reader) -> list[tuple[date, int]]:
    """What the reader's part came to in this month and the one before."""
    this_month = reader.today.replace(day=1)
    months = (this_month, (this_month - timedelta(days=1)).replace(day=1))
    return [
        (month, sums_of(reader.session, reader.whose, _period(reader, month)).all)
        for month in months
    ]


def _period(reader: Reader, month: date) -> Period:
    return month_of(reader.session, reader.hub.id, month)


@bp.get("/statements/<number>")
def show_statement(number: str) -> ResponseReturnValue:
    """A statement to read: what it began with, each line, what it came to, and its seal."""
    reader, page = the_reader(), _page()
    session = reader.session
    statement = find_own_statement(session, reader.whose, number)
    if statement is None:
        abort(404)
    totals = statement_totals(session, statement)
    pages = max(1, -(-totals.rows // _ROWS))
    if page > pages:
        abort(404)
    told = rows_told(session, statement, language(), limit=_ROWS, offset=(page - 1) * _ROWS)
    before = statement_before(session, statement)
    members = {}
    if page == pages and _has_members(reader):
        members = statement_members(session, statement)
    names = _artisans(reader, set(members))
    return render_template(
        "portal/statement.html",
        reader=reader,
        called=_called(reader),
        statement=statement,
        before=before,
        first=min(before.day + timedelta(days=1), statement.day) if before else None,
        totals=totals,
        rows=list(told),
        columns=columns_of(totals),
        column_words=column_words(gettext, sells_as_own(session, statement)),
        kind_word=kind_word,
        waits=statement_waits(session, statement) if page == pages else [],
        members=[(names[artisan], amount) for artisan, amount in members.items()],
        seal=session.get(Seal, statement.seal_id) if statement.seal_id else None,
        page=page,
        pages=pages,
    )


@bp.get("/statements/<number>.csv")
def show_statement_file(number: str) -> ResponseReturnValue:
    """The same rows for a spreadsheet."""
    reader = the_reader()
    statement = find_own_statement(reader.session, reader.whose, number)
    if statement is None:
        abort(404)
    return statement_file(reader.session, statement)


@bp.get("/statements/<number>.pdf")
def show_statement_paper(number: str) -> ResponseReturnValue:
    """The same on paper, in the reader's language, to keep."""
    reader = the_reader()
    statement = find_own_statement(reader.session, reader.whose, number)
    if statement is None:
        abort(404)
    return statement_pdf(reader.session, reader.hub, statement, language())


# What the pages share


def _the_maker() -> Reader:
    """A maker herself: on slips of deliveries stand the pieces of all her members."""
    reader = the_reader()
    if reader.is_member:
        abort(403)
    return reader


def _page() -> int:
    asked = request.args.get("page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,5}", asked, re.ASCII):
        abort(404)
    return int(asked)


def _month(text: str) -> date:
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text, re.ASCII):
        abort(404)
    return date(int(text[:4]), int(text[5:]), 1)


def _owed(reader: Reader) -> Owed:
    members = [] if reader.is_member else [artisan.id for artisan in reader.maker.artisans]
    return owed_to(reader.session, reader.whose, members, reader.today)


def _has_members(reader: Reader) -> bool:
    return not (reader.is_member or reader.is_alone)


def _called(reader: Reader) -> str:
    """What the maker is called in the reader's language."""
    said = reader.session.get(MakerText, (reader.maker.id, language()))
    return said.name if said else reader.maker.name


def _artisans(reader: Reader, ids: set[int]) -> dict[int, str]:
    """The names of a maker's artisans; a member is told of no other."""
    if not ids or reader.is_member:
        return {}
    makers = reader.maker.artisans
    return {artisan.id: _artisan_name(artisan) for artisan in makers if artisan.id in ids}


def _artisan_name(artisan: Artisan) -> str:
    return (artisan.name_ar if language() == "ar" else "") or artisan.name


def _titles(reader: Reader, lines: Iterable[Line]) -> dict[tuple[str, str], str]:
    codes = (line.lot_code for line in lines)
    return titles_in(reader.session, language(), reader.hub.id, codes)


def _product_code(reader: Reader, product_id: int) -> str:
    return reader.session.get_one(Product, product_id).code


def _pictures_of_lines(reader: Reader, lines: Iterable[Line]) -> dict[str, Shown]:
    """A lot's code to the picture of its piece."""
    crafts = {line.lot_code: line.craft for line in lines}
    products = products_of(reader.session, reader.hub.id, crafts)
    wanted = {products[code]: craft for code, craft in crafts.items() if code in products}
    pictures = _pictures(reader, wanted)
    return {
        code: pictures.get(products.get(code, 0)) or shown(None, craft, "", language())
        for code, craft in crafts.items()
    }


def _pictures(reader: Reader, crafts: Mapping[int, str]) -> dict[int, Shown]:
    """A product's number to its first picture; `crafts` says what each is, for those without."""
    photos = photos_of_products(reader.session, crafts)
    return {
        product: shown(next(iter(photos.get(product, ())), None), craft, "", language())
        for product, craft in crafts.items()
    }
