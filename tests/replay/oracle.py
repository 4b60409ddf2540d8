"""
What a replay must come to, worked out apart: from docs/replay.md, the CSV, and nothing else.

It knows nothing of the application, keeps every line in memory, and divides with fractions.
"""

import csv
import gzip
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path


def draw(text: str, n: int) -> int:
    return int(hashlib.sha256(text.encode("utf-8")).hexdigest()[:16], 16) % n


def nearest(value: Fraction) -> int:
    """Half away from zero."""
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def to_dime(amount: int) -> int:
    """The nearest ten centimes, a tie toward zero."""
    tens, rest = divmod(amount, 10)
    return 10 * (tens + (rest > 5))


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Floors first, then a centime each to the largest remainders, the first of those that tie."""
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda i: parts[i] - exact[i])  # stable
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def within(amount: int, percent: int) -> int:
    """The tax that an amount contains."""
    return nearest(Fraction(amount * percent, 100 + percent))


@dataclass(frozen=True, slots=True)
class Maker:
    code: str
    regime: str
    rate: Fraction
    bears: str
    fee: Fraction
    liable: bool
    members: bool
    craft: str
    artisans: int
    has_floor: bool


@cache
def maker_of(code: str) -> Maker:
    name = f"R{draw(f'{code}/maker', 170) + 1:03d}"
    fees = [Fraction(0), Fraction(2, 100) / 2, Fraction(15, 1000)]
    crafts = ["pottery", "rug", "babouche", "tray", "thuya", "embroidery", "basket", "jewellery"]
    return Maker(
        name,
        "BBBBBBBAAC"[draw(f"{name}/regime", 10)],
        Fraction(1500 + draw(f"{name}/commission", 2001), 10_000),
        ["shared", "hub", "maker"][draw(f"{name}/discounts", 3)],
        fees[draw(f"{name}/card", 3)],
        draw(f"{name}/liable", 3) == 0,
        draw(f"{name}/paid", 3) == 0,
        crafts[draw(f"{name}/craft", 8)],
        draw(f"{name}/artisans", 6) + 1,
        draw(f"{name}/floor", 4) == 0,
    )


@cache
def tax_percent(code: str, maker: Maker) -> int:
    """Of the code's class, were the seller liable."""
    if maker.craft == "rug":
        return 0
    return 10 if draw(f"{code}/tax", 10) == 0 else 20


@cache
def centimes(pounds: str) -> int:
    return nearest(Fraction(Decimal(pounds)) * 1300)


@dataclass(frozen=True, slots=True)
class CsvLine:
    invoice: str
    run: int
    code: str
    description: str
    quantity: int
    time: str
    price: int
    customer: str

    @property
    def day(self) -> str:
        return self.time[:10]


def read(path: Path) -> Iterator[CsvLine]:
    packed = path.read_bytes()[:2] == b"\x1f\x8b"
    plain = open if not packed else gzip.open
    with plain(path, "rt", encoding="utf-8", newline="") as file:
        run, first = 0, dict[str, str]()
        for row in csv.DictReader(file):
            if row["invoice"] != first.get("invoice"):
                run, first = run + 1, row
            yield CsvLine(
                row["invoice"],
                run,
                row["stock_code"].strip().upper(),
                row["description"].strip(),
                int(row["quantity"]),
                first["invoiced_at"],
                centimes(row["unit_price_gbp"]),
                first["customer"],
            )


NAMED = {
    **{"POST": "postage", "DOT": "postage", "C2": "carriage", "M": "manual entry"},
    **{"D": "discount", "S": "samples", "BANK CHARGES": "bank charges", "B": "bad debt"},
    **{"AMAZONFEE": "market place's fee", "CRUK": "charity's commission"},
}


def reason_to_skip(line: CsvLine) -> str:
    refund = line.invoice.startswith("C")
    by_code = NAMED.get(line.code, "")
    by_code = by_code or ("gift voucher" if line.code.startswith("GIFT_") else "")
    by_code = by_code or ("test" if line.code.startswith("TEST") else "")
    product = re.fullmatch(r"[0-9]{5}[A-Z]{0,2}|DCGS.+", line.code)
    reasons = [
        ("bad debt", line.invoice.startswith("A")),
        (by_code, bool(by_code)),
        ("not a product", not product),
        ("no description", not refund and not line.description and line.price == 0),
        ("stock adjustment", not refund and line.quantity <= 0),
        ("negative price", line.price < 0),
        ("no price", line.price == 0),
        ("refund of no units", refund and line.quantity >= 0),
        ("refund without a customer", refund and not line.customer),
    ]
    return next((reason for reason, holds in reasons if holds), "")


