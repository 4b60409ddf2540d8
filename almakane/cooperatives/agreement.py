"""
The terms between the hub and a maker, and whose money the price of a line is.

1 000.00 under a mandate at 25 %, VAT 20 % on the commission: the commission takes 250.00, its VAT
50.00, and the maker has the rest, 700.00. tests/sales/test_postings.py has every other case.
"""

from dataclasses import dataclass
from enum import StrEnum

from almakane.errors import Refusal
from almakane.money import BASIS, allocate, divide, inside, rate


class Regime(StrEnum):
    """How the hub stands to the goods (MOROCCO section 2)."""

    MANDATE = "B"  # sells in the maker's name: only the commission is the hub's
    COMMISSIONNAIRE = "A"  # sells in its own name: the VAT of the price is the hub's
    FIRM = "C"  # has bought: the goods are the hub's own


class Discounts(StrEnum):
    """Who bears what is taken off a price."""

    SHARED = "shared"  # commission on the paid price
    HUB = "hub"  # commission on the list price, and the hub adds the difference
    MAKER = "maker"  # commission on the list price, the maker has the rest


class PaidTo(StrEnum):
    """Who is owed what a line gives its maker."""

    COOPERATIVE = "cooperative"
    MEMBERS = "members"


class Bearer(StrEnum):
    """Who bears a piece that is lost or damaged in the hub's hands."""

    HUB = "hub"
    MAKER = "maker"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an agreement version says of one lot; rates in basis points, frozen when it came in."""

    regime: Regime
    commission_bp: int
    discounts: Discounts = Discounts.SHARED
    card_fee_bp: int = 0  # the agreed rate on what is paid by card
    card_fee_maker_bp: int = 0  # the maker's part of that fee
    maker_vat_liable: bool = False
    paid_to: PaidTo = PaidTo.COOPERATIVE
    loss_bearer: Bearer = Bearer.HUB


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One line's amounts, for all its units, in centimes; `floor` is 0 where consent was given."""

    list_price: int
    paid: int
    floor: int = 0
    tax_bp: int = 0  # the rate within the price, where that VAT is the hub's (A, C)
    by_card: int = 0  # the part of `paid` that came by card


@dataclass(frozen=True, slots=True)
class Shares:
    """
    Where the price of a line goes, in centimes.

    paid = gross + tax; gross + promotion + vat_in = net + commission + commission_vat + fees +
    fees_vat. In regime B the price's own VAT stays inside gross, for it is the maker's affair; in C
    there is no maker to owe, and only gross and tax are filled.
    """

    gross: int
    tax: int = 0
    promotion: int = 0
    net: int = 0
    commission: int = 0
    commission_vat: int = 0
    fees: int = 0
    fees_vat: int = 0
    vat_in: int = 0

    @property
    def house(self) -> int:
        """The hub's share of the line, before the cost of own goods."""
        return self.commission + self.fees - self.promotion


def check_terms(terms: Terms, hub_vat_bp: int) -> None:
    """
    Refuse terms that could leave a maker owing money for a sale.

    Raises Refusal where commission x (1 + VAT) + fees go above 100 %, and for
    rates outside 0 to 100 %.
    """
    for field in ("commission_bp", "card_fee_bp", "card_fee_maker_bp"):
        if not 0 <= getattr(terms, field) <= BASIS:
            raise Refusal("A rate lies between 0 and 100 %%.", field=field)
    with_vat = (BASIS + hub_vat_bp) * (
        terms.commission_bp * BASIS + terms.card_fee_bp * terms.card_fee_maker_bp
    )
    if with_vat > BASIS**3:
        raise Refusal(
            "Commission, its VAT and the fees would take more than the whole price.",
            field="commission_bp",
        )


def share(line: PricedLine, terms: Terms, hub_vat_bp: int) -> Shares:
    """
    Divide a line between its maker, the house and the state.

    `hub_vat_bp` is the rate on the hub's own services, 0 where the hub is not liable. What is
    rounded is commission, VAT and fees; the maker has the rest, never below zero.
    """
    if terms.regime is Regime.FIRM:
        tax = inside(line.paid, line.tax_bp)
        return Shares(gross=line.paid - tax, tax=tax)
    if terms.regime is Regime.COMMISSIONNAIRE:
        return _share_net(line, terms, hub_vat_bp)
    return _share_price(line, terms, hub_vat_bp)


