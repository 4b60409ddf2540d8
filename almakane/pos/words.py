"""What the kinds, states and outcomes of a register's journal are called on a page."""

from flask_babel import lazy_gettext

from almakane.journal.chain import Mode
from almakane.journal.models import EndHow, EpochState, Outcome
from almakane.sales.models import SaleKind

KINDS = {
    "shift_opened": lazy_gettext("Shift opened"),
    "sale": lazy_gettext("Sale"),
    "refund": lazy_gettext("Refund"),
    "cash_moved": lazy_gettext("Cash moved"),
    "drawer_opened": lazy_gettext("Drawer opened"),
    "reprinted": lazy_gettext("Ticket reprinted"),
    "voided": lazy_gettext("Basket dropped"),
    "shift_closed": lazy_gettext("Shift closed"),
    "adopted": lazy_gettext("Adopted here"),
}
MODES = {Mode.LIVE: lazy_gettext("Trade"), Mode.TRAINING: lazy_gettext("Training")}
STATES = {
    EpochState.LIVE: lazy_gettext("enrolled"),
    EpochState.RETIRED: lazy_gettext("retired"),
    EpochState.LOST: lazy_gettext("lost"),
}
OUTCOMES = {
    Outcome.RECORDED: lazy_gettext("recorded"),
    Outcome.FLAGGED: lazy_gettext("flagged"),
    Outcome.QUARANTINED: lazy_gettext("quarantined"),
}
ENDS = {
    EndHow.RETRIED: lazy_gettext("taken as it is"),
    EndHow.ADOPTED: lazy_gettext("adopted"),
    EndHow.DISMISSED: lazy_gettext("dismissed"),
    EndHow.SEEN: lazy_gettext("seen"),
}
SALES = {
    SaleKind.SALE: lazy_gettext("Sale"),
    SaleKind.REFUND: lazy_gettext("Refund"),
    SaleKind.EXCHANGE: lazy_gettext("Exchange"),
}