PARTS = ("net", "commission", "commission_vat", "fees", "fees_vat")  # net: without input VAT


@dataclass(slots=True)
class Sold:
    """A line of a ticket, with what is left of everything in it."""

    code: str
    month: str
    maker: Maker
    sale: "Sale"
    units: int
    paid: int
    gross: int
    tax: int
    promotion: int = 0
    vat_in: int = 0
    cost: int = 0
    parts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))
    artisans: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Sale:
    kind: str = ""  # of the tender other than cash
    other: int = 0
    refunded: int = 0


@dataclass(slots=True)
class Figures:
    """What the books must say; amounts in centimes."""

    lines: int = 0
    days: int = 0
    sales: int = 0
    sold_lines: int = 0
    refunds: int = 0
    refund_lines: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    gmv: int = 0
    refunded: int = 0
    hub_share: int = 0
    vat_out: int = 0
    vat_in: int = 0
    ticket_tax: int = 0
    stock_own: int = 0
    over_short: int = 0
    rounding: int = 0
    on_hand: int = 0
    tenders: Counter[str] = field(default_factory=Counter)
    drawers: Counter[str] = field(default_factory=Counter)  # of the day
    owed_maker: Counter[str] = field(default_factory=Counter)
    owed_artisan: Counter[tuple[str, int]] = field(default_factory=Counter)
    made_by: Counter[tuple[str, int]] = field(default_factory=Counter)

    @property
    def owed(self) -> int:
        return self.owed_maker.total() + self.owed_artisan.total()


@dataclass(frozen=True, slots=True)
class Lot:
    price: int
    floor: int
    cost: int


