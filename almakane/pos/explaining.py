"""What a flag or a reason means to whoever has to do something about it, and what that is."""

from collections.abc import Mapping
from typing import NamedTuple

from flask_babel import gettext, lazy_gettext

from almakane.sales.models import Flag


class Explained(NamedTuple):
    """A name in two or three words, one sentence that says what happened, and what to do."""

    name: str
    what: str
    do: str


FLAGS: Mapping[str, Explained] = {
    Flag.TOTAL_DIFFERS: Explained(
        lazy_gettext("Sums differ"),
        lazy_gettext("The till’s sums or its rounding are not those of the books."),
        lazy_gettext(
            "What was paid is booked. If it comes again, the till needs an update or a new"
            " enrolment."
        ),
    ),
    Flag.TAX_DIFFERS: Explained(
        lazy_gettext("Tax differs"),
        lazy_gettext(
            "The tax on the ticket is not what the piece and its seller make it; our own VAT is"
            " booked by the rules."
        ),
        lazy_gettext("Correct the tax class of the piece, and tell the accountant."),
    ),
    Flag.PRICE_OLD: Explained(
        lazy_gettext("Old price"),
        lazy_gettext("The till sold at a price that had changed since."),
        lazy_gettext(
            "Nothing, if it was offline. If it was not, see why it did not fetch its prices."
        ),
    ),
    Flag.BELOW_FLOOR: Explained(
        lazy_gettext("Below the floor"),
        lazy_gettext(
            "It was sold under the maker’s floor without consent: the house bears the difference."
        ),
        lazy_gettext("Ask the cashier how it came; next time ask the maker first."),
    ),
    Flag.OVER_BAND: Explained(
        lazy_gettext("Discount too large"),
        lazy_gettext("The discount is larger than this cashier may give, and nobody allowed it."),
        lazy_gettext("Ask the cashier, and settle it with the answer."),
    ),
    Flag.NO_APPROVAL: Explained(
        lazy_gettext("Not allowed"),
        lazy_gettext("Something that a manager has to allow was done without a valid word."),
        lazy_gettext("Ask the cashier, and the manager who is named if there is one."),
    ),
    Flag.APPROVED_OFFLINE: Explained(
        lazy_gettext("Allowed offline"),
        lazy_gettext("A manager allowed it on the spot, with no network to make sure of it."),
        lazy_gettext("Ask the manager who is named whether it was really them."),
    ),
    Flag.UNKNOWN_CASHIER: Explained(
        lazy_gettext("Unknown cashier"),
        lazy_gettext("Nobody has an account under the name that the till told."),
        lazy_gettext("Find out who stood there, and give that person an account of their own."),
    ),
    Flag.CASHIER_DISABLED: Explained(
        lazy_gettext("Closed account"),
        lazy_gettext("It was done under an account that is closed."),
        lazy_gettext("Find out who used that name and PIN."),
    ),
    Flag.SHIFT_MISSING: Explained(
        lazy_gettext("Shift missing"),
        lazy_gettext("The shift that it belongs to has not arrived, so no count knows its cash."),
        lazy_gettext(
            "Wait until the till has sent the rest. If that never comes, count the drawer."
        ),
    ),
    Flag.SHIFT_CLOSED: Explained(
        lazy_gettext("After the count"),
        lazy_gettext(
            "It came when its drawer had been counted: its cash was in that count, so the surplus"
            " was taken back."
        ),
        lazy_gettext("See whether the difference of that shift is now what you expect."),
    ),
    Flag.LOT_UNKNOWN: Explained(
        lazy_gettext("Unknown lot"),
        lazy_gettext("No lot has the code that was sold: the takings wait in suspense."),
        lazy_gettext("Find out whose piece it was: until then no maker is paid for it."),
    ),
    Flag.PRODUCT_DISABLED: Explained(
        lazy_gettext("Off sale"),
        lazy_gettext("The piece had been taken off sale; it was sold all the same."),
        lazy_gettext("See why it was still on the shelf."),
    ),
    Flag.STOCK_SHORT: Explained(
        lazy_gettext("Not enough stock"),
        lazy_gettext("More was sold than the books had on the shelf."),
        lazy_gettext("Count that lot: a delivery or a return may not be entered."),
    ),
    Flag.HOLD_PREEMPTED: Explained(
        lazy_gettext("Was in a web basket"),
        lazy_gettext("Somebody on the web held the piece without having paid: the till won."),
        lazy_gettext("There is nothing to pay back. Offer another piece if they ask."),
    ),
    Flag.HOLD_PAID: Explained(
        lazy_gettext("Sold twice"),
        lazy_gettext("Somebody on the web had paid for the piece that the till sold."),
        lazy_gettext("Call them today: another piece, or their money back."),
    ),
    Flag.OVER_REFUND: Explained(
        lazy_gettext("Gave back too much"),
        lazy_gettext(
            "More was given back than was left of the line: the rest is the house’s, the maker is"
            " not touched."
        ),
        lazy_gettext("Compare it with the other refunds of that ticket."),
    ),
    Flag.TENDER_UNSECURED: Explained(
        lazy_gettext("Card not checked"),
        lazy_gettext(
            "A gift card or a credit was spent without asking the server: it may not have held"
            " that much."
        ),
        lazy_gettext("Check the card. What it did not hold is the house’s."),
    ),
    Flag.CASH_LIMIT: Explained(
        lazy_gettext("Much cash"),
        lazy_gettext("The cash part is as much as the law penalises, or more."),
        lazy_gettext("Tell the accountant; next time ask for a card, a cheque or a transfer."),
    ),
    Flag.CLOCK_SKEW: Explained(
        lazy_gettext("Wrong clock"),
        lazy_gettext("The device’s clock was more than two minutes off."),
        lazy_gettext("Let the device set its clock by itself."),
    ),
    Flag.NUMBER_GAP: Explained(
        lazy_gettext("Number missing"),
        lazy_gettext("A ticket number before this one has not come."),
        lazy_gettext(
            "See whether it is among what waits. If it is not, look for the paper at the till."
        ),
    ),
    Flag.NUMBER_TWICE: Explained(
        lazy_gettext("Number used twice"),
        lazy_gettext("Another ticket has this number too: it is booked with /2 behind it."),
        lazy_gettext("Find both papers. If two devices shared one register, enrol it anew."),
    ),
    Flag.LATE_DAY: Explained(
        lazy_gettext("Came late"),
        lazy_gettext("Its day was sealed already: it is booked on the day when it came."),
        lazy_gettext("Nothing in the books. Tell the accountant if the month is another one."),
    ),
    Flag.ORDER_DIFFERS: Explained(
        lazy_gettext("Not as ordered"),
        lazy_gettext("The ticket names a web order, and sells other pieces, or at other prices."),
        lazy_gettext("Ask the cashier what the buyer wanted; see that the rest is on the shelf."),
    ),
    Flag.ORDER_TWICE: Explained(
        lazy_gettext("Order sold twice"),
        lazy_gettext("Another ticket, or its parcel, had fulfilled this web order already."),
        lazy_gettext("Look who has the pieces, and give back to the other what was paid twice."),
    ),
}

