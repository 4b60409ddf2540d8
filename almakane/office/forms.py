"""What a manager sets: rules, habits and identity from a day on, and what sites are called."""

from flask_babel import lazy_gettext
from wtforms import BooleanField, DateField, IntegerField, RadioField
from wtforms.validators import NumberRange, StopValidation

from almakane.errors import Refusal
from almakane.money import BASIS
from almakane.web.forms import Amount, Filled, Form, Text
from almakane.web.languages import refusal_text

_FIGURE = {"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"}
_HOURS = {"dir": "ltr", "autocomplete": "off", "placeholder": "10:00-13:00, 14:30-19:00"}
_DAYS = [NumberRange(0, 366, lazy_gettext("A number of days from 0 to 366."))]
_DAY = lazy_gettext("From which day on")


class Rate(Amount):
    """A rate in per cent, read as basis points."""

    def pre_validate(self, _form: Form) -> None:
        if self.data is not None and self.data > BASIS:
            raise StopValidation(refusal_text(Refusal("A rate lies between 0 and 100 %%.")))


class _Positive(Amount):
    def pre_validate(self, _form: Form) -> None:
        if self.data is not None and self.data < 1:
            raise StopValidation(refusal_text(Refusal("This cannot be nothing.")))


class RulesForm(Form):
    """What the law and the house set."""

    valid_from = DateField(_DAY, [Filled()])
    vat_liable = BooleanField(lazy_gettext("The house is liable to VAT"))
    vat_bp = Rate(lazy_gettext("VAT, per cent"), [Filled()], render_kw=_FIGURE)
    vat_reduced_bp = Rate(lazy_gettext("Reduced VAT, per cent"), [Filled()], render_kw=_FIGURE)
    cash_step = _Positive(lazy_gettext("Cash is rounded to, MAD"), [Filled()], render_kw=_FIGURE)
    cash_limit = _Positive(
        lazy_gettext("Cash from here on is flagged, MAD"), [Filled()], render_kw=_FIGURE
    )
    till_wait_days = IntegerField(
        lazy_gettext("Days that money of the till waits"), _DAYS, render_kw=_FIGURE
    )
    web_wait_days = IntegerField(
        lazy_gettext("Days that money of the web waits"), _DAYS, render_kw=_FIGURE
    )


class HabitsForm(Form):
    """How the house does things."""

    valid_from = DateField(_DAY, [Filled()])
    cashier_band_bp = Rate(
        lazy_gettext("A cashier goes below the price by, per cent"), [Filled()], render_kw=_FIGURE
    )
    staff_band_bp = Rate(
        lazy_gettext("Hub staff go below the price by, per cent"), [Filled()], render_kw=_FIGURE
    )
    return_days = IntegerField(
        lazy_gettext("Days of return that a new agreement begins with"),
        [NumberRange(0, 365, lazy_gettext("A number of days from 0 to 365."))],
        render_kw=_FIGURE,
    )
    label_sheet = RadioField(lazy_gettext("Labels are printed on"), [Filled()])


class IdentityForm(Form):
    """Who the seller is; what is empty is not printed."""

    valid_from = DateField(_DAY, [Filled()])
    legal_name = Text(lazy_gettext("Legal name, with form and capital"), [Filled()])
    address = Text(lazy_gettext("Address"))
    city = Text(lazy_gettext("City"), longest=80)
    phone = Text(lazy_gettext("Phone"), longest=20, render_kw={"dir": "ltr"})
    ice = Text(lazy_gettext("ICE"), longest=15, render_kw={"dir": "ltr"})
    tax_id = Text(lazy_gettext("Tax identifier (IF)"), longest=20, render_kw={"dir": "ltr"})
    patente = Text(lazy_gettext("Professional tax (TP)"), longest=20, render_kw={"dir": "ltr"})
    rc = Text(lazy_gettext("Trade register (RC)"), longest=60)
    cnss = Text(lazy_gettext("CNSS"), longest=20, render_kw={"dir": "ltr"})
    exchange_days = IntegerField(
        lazy_gettext("Days in which the shop exchanges"), _DAYS, render_kw=_FIGURE
    )
    withdrawal_days = IntegerField(
        lazy_gettext("Days to withdraw from what is sold from afar"), _DAYS, render_kw=_FIGURE
    )


class SiteForm(Form):
    """What a place that the house runs is called."""

    name = Text(lazy_gettext("Name"), [Filled()], longest=60)


class OpeningForm(Form):
    """Where buyers find the shop, and when; what is empty of a day is closed."""

    valid_from = DateField(_DAY, [Filled()])
    address = Text(lazy_gettext("Where the shop is"))
    city = Text(lazy_gettext("City"), longest=80)
    monday = Text(lazy_gettext("Monday"), longest=60, render_kw=_HOURS)
    tuesday = Text(lazy_gettext("Tuesday"), longest=60, render_kw=_HOURS)
    wednesday = Text(lazy_gettext("Wednesday"), longest=60, render_kw=_HOURS)
    thursday = Text(lazy_gettext("Thursday"), longest=60, render_kw=_HOURS)
    friday = Text(lazy_gettext("Friday"), longest=60, render_kw=_HOURS)
    saturday = Text(lazy_gettext("Saturday"), longest=60, render_kw=_HOURS)
    sunday = Text(lazy_gettext("Sunday"), longest=60, render_kw=_HOURS)
