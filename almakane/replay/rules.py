"""
What a stable hash makes of a shop's file: makers and their terms, lots, registers, tenders.

docs/replay.md says the same in plain words, so that somebody else can work out the same figures.
Amounts are centimes, rates basis points. Nothing here knows the database.
"""

import hashlib
import re
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from almakane.cooperatives.agreement import Discounts, PaidTo, Regime, Terms
from almakane.money import divide, to_step
from almakane.sales.basket import settle
from almakane.sales.tax import LineTax, line_tax
from almakane.sales.ticket import Tender, TenderKind

MAKERS = 170
REGISTERS = ("T1", "T2", "T3")
FLOAT = 200_000
MOST_UNITS = 9_999  # of one line of a ticket; what is more goes on further lines
MAD_PER_GBP = 13
VAT_BP = 2_000
REDUCED_BP = 1_000
CASH_STEP = 10
CASH_LIMIT = 2_000_000
COST_PERCENT = 55  # of the list price, where the hub buys
FLOOR_PERCENT = 80  # of the list price, where a maker has a floor

CRAFTS = ("pottery", "rug", "babouche", "tray", "thuya", "embroidery", "basket", "jewellery")
CASHIERS = ("amina", "brahim", "hind", "yassine")
MANAGER = "salma"


def draw(text: str, sides: int) -> int:
    """A number from 0 to `sides` - 1 that the text decides, the same everywhere and always."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % sides


def uid_at(moment: datetime, text: str) -> str:
    """A uid in the form of UUIDv7: its time is the moment's, the rest is the text's hash."""
    milliseconds = int(moment.timestamp() * 1000) & (2**48 - 1)
    rest = int.from_bytes(hashlib.sha256(text.encode()).digest()[:10], "big")
    number = milliseconds << 80 | 7 << 76 | (rest >> 68) << 64 | 2 << 62 | rest & (2**62 - 1)
    return str(UUID(int=number))


def month_of(day: date) -> str:
    """The month of a day, as `2010-12`."""
    return f"{day.year:04d}-{day.month:02d}"


# What is trade


class Skip(StrEnum):
    """Why a line of the file is no trade; a line has one reason, the first that holds."""

    BAD_DEBT = "bad debt"
    POSTAGE = "postage"
    CARRIAGE = "carriage"
    MANUAL = "manual entry"
    DISCOUNT = "discount"
    SAMPLES = "samples"
    BANK = "bank charges"
    MARKET = "market place's fee"
    CHARITY = "charity's commission"
    VOUCHER = "gift voucher"
    TEST = "test"
    NO_PRODUCT = "not a product"
    NO_DESCRIPTION = "no description"
    ADJUSTMENT = "stock adjustment"
    NEGATIVE_PRICE = "negative price"
    NO_PRICE = "no price"
    NO_UNITS = "refund of no units"
    NO_CUSTOMER = "refund without a customer"
    NO_SALE = "refund without a sale"


_CODES = {
    "POST": Skip.POSTAGE,
    "DOT": Skip.POSTAGE,
    "C2": Skip.CARRIAGE,
    "M": Skip.MANUAL,
    "D": Skip.DISCOUNT,
    "S": Skip.SAMPLES,
    "BANK CHARGES": Skip.BANK,
    "AMAZONFEE": Skip.MARKET,
    "CRUK": Skip.CHARITY,
    "B": Skip.BAD_DEBT,
}


_PRODUCT = re.compile(r"[0-9]{5}[A-Z]{0,2}|DCGS.+")


@lru_cache(maxsize=20_000)
def no_product(code: str) -> Skip | None:
    """Why a stock code, in capitals, names no product; five digits and letters, or DCGS, do."""
    if code in _CODES:
        return _CODES[code]
    if code.startswith("GIFT_"):
        return Skip.VOUCHER
    if code.startswith("TEST"):
        return Skip.TEST
    return None if _PRODUCT.fullmatch(code) else Skip.NO_PRODUCT


def why_skipped(
    invoice: str, code: str, description: str, quantity: int, price: int, customer: str
) -> Skip | None:
    """Why a line is skipped before its sale is looked for; `price` is in centimes."""
    reason = Skip.BAD_DEBT if invoice[0] == "A" else no_product(code)
    if reason:
        return reason
    if invoice[0] != "C" and not description and price == 0:
        return Skip.NO_DESCRIPTION
    if invoice[0] != "C" and quantity <= 0:
        return Skip.ADJUSTMENT
    if price <= 0:
        return Skip.NEGATIVE_PRICE if price else Skip.NO_PRICE
    if invoice[0] == "C" and quantity >= 0:
        return Skip.NO_UNITS
    return Skip.NO_CUSTOMER if invoice[0] == "C" and not customer else None


def in_dirhams(pounds: int) -> int:
    """A price in ten-thousandths of a pound as centimes, rounded half away from zero."""
    return divide(pounds * MAD_PER_GBP * 100, 10_000)


# Makers and what they bring


class Plan(NamedTuple):
    """A maker: who she is, on which terms she brings her pieces, and how many artisans she has."""

    code: str
    craft: str
    terms: Terms
    artisans: int
    has_floor: bool


@lru_cache(maxsize=20_000)
def maker_of(code: str) -> str:
    """The maker of a stock code, `R001` to `R170`."""
    return f"R{1 + draw(f'{code}/maker', MAKERS):03d}"


@lru_cache(maxsize=MAKERS)
def plan_of(maker: str) -> Plan:
    """All that the hash says of a maker."""
    regime = draw(f"{maker}/regime", 10)
    fee_bp, fee_maker_bp = ((0, 0), (200, 5_000), (150, 10_000))[draw(f"{maker}/card", 3)]
    return Plan(
        code=maker,
        craft=CRAFTS[draw(f"{maker}/craft", len(CRAFTS))],
        terms=Terms(
            regime=(
                Regime.MANDATE
                if regime < 7
                else Regime.COMMISSIONNAIRE
                if regime < 9
                else Regime.FIRM
            ),
            commission_bp=1_500 + draw(f"{maker}/commission", 2_001),
            discounts=(Discounts.SHARED, Discounts.HUB, Discounts.MAKER)[
                draw(f"{maker}/discounts", 3)
            ],
            card_fee_bp=fee_bp,
            card_fee_maker_bp=fee_maker_bp,
            maker_vat_liable=draw(f"{maker}/liable", 3) == 0,
            paid_to=(PaidTo.MEMBERS if draw(f"{maker}/paid", 3) == 0 else PaidTo.COOPERATIVE),
        ),
        artisans=1 + draw(f"{maker}/artisans", 6),
        has_floor=draw(f"{maker}/floor", 4) == 0,
    )


def hands_of(code: str, month: str, artisans: int) -> dict[int, int]:
    """Who made a month's lot of a code: artisan's number, from 0, to her weight."""
    lot = f"{code}/{month}"
    count = 1 + draw(f"{lot}/hands", min(artisans, 3))
    first = draw(f"{lot}/first", artisans)
    numbers = sorted((first + i) % artisans for i in range(count))
    return {number: 1 + draw(f"{lot}/weight/{number}", 3) for number in numbers}


@lru_cache(maxsize=20_000)
def tax_class_of(code: str) -> str:
    """The tax class of a code: handmade rugs are exempt, one code of ten is at the reduced rate."""
    if plan_of(maker_of(code)).craft == "rug":
        return "exempt"
    return "reduced" if draw(f"{code}/tax", 10) == 0 else "standard"


@lru_cache(maxsize=20_000)
def tax_of_code(code: str) -> LineTax:
    """The tax within a price: the seller is the maker in regime B, the hub, who is liable, else."""
    terms = plan_of(maker_of(code)).terms
    liable = terms.maker_vat_liable if terms.regime is Regime.MANDATE else True
    return line_tax(tax_class_of(code), liable, VAT_BP, REDUCED_BP)


def list_price(prices: dict[int, int]) -> int:
    """The price on most lines of the month, in centimes; the highest of those that tie."""
    return max(prices, key=lambda price: (prices[price], price))


# Tenders


class Paid(NamedTuple):
    """How a ticket was paid: tenders as given, the cash part's rounding, the change."""

    tenders: tuple[Tender, ...]
    rounding: int
    change: int


