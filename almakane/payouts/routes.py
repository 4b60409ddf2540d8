"""The office's door to the money: what makers are owed, and statements."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from flask import abort, flash, render_template, request, stream_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from almakane.cooperatives.models import Agreement, Artisan, Maker
from almakane.cooperatives.queries import maker_names
from almakane.cooperatives.words import BEARERS, CRAFTS, DISCOUNTS, PAID_TO, REGIMES
from almakane.db import retried, transaction
from almakane.hubs.models import Hub, Site
from almakane.hubs.queries import local_day
from almakane.inventory.queries import held_of, titles_in
from almakane.ledger.models import Seal
from almakane.payouts import cost_pages, path_pages, share_pages
from almakane.payouts.door import KEEPERS, bp
from almakane.payouts.files import reading, statement_file, statement_pdf
from almakane.payouts.models import Statement
from almakane.payouts.queries import (
    find_statement,
    last_earnings,
    maker_accounts,
    maker_balances,
    papers_of_members,
    rows_told,
    sells_as_own,
    statement_before,
    statement_members,
    statement_totals,
    statement_waits,
)
from almakane.payouts.services import draw_statements
from almakane.payouts.statement import Row, columns_of
from almakane.payouts.wording import column_words
from almakane.payouts.words import kind_word
from almakane.users.here import here
from almakane.users.queries import signed_in
from almakane.web import go_to
from almakane.web.languages import language
from almakane.web.texts import sort_key

__all__ = ["bp"]
_ALSO_HERE = (cost_pages, path_pages, share_pages)  # their pages open by the same door

_ROWS = 200  # of a statement on one page
_STATEMENTS = 50
_EARNINGS = 12
_LATEST = 12  # statements on a maker's page
_DAY = timedelta(days=1)


# Makers


@bp.get("/makers")
def list_makers() -> ResponseReturnValue:
    """Every maker with what is owed today, what waits, and what may be paid."""
    session, hub, today = here()
    names = maker_names(session, hub.id, language())
    makers = maker_balances(session, hub.id, today)
    makers.sort(key=lambda balance: sort_key(names[balance.maker.id].name))
    return render_template(
        "payouts/makers.html", makers=makers, names=names, crafts=CRAFTS, today=today
    )


@bp.get("/makers/<code>")
def show_maker(code: str) -> ResponseReturnValue:
    """One maker: what is owed and when, who makes, what sold, on which terms."""
    session, hub, today = here()
    maker = session.scalar(select(Maker).where(Maker.hub_id == hub.id, Maker.code == code))
    if maker is None:
        abort(404)
    accounts = maker_accounts(session, maker, today)
    earnings = last_earnings(session, maker.id, _EARNINGS)
    artisans = {artisan.id: _artisan_name(artisan) for artisan in maker.artisans}
    agreements = session.scalars(
        select(Agreement)
        .where(Agreement.maker_id == maker.id)
        .options(selectinload(Agreement.overrides))
        .order_by(Agreement.version.desc())
    ).all()
    statements = session.scalars(
        select(Statement)
        .where(Statement.hub_id == hub.id, Statement.maker_id == maker.id)
        .order_by(Statement.id.desc())
        .limit(_LATEST)
    ).all()
    return render_template(
        "payouts/maker.html",
        maker=maker,
        called=maker_names(session, hub.id, language())[maker.id],
        craft=CRAFTS.get(maker.craft, maker.craft),
        own=accounts.own,
        members=sorted(
            accounts.members, key=lambda member: sort_key(artisans[member.artisan_id or 0])
        ),
        artisans=artisans,
        are_paid=any(member.owed or member.waiting for member in accounts.members),
        owed=sum(account.owed for account in (accounts.own, *accounts.members)),
        waiting=sum(account.waiting for account in (accounts.own, *accounts.members)),
        waits=accounts.waits,
        held=held_of(session, maker.id),
        earnings=earnings,
        titles=titles_in(session, language(), hub.id, (line.lot_code for line in earnings)),
        agreements=agreements,
        in_force=next((a for a in agreements if a.valid_from <= today), None),
        statements=statements,
        today=today,
        words={
            "regime": REGIMES,
            "discounts": DISCOUNTS,
            "bearer": BEARERS,
            "paid_to": PAID_TO,
            "category": CRAFTS,
        },
    )


def _artisan_name(artisan: Artisan) -> str:
    return artisan.name_ar if language() == "ar" else artisan.name


# Statements


@bp.get("/statements")
def list_statements() -> ResponseReturnValue:
    """All statements, newest first; `?maker=TAZ` shows those of one maker and her members."""
    session, hub, today = here()
    wanted = select(Statement).where(Statement.hub_id == hub.id)
    maker, code = None, request.args.get("maker")
    names = maker_names(session, hub.id, language())
    if code:
        maker = session.scalar(select(Maker).where(Maker.hub_id == hub.id, Maker.code == code))
        if maker is None:
            abort(404)
        wanted = wanted.where(Statement.maker_id == maker.id)
    count = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    page, pages = _page(count, _STATEMENTS)
    statements = session.scalars(
        wanted.order_by(Statement.id.desc()).limit(_STATEMENTS).offset((page - 1) * _STATEMENTS)
    ).all()
    return render_template(
        "payouts/statements.html",
        statements=statements,
        names=names,
        artisans=_artisans(session, {statement.artisan_id for statement in statements}),
        maker=maker,
        count=count,
        page=page,
        pages=pages,
        may_draw=signed_in().role in KEEPERS,
        today=today,
    )


@bp.post("/statements")
def create_statements() -> ResponseReturnValue:
    """Draw all statements now. A second click finds nothing new, and draws nothing."""
    person = signed_in()
    if person.role not in KEEPERS:
        abort(403)

    def draw() -> int:
        with transaction() as session:
            now, zone = datetime.now(UTC), session.get_one(Hub, person.hub_id).zone
            return len(
                draw_statements(
                    session, person.hub_id, local_day(now, zone), now=now, actor=person.login
                )
            )

    count = retried(draw)
    if count:
        flash(gettext("Statements drawn: %(count)s.", count=count))
    else:
        flash(gettext("Nothing has moved since the last statements: none was drawn."), "informs")
    return go_to(url_for("payouts.list_statements"))


@bp.get("/statements/<number>")
def show_statement(number: str) -> ResponseReturnValue:
    """A statement as it lies on paper, 200 rows a page; `?page=all` is for printing it whole."""
    session, hub, _today = here()
    statement = _find(session, hub, number)
    totals = statement_totals(session, statement)
    if request.args.get("page") == "all":
        page, pages, limit = 1, 1, None
    else:
        page, pages = _page(totals.rows, _ROWS)
        limit = _ROWS
    before = statement_before(session, statement)
    ends = page == pages  # what stands under the last row is asked for there alone
    of_maker = statement.artisan_id is None
    members = statement_members(session, statement) if ends and of_maker else {}
    seal = session.get(Seal, statement.seal_id) if statement.seal_id else None
    whole = limit is None and totals.rows > _ROWS
    page_of = stream_template if whole else render_template
    some = rows_told(session, statement, language(), limit=limit, offset=(page - 1) * _ROWS)
    return page_of(
        "payouts/statement.html",
        statement=statement,
        maker=session.get_one(Maker, statement.maker_id),
        name=maker_names(session, hub.id, language())[statement.maker_id].name,
        artisans=_artisans(session, {*members, statement.artisan_id}),
        before=before,
        first=min(before.day + _DAY, statement.day) if before else None,
        totals=totals,
        rows=_all_rows(statement, language()) if whole else list(some),
        waits=statement_waits(session, statement) if ends else [],
        members=members,
        papers=papers_of_members(session, statement) if members else {},
        seal=seal,
        sites=session.scalars(
            select(Site.name).where(Site.hub_id == hub.id).order_by(Site.id)
        ).all(),
        page=page,
        pages=pages,
        columns=columns_of(totals),
        column_words=column_words(gettext, sells_as_own(session, statement)),
        kind_word=kind_word,
    )


@bp.get("/statements/<number>.csv")
def show_statement_file(number: str) -> ResponseReturnValue:
    """The same rows for a spreadsheet, all of them."""
    session, hub, _today = here()
    statement = _find(session, hub, number)
    return statement_file(session, statement)


@bp.get("/statements/<number>.pdf")
def show_statement_paper(number: str) -> ResponseReturnValue:
    """The same on paper: for signing, sending and keeping."""
    session, hub, _today = here()
    statement = _find(session, hub, number)
    return statement_pdf(session, hub, statement, language())


def _all_rows(statement: Statement, spoken: str) -> Iterator[Row]:
    with reading() as session:
        yield from rows_told(session, statement, spoken)


def _find(session: Session, hub: Hub, number: str) -> Statement:
    statement = find_statement(session, hub.id, number)
    if statement is None:
        abort(404)
    return statement


def _artisans(session: Session, ids: set[int | None]) -> dict[int, str]:
    wanted = sorted(number for number in ids if number is not None)
    found = session.scalars(select(Artisan).where(Artisan.id.in_(wanted))) if wanted else ()
    return {artisan.id: _artisan_name(artisan) for artisan in found}


def _page(count: int, size: int) -> tuple[int, int]:
    """The page that the address asks for, and how many there are; 404 for one that is none."""
    pages = max(1, -(-count // size))
    asked = request.args.get("page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,8}", asked) or int(asked) > pages:
        abort(404)
    return int(asked), pages
