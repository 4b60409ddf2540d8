"""Papers: a statement of a thousand rows, and labels for five hundred lots."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from time import perf_counter, process_time
from typing import NamedTuple

from sqlalchemy import select

from almakane.db import db, transaction
from almakane.gateways.documents import typeset
from almakane.gateways.sheet import Data
from almakane.hubs.models import Hub
from almakane.hubs.queries import letterhead_of
from almakane.inventory.labels import FORMATS, label_sheets
from almakane.inventory.models import Consignment, Lot
from almakane.inventory.paper import delivery_slip
from almakane.inventory.papers import delivery_of, labels_of
from almakane.payouts.models import Statement
from almakane.payouts.paper import statement_paper
from almakane.payouts.papers import drawn_statement
from almakane.payouts.queries import rows_told
from almakane.payouts.services import draw_statements
from almakane.pos.invoice import invoice
from almakane.pos.papers import tell_ticket
from almakane.sales.models import Sale
from almakane.sales.sealing import seal_day
from almakane.sales.services import record_sale
from almakane.web.voices import voice
from bench.copies import copy_sales
from bench.databases import Databases, opened
from bench.report import Goal, Section, table
from bench.world import NOW, TODAY, a_ticket, make_world

_ROWS = 1_000
_TWO = 2  # lines of the second maker on each ticket
_LOTS = 500
_SECONDS = 3
_VOICES = {language: voice(language) for language in ("fr", "ar")}


def run(databases: Databases, _postings: int) -> list[Section]:
    """Read what the papers say, and set them."""
    with opened(databases.create()):
        with transaction() as session:
            world = make_world(session, registers=1, shelves=_LOTS // 3 + 1)
        with transaction() as session:
            sale = record_sale(session, world.hub_id, a_ticket(world.shelves[0], "T1", 0), now=NOW)
        days = [TODAY - timedelta(days=n) for n in range(29, -1, -1)]
        with transaction() as session:
            copy_sales(session, [sale.sale_id], _ROWS // _TWO - 1, days)
        with transaction() as session:
            seal_day(session, world.hub_id, TODAY, now=NOW, actor="bench")
            draw_statements(session, world.hub_id, TODAY, now=NOW, actor="bench")
        labels = _labels()
        figures = [*_statements(), *labels, *_small(sale.sale_id)]
        db.session.rollback()
    engine = "SQLite" if databases.is_sqlite else "PostgreSQL"
    slowest = max(labels, key=lambda paper: paper.cpu)
    return [
        Section(
            f"Papers, {engine}",
            table(("what", "took", "CPU", "size"), *(paper.row() for paper in figures))
            + "\nEach is read from the books, written as data and set as PDF. On a machine that has"
            " nothing else to do a paper takes no longer than its CPU; the first one of a process"
            " takes half a second more, for its fonts.\n",
            (
                Goal(
                    f"Labels for {_LOTS} lots, {engine}: <= {_SECONDS} s of CPU",
                    f"{slowest.cpu:.2f} s for the slowest sheet, {slowest.wall:.2f} s by the clock",
                    slowest.cpu <= _SECONDS,
                ),
            ),
        )
    ]


class _Paper(NamedTuple):
    """What was set, the seconds of the clock and of the processor, and its bytes."""

    what: str
    wall: float
    cpu: float
    size: int

    def row(self) -> tuple[str, str, str, str]:
        """Its row of the table."""
        wall, cpu = f"{1_000 * self.wall:.0f} ms", f"{1_000 * self.cpu:.0f} ms"
        return self.what, wall, cpu, f"{self.size // 1024} KiB"


def _set(what: str, make: Callable[[], bytes]) -> _Paper:
    """Make a paper that typst does not remember yet."""
    wall, cpu = perf_counter(), process_time()
    size = len(make())
    return _Paper(what, perf_counter() - wall, process_time() - cpu, size)


def _hub() -> Hub:
    return db.session.scalars(select(Hub)).one()


def _statements() -> list[_Paper]:
    statements = db.session.scalars(select(Statement)).all()
    longest = max(statements, key=lambda one: (one.closing, one.id))
    typeset("statement", _of_statement(statements[0], "fr"))  # the fonts
    found = []
    for language in _VOICES:
        of = partial(_of_statement, longest, language)
        what = f"a statement of {len(of()['rows']):,} rows, {language}"
        found.append(_set(what, lambda of=of: typeset("statement", of())))  # type: ignore[misc]
    return found


def _of_statement(statement: Statement, language: str) -> Data:
    session = db.session()
    return statement_paper(
        drawn_statement(session, statement, language),
        rows_told(session, statement, language),
        letterhead_of(session, _hub(), statement.day),
        language,
        _VOICES[language],
    )


def _labels() -> list[_Paper]:
    session = db.session()
    codes = list(session.scalars(select(Lot.code).order_by(Lot.id).limit(_LOTS)))

    def make(name: str) -> bytes:
        labels = labels_of(
            session, _hub(), codes, lambda code: f"https://almakane.example/m/{code}"
        )
        wanted = [(labels[code], 1) for code in codes]
        return typeset("labels", label_sheets(wanted, name, TODAY))

    what = f"labels for {_LOTS} lots"
    return [_set(f"{what}, `{name}`", partial(make, name)) for name in FORMATS]


def _small(sale_id: int) -> list[_Paper]:
    session, hub = db.session(), _hub()
    told = tell_ticket(session, session.get_one(Sale, sale_id))
    consignment = session.scalars(select(Consignment).order_by(Consignment.id)).first()
    if consignment is None:
        raise RuntimeError("The world has no delivery.")
    head = letterhead_of(session, hub, TODAY)
    told_invoice = invoice(told.ticket, head, "fr", _VOICES, sellers=told.sellers)
    slip = delivery_slip(delivery_of(session, consignment, "ar"), head, "ar", _VOICES["ar"])
    return [
        _set("an invoice", lambda: typeset("invoice", told_invoice)),
        _set("a deposit slip", lambda: typeset("slip", slip)),
    ]
