"""
Large books in little time: sales that the service recorded, copied by the database itself.

A copy has all the rows of its original under a uid, a number and a day of its own, so the books of
a million postings are as sound as those of thirteen: `check` is asked, and says so.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from almakane.db import insert_rows, rows, utc_text

POSTINGS = 13  # of the ticket in `bench.world`
_LINES = 3
_WAIT = timedelta(days=7)

_COLUMNS = {
    "n": "BIGINT PRIMARY KEY",
    "of_uid": "VARCHAR(36)",
    "of_number": "VARCHAR(30)",
    "of_entry": "BIGINT",
    "of_sale": "BIGINT",
    "uid": "VARCHAR(36)",
    "number": "VARCHAR(30)",
    "entry_id": "BIGINT",
    "sale_id": "BIGINT",
    "earnings_on": "BIGINT",
    "day": "DATE",
    "available_on": "DATE",
    "moment": "TIMESTAMPTZ",
}
_COPIES = (
    """
    INSERT INTO entry (id, hub_id, site_id, kind, document, happened_at, day, recorded_at, actor,
        idempotency_key, body_hash, reverses_id)
    SELECT c.entry_id, t.hub_id, t.site_id, t.kind, c.number, c.moment, c.day, c.moment, t.actor,
        replace(t.idempotency_key, c.of_uid, c.uid), t.body_hash, NULL
    FROM copies c JOIN entry t ON t.id = c.of_entry ORDER BY c.n
    """,
    """
    INSERT INTO posting (entry_id, n, debit_id, credit_id, amount, currency, line)
    SELECT c.entry_id, t.n, t.debit_id, t.credit_id, t.amount, t.currency, t.line
    FROM copies c JOIN posting t ON t.entry_id = c.of_entry ORDER BY c.n, t.n
    """,
    """
    INSERT INTO earning (id, hub_id, entry_id, line, kind, maker_id, lot_code, title, quantity, day,
        document, site_id, channel, craft, regime, paid_to, list_price, gross, promotion,
        commission, commission_vat, fees, fees_vat, vat_in, net, available_on)
    SELECT t.id + c.earnings_on, t.hub_id, c.entry_id, replace(t.line, c.of_uid, c.uid), t.kind,
        t.maker_id, t.lot_code, t.title, t.quantity, c.day, c.number, t.site_id, t.channel,
        t.craft, t.regime, t.paid_to, t.list_price, t.gross, t.promotion, t.commission,
        t.commission_vat, t.fees, t.fees_vat, t.vat_in, t.net, c.available_on
    FROM copies c JOIN earning t ON t.entry_id = c.of_entry ORDER BY c.n, t.id
    """,
    """
    INSERT INTO earning_share (earning_id, artisan_id, amount)
    SELECT t.id + c.earnings_on, s.artisan_id, s.amount
    FROM copies c JOIN earning t ON t.entry_id = c.of_entry
    JOIN earning_share s ON s.earning_id = t.id ORDER BY c.n, t.id
    """,
    """
    INSERT INTO sale (id, hub_id, site_id, register_id, entry_id, uid, body_hash, number, kind,
        happened_at, told_day, day, recorded_at, cashier, shift, customer, lang, goods, returned,
        tax, rounding, due, change, note, approvals)
    SELECT c.sale_id, t.hub_id, t.site_id, t.register_id, c.entry_id, c.uid, t.body_hash, c.number,
        t.kind, c.moment, c.day, c.day, c.moment, t.cashier, t.shift, t.customer, t.lang, t.goods,
        t.returned, t.tax, t.rounding, t.due, t.change, t.note, t.approvals
    FROM copies c JOIN sale t ON t.id = c.of_sale ORDER BY c.n
    """,
    """
    INSERT INTO sale_line (sale_id, n, what, lot_id, code, title, quantity, list_price, unit,
        discount, total, tax_bp, tax, tax_code, booked_tax, cost)
    SELECT c.sale_id, t.n, t.what, t.lot_id, t.code, t.title, t.quantity, t.list_price, t.unit,
        t.discount, t.total, t.tax_bp, t.tax, t.tax_code, t.booked_tax, t.cost
    FROM copies c JOIN sale_line t ON t.sale_id = c.of_sale ORDER BY c.n, t.n
    """,
    """
    INSERT INTO tender (sale_id, n, kind, amount, ref, secured)
    SELECT c.sale_id, t.n, t.kind, t.amount, t.ref, t.secured
    FROM copies c JOIN tender t ON t.sale_id = c.of_sale ORDER BY c.n, t.n
    """,
    """
    INSERT INTO stock_move (hub_id, lot_id, quantity, source_id, target_id, reason, document, uid,
        happened_at, day, recorded_at, actor)
    SELECT t.hub_id, t.lot_id, t.quantity, t.source_id, t.target_id, t.reason, c.number,
        replace(t.uid, c.of_uid, c.uid), c.moment, c.day, c.moment, t.actor
    FROM copies c JOIN sale_line l ON l.sale_id = c.of_sale
    JOIN stock_move t ON t.lot_id = l.lot_id AND t.document = c.of_number ORDER BY c.n, t.id
    """,
)
_LEVELS = """
UPDATE stock_level SET quantity = (
    SELECT COALESCE(SUM(CASE WHEN m.target_id = stock_level.place_id THEN m.quantity
                             ELSE -m.quantity END), 0)
    FROM stock_move m WHERE m.lot_id = stock_level.lot_id
        AND (m.source_id = stock_level.place_id OR m.target_id = stock_level.place_id))
