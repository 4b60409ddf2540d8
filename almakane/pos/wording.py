"""How papers of the till name things: the same words on a receipt, an X and a Z."""

from collections.abc import Mapping
from typing import Protocol

from almakane.money import BASIS
from almakane.sales.tax import EXEMPT_BY_NATURE, EXEMPT_SELLER
from almakane.sales.ticket import Tender, TenderKind
from almakane.web import formats

LANGUAGES = ("fr", "ar", "en")

_OPEN, _CLOSE = "\u2066", "\u2069"
_SECRETS = (TenderKind.GIFT_CARD, TenderKind.CREDIT)
_SHOWN_OF_A_SECRET = 4
_LONG = 64


class Say(Protocol):
    """Turn an English sentence of ours into the paper's language, its places filled in."""

    def __call__(self, message: str, /, **values: object) -> str:
        """`say("Ticket %(number)s", number="T1-2-000001")`."""
        ...


def language_of(wish: str) -> str:
    """The language that a paper is written in: French where we do not speak the one asked for."""
    return wish if wish in LANGUAGES else "fr"


def ltr(text: str, language: str) -> str:
    """A code or a number kept together, in a line that runs from right to left."""
    return f"{_OPEN}{text}{_CLOSE}" if language == "ar" and text else text


def tender_words(say: Say) -> Mapping[TenderKind, str]:
    """What each kind of tender is called."""
    return {
        TenderKind.CASH: say("Cash"),
        TenderKind.TERMINAL: say("Bank card"),
        TenderKind.GIFT_CARD: say("Gift card"),
        TenderKind.CREDIT: say("Store credit"),
        TenderKind.CHEQUE: say("Cheque"),
        TenderKind.TRANSFER: say("Transfer"),
        TenderKind.DEPOSIT: say("Paid in advance"),
        TenderKind.COD: say("Cash on delivery"),
    }


def tender_ref(tender: Tender, language: str) -> str:
    """
    What tells a tender from others of its kind: a slip's or a cheque's number.

    Whoever holds a gift card's code may spend it, so paper shows the end of it alone.
    """
    if tender.kind in _SECRETS and len(tender.ref) > _SHOWN_OF_A_SECRET:
        return _end_of(tender.ref, language)
    return ltr(tender.ref, language)


def sold_code(code: str, language: str) -> str:
    """The code of what was sold; of a gift card's, which is as long as a hash, the end alone."""
    return _end_of(code, language) if len(code) == _LONG else ltr(code, language)


def _end_of(secret: str, language: str) -> str:
    return ltr(f"\u2026{secret[-_SHOWN_OF_A_SECRET:]}", language)


def tax_words(rate_bp: int, code: str, language: str, say: Say) -> str:
    """The rate of a tax, or the law's words for there being none (CGI art. 145-III)."""
    if 0 < rate_bp <= BASIS:
        return say("VAT %(rate)s", rate=formats.percent(rate_bp, language))
    if code == EXEMPT_BY_NATURE:
        return say("Exempt from VAT, art. 91-I of the CGI")
    if code == EXEMPT_SELLER:
        return say("Seller not subject to VAT")
    return say("Without VAT")
