"""What staff fill in about makers, artisans and agreements."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import (
    BooleanField,
    DateField,
    FormField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.validators import Optional, ValidationError
from wtforms.widgets import TextArea

from almakane.cooperatives.agreement import Bearer, Discounts, PaidTo, Regime
from almakane.cooperatives.models import Maker, MakerKind
from almakane.cooperatives.numbers import read_ice, read_phone, read_rib, write_phone
from almakane.cooperatives.words import (
    BEARERS,
    CRAFTS,
    DISCOUNTS,
    GENDERS,
    MAKER_KINDS,
    PAID_TO,
    REGIMES,
    REGIONS,
    TAX_PROFILES,
)
from almakane.errors import Refusal
from almakane.money import BASIS
from almakane.web.forms import Amount, Filled, Form, Rows, Text
from almakane.web.languages import refusal_text

_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?", re.ASCII)
_WHOLE = re.compile(r"\d{1,4}", re.ASCII)
_CODE = re.compile(r"[A-Z0-9]{2,12}", re.ASCII)

_FIGURE = {"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"}
_COUNT = {"inputmode": "numeric", "autocomplete": "off", "dir": "ltr"}
_EARLIEST = date(1900, 1, 1)


class Percent(StringField):
    """A rate typed as a percentage with two decimals at most, kept in basis points."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = "".join((valuelist[0] if valuelist else "").split()).rstrip("%")
        self.data = None
        if typed:
            found = _PERCENT.fullmatch(typed)
            rate = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else -1
            if not 0 <= rate <= BASIS:
                raise ValueError(gettext("A rate lies between 0 and 100 %, like 25 or 12,5."))
            self.data = rate

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        whole, rest = divmod(int(self.data), 100)
        return f"{whole},{rest:02d}".rstrip("0") if rest else str(whole)


class Whole(StringField):
    """A whole number within bounds."""

    def __init__(self, *args: Any, least: int = 0, most: int = 9_999, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.least, self.most = least, most

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if typed:
            if not _WHOLE.fullmatch(typed) or not self.least <= int(typed) <= self.most:
                raise ValueError(
                    gettext(
                        "Write a whole number from %(least)s to %(most)s.",
                        least=self.least,
                        most=self.most,
                    )
                )
            self.data = int(typed)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)


class Read(StringField):
    """A number that somebody gave out, read by its own rule."""

    def __init__(
        self,
        *args: Any,
        read: Callable[[str], str],
        written: Callable[[str], str] = str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.read, self.written = read, written

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = ""
        try:
            self.data = self.read((valuelist[0] if valuelist else "")[:60])
        except Refusal as refusal:
            raise ValueError(refusal_text(refusal)) from refusal

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.written(self.data) if self.data else ""


class Lines(Text):
    """Several lines of text."""

    widget = TextArea()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, longest=2_000, lines=True, **kwargs)


def _options(words: dict[Any, Any], first: Any = None) -> list[tuple[str, Any]]:
    options = [(str(value), said) for value, said in words.items()]
    return options if first is None else [("", first), *options]