def register_of(invoice: str) -> str:
    """The register that an invoice was rung up at."""
    return REGISTERS[draw(f"{invoice}/register", len(REGISTERS))]


def other_than_cash(invoice: str, total: int) -> tuple[TenderKind, int]:
    """Which tender other than cash pays how much of a sale; the rest is cash."""
    side = draw(f"{invoice}/tender", 20)
    if side == 18:
        return TenderKind.CHEQUE, total
    if side == 19:
        return TenderKind.TRANSFER, total
    part = total
    if side < 9:
        part = 0
    elif side >= 16:
        part = divide(total * (3 + draw(f"{invoice}/part", 5)), 10)
    if to_step(total, CASH_STEP) >= CASH_LIMIT or not to_step(total - part, CASH_STEP):
        part = total
    return TenderKind.TERMINAL, part


def pay(invoice: str, total: int) -> Paid:
    """Pay a sale as a person would: the card its part, then notes that are at least the rest."""
    kind, other = other_than_cash(invoice, total)
    tenders = []
    if other:
        tenders.append(Tender(kind, other, f"{draw(f'{invoice}/slip', 10**6):06d}"))
    if other == total:
        return Paid(tuple(tenders), 0, 0)
    rest = to_step(total - other, CASH_STEP)
    note = (CASH_STEP, 2_000, 10_000, 20_000)[draw(f"{invoice}/note", 4)]
    given = -(-rest // note) * note
    settled = settle(total, other, given, CASH_STEP)
    tenders.append(Tender(TenderKind.CASH, given))
    return Paid(tuple(tenders), settled.rounding, settled.change)


def give_back(parts: dict[TenderKind, int]) -> Paid:
    """Pay a refund out by what each kind of tender owes; what cash cannot pay goes by card."""
    owed = dict(parts)
    cash = owed.pop(TenderKind.CASH, 0)
    rounded = to_step(cash, CASH_STEP)
    if cash and not rounded:
        owed[TenderKind.TERMINAL] = owed.get(TenderKind.TERMINAL, 0) + cash
        cash = 0
    tenders = [Tender(kind, -amount) for kind, amount in sorted(owed.items()) if amount]
    if cash:
        tenders.append(Tender(TenderKind.CASH, -rounded))
    return Paid(tuple(tenders), cash - rounded, 0)


# The registers' day


def cashier_at(register: str, day: date) -> str:
    """Who stands at a register on a day."""
    return CASHIERS[draw(f"{day.isoformat()}/{register}/cashier", len(CASHIERS))]


class Count(NamedTuple):
    """What a drawer held in the evening, what stays in it, and why it is not what was expected."""

    counted: int
    left: int
    why: str


def count_of(register: str, day: date, expected: int) -> Count:
    """The count of a drawer: one in twenty is some coins short."""
    text = f"{day.isoformat()}/{register}/count"
    missing = 10 * (1 + draw(f"{text}/short", 200)) if draw(text, 20) == 0 else 0
    counted, why = max(expected - missing, 0), ""
    if counted != expected:
        why = "counted twice" if expected > 0 else "refunds took more than the drawer held"
    return Count(counted, min(counted, FLOAT), why)
