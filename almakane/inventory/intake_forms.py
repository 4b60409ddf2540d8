"""The forms by which a delivery is written down, line by line, and called off."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext, lazy_gettext
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FileField, HiddenField, SelectField

from almakane.cooperatives.models import Artisan
from almakane.cooperatives.words import CRAFTS
from almakane.errors import Refusal
from almakane.gateways.media import Picture
from almakane.inventory.deliveries import MOST, MOST_WEIGHT
from almakane.inventory.intake import Brought
from almakane.inventory.models import TaxClass
from almakane.inventory.reading import read_amount, read_count
from almakane.inventory.sent_photos import as_kept
from almakane.web.formats import typed
from almakane.web.forms import Amount, Filled, Form, Signature, Text
from almakane.web.languages import language, refusal_text

TAX_CLASSES = {
    TaxClass.STANDARD: lazy_gettext("Standard rate"),
    TaxClass.REDUCED: lazy_gettext("Reduced rate"),
    TaxClass.EXEMPT: lazy_gettext("Exempt, as a rug made by hand"),
}


class Money(Amount):
    """Dirhams in any digits, read as centimes; empty is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = _read(read_amount, valuelist)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return typed(self.data, language()) if self.data else ""


class Count(Amount):
    """A number of pieces in any digits."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = _read(read_count, valuelist)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)


def _read(read: Any, valuelist: list[str]) -> int | None:
    if not valuelist or not valuelist[0].strip():
        return None
    try:
        return int(read(valuelist[0][:100]))
    except Refusal as refusal:
        raise ValueError(refusal_text(refusal)) from refusal


class LineForm(Form):
    """
    A line of a delivery. `artisan` names those who made it, `weight-<id>` the part of each.

    What is missing may follow later; only what could not be kept is refused here.
    """

    key = HiddenField()
    product_id = HiddenField()
    title = Text(lazy_gettext("What it is called"), longest=120)
    quantity = Count(lazy_gettext("How many"), [Filled()])
    price = Money(lazy_gettext("Price of one"))
    floor = Money(lazy_gettext("Not below"))
    unit_cost = Money(lazy_gettext("Paid to the maker for one"))
    category = SelectField(lazy_gettext("Kind of piece"), default="")
    tax_class = SelectField(lazy_gettext("Tax class"), default="")
    title_ar = Text(lazy_gettext("Its name in Arabic"), longest=120)
    technique = Text(lazy_gettext("How it is made"), longest=120)
    reference = Text(lazy_gettext("The maker’s own number"), longest=40)
    note = Text(lazy_gettext("Note for the house"), longest=200)
    picture = FileField(lazy_gettext("Photograph"))
    photo_kept = HiddenField()  # one that came with this form before
    without_photo = BooleanField(lazy_gettext("Without this photograph"))

    def __init__(self, typed: MultiDict[str, str] | None = None, **values: Any) -> None:
        super().__init__(typed, **values)
        crafts = sorted(((code, str(word)) for code, word in CRAFTS.items()), key=lambda x: x[1])
        self.category.choices = [("", gettext("Choose")), *crafts]
        self.tax_class.choices = [
            ("", gettext("Choose")),
            *((one.value, str(words)) for one, words in TAX_CLASSES.items()),
        ]
        self.photo: Picture | None = None
        self.weights: dict[int, int] = {}
        self.typed_weights: dict[int, str] = {}
        self.weight_errors: list[str] = []

    def read_weights(self, typed: MultiDict[str, str], artisans: Iterable[Artisan]) -> None:
        """Who made it, as ticked, with the part of each: 1 unless another is written."""
        known = {str(artisan.id): artisan.id for artisan in artisans}
        for ticked in typed.getlist("artisan"):
            if ticked not in known:
                self.weight_errors.append(gettext("Somebody here is not this maker’s."))
                continue
            written = typed.get(f"weight-{ticked}", "").strip()
            self.typed_weights[known[ticked]] = written
            try:
                weight = read_count(written) if written else 1
                if not 1 <= weight <= MOST_WEIGHT:
                    raise Refusal("A part is a whole number, 1 or more.")
            except Refusal as refusal:
                self.weight_errors.append(refusal_text(refusal))
            else:
                self.weights[known[ticked]] = weight

    def keep_photo(self, photo: Picture | None) -> None:
        """Have the line show a photograph that is taken in, and the form carry it."""
        self.photo = photo
        self.photo_kept.data = as_kept(photo)

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal; what nobody sees a field of stands over the form."""
        if refusal.field in ("key", "product_id"):
            self.form_errors.append(refusal_text(refusal))
        else:
            super().refuse(refusal)

    def is_fit(self) -> bool:
        """Whether all that was typed can be kept."""
        refused = list(self.picture.errors)
        fits = bool(self.validate()) and not refused
        self.picture.errors = refused  # which `validate` wiped away
        quantity = self.quantity.data
        if quantity is not None and not 1 <= quantity <= MOST:
            self.refuse(Refusal("The quantity is 1 to 1 000 000.", field="quantity"))
            fits = False
        if not (self.title.data or self.title.errors or self.named_product or self.photo):
            self.refuse(Refusal("Write what it is called.", field="title"))
            fits = False
        return fits and not self.weight_errors

    @property
    def named_product(self) -> int | None:
        """The product that the line is of, where there is one already."""
        named = self.product_id.data or ""
        return int(named) if named.isascii() and named.isdecimal() and len(named) < 19 else None

    def told(self) -> Brought:
        """What was typed, as a line."""
        tax_class = self.tax_class.data
        return Brought(
            key=self.key.data or "",
            quantity=self.quantity.data or 0,
            product_id=self.named_product,
            title=self.title.data or "",
            title_ar=self.title_ar.data or "",
            category=self.category.data or "",
            technique=self.technique.data or "",
            tax_class=TaxClass(tax_class) if tax_class else None,
            price=self.price.data,
            floor=self.floor.data or 0,
            unit_cost=self.unit_cost.data or 0,
            weights=self.weights,
            reference=self.reference.data or "",
            note=self.note.data or "",
            photo=self.photo,
        )

    def show(self, line: Brought, key: str) -> None:
        """Fill the fields with a line, as if it had been typed."""
        self.key.data, self.product_id.data = key, str(line.product_id or "")
        for name in ("title", "title_ar", "category", "technique", "reference", "note", "quantity"):
            self[name].data = getattr(line, name)
        for name in ("price", "floor", "unit_cost"):
            self[name].data = getattr(line, name) or None
        self.tax_class.data = line.tax_class.value if line.tax_class else ""
        self.weights = dict(line.weights)
        self.typed_weights = {artisan_id: str(n) for artisan_id, n in line.weights.items()}


class CountForm(Form):
    """How many of an announced line are here; none is an answer."""

    counted = Count(lazy_gettext("Counted"), [Filled()])


class DropForm(Form):
    """Why a delivery does not come."""

    why = Text(lazy_gettext("Why it does not come"), longest=200)


class SignatureForm(Form):
    """Who signs for the maker, and the hand."""

    signer = Text(lazy_gettext("Name of whoever signs for the maker"), [Filled()], longest=120)
    mark = Signature(lazy_gettext("Signature"))
    lines_hash = HiddenField()
    agreement_id = HiddenField()