"""


def copy_sales(
    session: Session, originals: Sequence[int], count: int, days: Sequence[date]
) -> None:
    """Add so many copies of sales (their ids), in turn, and spread over days that follow."""
    is_sqlite = session.connection().dialect.name == "sqlite"
    if not is_sqlite:  # the originals have shown that every row is there to refer to
        rows(session, "SET LOCAL session_replication_role = replica")
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    rows(session, f"CREATE TEMPORARY TABLE copies ({columns})")
    insert_rows(session, "copies", tuple(_COLUMNS), list(_copies(session, originals, count, days)))
    for sql in _COPIES:
        rows(session, sql)
    rows(session, _LEVELS)
    rows(session, "UPDATE number_series SET next = next + ? WHERE kind = 'ticket'", (count,))
    rows(session, "DROP TABLE copies")
    if not is_sqlite:
        for table in ("entry", "earning", "sale"):
            sql = f"SELECT setval('{table}_id_seq', (SELECT MAX(id) FROM {table}))"
            rows(session, sql)
        rows(session, "SET LOCAL session_replication_role = origin")


def _copies(
    session: Session, originals: Sequence[int], count: int, days: Sequence[date]
) -> Iterator[tuple[object, ...]]:
    of = [
        rows(
            session,
            "SELECT s.uid, s.number, s.entry_id, s.id, (SELECT MIN(id) FROM earning e "
            "WHERE e.entry_id = s.entry_id) FROM sale s WHERE s.id = ?",
            (sale_id,),
        )[0]
        for sale_id in originals
    ]
    [(entry, sale, earning, number)] = rows(
        session,
        "SELECT (SELECT MAX(id) FROM entry), (SELECT MAX(id) FROM sale), "
        "(SELECT MAX(id) FROM earning), (SELECT MAX(next) - 1 FROM number_series "
        "WHERE kind = 'ticket')",
    )
    for n in range(1, count + 1):
        *told, first_earning = of[n % len(of)]
        day = days[(n - 1) * len(days) // count]
        uid, numbered = f"copy-{number + n:012x}", f"T1-{number + n:06d}"
        yield (
            *(n, *told, uid, numbered, entry + n, sale + n),
            earning + 1 + _LINES * (n - 1) - first_earning,
            *(day.isoformat(), (day + _WAIT).isoformat()),
            utc_text(datetime.combine(day, time(12), UTC)),
        )
