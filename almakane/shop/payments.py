"""The ways to pay for an order: one port, an adapter for each, and one contract for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from almakane.inventory.models import HoldKind
from almakane.shop.models import Payment, Way


class Standing(StrEnum):
    """How the money of an order stands with whoever takes it."""

    DUE = "due"  # nothing is asked yet: it comes by hand, or by the bank
    ASKED = "asked"  # the buyer has to go to `page`
    AUTHORISED = "authorised"  # set aside, not taken
    CAPTURED = "captured"
    VOIDED = "voided"


class Bill(NamedTuple):
    """What is to be paid: the order's uid is the key under which it is asked, once for ever."""

    uid: str
    number: str
    amount: int
    currency: str
    language: str
    back_to: str  # the order's page


@dataclass(frozen=True, slots=True)
class Answer:
    """What the adapter says of a bill; `amount` is what is set aside or taken."""

    standing: Standing
    amount: int = 0
    reference: str = ""
    page: str = ""


class Adapter(Protocol):
    """
    A way to pay. Each call may be made again, and then answers the same.

    Nothing is captured but what was authorised, and nothing that was voided: `capture` of a bill
    that is merely due leaves it due, for that money is seen elsewhere (a till, a bank line).
    """

    @property
    def hold(self) -> HoldKind:
        """What the pieces' claims become when the order is placed."""

    @property
    def ways(self) -> frozenset[Way]:
        """Which ways it goes with."""

    @property
    def form_action(self) -> tuple[str, ...]:
        """The origins that the checkout's form may lead to, besides our own."""

    def authorise(self, bill: Bill) -> Answer:
        """Ask for the money, or say how it comes."""

    def capture(self, bill: Bill) -> Answer:
        """Take what was set aside."""

    def void(self, bill: Bill) -> Answer:
        """Let go of what was set aside; what was due is due no more."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """Money that no machine of ours asks for: a till, a courier or the bank brings it."""

    hold: HoldKind
    ways: frozenset[Way]
    form_action: tuple[str, ...] = ()

    def authorise(self, bill: Bill) -> Answer:
        """It is due."""
        return Answer(Standing.DUE, reference=bill.number)

    def capture(self, bill: Bill) -> Answer:
        """It is still due, until somebody sees it."""
        return Answer(Standing.DUE, reference=bill.number)

    def void(self, bill: Bill) -> Answer:
        """Nothing was set aside."""
        return Answer(Standing.VOIDED, reference=bill.number)


_BOTH = frozenset(Way)

# A transfer takes the bank a working day, so its pieces wait as long as those to be fetched.
ADAPTERS: Mapping[Payment, Adapter] = {
    Payment.SHOP: ByHand(HoldKind.PICKUP, frozenset({Way.PICKUP})),
    Payment.COD: ByHand(HoldKind.DELIVERY, frozenset({Way.DELIVERY})),
    Payment.TRANSFER: ByHand(HoldKind.PICKUP, _BOTH),
}


def payments_for(way: Way) -> list[Payment]:
    """Which payments go with a way, in the order in which they are offered."""
    return [payment for payment, adapter in ADAPTERS.items() if way in adapter.ways]
