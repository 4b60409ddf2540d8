"""
A price tried out under some terms before anybody pays it: whose money it would be.

1 000.00 under a mandate at 25 %, VAT 20 %: maker 700.00, house 250.00, tax 50.00. The rule is the
one that divides a real sale, `almakane.cooperatives.agreement.share`; nothing is worked out here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from almakane.cooperatives.agreement import PricedLine, Regime, Shares, Terms, share
from almakane.money import allocate


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: amounts in centimes, for one piece."""

    price: int  # as it stands on the label
    paid: int  # less than the price where there is a discount
    floor: int = 0
    by_card: bool = False
    goods_vat_bp: int = 0  # within the price, where the house sells in its own name
    hub_vat_bp: int = 0  # on the house's services; 0 where it is not liable
    cost: int = 0  # what the house paid for goods of its own
    weights: Mapping[int, int] = field(default_factory=dict)  # artisan id to weight


@dataclass(frozen=True, slots=True)
class Parts:
    """
    Where what was paid goes: maker + house + tax + fee = paid + added.

    `added` is what the house lays on top where it bears a discount beyond its own share.
    """

    maker: int
    house: int
    tax: int
    fee: int
    added: int = 0


@dataclass(frozen=True, slots=True)
class Tried:
    """What a price comes to under some terms, to the centime."""

    terms: Terms
    shares: Shares
    parts: Parts
    members: dict[int, int]  # artisan id to amount, where the piece has weights


def try_price(terms: Terms, trial: Trial) -> Tried:
    """Divide a price as a sale would."""
    sold_as_own = terms.regime is not Regime.MANDATE
    line = PricedLine(
        list_price=trial.price,
        paid=trial.paid,
        floor=trial.floor,
        tax_bp=trial.goods_vat_bp if sold_as_own and trial.hub_vat_bp else 0,
        by_card=trial.paid if trial.by_card else 0,
    )
    shares = share(line, terms, trial.hub_vat_bp)
    members: dict[int, int] = {}
    if trial.weights and terms.regime is not Regime.FIRM:
        amounts = allocate(shares.net, list(trial.weights.values()))
        members = dict(zip(trial.weights, amounts, strict=True))
    cost = trial.cost if terms.regime is Regime.FIRM else 0
    return Tried(terms, shares, parts_of(shares, terms.regime, cost), members)


def parts_of(shares: Shares, regime: Regime, cost: int = 0) -> Parts:
    """The four parts of a price from its shares; of own goods the maker had their cost before."""
    if regime is Regime.FIRM:
        house = shares.gross - cost
        return Parts(cost, max(house, 0), shares.tax, 0, max(-house, 0))
    house = shares.commission - shares.promotion
    tax = shares.tax - shares.vat_in + shares.commission_vat + shares.fees_vat
    return Parts(shares.net, max(house, 0), tax, shares.fees, max(-house, 0))
