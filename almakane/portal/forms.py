"""The form by which a maker says what she will bring."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext, lazy_gettext
from werkzeug.datastructures import MultiDict
from wtforms import DateField, FileField, FormField, HiddenField, SelectField
from wtforms.validators import Optional

from almakane.errors import Refusal
from almakane.gateways.media import Picture
from almakane.inventory.deliveries import MOST
from almakane.inventory.intake import Brought
from almakane.inventory.intake_forms import Count, Money
from almakane.inventory.photos import Shown, shown_kept
from almakane.inventory.sent_photos import as_kept, sent_photo
from almakane.web.forms import Form, Rows, Text
from almakane.web.languages import refusal_text

LINES = 30  # of one announcement; whoever brings more tells it in two


class AnnouncedForm(Form):
    """A line: a piece that was here before, or a new one; an empty line says nothing."""

    product = SelectField(lazy_gettext("As before"), default="", validate_choice=False)
    title = Text(lazy_gettext("Or something new: what is it?"), longest=120)
    quantity = Count(lazy_gettext("How many"))
    price = Money(lazy_gettext("Price that you wish for one"))
    floor = Money(lazy_gettext("Not below"))
    picture = FileField(lazy_gettext("Photograph"))
    photo_kept = HiddenField()  # one that came with this form before

    photo: Picture | None = None

    @property
    def shown(self) -> Shown | None:
        """The photograph of the line, as its page shows it."""
        return shown_kept(self.photo)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed here, and no photograph sent."""
        typed = (value or "" for f in self for value in f.raw_data or ())
        return not (self.photo or self.picture.errors or any(one.strip() for one in typed))

    def read_photo(self) -> None:
        """Take the photograph in that was sent with the line, now or before."""
        try:
            self.photo = sent_photo(self.picture.name, self.photo_kept.data or "")
        except Refusal as refusal:
            self.refuse(refusal)
        self.photo_kept.data = as_kept(self.photo)

    def is_fit(self) -> bool:
        """Whether the line says what comes, and how many of it."""
        quantity = 1 if self.quantity.data is None else self.quantity.data
        above = self.floor.data and self.price.data and self.floor.data > self.price.data
        if (self.product.data or "") not in dict(self.product.choices):
            self.refuse(Refusal("This maker has no such product.", field="product"))
        elif not (self.product.data or self.title.data or self.photo):
            self.refuse(Refusal("Say what it is.", field="title"))
        if not 1 <= quantity <= MOST:
            self.refuse(Refusal("The quantity is 1 to 1 000 000.", field="quantity"))
        if above:
            self.refuse(Refusal("The lowest price is above the price.", field="floor"))
        return not any(field.errors for field in self)


class AnnouncementForm(Form):
    """What a maker will bring, and when; `products` are hers that were here before."""

    uid = HiddenField()
    lines = Rows(FormField(AnnouncedForm), min_entries=1, max_entries=LINES)
    expected_on = DateField(lazy_gettext("When do you come?"), [Optional()])
    note = Text(lazy_gettext("A word to the house"), longest=500, lines=True)

    def __init__(
        self,
        typed: MultiDict[str, str] | None = None,
        *,
        products: Sequence[tuple[int, str]] = (),
        **values: Any,
    ) -> None:
        super().__init__(typed, **values)
        self.products = {str(number): number for number, _title in products}
        self._choices = [
            ("", gettext("Something new")),
            *((str(number), title) for number, title in products),
        ]
        self._offer()

    def _offer(self) -> None:
        for line in self.lines:
            line.form.product.choices = self._choices

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal; what nobody sees a field of stands over the form."""
        if refusal.field == self.uid.name:
            self.form_errors.append(refusal_text(refusal))
        else:
            super().refuse(refusal)

    def one_more(self) -> None:
        """Another empty line under the others; photographs that were sent stay."""
        for line in self.lines:
            line.form.read_photo()
        if len(self.lines) < LINES:
            self.lines.append_entry()
            self._offer()

    def is_fit(self, today: date) -> bool:
        """Whether all that was typed can be told; what is wrong stands at its field."""
        fits = bool(self.validate())
        for line in self.lines:  # after `validate`, which wipes away what it does not say itself
            line.form.read_photo()
        if self.expected_on.data and self.expected_on.data < today:
            self.refuse(Refusal("That day is over.", field="expected_on"))
            fits = False
        told = [line.form for line in self.lines if not line.form.is_empty]
        if not told:
            self.refuse(Refusal("Say what you will bring."))
        wrong = [line for line in told if not line.is_fit()]
        return fits and bool(told) and not wrong

    def told(self, craft: str) -> list[Brought]:
        """The lines, what is new as a piece of a craft."""
        told = []
        for n, field in enumerate(self.lines, 1):
            line = field.form
            if line.is_empty:
                continue
            product_id = self.products.get(line.product.data or "")
            told.append(
                Brought(
                    key=str(n),
                    quantity=1 if line.quantity.data is None else line.quantity.data,
                    product_id=product_id,
                    title="" if product_id else line.title.data or "",
                    category="" if product_id else craft,
                    price=line.price.data,
                    floor=line.floor.data or 0,
                    photo=line.photo,
                )
            )
        return told
