"""What the office fills in of the house's own costs."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext
from wtforms import HiddenField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from almakane.payouts.costs import Cost
from almakane.payouts.models import Activity, CostKind, Fund
from almakane.payouts.months import read_month
from almakane.payouts.words import ACTIVITIES, COST_KINDS, FUNDS
from almakane.web.forms import Amount, Filled, Form, Text

_UID = [Filled(), Length(min=8, max=40)]


def _choices(words: Mapping[Any, Any]) -> list[Any]:
    return [SelectChoice(value.value, word) for value, word in words.items()]


class CostForm(Form):
    """One cost of a month."""

    uid = HiddenField(validators=_UID)
    month = HiddenField(validators=[Filled()])
    kind = SelectField(lazy_gettext("What for"), choices=_choices(COST_KINDS))
    amount = Amount(
        lazy_gettext("Amount without VAT, MAD"),
        [Filled()],
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )
    activity = SelectField(lazy_gettext("Activity"), choices=_choices(ACTIVITIES))
    fund = SelectField(lazy_gettext("Paid by"), choices=_choices(FUNDS))
    note = Text(lazy_gettext("Note"), longest=200)

    def cost(self) -> Cost | None:
        """What was told; nothing where the month is none."""
        month = read_month(self.month.data or "")
        if month is None:
            return None
        return Cost(
            month,
            CostKind(self.kind.data),
            Activity(self.activity.data),
            Fund(self.fund.data),
            self.amount.data or 0,
            self.note.data or "",
        )


class RepeatForm(Form):
    """Which month is to have the costs of the one before."""

    uid = HiddenField(validators=_UID)
    month = HiddenField(validators=[Filled()])
