"""
A statement to keep: as a table for a spreadsheet, and on paper.

A statement's table (`/statements/REL-000001.csv`) has a row for each row of the paper and, but for
a member's, is as wide as the money book: the price, what the house added, each deduction below
zero, what goes on to members, and in the last column what the account gained. Its first row is the
opening, so that the last column adds up to the closing. `almakane.web.csv` says how cells are
written for Excel.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response
from flask_babel import gettext
from sqlalchemy.orm import Session

from almakane.db import db
from almakane.errors import Refusal
from almakane.gateways.documents import typeset
from almakane.hubs.models import Hub
from almakane.hubs.queries import letterhead_of
from almakane.payouts.models import Statement
from almakane.payouts.paper import LONGEST, statement_paper
from almakane.payouts.papers import drawn_statement
from almakane.payouts.queries import rows_told, sells_as_own, statement_before
from almakane.payouts.wording import column_words
from almakane.payouts.words import kind_word
from almakane.web.csv import Cell, csv_amount, csv_response
from almakane.web.files import pdf_response
from almakane.web.languages import language
from almakane.web.voices import voice


def statement_file(session: Session, statement: Statement) -> Response:
    """All rows of a statement for a spreadsheet, in the reader's language."""
    head = [gettext("Day"), gettext("Document"), gettext("What it is"), gettext("Piece")]
    head.append(gettext("Quantity"))
    if statement.artisan_id is None:
        head += [
            column_words(gettext, sells_as_own(session, statement))["gross"],
            gettext("Added by the house"),
            gettext("Commission"),
            gettext("VAT on the commission"),
            gettext("Fees"),
            gettext("VAT on the fees"),
            gettext("VAT of the maker"),
            gettext("To the members"),
        ]
    head.append(gettext("For the account"))
    return csv_response(f"{statement.number}.csv", head, _file_rows(statement, language()))


def _file_rows(statement: Statement, spoken: str) -> Iterator[tuple[Cell, ...]]:
    is_members = statement.artisan_id is not None
    with reading() as session:
        before = statement_before(session, statement)
        yield (
            *(before.day if before else None, before.number if before else "", gettext("Opening")),
            *("", None),
            *(() if is_members else (None,) * 8),
            csv_amount(statement.opening),
        )
        for row in rows_told(session, statement, spoken):
            parts = (
                *(row.gross, row.promotion, -row.commission, -row.commission_vat, -row.fees),
                *(-row.fees_vat, row.vat_in, -row.onward),
            )
            yield (
                *(row.day, row.document, kind_word(row.kind), row.title, row.quantity or None),
                *map(csv_amount, () if is_members else parts),
                csv_amount(row.amount),
            )


def statement_pdf(session: Session, hub: Hub, statement: Statement, spoken: str) -> Response:
    """
    A statement on paper, for signing, sending and keeping.

    The session's transaction is ended: typesetting takes its time, and needs no connection.
    """
    drawn = drawn_statement(session, statement, spoken)
    if drawn.totals.rows > LONGEST:
        raise Refusal(
            "A statement of more than %(rows)s rows is no paper: take it as a table (CSV).",
            rows=LONGEST,
        )
    data = statement_paper(
        drawn,
        rows_told(session, statement, spoken),
        letterhead_of(session, hub, statement.day),
        spoken,
        voice(spoken),
    )
    session.rollback()
    return pdf_response(statement.number, typeset("statement", data))


@contextmanager
def reading() -> Iterator[Session]:
    """
    A session of its own for what is still read while it is sent.

    The request's is closed before the last rows go out; used again it would open a transaction
    that nobody ends, and hold a connection for good.
    """
    with Session(db.engine) as session:
        yield session