class Oracle:
    """Goes through the file twice: what a month needs, then what happened."""

    def __init__(self, path: Path, days: int | None) -> None:
        self.figures = Figures()
        self.earlier: dict[tuple[str, str], list[Sold]] = defaultdict(list)
        everything: list[CsvLine] = []
        trading: list[str] = []
        for line in read(path):
            if not trading or line.day > trading[-1]:
                if days is None or len(trading) < days:
                    trading.append(line.day)
                elif line.day[:7] > trading[-1][:7]:
                    break
            everything.append(line)
        last_month = trading[-1][:7]
        needs: dict[tuple[str, str], list[CsvLine]] = defaultdict(list)
        for line in everything:
            is_sale = not line.invoice.startswith("C") and not reason_to_skip(line)
            if is_sale and line.day[:7] <= last_month:
                needs[line.day[:7], line.code].append(line)
        self.lots = {key: self._bring(code=key[1], lines=lines) for key, lines in needs.items()}
        self.figures.days = len(trading)
        invoices: dict[int, list[CsvLine]] = defaultdict(list)
        for line in everything:
            if line.day <= trading[-1]:
                invoices[line.run].append(line)
        day = ""
        for _run, lines in sorted(invoices.items()):
            if lines[0].day != day:
                self._count(day)
                day = lines[0].day
            self._invoice(lines)
        self._count(day)

    def _bring(self, code: str, lines: list[CsvLine]) -> Lot:
        maker, prices = maker_of(code), Counter(line.price for line in lines)
        often = max(prices.values())
        price = max(price for price, count in prices.items() if count == often)
        units = sum(line.quantity for line in lines)
        self.figures.on_hand += units
        cost = nearest(Fraction(price * 55, 100)) if maker.regime == "C" else 0
        vat = nearest(Fraction(cost * units * tax_percent(code, maker), 100)) if maker.liable else 0
        self.figures.owed_maker[maker.code] += cost * units + vat
        self.figures.stock_own += cost * units
        self.figures.vat_in += vat
        return Lot(price, price * 80 // 100 if maker.has_floor else 0, cost)

    def _count(self, day: str) -> None:
        """The count at the end of a day; then each drawer is back at its float."""
        for register in ("T1", "T2", "T3") if day else ():
            text = f"{day}/{register}/count"
            held = 200_000 + self.figures.drawers[register]
            short = 10 * (1 + draw(f"{text}/short", 200)) if draw(text, 20) == 0 else 0
            self.figures.over_short += held - max(held - short, 0)
        self.figures.drawers.clear()

    def _invoice(self, lines: list[CsvLine]) -> None:
        self.figures.lines += len(lines)
        kept = []
        for line in lines:
            if reason := reason_to_skip(line):
                self.figures.skipped[reason] += 1
            else:
                kept.append(line)
        if lines[0].invoice.startswith("C"):
            self._refund(kept)
        elif kept:
            self._sell(kept)

    def _keep(self, invoice: str, kind: str, amount: int) -> None:
        self.figures.tenders[kind] += amount
        if kind == "cash":
            self.figures.drawers[f"T{1 + draw(f'{invoice}/register', 3)}"] += amount

    def _sell(self, kept: list[CsvLine]) -> None:
        figures, invoice = self.figures, kept[0].invoice
        figures.sales += 1
        figures.sold_lines += len(kept)
        pieces: list[tuple[CsvLine, int]] = []
        for line in kept:
            whole, rest = divmod(line.quantity, 9_999)
            pieces += [(line, units) for units in [9_999] * whole + [rest] * (rest > 0)]
        totals = [line.price * units for line, units in pieces]
        total = sum(totals)
        sale = Sale(*self._tender(invoice, total))
        cash = total - sale.other
        figures.gmv += total
        if sale.other:
            self._keep(invoice, sale.kind, sale.other)
        if cash:
            self._keep(invoice, "cash", to_dime(cash))
            figures.rounding += to_dime(cash) - cash
        card = sale.other if sale.kind == "terminal" else 0
        cards = largest_remainder(card, totals)
        for (line, units), by_card in zip(pieces, cards, strict=True):
            sold = self._split(line, units, by_card, sale)
            self._book(sold, 1)
            if line.customer:
                self.earlier[line.customer, line.code].append(sold)

    def _tender(self, invoice: str, total: int) -> tuple[str, int]:
        side = draw(f"{invoice}/tender", 20)
        if side >= 18:
            return ("cheque" if side == 18 else "transfer"), total
        other = 0 if side <= 8 else total
        if side in (16, 17):
            other = nearest(Fraction(total * (3 + draw(f"{invoice}/part", 5)), 10))
        if to_dime(total) >= 20_000_00 or to_dime(total - other) == 0:
            other = total
        return "terminal", other

    def _split(self, line: CsvLine, units: int, by_card: int, sale: Sale) -> Sold:
        maker, month = maker_of(line.code), line.day[:7]
        lot = self.lots[month, line.code]
        paid = line.price * units
        listed = max(lot.price, line.price) * units
        floor = lot.floor * units
        percent = tax_percent(line.code, maker)
        tax = 0 if maker.regime == "B" else within(paid, percent)
        sold = Sold(line.code, month, maker, sale, units, paid, paid - tax, tax)
        if maker.regime != "B" or maker.liable:
            self.figures.ticket_tax += within(paid, percent)
        if maker.regime == "C":
            sold.cost = lot.cost * units
            return sold
        gross = sold.gross
        if maker.regime == "A":
            listed -= within(listed, percent)
            floor -= within(floor, percent)
        sold.promotion = max(
            [floor - gross, 0] + ([listed - gross] if maker.bears == "hub" else [])
        )
        given = gross + sold.promotion
        base = given if maker.bears == "shared" else max(listed, given)
        commission = nearest(maker.rate * base)
        vat = 0
        if maker.regime == "B":
            vat = nearest(Fraction(commission, 5))
            if commission + vat > given:
                vat = within(given, 20)
                commission = given - vat
        commission = min(commission, given)
        left = given - commission - vat
        fees = nearest(by_card * maker.fee)
        fees_vat = nearest(Fraction(fees, 5))
        if fees + fees_vat > left:
            fees_vat = within(left, 20)
            fees = left - fees_vat
        if maker.regime == "A" and maker.liable:
            sold.vat_in = nearest(Fraction(left * percent, 100))
        net = left - fees - fees_vat
        sold.parts = dict(zip(PARTS, (net, commission, vat, fees, fees_vat), strict=True))
        hands = self._hands(line.code, month, maker)
        shares = largest_remainder(net + sold.vat_in, list(hands.values()))
        sold.artisans = dict(zip(hands, shares, strict=True))
        return sold

    def _hands(self, code: str, month: str, maker: Maker) -> dict[int, int]:
        lot = f"{code}/{month}"
        count = 1 + draw(f"{lot}/hands", min(3, maker.artisans))
        first = draw(f"{lot}/first", maker.artisans)
        numbers = {(first + i) % maker.artisans for i in range(count)}
        return {n: 1 + draw(f"{lot}/weight/{n}", 3) for n in sorted(numbers)}

    def _book(self, line: Sold, sign: int) -> None:
        """Add a sold line to the figures, or take a refund off them."""
        figures, maker, parts = self.figures, line.maker, line.parts
        figures.on_hand -= sign * line.units
        figures.vat_out += sign * (line.tax + parts["commission_vat"] + parts["fees_vat"])
        if maker.regime == "C":
            figures.hub_share += sign * (line.gross - line.cost)
            figures.stock_own -= sign * line.cost
            return
        figures.hub_share += sign * (parts["commission"] + parts["fees"] - line.promotion)
        figures.vat_in += sign * line.vat_in
        if not maker.members:
            figures.owed_maker[maker.code] += sign * (parts["net"] + line.vat_in)
        for number, amount in line.artisans.items():
            figures.made_by[maker.code, number] += sign * amount
            if maker.members:
                figures.owed_artisan[maker.code, number] += sign * amount

    def _refund(self, kept: list[CsvLine]) -> None:
        back: Counter[str] = Counter()
        returns = 0
        for line in kept:
            wanted, found = -line.quantity, False
            for sold in reversed(self.earlier[line.customer, line.code]):
                units = min(wanted, sold.units)
                if units:
                    found = True
                    returns += 1
                    self._take(sold, units, back)
                    wanted -= units
            self.figures.refund_lines += found
            self.figures.skipped["refund without a sale"] += not found
        if not returns:
            return
        self.figures.refunds += 1
        cash = back.pop("cash", 0)
        if to_dime(cash):
            self._keep(kept[0].invoice, "cash", -to_dime(cash))
            self.figures.rounding -= to_dime(cash) - cash
        else:
            back["terminal"] += cash
        for kind, amount in back.items():
            self._keep(kept[0].invoice, kind, -amount)

    def _take(self, sold: Sold, units: int, back: Counter[str]) -> None:
        amount = nearest(Fraction(sold.paid * units, sold.units))
        taken = Sold(sold.code, sold.month, sold.maker, sold.sale, units, amount, 0, 0)
        taken.cost = nearest(Fraction(sold.cost * units, sold.units))
        if amount == sold.paid and (sold.paid or units == sold.units):
            taken.gross, taken.tax, taken.promotion = sold.gross, sold.tax, sold.promotion
            taken.vat_in, taken.parts = sold.vat_in, dict(sold.parts)
        else:
            if sold.gross + sold.tax:
                taken.gross, taken.tax = largest_remainder(amount, (sold.gross, sold.tax))
                part = Fraction(amount, sold.paid)
            else:
                part = Fraction(units, sold.units)
            taken.promotion = nearest(sold.promotion * part)
            if any(sold.parts.values()):
                divided = largest_remainder(
                    taken.gross + taken.promotion, [sold.parts[name] for name in PARTS]
                )
                taken.parts = dict(zip(PARTS, divided, strict=True))
                if sold.parts["net"]:
                    taken.vat_in = nearest(
                        Fraction(sold.vat_in * taken.parts["net"], sold.parts["net"])
                    )
        if any(sold.artisans.values()):
            shares = largest_remainder(
                taken.parts["net"] + taken.vat_in, list(sold.artisans.values())
            )
            taken.artisans = dict(zip(sold.artisans, shares, strict=True))
        self._book(taken, -1)
        self.figures.refunded += amount
        self._lessen(sold, taken)
        sale = sold.sale
        other = min(sale.other, sale.refunded + amount) - min(sale.other, sale.refunded)
        sale.refunded += amount
        if other:
            back[sale.kind] += other
        back["cash"] += amount - other

    @staticmethod
    def _lessen(sold: Sold, taken: Sold) -> None:
        for name in ("units", "paid", "gross", "tax", "promotion", "vat_in", "cost"):
            setattr(sold, name, getattr(sold, name) - getattr(taken, name))
        sold.parts = {name: sold.parts[name] - taken.parts[name] for name in PARTS}
        sold.artisans = {
            number: amount - taken.artisans.get(number, 0)
            for number, amount in sold.artisans.items()
        }


def work_out(path: Path, days: int | None = None) -> Figures:
    """The figures of a file's first days, or of all of it."""
    return Oracle(path, days).figures
