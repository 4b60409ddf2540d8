"""What print jobs, their states and printers are called on a page, and what to do about each."""

from flask_babel import lazy_gettext

from almakane.gateways.condition import Condition
from almakane.gateways.models import JobKind, JobState

JOBS = {
    JobKind.RECEIPT: lazy_gettext("Receipt"),
    JobKind.REPORT: lazy_gettext("X or Z"),
    JobKind.LABEL: lazy_gettext("Label"),
    JobKind.DRAWER: lazy_gettext("Drawer"),
}
JOB_STATES = {
    JobState.QUEUED: lazy_gettext("waits for its printer"),
    JobState.LEASED: lazy_gettext("is being printed"),
    JobState.SENT: lazy_gettext("sent"),
    JobState.CONFIRMED: lazy_gettext("came out"),
    JobState.UNKNOWN: lazy_gettext("nobody knows"),
    JobState.FAILED: lazy_gettext("did not come out"),
    JobState.EXPIRED: lazy_gettext("too late"),
}
WHAT_TO_DO = {
    JobState.QUEUED: lazy_gettext("It comes out as soon as the printer is ready."),
    JobState.LEASED: lazy_gettext("Wait half a minute."),
    JobState.SENT: lazy_gettext("This printer never says whether it printed: look there."),
    JobState.CONFIRMED: lazy_gettext("Nothing to do."),
    JobState.UNKNOWN: lazy_gettext("Look at the printer, then say what you see."),
    JobState.FAILED: lazy_gettext("The sale stands. Print it again if somebody wants it."),
    JobState.EXPIRED: lazy_gettext("No printer fetched it in time. The sale stands."),
}
PRINTERS = {
    Condition.READY: lazy_gettext("ready"),
    Condition.PAPER_LOW: lazy_gettext("ready, little paper left"),
    Condition.PAPER_OUT: lazy_gettext("no paper: put a roll in, what waits comes out by itself"),
    Condition.COVER_OPEN: lazy_gettext("the cover is open: close it"),
    Condition.OFFLINE: lazy_gettext("offline: press its button, or switch it off and on"),
    Condition.UNREACHABLE: lazy_gettext("not reached: is it switched on, is its cable in?"),
    Condition.UNTOLD: lazy_gettext("there; this one never says how it is"),
}