_UPDATE = lazy_gettext("Update the server, then take it again as it is.")

REASONS: Mapping[str, Explained] = {
    "not_canonical": Explained(
        lazy_gettext("Not written as agreed"),
        lazy_gettext("It is not written in the form that the protocol asks for."),
        lazy_gettext(
            "Read its figures. If they are right, adopt them; tell whoever looks after the till."
        ),
    ),
    "unknown_version": Explained(
        lazy_gettext("Unknown version"),
        lazy_gettext("The till speaks a newer version of the protocol than this server."),
        _UPDATE,
    ),
    "unknown_kind": Explained(
        lazy_gettext("Unknown kind"),
        lazy_gettext("It tells of something that this server does not know."),
        _UPDATE,
    ),
    "unknown_field": Explained(
        lazy_gettext("Unknown field"),
        lazy_gettext("It has a field that this server does not know."),
        lazy_gettext("Adopt it without that field, or update the server and take it as it is."),
    ),
    "missing_field": Explained(
        lazy_gettext("Missing field"),
        lazy_gettext("A field is missing that the books need."),
        lazy_gettext("Fill it in from the paper or from what the cashier says, and adopt it."),
    ),
    "bad_value": Explained(
        lazy_gettext("Impossible value"),
        lazy_gettext("A field holds something that cannot be, or that the books refuse."),
        lazy_gettext("Correct that field, and adopt it."),
    ),
    "does_not_add_up": Explained(
        lazy_gettext("Does not add up"),
        lazy_gettext("Its figures do not add up."),
        lazy_gettext("Compare them with the paper, correct them and adopt it."),
    ),
    "uid_twice": Explained(
        lazy_gettext("There already"),
        lazy_gettext("The same fact is in the books already, or another one under its identity."),
        lazy_gettext(
            "Compare the two. If they are one, dismiss this one. If not, enter the second sale at"
            " a till, and dismiss this one with the new number."
        ),
    ),
    "epoch_lost": Explained(
        lazy_gettext("From a lost device"),
        lazy_gettext("It came from a device that had been said to be lost."),
        lazy_gettext("Ask who held the device. If it happened, take it as it is."),
    ),
    "needs": Explained(
        lazy_gettext("Waits for another"),
        lazy_gettext("It leans on another event that has not come."),
        lazy_gettext(
            "It is taken by itself when that one comes. If that one never comes, correct it so"
            " that it stands alone, or dismiss it."
        ),
    ),
    "could_not_apply": Explained(
        lazy_gettext("Failed on our side"),
        lazy_gettext("The server broke at it: a defect of ours, not of the till."),
        lazy_gettext("Tell the number to whoever looks after the server; then take it as it is."),
    ),
}

