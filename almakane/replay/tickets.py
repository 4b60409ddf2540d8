"""An invoice of the file becomes a ticket: a sale, or a refund of earlier sales."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from almakane.db import rows
from almakane.errors import Refusal
from almakane.money import divide
from almakane.replay.file import Invoice, Row
from almakane.replay.rules import (
    MOST_UNITS,
    Paid,
    cashier_at,
    give_back,
    pay,
    register_of,
    uid_at,
    why_skipped,
)
from almakane.replay.shop import Label, Shop
from almakane.sales.tax import tax_of
from almakane.sales.ticket import Line, Return, TenderKind, Ticket

_SINCE = datetime(2010, 1, 1, tzinfo=UTC)  # a customer's uid tells no time


def is_refund(invoice: Invoice) -> bool:
    """Whether an invoice takes back what another sold."""
    return invoice.number[0] == "C"


def ticket_uid(shop: Shop, invoice: Invoice) -> str:
    """The uid of an invoice's ticket; the line tells two runs of one number apart."""
    return uid_at(shop.moment(invoice.at), f"ticket/{invoice.number}/{invoice.line}")


def customer_uid(customer: str) -> str | None:
    """The uid that stands for a customer of the file."""
    return uid_at(_SINCE, f"customer/{customer}") if customer else None


def shift_uid(shop: Shop, register: str, first: datetime) -> str:
    """The uid of a register's shift, by the time of its day's beginning."""
    return uid_at(shop.moment(first), f"shift/{register}")


def kept_rows(invoice: Invoice) -> list[Row]:
    """The lines that are trade."""
    return [
        row
        for row in invoice.rows
        if not why_skipped(
            *(invoice.number, row.code, row.description, row.quantity, row.price, invoice.customer)
        )
    ]


def sale_ticket(
    shop: Shop, invoice: Invoice, shifts: Mapping[str, str], labels: Mapping[str, Label]
) -> Ticket | None:
    """The sale of an invoice; none if no line of it is trade."""
    lines: list[Line] = []
    for row in kept_rows(invoice):
        label = labels.get(row.code)
        if label is None:
            raise Refusal(
                "Line %(line)s, stock_code: %(code)s was not delivered; the file has changed "
                "since it was first replayed.",
                field="stock_code",
                line=row.line,
                code=row.code,
            )
        # Below the list price it was bargained; above, the label still bore an older price.
        listed = max(label.price, row.price)
        for start in range(0, row.quantity, MOST_UNITS):
            quantity = min(MOST_UNITS, row.quantity - start)
            total = quantity * row.price
            lines.append(
                Line(
                    n=len(lines) + 1,
                    code=label.lot,
                    title=label.title,
                    qty=quantity,
                    list=listed,
                    unit=row.price,
                    total=total,
                    tax_bp=label.tax.rate_bp,
                    tax=tax_of(total, label.tax),
                    tax_code=label.tax.code,
                )
            )
    if not lines:
        return None
    paid = pay(invoice.number, sum(line.total for line in lines))
    return _ticket(shop, invoice, shifts, paid, lines=tuple(lines))


def _ticket(
    shop: Shop,
    invoice: Invoice,
    shifts: Mapping[str, str],
    paid: Paid,
    *,
    lines: tuple[Line, ...] = (),
    returns: tuple[Return, ...] = (),
) -> Ticket:
    register = register_of(invoice.number)
    return Ticket(
        uid=ticket_uid(shop, invoice),
        register=register,
        at=shop.moment(invoice.at),
        day=invoice.day,
        cashier=cashier_at(register, invoice.day),
        lines=lines,
        returns=returns,
        tenders=paid.tenders,
        rounding=paid.rounding,
        change=paid.change,
        shift=shifts[register],
        customer=customer_uid(invoice.customer),
        note=invoice.number,
    )


