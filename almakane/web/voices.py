"""
What is said in a language of choice, whoever reads the page: for papers, messages and mails.

It needs no request and no app, so that a printer's agent speaks as the shop does.
"""

from collections.abc import Callable
from functools import lru_cache

from babel.support import NullTranslations, Translations

from almakane.settings import ROOT

Voice = Callable[..., str]


@lru_cache(maxsize=8)
def voice(language: str) -> Voice:
    """`voice("ar")("Ticket %(number)s", number="T1-2-000001")`; English where it knows no other."""
    catalogue: NullTranslations = Translations.load(ROOT / "translations", [language])

    def say(message: str, /, **values: object) -> str:
        said = str(catalogue.gettext(message))
        return said % values if values else said

    return say
