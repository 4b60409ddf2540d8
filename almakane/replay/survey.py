"""The first reading of a file: whether it can be read at all, and what each month will sell."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from almakane.errors import Refusal
from almakane.inventory.deliveries import MOST
from almakane.money import LARGEST
from almakane.replay.file import Invoice, Row, read_invoices
from almakane.replay.rules import MOST_UNITS, Skip, month_of, why_skipped


@dataclass(slots=True)
class Need:
    """What a month sells of one code: how many, at which prices (to lines), under which name."""

    title: str
    quantity: int = 0
    prices: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Survey:
    """What the lines of a run come to, before anything is booked."""

    first_day: date
    last_day: date
    days: int = 0
    lines: int = 0
    sales: int = 0  # tickets
    sold: int = 0  # lines of the file
    sale_lines: int = 0  # lines of tickets: a line of very many units makes several
    refunds: int = 0  # lines that ask for one
    refund_units: int = 0
    skipped: Counter[Skip] = field(default_factory=Counter)
    months: dict[str, dict[str, Need]] = field(default_factory=dict)


def survey(path: Path, days: int | None, at_least_until: date | None) -> Survey:
    """
    Read the file up to the end of the run's last month; Refusal where a line cannot be read.

    The run is the first `days` days of the file, or all, but never less than what the books hold
    already. Its last month is read to the end, for makers bring what the whole of it will sell.
    """
    found: Survey | None = None
    for invoice in read_invoices(path):
        if found is None:
            found = Survey(invoice.day, invoice.day, days=1)
        if invoice.day > found.last_day:
            wanted = days is None or found.days < days
            if wanted or (at_least_until is not None and invoice.day <= at_least_until):
                found.last_day = invoice.day
                found.days += 1
            elif month_of(invoice.day) > month_of(found.last_day):
                break
        _count(found, invoice)
    if found is None:
        raise Refusal("The file has no lines of trade.", field="path")
    return found


def _count(found: Survey, invoice: Invoice) -> None:
    within = invoice.day <= found.last_day
    needs = found.months.setdefault(month_of(invoice.day), {})
    kept = units = total = 0
    for row in invoice.rows:
        reason = why_skipped(
            *(invoice.number, row.code, row.description, row.quantity, row.price, invoice.customer)
        )
        if within and reason:
            found.skipped[reason] += 1
        elif reason:
            continue
        elif invoice.number[0] == "C":
            found.refunds += within
            found.refund_units -= row.quantity * within
        else:
            _need(needs, row)
            kept += 1
            units += -(-row.quantity // MOST_UNITS)
            total += row.quantity * row.price
    if total > LARGEST:
        raise Refusal(
            "Line %(line)s: this invoice comes to more than a till takes.",
            field="unit_price_gbp",
            line=invoice.line,
        )
    if within:
        found.lines += len(invoice.rows)
        found.sales += bool(kept)
        found.sold += kept
        found.sale_lines += units


def _need(needs: dict[str, Need], row: Row) -> None:
    need = needs.get(row.code)
    if need is None:
        need = needs[row.code] = Need(row.description or row.code)
    need.quantity += row.quantity
    need.prices[row.price] = need.prices.get(row.price, 0) + 1
    if need.quantity > MOST:
        raise Refusal(
            "Line %(line)s, quantity: no shelf holds so many of %(code)s in one month.",
            field="quantity",
            line=row.line,
            code=row.code,
        )
