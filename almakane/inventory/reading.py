"""
What people write for amounts and counts, on a form or in a spreadsheet: any digits, any comma.

`1 234,50`, `1,234.50`, `١٢٣٤٫٥٠` and `180 DH` are read. What could be two things is refused:
`1.234` is a thousand and more in one country and little more than one in another.
"""

import re
import unicodedata

from almakane.errors import Refusal
from almakane.money import parse_amount

_SIGNS = str.maketrans({"٫": ",", "٬": "'", "−": "-", "’": "'"})
_CURRENCY = re.compile(r"(?:MAD|DHS?|DIRHAMS?|دراهم|درهما?|د\.م\.?)", re.IGNORECASE)
# Digits in threes, then perhaps a decimal sign that is not the one between the threes.
_GROUPED = re.compile(r"\d{1,3}(?:([,.'])\d{3})(?:\1\d{3})*(?:(?!\1)[,.](\d{1,2}))?", re.ASCII)
_NEITHER = re.compile(r"\d{1,3}[,.]\d{3}", re.ASCII)
_COUNT = re.compile(r"(\d{1,9})(?:[,.]0+)?", re.ASCII)


def western(text: str) -> str:
    """The text with digits of every script as 0 to 9, Arabic signs of numbers as ours."""
    if text.isascii():
        return text
    plain = "".join(
        str(unicodedata.decimal(c)) if c.isdecimal() and not c.isascii() else c for c in text
    )
    return plain.translate(_SIGNS)


def read_amount(text: str) -> int:
    """An amount of dirhams as centimes; raises Refusal for what is none, or may be two."""
    plain = "".join(_CURRENCY.sub("", western(text)).split())
    if _NEITHER.fullmatch(plain):
        raise Refusal("This may be two amounts: write it like 1250,50.")
    grouped = _GROUPED.fullmatch(plain)
    if grouped:
        whole = plain[: -len(grouped[2]) - 1] if grouped[2] else plain
        plain = re.sub(r"\D", "", whole) + (f",{grouped[2]}" if grouped[2] else "")
    return parse_amount(plain)


def read_count(text: str) -> int:
    """A whole number, `12` or a spreadsheet's `12.0`; raises Refusal for anything else."""
    found = _COUNT.fullmatch("".join(western(text).split()))
    if not found:
        raise Refusal("This is not a number of pieces: write it like 12.")
    return int(found[1])
