"""What was sold with its split, what may be paid and what waits, and statements to keep."""

from datetime import date, timedelta

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from almakane.inventory.queries import titles_in
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
from almakane.portal.door import (
    artisans_named,
    asked_month,
    asked_page,
    bp,
    calling,
    has_members,
    owed_of,
    period_of,
    pictures_of_lines,
    product_code,
    titles_of_lines,
)
from almakane.portal.pieces import (
    find_lot,
    weights_of,
)
from almakane.portal.queries import (
    find_own_statement,
    find_sold,
    is_paid_herself,
    lines_of,
    members_of,
    sells_since,
    statements_of,
    sums_of,
)
from almakane.portal.reader import Reader, the_reader
from almakane.portal.words import CHANNELS
from almakane.web.languages import language
from almakane.web.texts import sort_key

_LINES = 50  # of a month
_STATEMENTS = 24
_ROWS = 100  # of a statement


# Sales


@bp.get("/sales")
def list_sales() -> ResponseReturnValue:
    """What a month sold and took back, with the reader's part; `?month=2026-10` is another."""
    reader, page = the_reader(), asked_page()
    session, whose = reader.session, reader.whose
    this_month = reader.today.replace(day=1)
    month = asked_month(request.args["month"]) if "month" in request.args else this_month
    since = sells_since(session, whose)
    first = since.replace(day=1) if since else this_month
    if not min(first, this_month) <= month <= this_month:
        abort(404)
    period = period_of(reader, month)
    lines = lines_of(session, whose, period, limit=_LINES + 1, offset=(page - 1) * _LINES)
    if page > 1 and not lines:
        abort(404)
    members = members_of(session, reader.maker.id, period) if has_members(reader) else {}
    names = artisans_named(reader, set(members))
    return render_template(
        "portal/sales.html",
        reader=reader,
        month=month,
        is_running=month == this_month,
        sums=sums_of(session, whose, period),
        lines=lines[:_LINES],
        titles=titles_of_lines(reader, lines),
        pictures=pictures_of_lines(reader, lines),
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
        product=product_code(reader, lot.product_id) if lot else None,
        mine=mine,
        left=left,
        weights=weights,
        artisans=artisans_named(reader, set(sold.shares)) if has_members(reader) else {},
        channels=CHANNELS,
        today=reader.today,
    )


# Money


@bp.get("/money")
def show_money() -> ResponseReturnValue:
    """The account: what may be paid, what waits until when, and the statements to keep."""
    reader, page = the_reader(), asked_page()
    session, whose = reader.session, reader.whose
    found = statements_of(session, whose, _STATEMENTS + 1, (page - 1) * _STATEMENTS)
    if page > 1 and not found:
        abort(404)
    owed = owed_of(reader)
    paid_herself = not reader.is_member or is_paid_herself(session, whose)
    names = artisans_named(reader, set(owed.members))
    return render_template(
        "portal/money.html",
        reader=reader,
        called=calling(reader),
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
        (month, sums_of(reader.session, reader.whose, period_of(reader, month)).all)
        for month in months
    ]


@bp.get("/statements/<number>")
def show_statement(number: str) -> ResponseReturnValue:
    """A statement to read: what it began with, each line, what it came to, and its seal."""
    reader, page = the_reader(), asked_page()
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
    if page == pages and has_members(reader):
        members = statement_members(session, statement)
    names = artisans_named(reader, set(members))
    return render_template(
        "portal/statement.html",
        reader=reader,
        called=calling(reader),
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
