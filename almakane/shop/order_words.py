"""How the order desk names things: hands to lend, steps, ways to pay and couriers."""

from flask_babel import lazy_gettext

from almakane.shop.models import Payment, Step, Way, WebOrderStep
from almakane.shop.standing import Hand

# What is to be done, in words, and the state that it is drawn as.
HANDS = {
    Hand.LOST: (lazy_gettext("Piece gone: call the buyer"), "stops"),
    Hand.SEND_BACK: (lazy_gettext("Send the money back"), "stops"),
    Hand.CONFIRM: (lazy_gettext("Confirm by phone"), "waits"),
    Hand.PICK: (lazy_gettext("Pick"), "waits"),
    Hand.PACK: (lazy_gettext("Pack"), "waits"),
    Hand.READY: (lazy_gettext("Say that it is ready"), "waits"),
    Hand.SHIP: (lazy_gettext("Send"), "waits"),
    Hand.REMIT: (lazy_gettext("With the courier, who collects"), "informs"),
    Hand.FETCH: (lazy_gettext("Waits for its buyer"), "informs"),
    Hand.PUT_BACK: (lazy_gettext("Nobody came: put it back"), "waits"),
    Hand.PAY: (lazy_gettext("Waits for the transfer"), "informs"),
    Hand.ROAD: (lazy_gettext("On its way, paid"), "informs"),
    Hand.NOTHING: (lazy_gettext("Nothing to do"), "done"),
}
STEPS = {
    Step.UNREACHED: lazy_gettext("Called, nobody answered"),
    Step.CONFIRMED: lazy_gettext("Confirmed by phone"),
    Step.PICKED: lazy_gettext("Picked, each piece scanned"),
    Step.PACKED: lazy_gettext("Packed"),
    Step.READY: lazy_gettext("Ready to be fetched"),
    Step.KEPT: lazy_gettext("Kept two days more"),
    Step.SHIPPED: lazy_gettext("Given to the courier"),
    Step.DELIVERED: lazy_gettext("With its buyer"),
    Step.RETURNED: lazy_gettext("Refused, and back in the house"),
    Step.CANCELLED: lazy_gettext("Cancelled"),
}
PAYMENTS = {
    Payment.SHOP: lazy_gettext("To be paid in the shop"),
    Payment.COD: lazy_gettext("Cash on delivery"),
    Payment.TRANSFER: lazy_gettext("Bank transfer"),
    Payment.CARD: lazy_gettext("Bank card"),
}
WAYS = {Way.PICKUP: lazy_gettext("Fetched in the shop"), Way.DELIVERY: lazy_gettext("Delivered")}
COURIERS = {
    "amana": lazy_gettext("Amana"),
    "poste": lazy_gettext("Barid Al-Maghrib"),
    "local": lazy_gettext("Courier in town"),
}


def note_of(step: WebOrderStep) -> str:
    """What was noted at a step, a courier by the name that people call him."""
    if step.step not in (Step.SHIPPED, Step.RETURNED):
        return step.note
    courier, _, tracking = step.note.partition(" ")
    return f"{COURIERS.get(courier, courier)} {tracking}".strip()