def _share_price(line: PricedLine, terms: Terms, hub_vat_bp: int) -> Shares:
    promotion = _promotion(line.list_price, line.paid, line.floor, terms.discounts)
    given = line.paid + promotion
    commission = rate(_base(line.list_price, given, terms.discounts), terms.commission_bp)
    commission_vat = rate(commission, hub_vat_bp)
    if commission + commission_vat > given:
        commission_vat = inside(given, hub_vat_bp)
        commission = given - commission_vat
    left = given - commission - commission_vat
    fees, fees_vat = _fees(line.by_card, terms, hub_vat_bp, left)
    return Shares(
        gross=line.paid,
        promotion=promotion,
        net=left - fees - fees_vat,
        commission=commission,
        commission_vat=commission_vat,
        fees=fees,
        fees_vat=fees_vat,
    )


def _share_net(line: PricedLine, terms: Terms, hub_vat_bp: int) -> Shares:
    """Regime A: the same on net prices; the commission is a lower purchase price, without VAT."""
    tax = inside(line.paid, line.tax_bp)
    gross = line.paid - tax
    list_net = line.list_price - inside(line.list_price, line.tax_bp)
    floor_net = line.floor - inside(line.floor, line.tax_bp)
    promotion = _promotion(list_net, gross, floor_net, terms.discounts)
    given = gross + promotion
    commission = rate(_base(list_net, given, terms.discounts), terms.commission_bp)
    commission = min(commission, given)
    fees, fees_vat = _fees(line.by_card, terms, hub_vat_bp, given - commission)
    bought = given - commission
    vat_in = rate(bought, line.tax_bp) if terms.maker_vat_liable else 0
    return Shares(
        gross=gross,
        tax=tax,
        promotion=promotion,
        net=bought + vat_in - fees - fees_vat,
        commission=commission,
        fees=fees,
        fees_vat=fees_vat,
        vat_in=vat_in,
    )


def _promotion(list_price: int, paid: int, floor: int, discounts: Discounts) -> int:
    """What the hub adds: the whole discount where it bears it, else from the floor down."""
    missing = list_price - paid if discounts is Discounts.HUB else floor - paid
    return max(missing, floor - paid, 0)


def _base(list_price: int, given: int, discounts: Discounts) -> int:
    return given if discounts is Discounts.SHARED else max(list_price, given)


def _fees(by_card: int, terms: Terms, hub_vat_bp: int, left: int) -> tuple[int, int]:
    fees = divide(by_card * terms.card_fee_bp * terms.card_fee_maker_bp, BASIS * BASIS)
    fees_vat = rate(fees, hub_vat_bp)
    if fees + fees_vat > left:
        fees_vat = inside(left, hub_vat_bp)
        fees = left - fees_vat
    return fees, fees_vat


def take_back(left: Shares, refund: int, units: int, units_left: int) -> Shares:
    """
    Divide a refund over what is *left* of a line's shares; at most `left.gross + left.tax`.

    Promotion follows the refund; both are divided by largest remainder over net, commission, VAT
    and fees, a tie in that order. Refunding all that is left takes all that is left, so that every
    account closes at zero. In regime A the price's VAT is divided off first, and input VAT follows
    the maker's part (docs/money-book.md). Where nothing was paid, what the hub added goes
    back by `units` of `units_left`.
    """
    paid = left.gross + left.tax
    if not 0 <= refund <= paid:
        raise ValueError("A refund takes at most what is left.")
    if refund == paid and (paid or units == units_left):
        return left
    gross, tax = allocate(refund, (left.gross, left.tax))
    taken, whole = (refund, paid) if paid else (units, max(units_left, 1))
    promotion = divide(left.promotion * taken, whole)
    maker = left.net - left.vat_in
    parts = (maker, left.commission, left.commission_vat, left.fees, left.fees_vat)
    if not any(parts):  # own goods: there is no maker to take from
        return Shares(gross=gross, tax=tax)
    net, commission, commission_vat, fees, fees_vat = allocate(gross + promotion, parts)
    vat_in = divide(left.vat_in * net, maker) if maker else 0
    return Shares(
        gross=gross,
        tax=tax,
        promotion=promotion,
        net=net + vat_in,
        commission=commission,
        commission_vat=commission_vat,
        fees=fees,
        fees_vat=fees_vat,
        vat_in=vat_in,
    )
