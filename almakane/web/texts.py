"""What people type, made fit to keep, and names in the order people look for them."""

import re
import unicodedata

from almakane.errors import Refusal

# Control characters (but for the tab, which becomes a space), halves of surrogate pairs, and what
# turns the direction of the letters after it: a name could make a line read as another.
_STRANGE = re.compile(
    "[\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\u202a-\\u202e\\u2066-\\u2069]"
)

# What a pasted text carries without showing it: two names that look the same would not be.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))

# A letter in one of its other dresses, for finding and sorting: Arabic hamzas and ends of words,
# the letters that Moroccan names borrow, and what French ties together.
_PLAIN = str.maketrans(
    {
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ؤ": "و",
        "ئ": "ي",
        "ى": "ي",
        "ة": "ه",
        "ݣ": "ك",
        "گ": "ك",
        "ڭ": "ك",
        "ڤ": "ف",
        "ڥ": "ف",
        "پ": "ب",
        "چ": "ج",
        "ـ": "",
        "œ": "oe",
        "æ": "ae",
    }
)


def clean_text(
    text: str, field: str | None = None, *, longest: int = 200, lines: bool = False
) -> str:
    """
    The text as it is kept: composed, trimmed, its spaces single; line ends only where `lines`.

    Raises Refusal, naming the field, for what cannot be kept or would deceive: a control character,
    half of a surrogate pair, a mark that turns the direction of the line, or more than `longest`.
    """
    if lines:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _STRANGE.search(text.replace("\n", "") if lines else text):
        raise Refusal(
            "This text holds a character that cannot be kept: write it anew instead of pasting it.",
            field=field,
        )
    text = unicodedata.normalize("NFC", text.translate(_UNSEEN))
    text = "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()
    if len(text) > longest:
        raise Refusal(
            "This text is too long: at most %(longest)s characters.", field=field, longest=longest
        )
    return text


def plain(text: str) -> str:
    """The text as one would type it in a hurry: no accents, no capitals, no signs."""
    bare = "".join(
        c
        for c in unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
        if not unicodedata.combining(c)
    )
    return " ".join(re.findall(r"\w+", bare.translate(_PLAIN)))


def sort_key(text: str) -> tuple[str, str]:
    """The place of a name in a list, by French and Arabic custom and on each database alike."""
    return plain(text), text
