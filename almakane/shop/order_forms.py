"""What staff type at the order desk."""

from flask_babel import lazy_gettext
from wtforms import HiddenField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from almakane.shop.order_words import COURIERS
from almakane.web.forms import Amount, Filled, Form, Text

_COURIERS = [SelectChoice(code, called) for code, called in COURIERS.items()]
_WRITE = lazy_gettext("Write an amount, like 1030 or 1030,50.")


class ShipForm(Form):
    """Who carries it."""

    courier = SelectField(lazy_gettext("Courier"), choices=_COURIERS)
    tracking = Text(lazy_gettext("Number of the parcel"), longest=80)


class WhyForm(Form):
    """A reason, for the books."""

    why = Text(
        lazy_gettext("Why, without a name: it is kept for good"), validators=[Filled()], longest=200
    )


class FeeForm(Form):
    """What the courier keeps for a parcel that was refused."""

    fee = Amount(lazy_gettext("The courier’s fee, VAT in it"))


class CourierForm(Form):
    """What a courier brought to the bank, and what he kept of it."""

    uid = HiddenField()
    banked = Amount(lazy_gettext("What came to the bank"))
    fee = Amount(lazy_gettext("The courier’s fee, VAT in it"))
    evidence = Text(lazy_gettext("What the bank’s line says"), longest=120)


class MoneyForm(Form):
    """Money of an order that came or went, as the bank tells it."""

    uid = HiddenField()
    amount = Amount(lazy_gettext("Amount"), validators=[InputRequired(_WRITE)])
    evidence = Text(lazy_gettext("What the bank’s line says"), longest=120)
