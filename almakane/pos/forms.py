"""What staff fill in at the registers' pages."""

import json
from typing import Any

from flask_babel import lazy_gettext
from wtforms import BooleanField, FileField, HiddenField, PasswordField, SelectField, TextAreaField

from almakane.errors import Refusal
from almakane.journal.canonical import NotCanonical, write
from almakane.journal.ending import amended_body
from almakane.money import LARGEST
from almakane.web.forms import Amount, Filled, Form, Text

_LONGEST = 500  # as the books keep a reason


class EnrolmentForm(Form):
    """The manager once more, before a device is let in."""

    password = PasswordField(
        lazy_gettext("Your password, once more"),
        [Filled()],
        render_kw={"autocomplete": "current-password"},
    )
    code = Text(
        lazy_gettext("The six digits on your phone"),
        longest=40,
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "dir": "ltr"},
    )


class EpochForm(Form):
    """Which enrolment an act is about: the page may be older than the state."""

    epoch = HiddenField(validators=[Filled()])


class ClosingForm(Form):
    """The count of a drawer whose till is gone."""

    counted = Amount(
        lazy_gettext("Counted in the drawer, MAD"),
        [Filled()],
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )
    left = Amount(
        lazy_gettext("Left in it for the next float, MAD"),
        [Filled()],
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )
    why = Text(lazy_gettext("Why it is closed here"), [Filled()], longest=_LONGEST)

    def amounts(self) -> tuple[int, int]:
        """What was counted and what is left, in centimes."""
        return min(self.counted.data or 0, LARGEST), min(self.left.data or 0, LARGEST)


class PairingForm(Form):
    """A name for an agent, and where it stands."""

    name = Text(lazy_gettext("What the agent is called"), [Filled()], longest=40)
    site = SelectField(lazy_gettext("Where its printer stands"))


class FileForm(Form):
    """An exported journal."""

    file = FileField(
        lazy_gettext("Exported journal"), render_kw={"accept": ".json,.jsonl,.ndjson,.txt"}
    )
    keep_rest = BooleanField(lazy_gettext("Keep what stands behind a gap, as strays"))


class ReasonForm(Form):
    """Why a person ends what waited."""

    why = Text(lazy_gettext("Why"), [Filled()], longest=_LONGEST)


class AdoptionForm(Form):
    """A body as a person corrected it; it is kept as typed, whatever is wrong with it."""

    body = TextAreaField(
        lazy_gettext("What happened"),
        [Filled()],
        render_kw={"rows": "24", "spellcheck": "false", "dir": "ltr", "autocomplete": "off"},
    )
    why = Text(lazy_gettext("Why it is corrected"), [Filled()], longest=_LONGEST)

    def amended(self) -> dict[str, Any] | None:
        """The body; raises Refusal for what the journal could not keep."""
        try:
            body = amended_body(self.body.data or "")
            write(body)
        except (NotCanonical, RecursionError) as error:
            raise Refusal(
                "This holds something that a journal cannot keep, such as a fraction: amounts are"
                " whole centimes. Nothing was changed.",
                field="body",
            ) from error
        return body


class SettlingForm(Form):
    """A word on how flags were settled."""

    how = Text(lazy_gettext("How it was settled"), [Filled()], longest=_LONGEST)


def is_same_body(body: dict[str, Any] | None, shown: str) -> bool:
    """Whether a person sent the body back as it was shown."""
    try:
        return bool(body == json.loads(shown))
    except (ValueError, RecursionError):
        return False
