"""
A consignment shop told a second time, from the design of the books alone.

It imports nothing of almakane: rates are fractions, and what the application divides is divided
here in another way. Amounts are centimes; a balance is debits less credits; a maker, an artisan
and a lot are known by the names that the books give them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import NamedTuple
from zoneinfo import ZoneInfo

ON_HAND = ("shelf", "reserve", "workshop", "transit", "web_pick")
TO_SELL = ("shelf", "reserve", "web_pick")
LIVES = {
    "checkout": timedelta(minutes=36),
    "pickup": timedelta(hours=48),
    "delivery": timedelta(hours=24),
    "paid": None,
}


class Cannot(Exception):
    """The shop says no, and nothing has happened."""


# Arithmetic


def nearest(exact: Fraction) -> int:
    """The nearest whole centime of an amount that is not negative, half away from zero."""
    return floor(exact + Fraction(1, 2))


def within(gross: int, rate: Fraction) -> int:
    """The tax that is inside a price."""
    return nearest(gross * rate / (1 + rate))


def deal(total: int, weights: Sequence[int]) -> list[int]:
    """Largest remainder, coin by coin: the next one goes to the first who lacks most."""
    if not total:
        return [0] * len(weights)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [floor(part) for part in exact]
    while sum(parts) < total:
        n = max(range(len(parts)), key=lambda n: exact[n] - parts[n])
        parts[n] += 1
    return parts


def to_coins(amount: int, step: int) -> int:
    """Cash to the nearest step, a tie toward zero."""
    coins, rest = divmod(abs(amount), step)
    rounded = (coins + (2 * rest > step)) * step
    return rounded if amount > 0 else -rounded


# What is agreed


@dataclass(frozen=True)
class House:
    """What the hub is set to."""

    liable: bool
    vat: Fraction = Fraction(20, 100)
    reduced: Fraction = Fraction(10, 100)
    step: int = 10
    limit: int = 2_000_000
    till_wait: int = 7
    web_wait: int = 14

    @property
    def own_vat(self) -> Fraction:
        """The rate on what the hub itself sells and does."""
        return self.vat if self.liable else Fraction(0)

    def rate(self, tax_class: str, *, seller_is_liable: bool) -> Fraction:
        """The rate within a price: the seller's status first, then the goods' class."""
        if not seller_is_liable or tax_class == "exempt":
            return Fraction(0)
        return self.reduced if tax_class == "reduced" else self.vat


@dataclass(frozen=True)
class Terms:
    """An agreement version."""

    regime: str  # A, B or C
    commission: Fraction
    discounts: str = "shared"  # or hub, or maker
    fee: Fraction = Fraction(0)  # what is agreed of a card payment, ...
    fee_part: Fraction = Fraction(0)  # ... and the maker's part of that
    liable: bool = False
    to_members: bool = False
    hub_bears_loss: bool = True
    return_days: int = 7


@dataclass(frozen=True)
class Lot:
    """A line of a delivery, under the terms of its day."""

    code: str
    maker: str
    terms: Terms
    price: int
    quantity: int
    is_piece: bool
    floor: int = 0
    cost: int = 0
    tax_class: str = "standard"
    weights: dict[str, int] = field(default_factory=dict)  # artisan to weight, lowest id first


# What a ticket says


class Line(NamedTuple):
    """One line sold; `what` is lot, gift_card or service."""

    n: int
    what: str
    code: str
    qty: int
    list: int
    unit: int
    discount: int = 0
    tax: int = 0

    @property
    def total(self) -> int:
        return self.unit * self.qty - self.discount


class Back(NamedTuple):
    """One line of an earlier ticket taken back."""

    n: int
    of: str
    line: int
    qty: int
    total: int
    restock: bool = True


class Tender(NamedTuple):
    """Money as given, or paid out where negative; `asked`: the server took the card or credit."""

    kind: str
    amount: int
    ref: str = ""
    asked: bool = False


class Ticket(NamedTuple):
    """A sale, a refund or an exchange."""

    uid: str
    register: str
    day: date
    lines: tuple[Line, ...] = ()
    backs: tuple[Back, ...] = ()
    tenders: tuple[Tender, ...] = ()
    rounding: int = 0
    change: int = 0
    number: str = ""
    shift: str | None = None
    consent: bool = False
    note: str = ""

    @property
    def goods(self) -> int:
        return sum(line.total for line in self.lines)

    @property
    def total(self) -> int:
        return self.goods - sum(back.total for back in self.backs)


# What is kept


@dataclass
class Parts:
    """Whose a price is: sales + promotion = maker + commission and fees with their VAT."""

    sales: int = 0  # the price, without the VAT in it where that is the hub's
    vat: int = 0
    promotion: int = 0
    maker: int = 0  # without the VAT that she invoices
    commission: int = 0
    commission_vat: int = 0
    fee: int = 0
    fee_vat: int = 0
    maker_vat: int = 0
    cost: int = 0  # of own goods
    units: int = 0
    members: dict[str, int] = field(default_factory=dict)

    @property
    def net(self) -> int:
        """What the maker is owed."""
        return self.maker + self.maker_vat

    @property
    def paid(self) -> int:
        return self.sales + self.vat

    def less(self, taken: "Parts") -> "Parts":
        """What is left when that is taken."""
        rest = {name: value - getattr(taken, name) for name, value in self._amounts()}
        members = {name: part - taken.members.get(name, 0) for name, part in self.members.items()}
        return Parts(**rest, members=members)

    def _amounts(self) -> list[tuple[str, int]]:
        return [(name, value) for name, value in vars(self).items() if name != "members"]


def split(
    house: House, lot: Lot, line: Line, *, consent: bool, rate: Fraction, by_card: int
) -> Parts:
    """Divide a sold line by its terms."""
    terms, vat = lot.terms, house.own_vat
    listed, paid = line.list * line.qty, line.total
    lowest = 0 if consent else lot.floor * line.qty
    parts = Parts(units=line.qty)
    if terms.regime != "B":
        parts.vat = within(paid, rate)
        listed, lowest = listed - within(listed, rate), lowest - within(lowest, rate)
    parts.sales = paid - parts.vat
    if terms.regime == "C":
        parts.cost = lot.cost * line.qty
        return parts
    borne = listed - parts.sales if terms.discounts == "hub" else 0
    parts.promotion = max(0, borne, lowest - parts.sales)
    given = parts.sales + parts.promotion
    base = given if terms.discounts == "shared" else listed
    parts.commission = nearest(base * terms.commission)
    if terms.regime == "B":
        parts.commission_vat = nearest(parts.commission * vat)
        if parts.commission + parts.commission_vat > given:  # her net is never below zero
            parts.commission_vat = within(given, vat)
            parts.commission = given - parts.commission_vat
    parts.commission = min(parts.commission, given)
    left = given - parts.commission - parts.commission_vat
    parts.fee = nearest(by_card * terms.fee * terms.fee_part)
    parts.fee_vat = nearest(parts.fee * vat)
    if parts.fee + parts.fee_vat > left:
        parts.fee_vat = within(left, vat)
        parts.fee = left - parts.fee_vat
    if terms.regime == "A" and terms.liable:
        parts.maker_vat = nearest(left * rate)
    parts.maker = left - parts.fee - parts.fee_vat
    parts.members = share_out(parts.net, lot.weights)
    return parts


def share_out(net: int, weights: dict[str, int]) -> dict[str, int]:
    """A net over the artisans of a lot."""
    return dict(zip(weights, deal(net, list(weights.values())), strict=True)) if weights else {}


def take(left: Parts, refund: int, units: int) -> Parts:
    """Divide a refund over what is left of a line."""
    if refund == left.paid and (left.paid or units == left.units):
        taken = replace(left, members=dict(left.members))
    else:
        sales, vat = deal(refund, [left.sales, left.vat])
        part = Fraction(refund, left.paid) if left.paid else Fraction(units, max(left.units, 1))
        taken = Parts(sales=sales, vat=vat, promotion=nearest(left.promotion * part))
        weights = [left.maker, left.commission, left.commission_vat, left.fee, left.fee_vat]
        if any(weights):
            dealt = deal(taken.sales + taken.promotion, weights)
            taken.maker, taken.commission, taken.commission_vat, taken.fee, taken.fee_vat = dealt
        if left.maker:
            taken.maker_vat = nearest(Fraction(left.maker_vat * taken.maker, left.maker))
        taken.members = share_out(taken.net, left.members)
    taken.units = units
    taken.cost = nearest(Fraction(left.cost * units, left.units)) if units else 0
    return taken


@dataclass
class Sold:
    """A line of a ticket in the books, and what is left of it."""

    line: Line
    lot: Lot | None
    site: str
    left: Parts


@dataclass
class Earned:
    """What a line, or a loss, gave a maker; it waits until `on`, or until somebody knows when."""

    maker: str
    to_members: bool
    on: date | None

    left: Parts

    def waits(self, day: date) -> bool:
        return self.on is None or self.on > day


@dataclass
class Told:
    """A ticket that was told, and the answer."""

    ticket: Ticket
    number: str
    flags: set[tuple[str, int]]


@dataclass
class Hold:
    """A claim on a lot."""

    uid: str
    lot: str
    quantity: int
    kind: str
    until: datetime | None


@dataclass
class Shift:
    """One person's time at a register."""

    uid: str
    register: str
    day: date
    is_open: bool = True


