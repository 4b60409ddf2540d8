"""What places, states and happenings of the stock are called on a page."""

from flask_babel import lazy_gettext

from almakane.inventory.lots import State
from almakane.inventory.models import LotKind, PlaceKind
from almakane.inventory.stocktake import Outcome

PLACES = {
    PlaceKind.MAKER: lazy_gettext("With the maker"),
    PlaceKind.SHELF: lazy_gettext("Shelf"),
    PlaceKind.RESERVE: lazy_gettext("Store room"),
    PlaceKind.WORKSHOP: lazy_gettext("Workshop"),
    PlaceKind.TRANSIT: lazy_gettext("On its way"),
    PlaceKind.WEB_PICK: lazy_gettext("Packed for the web"),
    PlaceKind.BUYER: lazy_gettext("With its buyer"),
    PlaceKind.LOST: lazy_gettext("Lost"),
    PlaceKind.DAMAGED: lazy_gettext("Damaged"),
    PlaceKind.OVERSOLD: lazy_gettext("Sold beyond the books"),
}
STATES = {
    State.ALL: lazy_gettext("All"),
    State.ON_HAND: lazy_gettext("On hand"),
    State.SOLD_OUT: lazy_gettext("Sold out"),
    State.OVERSOLD: lazy_gettext("Oversold"),
    State.TO_RETURN: lazy_gettext("To return"),
    State.UNSOLD: lazy_gettext("Unsold too long"),
}
KINDS = {
    LotKind.PIECE: lazy_gettext("One of a kind"),
    LotKind.BATCH: lazy_gettext("Batch"),
}
# What happened, and the shape of its state on the timeline.
HAPPENED = {
    "consigned": (lazy_gettext("Came in"), "done"),
    "sale": (lazy_gettext("Sold"), "done"),
    "exchange": (lazy_gettext("Exchanged"), "informs"),
    "refund": (lazy_gettext("Brought back by its buyer"), "waits"),
    "transferred": (lazy_gettext("Moved"), "informs"),
    "settled": (lazy_gettext("Settled against what was oversold"), "informs"),
    "returned": (lazy_gettext("Given back to its maker"), "stops"),
    "lost": (lazy_gettext("Lost"), "stops"),
    "stolen": (lazy_gettext("Stolen"), "stops"),
    "damaged": (lazy_gettext("Damaged"), "stops"),
    "found": (lazy_gettext("Found again"), "done"),
    "scanned": (lazy_gettext("Seen at a count"), ""),
    "unscanned": (lazy_gettext("Scanned by mistake at a count"), ""),
    "priced": (lazy_gettext("Priced anew"), ""),
    "held": (lazy_gettext("Claimed on the web"), "waits"),
    "hold_expired": (lazy_gettext("The claim ran out"), ""),
    "hold_released": (lazy_gettext("The claim was let go"), ""),
    "hold_taken": (lazy_gettext("The claim became a sale"), "done"),
    "hold_preempted": (lazy_gettext("The till sold it before the web"), "waits"),
    "hold_broken": (lazy_gettext("Sold at the till though it was paid on the web"), "stops"),
}
OUTCOMES = {
    Outcome.LOST: lazy_gettext("Lost"),
    Outcome.SETTLED: lazy_gettext("Sold beyond the books"),
    Outcome.MOVED: lazy_gettext("Stands elsewhere"),
    Outcome.FOUND: lazy_gettext("Found again"),
    Outcome.LEFT: lazy_gettext("Nobody knows"),
}
