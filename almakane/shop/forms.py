"""The one page on which somebody orders: seven fields at most."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, cast

from flask_babel import gettext, lazy_gettext
from wtforms import HiddenField, RadioField, SelectField, TelField
from wtforms.validators import Length as Longest
from wtforms.validators import ValidationError

from almakane.errors import Refusal
from almakane.shop.models import Payment, Way
from almakane.shop.ordering import (
    LONGEST_ADDRESS,
    LONGEST_CITY,
    LONGEST_EMAIL,
    LONGEST_NAME,
)
from almakane.web.forms import Filled, Form, Text
from almakane.web.languages import refusal_text


class Paying(StrEnum):
    """How the buyer says that they pay; on receipt is at the counter, or to the courier."""

    ON_RECEIPT = "receipt"
    TRANSFER = "transfer"


PAYMENTS = {
    (Paying.ON_RECEIPT, Way.PICKUP): Payment.SHOP,
    (Paying.ON_RECEIPT, Way.DELIVERY): Payment.COD,
    (Paying.TRANSFER, Way.PICKUP): Payment.TRANSFER,
    (Paying.TRANSFER, Way.DELIVERY): Payment.TRANSFER,
}
_WAYS = {
    Way.DELIVERY: lazy_gettext("Have it delivered"),
    Way.PICKUP: lazy_gettext("Fetch it in the shop"),
}
_PAYING = {
    Paying.ON_RECEIPT: lazy_gettext("When you receive it"),
    Paying.TRANSFER: lazy_gettext("By bank transfer"),
}


_NO_CITY = Refusal("Choose the city where it goes.", field="city")


class CheckoutForm(Form):
    """Who, how it comes to them, and how they pay. Nothing in it is a price that we believe."""

    name = Text(lazy_gettext("Name"), [Filled()], longest=LONGEST_NAME)
    phone = TelField(lazy_gettext("Telephone"), [Filled(), Longest(max=40)])
    way = RadioField(lazy_gettext("How it comes to you"))
    city = SelectField(
        lazy_gettext("City"), validators=[Longest(max=LONGEST_CITY)], validate_choice=False
    )
    address = Text(lazy_gettext("Address, or a landmark"), longest=LONGEST_ADDRESS, lines=True)
    email = Text(lazy_gettext("E-mail"), longest=LONGEST_EMAIL)
    payment = RadioField(lazy_gettext("How you pay"))
    checkout = HiddenField()
    shown = HiddenField()

    def validate_city(self, field: SelectField) -> None:
        """A city is chosen among those that are served, by whoever has it delivered."""
        if self.chosen_way is Way.DELIVERY and not self.chosen_city:
            raise ValidationError(refusal_text(_NO_CITY))

    def offer(
        self, ways: Sequence[Way], paying: Sequence[Paying], cities: list[tuple[str, str]]
    ) -> None:
        """What there is to choose from; the first of each, where nobody has chosen yet."""
        self.way.choices = [(way.value, _WAYS[way]) for way in ways]
        self.payment.choices = [(one.value, _PAYING[one]) for one in paying]
        self.city.choices = cities
        self.way.data = self.way.data or ways[0].value
        self.payment.data = self.payment.data or paying[0].value
        self.city.data = self.city.data or cities[0][0]

    def validate_address(self, field: Any) -> None:
        """What is missing is told at once, not one thing after another."""
        if self.chosen_way is Way.DELIVERY and not field.data:
            raise ValidationError(
                gettext("Write where it goes: the street, the quarter, a landmark.")
            )

    @property
    def chosen_way(self) -> Way:
        """How it comes to them; what is not offered is fetched in the shop."""
        is_brought = self.way.data == Way.DELIVERY and Way.DELIVERY in dict(self.way.choices)
        return Way.DELIVERY if is_brought else Way.PICKUP

    @property
    def chosen_payment(self) -> Payment:
        """How they pay, as the order keeps it."""
        by_bank = self.payment.data == Paying.TRANSFER
        paying = Paying.TRANSFER if by_bank else Paying.ON_RECEIPT
        return PAYMENTS[paying, self.chosen_way]

    @property
    def chosen_city(self) -> str:
        """Where it goes; "" where that is no place of ours, or it goes nowhere."""
        city = cast(str, self.city.data or "")
        is_known = self.chosen_way is Way.DELIVERY and city in dict(self.city.choices)
        return city if is_known else ""

    @property
    def shown_total(self) -> int:
        """The total that stood above the button; 0 where nobody can say."""
        told = cast(str, self.shown.data or "")
        return int(told) if told.isascii() and told.isdigit() and len(told) <= 12 else 0
