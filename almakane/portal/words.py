"""What states of pieces, ways of selling and turns of a piece's life are called on a page."""

from flask_babel import lazy_gettext

from almakane.inventory.models import IntakeState, PlaceKind
from almakane.portal.pieces import Event, Where

# How a line was sold; the series of the server that are no shop have no word of their own.
CHANNELS = {
    "till": lazy_gettext("in the shop"),
    "web": lazy_gettext("on the web"),
}

WHERE = {
    None: lazy_gettext("All"),
    Where.HERE: lazy_gettext("In the shop"),
    Where.SOLD: lazy_gettext("Sold"),
    Where.BACK: lazy_gettext("With you again"),
    Where.LOST: lazy_gettext("Lost or damaged here"),
}

# The pages of a narrower list when there is nothing in it.
NOTHING = {
    Where.HERE: lazy_gettext("Nothing of yours is in the shop."),
    Where.SOLD: lazy_gettext("Nothing is sold yet."),
    Where.BACK: lazy_gettext("Nothing went back to you."),
    Where.LOST: lazy_gettext("Nothing was lost or damaged."),
    Where.DUE: lazy_gettext("Nothing is to be fetched."),
}

PLACES = {
    PlaceKind.SHELF: lazy_gettext("on the shelf"),
    PlaceKind.RESERVE: lazy_gettext("in the back room"),
    PlaceKind.WORKSHOP: lazy_gettext("being mended or photographed"),
    PlaceKind.TRANSIT: lazy_gettext("on the way"),
    PlaceKind.WEB_PICK: lazy_gettext("packed for a buyer"),
    PlaceKind.BUYER: lazy_gettext("sold"),
    PlaceKind.LOST: lazy_gettext("not found again"),
    PlaceKind.DAMAGED: lazy_gettext("damaged"),
}

EVENTS = {
    Event.RECEIVED: lazy_gettext("Received"),
    Event.SOLD: lazy_gettext("Bought by somebody"),
    Event.CAME_BACK: lazy_gettext("Its buyer brought it back"),
    Event.DAMAGED: lazy_gettext("Damaged here"),
    Event.LOST: lazy_gettext("Not found again"),
    Event.FOUND: lazy_gettext("Found again"),
    Event.GIVEN_BACK: lazy_gettext("Given back to you"),
}

STATES = {
    IntakeState.ANNOUNCED: lazy_gettext("the house waits for it"),
    IntakeState.ARRIVING: lazy_gettext("being counted"),
    IntakeState.RECEIVED: lazy_gettext("received"),
    IntakeState.DROPPED: lazy_gettext("called off"),
}