class _Earlier(NamedTuple):
    """An earlier line of a customer, and what is left of it."""

    sale_id: int
    uid: str
    number: str
    n: int
    code: str
    quantity: int
    total: int
    tax: int


_EARLIER = """
SELECT s.id, s.uid, s.number, l.n, l.code, l.quantity - COALESCE(SUM(b.booked_quantity), 0),
       l.total - COALESCE(SUM(b.booked), 0), l.tax - COALESCE(SUM(b.tax), 0)
FROM product p JOIN lot ON lot.product_id = p.id
JOIN sale_line l ON l.lot_id = lot.id
JOIN sale s ON s.id = l.sale_id AND s.customer = ?
LEFT JOIN refund_line b ON b.of_sale_id = l.sale_id AND b.of_n = l.n
WHERE p.hub_id = ? AND p.code = ?
GROUP BY s.id, l.sale_id, l.n
HAVING l.quantity > COALESCE(SUM(b.booked_quantity), 0)
ORDER BY s.id DESC, l.n DESC
"""


def refund_ticket(
    session: Session, shop: Shop, invoice: Invoice, shifts: Mapping[str, str]
) -> Ticket | None:
    """The refund of a `C` invoice, the latest sales first; none if nothing is left to refund."""
    left: dict[str, list[_Earlier]] = {}
    returns: list[Return] = []
    of_sales: list[tuple[int, int]] = []  # sale's number, amount
    for row in kept_rows(invoice):
        if row.code not in left:
            found = rows(session, _EARLIER, (customer_uid(invoice.customer), shop.hub_id, row.code))
            left[row.code] = [_Earlier(*line[:5], *map(int, line[5:])) for line in found]
        wanted = -row.quantity
        while wanted and left[row.code]:
            line = left[row.code].pop(0)
            units = min(wanted, line.quantity)
            amount = divide(line.total * units, line.quantity)
            tax = divide(line.tax * units, line.quantity)
            returns.append(
                Return(
                    n=len(returns) + 1,
                    of_uid=line.uid,
                    of_number=line.number,
                    of_line=line.n,
                    code=line.code,
                    qty=units,
                    total=amount,
                    tax=tax,
                    why=f"line {row.line}",
                )
            )
            of_sales.append((line.sale_id, amount))
            wanted -= units
            if units < line.quantity:
                rest = line._replace(
                    quantity=line.quantity - units, total=line.total - amount, tax=line.tax - tax
                )
                left[row.code].insert(0, rest)
    if not returns:
        return None
    paid = give_back(_by_tender(session, of_sales))
    return _ticket(shop, invoice, shifts, paid, returns=tuple(returns))


def _by_tender(session: Session, of_sales: list[tuple[int, int]]) -> dict[TenderKind, int]:
    """Amounts of sales divided over the tenders that paid them, the ones other than cash first."""
    sales = sorted({sale_id for sale_id, _amount in of_sales})
    back: dict[int, int] = {
        sale_id: int(amount)
        for sale_id, amount in rows(
            session,
            "SELECT of_sale_id, SUM(booked) FROM refund_line WHERE of_sale_id IN (??) "
            "GROUP BY of_sale_id",
            (sales,),
        )
    }
    other: dict[int, tuple[TenderKind, int]] = {
        sale_id: (TenderKind(kind), int(amount))
        for sale_id, kind, amount in rows(
            session,
            "SELECT sale_id, kind, amount FROM tender WHERE kind <> 'cash' AND sale_id IN (??)",
            (sales,),
        )
    }
    parts: dict[TenderKind, int] = {}
    for sale_id, amount in of_sales:
        kind, most = other.get(sale_id, (TenderKind.TERMINAL, 0))
        before = back.get(sale_id, 0)
        back[sale_id] = before + amount
        first = min(most, before + amount) - min(most, before)
        parts[kind] = parts.get(kind, 0) + first
        parts[TenderKind.CASH] = parts.get(TenderKind.CASH, 0) + amount - first
    return parts
