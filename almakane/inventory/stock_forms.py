"""What staff fill in when pieces move, are lost or found, go back, or are counted."""

from flask_babel import lazy_gettext
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectField
from wtforms.validators import InputRequired, NumberRange

from almakane.web.forms import Filled, Form, Signature, Text

_MOST = 1_000_000
_LONGEST = 200
WHAT = (
    ("damaged", lazy_gettext("Damaged")),
    ("lost", lazy_gettext("Lost")),
    ("stolen", lazy_gettext("Stolen")),
)


def _quantity(label: object) -> IntegerField:
    return IntegerField(
        label,
        [
            InputRequired(lazy_gettext("Something is missing here.")),
            NumberRange(1, _MOST, lazy_gettext("The quantity is one or more.")),
        ],
        default=1,
        render_kw={"inputmode": "numeric", "min": "1", "autocomplete": "off"},
    )


class LossForm(Form):
    """What became of a piece in our hands."""

    uid = HiddenField()
    seen = HiddenField()  # what the page said is owed, when the loss was confirmed
    what = RadioField(lazy_gettext("What happened"))
    place = SelectField(lazy_gettext("Where it stood"))
    quantity = _quantity(lazy_gettext("How many"))
    cause = Text(lazy_gettext("How it came"), [Filled()], longest=_LONGEST)
    bearer = RadioField(lazy_gettext("Who bears it"))


class FindingForm(Form):
    """What was lost is there again."""

    uid = HiddenField()
    quantity = _quantity(lazy_gettext("How many were found"))
    place = SelectField(lazy_gettext("Where it is put"))
    how = Text(lazy_gettext("How it was found"), [Filled()], longest=_LONGEST)


class TransferForm(Form):
    """From where to where pieces go, and the first of them."""

    uid = HiddenField()
    source = SelectField(lazy_gettext("From"))
    target = SelectField(lazy_gettext("To"))


class ReturnForm(Form):
    """Who takes pieces back, and her hand."""

    uid = HiddenField()
    signer = Text(lazy_gettext("Name of whoever takes them"), longest=120)
    mark = Signature(lazy_gettext("Signature of the maker"))


class CountForm(Form):
    """What is counted."""

    uid = HiddenField()
    site = SelectField(lazy_gettext("Where"))
    place = SelectField(lazy_gettext("Place"))
    maker = SelectField(lazy_gettext("Maker"))
    craft = SelectField(lazy_gettext("Craft"))
    shown = BooleanField(lazy_gettext("Show how many the books have"))


class ClosingForm(Form):
    """The manager's word on what a count found."""

    uid = HiddenField()
    token = HiddenField()
    cause = Text(lazy_gettext("What is known of what is missing"), [Filled()], longest=_LONGEST)
    although = BooleanField(lazy_gettext("Close it although these tills may hold sales"))


class WhyForm(Form):
    """A reason."""

    why = Text(lazy_gettext("Why"), [Filled()], longest=_LONGEST)
