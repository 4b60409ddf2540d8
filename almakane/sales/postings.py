"""
All our sales accounting on one page: what a ticket writes in the money book.

Take in the money, owe the whole of each price to its maker, and take the house's share from that;
so a maker's account reads as her statement. docs/money-book.md works it in numbers.
"""

from collections.abc import Iterable
from typing import NamedTuple

from almakane.cooperatives.agreement import Regime, Shares
from almakane.ledger import chart
from almakane.ledger.book import Posting, pair, reverse
from almakane.sales.ticket import TenderKind, What


class BookedLine(NamedTuple):
    """A line with its shares settled; `members` is who is owed the net where members are paid."""

    n: int
    what: What
    shares: Shares
    regime: Regime | None = None  # None: not a lot, or a lot that nobody knows
    maker_id: int = 0
    members: tuple[tuple[int, int], ...] = ()
    cost: int = 0
    code: str = ""


class Kept(NamedTuple):
    """A tender as kept: given less change, negative when paid out."""

    kind: TenderKind
    amount: int
    ref: str = ""
    secured: bool = True  # a gift card or credit that the server has taken


def line_postings(line: BookedLine) -> list[Posting]:
    """What one sold line writes, beginning with the price out of clearing."""
    clearing, shares, n = chart.CLEARING, line.shares, line.n
    if line.what is What.GIFT_CARD:
        return pair(clearing, chart.gift_card(line.code), shares.gross, n)
    if line.what is What.SERVICE:
        income = chart.SHIPPING if line.code == "delivery" else chart.SERVICES
        return [
            *pair(clearing, income, shares.gross, n),
            *pair(clearing, chart.VAT_OUT, shares.tax, n),
        ]
    if line.regime is None:
        return pair(clearing, chart.SUSPENSE, shares.gross + shares.tax, n)
    if line.regime is Regime.MANDATE:
        return [
            *pair(clearing, chart.owed_maker(line.maker_id), shares.gross, n),
            *_maker_postings(line, chart.COMMISSION),
        ]
    sold = [
        *pair(clearing, chart.SALES, shares.gross, n),
        *pair(clearing, chart.VAT_OUT, shares.tax, n),
    ]
    if line.regime is Regime.FIRM:
        return [*sold, *pair(chart.COST_OWN, chart.STOCK_OWN, line.cost, n)]
    owed = chart.owed_maker(line.maker_id)
    return [
        *sold,
        *pair(chart.COST_CONSIGNED, owed, shares.gross, n),
        *_maker_postings(line, chart.COST_CONSIGNED),
    ]


def _maker_postings(line: BookedLine, commission: str) -> list[Posting]:
    """The rows of a maker's account under a price: what is added, what is taken, who is paid."""
    owed, shares, n = chart.owed_maker(line.maker_id), line.shares, line.n
    postings = [
        *pair(chart.PROMOTION, owed, shares.promotion, n),
        *pair(owed, commission, shares.commission, n),
        *pair(owed, chart.VAT_OUT, shares.commission_vat, n),
        *pair(chart.VAT_IN, owed, shares.vat_in, n),
        *pair(owed, chart.FEES, shares.fees, n),
        *pair(owed, chart.VAT_OUT, shares.fees_vat, n),
    ]
    for artisan, amount in line.members:
        postings += pair(owed, chart.owed_artisan(artisan), amount, n)
    return postings


def return_postings(taken: BookedLine, beyond: int = 0) -> list[Posting]:
    """What a returned line writes: the sale's rows turned round; what goes beyond is the hub's."""
    return [
        *reverse(line_postings(taken)),
        *pair(chart.DIFFERENCES, chart.CLEARING, beyond, taken.n),
    ]


def tender_postings(register: str, kept: Iterable[Kept], rounding: int) -> list[Posting]:
    """What was kept of each tender, into clearing, and the rounding of the cash part."""
    postings = []
    for tender in kept:
        account = _tender_account(register, tender)
        postings += pair(account, chart.CLEARING, tender.amount)
    return [*postings, *pair(chart.CLEARING, chart.ROUNDING, rounding)]


def _tender_account(register: str, tender: Kept) -> str:
    if not tender.secured:
        return chart.DIFFERENCES
    return {
        TenderKind.CASH: chart.cash_of(register),
        TenderKind.TERMINAL: chart.ACQUIRER,
        TenderKind.CHEQUE: chart.CHEQUES,
        TenderKind.TRANSFER: chart.TRANSFERS,
        TenderKind.GIFT_CARD: chart.gift_card(tender.ref),
        TenderKind.CREDIT: chart.credit(tender.ref),
        TenderKind.DEPOSIT: chart.deposit(tender.ref),
        TenderKind.COD: chart.cash_with(tender.ref),
    }[tender.kind]


def deposit_postings(order: str, account: str, amount: int) -> list[Posting]:
    """Money of an order that came in before its sale; a negative amount is what goes back."""
    return pair(account, chart.deposit(order), amount)


def courier_postings(courier: str, banked: int, fee: int, fee_vat: int) -> list[Posting]:
    """What a courier brought to the bank, and what he kept of it for carrying; in centimes."""
    held = chart.cash_with(courier)
    return [
        *pair(chart.BANK, held, banked),
        *pair(chart.DELIVERY, held, fee),
        *pair(chart.VAT_IN, held, fee_vat),
    ]


def late_postings(register: str, cash_kept: int) -> list[Posting]:
    """A sale of a shift already counted: its cash was in the count, so `over` is taken back."""
    return pair(chart.OVER_SHORT, chart.cash_of(register), cash_kept)