class Shop:
    """The whole of it: what is where, and who is owed what."""

    def __init__(self, house: House, registers: dict[str, str], webs: Iterable[str] = ()) -> None:
        self.house = house
        self.registers = registers  # to the site where they stand
        self.webs = set(webs)
        self.zone = ZoneInfo("Africa/Casablanca")
        self.makers: dict[str, list[str]] = {}  # to her artisans
        self.lots: dict[str, Lot] = {}
        self.books: Counter[str] = Counter()
        self.turnover: Counter[tuple[date, str]] = Counter()
        self.places: Counter[tuple[str, str, str]] = Counter()  # lot, site, kind
        self.told: dict[str, Told] = {}
        self.sold: dict[tuple[str, int], Sold] = {}
        self.earned: dict[str, Earned] = {}
        self.holds: list[Hold] = []
        self.shifts: dict[str, Shift] = {}
        self.numbers: Counter[str] = Counter()
        self.seals: set[date] = set()
        self._day = date.min

    # The two books

    @property
    def sealed(self) -> date | None:
        """The last day that is sealed."""
        return max(self.seals, default=None)

    def _post(self, debit: str, credit: str, amount: int) -> None:
        self.books[debit] += amount
        self.books[credit] -= amount
        self.turnover[self._day, debit] -= amount
        self.turnover[self._day, credit] += amount

    def _move(self, lot: str, quantity: int, source: tuple[str, str], to: tuple[str, str]) -> None:
        self.places[(lot, *source)] -= quantity
        self.places[(lot, *to)] += quantity

    def _take_from(self, lot: str, quantity: int, site: str, place: str) -> None:
        if self.places[lot, site, place] < quantity:
            raise Cannot("there are not so many")

    def _number(self, series: str, width: int = 6, count: int = 1) -> str:
        self.numbers[series] += count
        return f"{series}-{self.numbers[series]:0{width}d}"

    def today(self, now: datetime) -> date:
        """The house's own day."""
        return now.astimezone(self.zone).date()

    def booked_on(self, day: date, now: datetime) -> date:
        """The day told, unless it is sealed: then that of arrival, or the first that is open."""
        if self.sealed is None or day > self.sealed:
            return day
        return max(self.today(now), self.sealed + timedelta(days=1))

    # Stock in and out

    def deliver(self, site: str, lots: Sequence[Lot], day: date, now: datetime) -> str:
        """A maker brings lots; own goods are owed for at once."""
        self._day = self.booked_on(day, now)
        for lot in lots:
            self.lots[lot.code] = lot
            self._move(lot.code, lot.quantity, (site, "maker"), (site, "shelf"))
            if lot.terms.regime == "C":
                self._buy(lot)
        return self._number("BD")

    def _buy(self, lot: Lot) -> None:
        cost = lot.cost * lot.quantity
        rate = self.house.rate(lot.tax_class, seller_is_liable=lot.terms.liable)
        self._post("stock:own", f"owed:{lot.maker}", cost)
        if self.house.liable:
            self._post("vat:in", f"owed:{lot.maker}", nearest(cost * rate))

    def give_back(self, site: str, code: str, quantity: int, place: str, now: datetime) -> str:
        """Pieces go back to their maker, but for those that somebody has claimed."""
        if self.lots[code].terms.regime == "C":
            raise Cannot("these are the hub's own")
        self._take_from(code, quantity, site, place)
        if self._on_hand(code) - quantity < self._claimed(code, now):
            raise Cannot("somebody has claimed them")
        self._move(code, quantity, (site, place), (site, "maker"))
        return self._number("BR")

    def buy_out(self, site: str, code: str, bought: Lot, day: date, now: datetime) -> str:
        """Pieces go back on paper and come in as the hub's own."""
        self.give_back(site, code, bought.quantity, "shelf", now)
        return self.deliver(site, [bought], day, now)

    def lose(
        self,
        site: str,
        code: str,
        quantity: int,
        to: str,
        place: str,
        day: date,
        now: datetime,
        *,
        hub_bears: bool | None = None,
        uid: str,
    ) -> str:
        """Pieces are lost or damaged: the maker has the net of the list price."""
        lot = self.lots[code]
        self._take_from(code, quantity, site, place)
        self._day = self.booked_on(day, now)
        self._move(code, quantity, (site, place), (site, to))
        number = self._number("PV")
        self._end_holds({code}, now, self._on_hand)
        if lot.terms.regime == "C":
            self._post("expense:loss", "stock:own", lot.cost * quantity)
            return number
        if not (lot.terms.hub_bears_loss if hub_bears is None else hub_bears):
            return number
        price = lot.price * quantity
        plain = replace(lot, floor=0)
        rate = self.house.rate(lot.tax_class, seller_is_liable=self.house.liable)
        line = Line(1, "lot", code, quantity, lot.price, lot.price)
        assert line.total == price
        parts = split(self.house, plain, line, consent=True, rate=rate, by_card=0)
        given = Parts(maker=parts.maker, units=quantity)
        given.members = share_out(given.maker, lot.weights)
        self._post("expense:loss", f"owed:{lot.maker}", given.maker)
        self._pass_on(lot, given, 1)
        self.earned[f"{uid}/loss"] = Earned(lot.maker, lot.terms.to_members, self._day, given)
        return number

    def transfer(
        self, code: str, quantity: int, source: tuple[str, str], to: tuple[str, str]
    ) -> str:
        """Pieces move within the house."""
        if source == to:
            raise Cannot("it stands there already")
        self._take_from(code, quantity, *source)
        self._move(code, quantity, source, to)
        return self._number("TR")

    def _on_hand(self, code: str) -> int:
        return self._standing(code, ON_HAND)

    def _to_sell(self, code: str) -> int:
        return self._standing(code, TO_SELL)

    def _standing(self, code: str, kinds: Iterable[str]) -> int:
        sites = set(self.registers.values())
        return sum(self.places[code, site, kind] for site in sites for kind in kinds)

    # Claims

    def hold(self, uid: str, code: str, quantity: int, kind: str, site: str, now: datetime) -> None:
        """A buyer claims pieces; what has run out ends first."""
        self.holds = [hold for hold in self.holds if hold.lot != code or _lives(hold, now)]
        free = sum(self.places[code, site, place] for place in TO_SELL)
        if free - self._claimed(code, now) < quantity:
            raise Cannot("somebody else has taken this piece")
        life = LIVES[kind]
        self.holds.append(Hold(uid, code, quantity, kind, now + life if life else None))

    def _claimed(self, code: str, now: datetime) -> int:
        return sum(h.quantity for h in self.holds if h.lot == code and _lives(h, now))

    def _end_holds(
        self, codes: Iterable[str], now: datetime, standing: Callable[[str], int]
    ) -> set[str]:
        """Claims that no longer fit end, paid ones last and then the oldest first; who broke?"""
        ended = set()
        for code in codes:
            self.holds = [hold for hold in self.holds if hold.lot != code or _lives(hold, now)]
            free = standing(code)
            for hold in sorted(self.holds, key=lambda hold: hold.kind != "paid"):
                if hold.lot != code:
                    continue
                if hold.quantity <= free:
                    free -= hold.quantity
                else:
                    self.holds.remove(hold)
                    ended.add("hold_paid" if hold.kind == "paid" else "hold_preempted")
        return ended

    # Tickets

    def record(self, ticket: Ticket, now: datetime, fulfils: str = "") -> Told:
        """A ticket comes in: it is recorded whole, or nothing is; it may be what a hold was for."""
        if there := self.told.get(ticket.uid):
            if there.ticket != ticket:
                raise Cannot("uid_twice")
            return there
        for back in ticket.backs:
            if (back.of, back.line) not in self.sold:
                raise Cannot(f"needs:{back.of}")
        self._day = self.booked_on(ticket.day, now)
        flags: set[tuple[str, int]] = set()
        touched = {line.code for line in ticket.lines if line.code in self.lots}
        for back in ticket.backs:
            flags |= self._take_back(ticket, back)
            lot = self.sold[back.of, back.line].lot
            touched |= {lot.code} if lot else set()
        by_card = sum(tender.amount for tender in ticket.tenders if tender.kind == "terminal")
        totals = [line.total for line in ticket.lines]
        cards = deal(max(0, min(by_card, ticket.goods)), totals)
        for line, card in zip(ticket.lines, cards, strict=True):
            flags |= self._sell(ticket, line, card)
        flags |= self._settle(ticket)
        assert not self.books["clearing"]
        self.holds = [hold for hold in self.holds if hold.uid != fulfils]
        flags |= {(name, 0) for name in self._end_holds(touched, now, self._to_sell)}
        if self._day != ticket.day:
            flags.add(("late_day", 0))
        number = ticket.number or self._number(ticket.register)
        again, taken = 1, {told.number for told in self.told.values()}
        while number in taken:
            flags.add(("number_twice", 0))
            again += 1
            number = f"{ticket.number}/{again}"
        self.told[ticket.uid] = Told(ticket, number, flags)
        return self.told[ticket.uid]

    def _sell(self, ticket: Ticket, line: Line, card: int) -> set[tuple[str, int]]:
        site = self.registers[ticket.register]
        flags: set[tuple[str, int]] = set()
        lot = self.lots.get(line.code) if line.what == "lot" else None
        if lot:
            house = self.house
            is_hubs = lot.terms.regime != "B"
            liable = house.liable if is_hubs else lot.terms.liable
            rate = house.rate(lot.tax_class, seller_is_liable=liable)
            if within(line.total, rate) != line.tax:
                flags.add(("tax_differs", line.n))
            if line.list != lot.price:
                flags.add(("price_old", line.n))
            if line.total < lot.floor * line.qty and not ticket.consent:
                flags.add(("below_floor", line.n))
            parts = split(house, lot, line, consent=ticket.consent, rate=rate, by_card=card)
            if self._hand_over(lot.code, line.qty, ticket.register):
                flags.add(("stock_short", line.n))
            if lot.terms.regime != "C":
                self.earned[f"{ticket.uid}/{line.n}"] = Earned(
                    lot.maker, lot.terms.to_members, self._available_on(ticket, lot), parts
                )
        elif line.what == "service":
            vat = within(line.total, self.house.own_vat)
            if vat != line.tax:
                flags.add(("tax_differs", line.n))
            parts = Parts(sales=line.total - vat, vat=vat, units=line.qty)
        else:
            parts = Parts(sales=line.total, units=line.qty)
            if line.what == "lot":
                flags.add(("lot_unknown", line.n))
        sold = self.sold[ticket.uid, line.n] = Sold(line, lot, site, parts)
        self._write(sold, parts, 1)
        return flags

    def _hand_over(self, code: str, quantity: int, register: str) -> int:
        """A till takes from the shelf first, the web what is packed; gives how many lacked."""
        site = self.registers[register]
        for kind in reversed(TO_SELL) if register in self.webs else TO_SELL:
            part = max(0, min(quantity, self.places[code, site, kind]))
            self._move(code, part, (site, kind), (site, "buyer"))
            quantity -= part
        self._move(code, quantity, (site, "oversold"), (site, "buyer"))
        return quantity

    def _available_on(self, ticket: Ticket, lot: Lot) -> date | None:
        if any(tender.kind in ("cheque", "transfer") for tender in ticket.tenders):
            return None
        is_web = ticket.register in self.webs
        wait = self.house.web_wait if is_web else self.house.till_wait
        return self._day + timedelta(days=max(wait, lot.terms.return_days))

    def _take_back(self, ticket: Ticket, back: Back) -> set[tuple[str, int]]:
        sold = self.sold[back.of, back.line]
        most = sold.left.paid
        if sold.line.what == "gift_card":  # what is spent of it cannot be given back
            spent = sum(
                tender.amount
                for tender in ticket.tenders
                if (tender.kind, tender.ref) == ("gift_card", sold.line.code) and tender.asked
            )
            held = -self.books[f"giftcard:{sold.line.code}"] - spent
            most = max(0, min(most, held))
        refund, units = min(back.total, most), min(back.qty, sold.left.units)
        taken = take(sold.left, refund, units)
        self._write(sold, taken, -1)
        self._post("differences", "clearing", back.total - refund)
        sold.left = sold.left.less(taken)
        if earned := self.earned.get(f"{back.of}/{back.line}"):
            earned.left = sold.left
        if sold.lot:
            here = self.registers[ticket.register]
            to = "shelf" if back.restock else "damaged"
            self._move(sold.lot.code, units, (sold.site, "buyer"), (here, to))
        return {("over_refund", -back.n)} if (refund, units) != (back.total, back.qty) else set()

    def _write(self, sold: Sold, parts: Parts, sign: int) -> None:
        """What a line writes, or a refund turned round."""

        def post(debit: str, credit: str, amount: int) -> None:
            self._post(debit, credit, sign * amount)

        lot, line = sold.lot, sold.line
        if lot is None:
            if line.what == "service":
                name = "shipping" if line.code == "delivery" else "services"
                post("clearing", f"income:{name}", parts.sales)
                post("clearing", "vat:out", parts.vat)
            else:
                known = line.what == "gift_card"
                post("clearing", f"giftcard:{line.code}" if known else "suspense", parts.sales)
            return
        owed = f"owed:{lot.maker}"
        if lot.terms.regime == "B":
            post("clearing", owed, parts.sales)
            post(owed, "income:commission", parts.commission)
        else:
            post("clearing", "income:sales", parts.sales)
            post("clearing", "vat:out", parts.vat)
        if lot.terms.regime == "A":
            post("cost:consigned", owed, parts.sales)
            post(owed, "cost:consigned", parts.commission)
        post("cost:own", "stock:own", parts.cost)
        post("expense:promotion", owed, parts.promotion)
        post(owed, "vat:out", parts.commission_vat + parts.fee_vat)
        post("vat:in", owed, parts.maker_vat)
        post(owed, "income:fees", parts.fee)
        self._pass_on(lot, parts, sign)

    def _pass_on(self, lot: Lot, parts: Parts, sign: int) -> None:
        if lot.terms.to_members:
            for artisan, part in parts.members.items():
                self._post(f"owed:{lot.maker}", f"owed:{artisan}", sign * part)

    def _settle(self, ticket: Ticket) -> set[tuple[str, int]]:
        flags: set[tuple[str, int]] = set()
        drawer, cash, other = f"cash:{ticket.register}", -ticket.change, 0
        accounts = {
            "terminal": "card:acquirer",
            "cheque": "cheque:portfolio",
            "transfer": "transfer:expected",
        }
        for tender in ticket.tenders:
            if tender.kind == "cash":
                cash += tender.amount
                continue
            other += tender.amount
            account = accounts.get(tender.kind) or (
                f"{tender.kind.replace('_', '')}:{tender.ref}"
                if tender.asked or tender.amount < 0
                else "differences"
            )
            if account == "differences":
                flags.add(("tender_unsecured", 0))
            self._post(account, "clearing", tender.amount)
        self._post(drawer, "clearing", cash)
        self._post("clearing", "rounding", ticket.rounding)
        in_cash = ticket.total - other
        by_cash = cash != 0 or in_cash * ticket.total > 0  # what a card paid too much is no cash
        if ticket.rounding != (to_coins(in_cash, self.house.step) - in_cash if by_cash else 0):
            flags.add(("total_differs", 0))
        if cash >= self.house.limit:
            flags.add(("cash_limit", 0))
        if ticket.shift is not None and ticket.shift not in self.shifts:
            flags.add(("shift_missing", 0))
        elif ticket.shift is not None and not self.shifts[ticket.shift].is_open:
            flags.add(("shift_closed", 0))
            self._post("over_short", drawer, cash)
        return flags

    # Shifts, seals and statements

    def open_shift(self, uid: str, register: str, day: date, amount: int, now: datetime) -> None:
        """The safe gives or takes what the drawer lacks of its float, or has beyond it."""
        if any(shift.is_open and shift.register == register for shift in self.shifts.values()):
            raise Cannot("close the other one first")
        self._day = self.booked_on(day, now)
        drawer = f"cash:{register}"
        self._post(drawer, "cash:safe", amount - self.books[drawer])
        self.shifts[uid] = Shift(uid, register, day)

    def close_shift(self, uid: str, counted: int, left: int, now: datetime) -> None:
        """The count is what there is; the takings go to the safe."""
        shift = self.shifts[uid]
        self._day = self.booked_on(shift.day, now)
        drawer = f"cash:{shift.register}"
        self._post("over_short", drawer, self.books[drawer] - counted)
        self._post("cash:safe", drawer, counted - left)
        shift.is_open = False

    def seal(self, day: date) -> None:
        """What was recorded is sealed, once a day; no day before it is sealed later."""
        if self.sealed and day < self.sealed and day not in self.seals:
            raise Cannot("a later day is sealed already")
        self.seals.add(day)

    def release(self, uid: str, on: date) -> int:
        """Somebody knows when a ticket's money is in; gives how many earnings waited for it."""
        found = [
            earned
            for line, earned in self.earned.items()
            if line.startswith(f"{uid}/") and earned.on is None
        ]
        for earned in found:
            earned.on = on
        return len(found)

    def owed(self, account: str) -> int:
        """What the hub owes on an account."""
        return -self.books[f"owed:{account}"]

    def waiting(self, account: str, day: date) -> int:
        """What of it may not be paid yet, at the end of a day."""
        waits = 0
        for earned in self.earned.values():
            if earned.waits(day):
                if earned.to_members:
                    waits += earned.left.members.get(account, 0)
                elif earned.maker == account:
                    waits += earned.left.net
        return waits


def _lives(hold: Hold, now: datetime) -> bool:
    return hold.until is None or hold.until > now