_OTHER = Explained(
    lazy_gettext("Not taken"),
    lazy_gettext("The books cannot take it as it stands."),
    lazy_gettext("Read it, correct it and adopt it, or dismiss it with a reason."),
)

_STRAYS: Mapping[str, Explained] = {
    "fork": Explained(
        lazy_gettext("Place taken"),
        lazy_gettext("Another event stands in its place: two devices may write as one."),
        lazy_gettext(
            "See which of the two happened. What verifies was written by the register’s own device;"
            " then say that it is lost, and enrol it anew."
        ),
    ),
    "unverifiable": Explained(
        lazy_gettext("Not proven"),
        lazy_gettext("Its hash or its signature does not hold, or it cannot be read."),
        lazy_gettext("Compare it with the paper before you believe it."),
    ),
}

_TOLD_SO = Explained(
    lazy_gettext("No place"),
    lazy_gettext("It has no place in a journal; whoever brought it said why."),
    lazy_gettext("If it happened and is not in the books yet, adopt it; else dismiss it."),
)


def explain_flag(flag: str) -> Explained:
    """A flag in words; one that we do not know is shown by its own name."""
    return FLAGS.get(flag) or Explained(flag, _OTHER.what, _OTHER.do)


def explain_reason(reason: str) -> Explained:
    """Why an event waits, in words; the uid or the number behind a colon is told with it."""
    word, _, about = reason.partition(":")
    told = REASONS.get(word, _OTHER)
    if word == "needs" and about:
        what = gettext("It leans on the event %(uid)s, which has not come.", uid=about)
        return told._replace(what=what)
    if word == "could_not_apply" and about:
        what = gettext("The server broke at it: a defect of ours, number %(number)s.", number=about)
        return told._replace(what=what)
    return told


def explain_stray(why: str) -> Explained:
    """Why an event has no place; anything but our own two words is what its bringer said."""
    return _STRAYS.get(why, _TOLD_SO)
