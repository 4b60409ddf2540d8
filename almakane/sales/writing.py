"""Writing a ticket: its number last of all that others may wait for, then every row of it."""

import json
from collections.abc import Sequence

from sqlalchemy.orm import Session

from almakane.db import insert_row, insert_rows, rows, together, utc_text
from almakane.hubs.models import SeriesKind
from almakane.hubs.services import take_number
from almakane.inventory.moves import Why, move_stock, unbounded_places
from almakane.inventory.queries import places_of
from almakane.ledger.services import Fact, post, record_changes, record_earnings
from almakane.sales.postings import Kept, tender_postings
from almakane.sales.recording import Recording


def write(
    session: Session, recording: Recording, kept: list[Kept], told: str, tell: Sequence[str]
) -> tuple[int, str]:
    """Write every row of the ticket; gives the sale's id and its number."""
    unbounded = unbounded_places(places_of(session, recording.scene.site_id))
    with together(session):
        number = _number(session, recording)
        sale_id = _write(session, recording, kept, told, number)
        move_stock(session, _why(recording, number), recording.moves, unbounded, recording.levels)
        _tell(session, recording, number, tell)
    return sale_id, number


def _write(session: Session, recording: Recording, kept: list[Kept], told: str, number: str) -> int:
    ticket, scene, day = recording.ticket, recording.scene, recording.day
    fact = Fact(
        *(recording.hub_id, scene.site_id, ticket.kind, number, ticket.at, day),
        *(recording.now, ticket.cashier, f"sale/{ticket.uid}", told),
    )
    money_in = tender_postings(ticket.register, kept, ticket.rounding)
    entry_id = post(session, fact, [*money_in, *recording.postings])
    record_earnings(session, fact, entry_id, recording.earnings)
    record_changes(session, fact, entry_id, recording.changes)
    sale_id = _write_ticket(session, recording, entry_id, number, told)
    _write_lines(session, recording, sale_id, kept)
    return sale_id


def _why(recording: Recording, number: str) -> Why:
    ticket = recording.ticket
    return Why(
        *(recording.hub_id, ticket.kind, number, ticket.at, recording.day, ticket.cashier),
        recording.now,
    )


def _tell(session: Session, recording: Recording, number: str, tell: Sequence[str]) -> None:
    """Leave a row for each thing that is to be done for the world once this is committed."""
    ticket = recording.ticket
    body = json.dumps({"sale": ticket.uid, "number": number, "lang": ticket.lang})
    now = utc_text(recording.now)
    insert_rows(
        session,
        "outbox",
        ("hub_id", "uid", "kind", "body", "due_at"),
        [(recording.hub_id, f"{kind}/{ticket.uid}", kind, body, now) for kind in tell],
    )


def _number(session: Session, recording: Recording) -> str:
    """The ticket's own number, told apart if it is taken, or the next of the register's series."""
    ticket, hub_id = recording.ticket, recording.hub_id
    if not ticket.number:
        taken = take_number(session, hub_id, SeriesKind.TICKET, ticket.register)
        return f"{ticket.register}-{taken:06d}"
    number, again = ticket.number, 1
    while recording.scene.number_is_taken and rows(
        session, "SELECT 1 FROM sale WHERE hub_id = ? AND number = ?", (hub_id, number)
    ):
        again += 1
        number = f"{ticket.number}/{again}"
    return number


_SALE = (
    *("hub_id", "site_id", "register_id", "entry_id", "uid", "body_hash", "number", "kind"),
    *("happened_at", "told_day", "day", "recorded_at", "cashier", "shift", "customer", "lang"),
    *("goods", "returned", "tax", "rounding", "due", "change", "note", "approvals"),
)


def _write_ticket(
    session: Session, recording: Recording, entry_id: int, number: str, told: str
) -> int:
    ticket, scene = recording.ticket, recording.scene
    return insert_row(
        session,
        "sale",
        _SALE,
        (
            *(recording.hub_id, scene.site_id, scene.register_id, entry_id, ticket.uid, told),
            *(number, ticket.kind, utc_text(ticket.at), ticket.day.isoformat()),
            *(recording.day.isoformat(), utc_text(recording.now), ticket.cashier),
            *(ticket.shift, ticket.customer, ticket.lang, ticket.goods, ticket.returned),
            *(ticket.tax, ticket.rounding, ticket.due, ticket.change, ticket.note),
            json.dumps(ticket.approvals) if ticket.approvals else "[]",
        ),
    )


_LINE = (
    *("sale_id", "n", "what", "lot_id", "code", "title", "quantity", "list_price", "unit"),
    *("discount", "total", "tax_bp", "tax", "tax_code", "booked_tax", "cost"),
)


_REFUND_LINE = (
    *("sale_id", "n", "of_sale_id", "of_n", "lot_id", "code", "quantity", "total", "tax"),
    *("restock", "why", "booked_quantity", "booked", "booked_tax", "booked_cost"),
)


def _write_lines(session: Session, recording: Recording, sale_id: int, kept: list[Kept]) -> None:
    lines = [(sale_id, *line) for line in recording.sale_lines]
    insert_rows(session, "sale_line", _LINE, lines)
    returns = [(sale_id, *line) for line in recording.refund_lines]
    insert_rows(session, "refund_line", _REFUND_LINE, returns)
    insert_rows(
        session,
        "tender",
        ("sale_id", "n", "kind", "amount", "ref", "secured"),
        [
            (sale_id, n, tender.kind.value, tender.amount, tender.ref, tender.secured)
            for n, tender in enumerate(kept, 1)
        ],
    )
    insert_rows(
        session,
        "sale_flag",
        ("sale_id", "flag", "line", "amount"),
        [
            (sale_id, flag.value, line, amount)
            for (flag, line), amount in sorted(recording.flags.items())
        ],
    )