class MakerForm(Form):
    """Who a maker is, and what her page says in three languages."""

    name = Text(lazy_gettext("Name, as papers write it"), [Filled()], longest=120)
    kind = RadioField(
        lazy_gettext("What the maker is"), [Filled()], default=MakerKind.COOPERATIVE.value
    )
    craft = SelectField(lazy_gettext("Craft"), [Filled()])
    region = SelectField(lazy_gettext("Region"))
    since = DateField(lazy_gettext("With us since"), [Optional()])
    phone = Read(
        lazy_gettext("Telephone"),
        read=read_phone,
        written=write_phone,
        render_kw={"type": "tel", "dir": "ltr", "autocomplete": "off"},
    )
    tax_profile = SelectField(lazy_gettext("How the maker stands to VAT"))
    ice = Read("ICE", read=read_ice, render_kw=_COUNT)
    tax_id = Text(lazy_gettext("Tax number (IF)"), longest=20, render_kw=_COUNT)
    name_fr = Text(lazy_gettext("Name on pages, in French"), longest=120)
    name_ar = Text(lazy_gettext("Name on pages, in Arabic"), longest=120)
    name_en = Text(lazy_gettext("Name on pages, in English"), longest=120)
    place_fr = Text(lazy_gettext("Place, in French"), longest=80)
    place_ar = Text(lazy_gettext("Place, in Arabic"), longest=80)
    place_en = Text(lazy_gettext("Place, in English"), longest=80)
    story_fr = Lines(lazy_gettext("Story, in French"))
    story_ar = Lines(lazy_gettext("Story, in Arabic"))
    story_en = Lines(lazy_gettext("Story, in English"))

    def __init__(self, *args: Any, known: Maker | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = _options(MAKER_KINDS)
        crafts, regions = dict(CRAFTS), dict(REGIONS)
        if known is not None:  # what was written before there was a list may stay
            crafts.setdefault(known.craft, known.craft)
            regions.setdefault(known.region, known.region)
        self.craft.choices = _options(crafts, gettext("Choose"))
        self.region.choices = _options(
            {name: said for name, said in regions.items() if name}, gettext("Not said")
        )
        self.tax_profile.choices = _options(TAX_PROFILES, gettext("Nobody has said yet"))

    def validate_tax_id(self, field: Any) -> None:
        """The IF is digits; nobody published how many."""
        if field.data and not re.fullmatch(r"\d{1,20}", field.data, re.ASCII):
            raise ValidationError(gettext("A tax number is digits alone."))

    def validate_since(self, field: Any) -> None:
        """A day that people can have begun on."""
        if field.data and not _EARLIEST <= field.data <= date(2200, 1, 1):
            raise ValidationError(gettext("This day is out of range."))


class NewMakerForm(MakerForm):
    """The same, with the short code that papers and addresses carry for ever."""

    code = Text(
        lazy_gettext("Code"),
        [Filled()],
        longest=12,
        render_kw={"dir": "ltr", "autocapitalize": "characters", "autocomplete": "off"},
    )

    def validate_code(self, field: Any) -> None:
        """It stands in addresses and before the codes of products."""
        field.data = (field.data or "").upper()
        if not _CODE.fullmatch(field.data) or field.data == "NEW":
            raise ValidationError(gettext("A code is 2 to 12 capitals and digits, like TAZ."))


class ArtisanForm(Form):
    """Somebody who makes."""

    name = Text(lazy_gettext("Name"), [Filled()], longest=120)
    name_ar = Text(lazy_gettext("Name in Arabic"), longest=120, render_kw={"dir": "rtl"})
    gender = SelectField(lazy_gettext("Woman or man"))
    born = Whole(
        lazy_gettext("Year of birth"), [Optional()], least=1900, most=2020, render_kw=_COUNT
    )
    weight = Whole(lazy_gettext("Usual share"), [Filled()], least=1, most=1_000, render_kw=_COUNT)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gender.choices = _options(GENDERS)


class RibForm(Form):
    """A bank account, to be confirmed by somebody else before money goes there."""

    whose = SelectField(lazy_gettext("Whose account"), default="")
    rib = Read(
        lazy_gettext("RIB, 24 digits"),
        [Filled()],
        read=read_rib,
        render_kw=_COUNT | {"maxlength": "40"},
    )

    def offer(self, maker: str, artisans: dict[int, str]) -> None:
        """Whose account it can be: the maker's own, or an artisan's."""
        named = [(str(number), name) for number, name in artisans.items()]
        self.whose.choices = [("", maker), *named]


class OverrideForm(Form):
    """Another commission for one category."""

    category = SelectField(lazy_gettext("Category"), default="")
    commission_bp = Percent(lazy_gettext("Commission"), [Optional()], render_kw=_FIGURE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.category.choices = _options(CRAFTS, "–")


class TrialForm(Form):
    """A price to be tried out; what cannot be read is left at what it was."""

    price = Amount(lazy_gettext("Price"), render_kw=_FIGURE)
    paid = Amount(lazy_gettext("Paid, after a discount"), render_kw=_FIGURE)
    floor = Amount(lazy_gettext("Floor"), render_kw=_FIGURE)
    by_card = BooleanField(lazy_gettext("Paid by card"))
    tax_class = SelectField(lazy_gettext("Tax class"), default="standard")
    category = SelectField(lazy_gettext("Category"), default="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.category.choices = _options(CRAFTS, gettext("Any"))
        self.tax_class.choices = [
            ("standard", gettext("Standard rate")),
            ("reduced", gettext("Reduced rate")),
            ("exempt", gettext("Exempt by its nature: handmade rugs")),
        ]


class AgreementForm(TrialForm):
    """A version of the terms, and a price to try them on."""

    valid_from = DateField(lazy_gettext("Holds from"), [Filled()])
    regime = RadioField(lazy_gettext("How it is sold"), [Filled()])
    commission_bp = Percent(lazy_gettext("Commission"), [Filled()], render_kw=_FIGURE)
    discounts = RadioField(lazy_gettext("Who bears a discount"), [Filled()])
    card_fee_bp = Percent(lazy_gettext("Card fee"), [Filled()], render_kw=_FIGURE)
    card_fee_maker_bp = Percent(
        lazy_gettext("The maker’s part of the card fee"), [Filled()], render_kw=_FIGURE
    )
    maker_vat_liable = BooleanField(lazy_gettext("The maker is liable to VAT"))
    paid_to = RadioField(lazy_gettext("Who is paid"), [Filled()])
    loss_bearer = RadioField(lazy_gettext("Who bears a loss in the house"), [Filled()])
    return_days = Whole(
        lazy_gettext("Days in which a buyer may return it"), [Filled()], most=365, render_kw=_COUNT
    )
    unsold_days = Whole(
        lazy_gettext("Days on the shelf before it goes back"),
        [Filled()],
        least=1,
        most=3_650,
        render_kw=_COUNT,
    )
    overrides = Rows(FormField(OverrideForm), min_entries=3, max_entries=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.regime.choices = _options({one.value: REGIMES[one] for one in Regime})
        self.discounts.choices = _options({one.value: DISCOUNTS[one] for one in Discounts})
        self.paid_to.choices = _options({one.value: PAID_TO[one] for one in PaidTo})
        self.loss_bearer.choices = _options({one.value: BEARERS[one] for one in Bearer})

    def own_rates(self) -> dict[str, int]:
        """Category to commission, of the rows that were filled in; a category once."""
        rates: dict[str, int] = {}
        for entry in self.overrides:
            category, rate = entry.form.category.data, entry.form.commission_bp.data
            if category and rate is not None:
                rates[category] = rate
        return rates

    def validate_overrides(self, field: Any) -> None:
        """A row is whole or empty, and no category has two."""
        seen: set[str] = set()
        for entry in field:
            category, rate = entry.form.category.data, entry.form.commission_bp.data
            if bool(category) != (rate is not None):
                message = gettext(
                    "Choose a category and write its commission, or leave both empty."
                )
                entry.form.commission_bp.errors = [message]
                raise ValidationError(message)
            if category and category in seen:
                message = gettext("This category has a commission above already.")
                entry.form.commission_bp.errors = [message]
                raise ValidationError(message)
            seen.add(category)

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal at its field, those of a category's own commission too."""
        found = re.fullmatch(r"overrides-(\d+)-commission_bp", refusal.field or "")
        if not found:
            super().refuse(refusal)
            return
        filled = [entry for entry in self.overrides if entry.form.category.data]
        field = filled[int(found[1])].form.commission_bp
        field.errors = [*field.errors, refusal_text(refusal)]
