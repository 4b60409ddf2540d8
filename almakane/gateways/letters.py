"""
What a printer's own letters can write: one code page, and nothing that it would take for a command.
"""

import re
import textwrap
import unicodedata

CODE_PAGES = {"CP1252": "cp1252", "CP858": "cp858", "CP850": "cp850", "CP437": "cp437"}

_DRAWN_SCRIPTS = re.compile("[\u0590-\u08ff\u2d30-\u2d7f\ufb1d-\ufdff\ufe70-\ufeff]")
_UNPRINTED = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_PLAINER = str.maketrans(
    {
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\u2212": "-",
        "\u2010": "-",
        "\u2011": "-",
    }
)
# What a smaller code page lacks, and letters that do not come apart into one and its accent.
_STAND_INS = {
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2026": "...",
    "\u2013": "-",
    "\u2014": "-",
    "\u00d7": "x",
    "\u00b7": "-",
    "\u20ac": "EUR",
    "\u0153": "oe",
    "\u0152": "OE",
    "\u0142": "l",
    "\u0141": "L",
    "\u0131": "i",
    "\u0111": "d",
    "\u02bf": "'",
    "\u02be": "'",
}


def must_be_drawn(text: str) -> bool:
    """Whether a text has letters that no code page joins or holds: Arabic, Amazigh."""
    return bool(_DRAWN_SCRIPTS.search(text))


def starts_rtl(text: str) -> bool:
    """
    Whether the first letter of a text runs from right to left, as <bdi> asks.

    Digits and signs do not tell, and alone they run from left to right, as sums do in Morocco.
    """
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def printable(text: str, code_page: str = "CP1252") -> str:
    """
    A text in the letters of a code page.

    What is no letter is taken out, above all what a printer would take for a command; what the page
    lacks stands without its accent, or as `?`.
    """
    text = _UNPRINTED.sub("", text.translate(_PLAINER))
    codec = CODE_PAGES[code_page]
    return "".join(_fit(character, codec) for character in unicodedata.normalize("NFC", text))


def _fit(character: str, codec: str) -> str:
    if character.isascii():
        return character
    bare = "".join(c for c in unicodedata.normalize("NFKD", character) if not _is_mark(c))
    for found in (character, _STAND_INS.get(character, ""), bare):
        if found and _holds(codec, found):
            return found
    return "" if _is_mark(character) else "?"


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) == "Mn"


def _holds(codec: str, text: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return not _UNPRINTED.search(text)


def wrapped(text: str, width: int, code_page: str) -> list[str]:
    """The lines of a text, at least one; broken before no-break spaces turn into spaces."""
    lines = textwrap.wrap(text, max(width, 1), break_on_hyphens=False)
    return [printable(line, code_page) for line in lines] or [""]


def in_columns(amounts: list[str], width: int) -> str:
    """Amounts at the end of a line, one under the other in rows that have as many."""
    column = min(width // 4, 12)
    if len(amounts) > 1 and max(map(len, amounts)) < column:
        return "".join(amount.rjust(column) for amount in amounts)
    return "  ".join(amounts)
