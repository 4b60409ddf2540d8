"""What staff fill in on the pages of products."""

import re
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import FileField, SelectField
from wtforms.validators import Optional, ValidationError
from wtforms.widgets import TextArea

from almakane.cooperatives.words import CRAFTS
from almakane.inventory.models import TaxClass
from almakane.inventory.product_words import TAX_CLASSES
from almakane.web.forms import Amount, Filled, Form, Grams, Length, Text

_CODE = re.compile(r"[A-Z0-9](?:[A-Z0-9-]{0,18}[A-Z0-9])?", re.ASCII)

_AMOUNT = {"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"}
_FIGURE = {"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"}


def _category(**more: Any) -> SelectField:
    return SelectField(lazy_gettext("What kind of piece it is"), **more)


def _tax_class(**more: Any) -> SelectField:
    return SelectField(lazy_gettext("Tax class"), **more)


class _Choosing(Form):
    """A form that asks for category and tax class."""

    def offer(self, category: str = "") -> None:
        """Fill the lists; a category of old that is no longer in them can stay."""
        options: list[tuple[str, Any]] = [("", gettext("Choose")), *CRAFTS.items()]
        if category and category not in CRAFTS:
            options.append((category, category))
        self["category"].choices = options
        self["tax_class"].choices = [
            ("", gettext("Nobody has said yet")),
            *((one.value, TAX_CLASSES[one]) for one in TaxClass),
        ]


class FactsForm(_Choosing):
    """What is so of a product in any language."""

    category = _category(validators=[Filled()])
    tax_class = _tax_class()
    weight_grams = Grams(lazy_gettext("Weight"), [Optional()], render_kw=_FIGURE)
    width_mm = Length(lazy_gettext("Width"), [Optional()], render_kw=_FIGURE)
    height_mm = Length(lazy_gettext("Height"), [Optional()], render_kw=_FIGURE)
    depth_mm = Length(lazy_gettext("Depth"), [Optional()], render_kw=_FIGURE)


class NewProductForm(_Choosing):
    """A product as it begins; the rest is written on its page."""

    maker = SelectField(lazy_gettext("Maker"), [Filled()])
    title_fr = Text(lazy_gettext("Title, in French"), [Filled()], longest=120)
    category = _category(validators=[Filled()])
    price = Amount(lazy_gettext("Price"), [Filled()], render_kw=_AMOUNT)
    tax_class = _tax_class()
    code = Text(
        lazy_gettext("Code"),
        [Optional()],
        longest=20,
        render_kw={"dir": "ltr", "autocapitalize": "characters", "autocomplete": "off"},
    )

    def validate_code(self, field: Any) -> None:
        """A code goes on labels and into addresses: capitals, digits and hyphens."""
        field.data = (field.data or "").upper()
        if field.data and not _CODE.fullmatch(field.data):
            raise ValidationError(gettext("A code is capitals and digits, like ZEL-021."))


class PriceForm(Form):
    """Another price."""

    price = Amount(lazy_gettext("New price"), [Filled()], render_kw=_AMOUNT)


class Story(Text):
    """Several lines of text."""

    widget = TextArea()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, longest=2_000, lines=True, **kwargs)


class TextsForm(Form):
    """The words of a product in three languages."""

    title_fr = Text(lazy_gettext("Title, in French"), longest=120)
    title_ar = Text(lazy_gettext("Title, in Arabic"), longest=120)
    title_en = Text(lazy_gettext("Title, in English"), longest=120)
    technique_fr = Text(lazy_gettext("Technique, in French"), longest=120)
    technique_ar = Text(lazy_gettext("Technique, in Arabic"), longest=120)
    technique_en = Text(lazy_gettext("Technique, in English"), longest=120)
    materials_fr = Text(lazy_gettext("Materials, in French"), longest=160)
    materials_ar = Text(lazy_gettext("Materials, in Arabic"), longest=160)
    materials_en = Text(lazy_gettext("Materials, in English"), longest=160)
    story_fr = Story(lazy_gettext("Story, in French"))
    story_ar = Story(lazy_gettext("Story, in Arabic"))
    story_en = Story(lazy_gettext("Story, in English"))


class PhotoForm(Form):
    """Pictures to be taken in; the files themselves are read apart."""

    picture = FileField(lazy_gettext("Photographs"))


class PhotoWordsForm(Form):
    """What a picture shows, for who cannot see it."""

    alt_fr = Text(lazy_gettext("What it shows, in French"), longest=160)
    alt_ar = Text(lazy_gettext("What it shows, in Arabic"), longest=160)
    alt_en = Text(lazy_gettext("What it shows, in English"), longest=160)
