"""Forms that speak the reader's language, and fields that refuse what cannot be kept."""

import re
from collections.abc import Iterator
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import FieldList, StringField
from wtforms import Form as PlainForm
from wtforms.i18n import get_translations
from wtforms.validators import InputRequired, StopValidation

from almakane.errors import Refusal
from almakane.money import parse_amount
from almakane.web.formats import typed
from almakane.web.languages import language, refusal_text
from almakane.web.texts import clean_text


class Form(PlainForm):
    """The parent of our forms. They carry no token: `web.refuse_cross_site` does that work."""

    class Meta:
        def get_translations(self, _form: PlainForm) -> Any:
            return get_translations([language()])

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal at the field that it names, or over the form."""
        name = refusal.field or ""
        if name in self:
            self[name].errors = [*self[name].errors, refusal_text(refusal)]
        else:
            self.form_errors.append(refusal_text(refusal))


class Filled(InputRequired):
    """Something must be written here."""

    def __init__(self) -> None:
        super().__init__(lazy_gettext("Something is missing here."))

    def __call__(self, form: PlainForm, field: Any) -> None:
        super().__call__(form, field)
        if isinstance(field.data, str) and not field.data.strip():
            raise StopValidation(self.message)


class Rows(FieldList):
    """Several of the same. WTForms takes `²` for a digit, which is none to `int`."""

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        named = re.compile(rf"{re.escape(prefix)}-(\d{{1,4}})(?:-.*)?", re.ASCII | re.DOTALL)
        return (int(found[1]) for name in formdata if (found := named.fullmatch(name)))


class Text(StringField):
    """A line of text, or several, cleaned as `clean_text` does."""

    def __init__(self, *args: Any, longest: int = 200, lines: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.longest = longest
        self.lines = lines

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0] if valuelist else ""
        try:
            self.data = clean_text(
                self.data, self.short_name, longest=self.longest, lines=self.lines
            )
        except Refusal as refusal:
            raise ValueError(refusal_text(refusal)) from refusal


class Signature(StringField):
    """What a hand drew, as the path of an SVG; empty where a name was typed alone."""

    longest = 60_000  # letters: some four thousand points

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0] if valuelist else ""
        if len(self.data) > self.longest or not STROKES.fullmatch(self.data):
            self.data = ""
            raise ValueError(gettext("This is no signature. Sign anew, or type the name alone."))


# Strokes on a sheet of 600 by 200: nothing else may come into a page as a path.
STROKES = re.compile(r"(?:M\d{1,3} \d{1,3}(?:L\d{1,3} \d{1,3})+)*", re.ASCII)


class Amount(StringField):
    """An amount of money, read as centimes."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.typed = valuelist[0] if valuelist else ""
        self.data = None
        if self.typed.strip():
            try:
                self.data = parse_amount(self.typed)
            except Refusal as refusal:
                raise ValueError(refusal_text(refusal)) from refusal

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else typed(self.data, language())


_LENGTH = re.compile(r"(\d{1,4})(?:[.,](\d))?", re.ASCII)
_GRAMS = re.compile(r"\d{1,7}", re.ASCII)


class Length(StringField):
    """A length typed in centimetres, with one decimal at most, kept in millimetres."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if typed:
            found = _LENGTH.fullmatch(typed)
            if found is None or not int(found[1] + (found[2] or "0")):
                raise ValueError(gettext("Write a length in centimetres, like 42 or 12,5."))
            self.data = int(found[1]) * 10 + int(found[2] or 0)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        whole, rest = divmod(int(self.data), 10)
        return f"{whole},{rest}" if rest else str(whole)


class Grams(StringField):
    """A weight in whole grams."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if typed:
            if not _GRAMS.fullmatch(typed) or not int(typed):
                raise ValueError(gettext("Write a weight in whole grams, like 350."))
            self.data = int(typed)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)
