"""
What documents on a sheet have in common, before anybody lays them out.

A document is a pure function of what was recorded: it answers with words and figures as they are to
be read, and a template of typst gives each its place. A letterhead is the house's; what is not
filled in is not printed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

# Turns an English sentence of ours into the paper's language, its places filled in.
Say = Callable[..., str]

Data = dict[str, Any]  # what a template reads: texts, lists and truths, never markup

_TURNING = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_ITS_OWN, _END = "\u2068", "\u2069"
_LINE_END = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
_LONG_WORD = re.compile(r"(\S{24})(?=\S)")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """
    Who the paper is from: a name, then address and telephone, then the numbers of the law.

    An association has no RC and no capital, and not every hub a CNSS number: each is optional.
    """

    name: str
    lines: tuple[str, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()  # ("ICE", "001561191000066"), IF, TP, RC, CNSS


@dataclass(frozen=True, slots=True)
class Party:
    """Who else the paper is about: a maker, a buyer."""

    name: str
    lines: tuple[str, ...] = ()


def sheet(
    head: Letterhead, language: str, *, kind: str, number: str, day: date, **rest: Any
) -> Data:
    """The data of a document: what each has, then what it alone has."""
    return {
        "lang": language,
        "rtl": language == "ar",
        "head": {
            "name": own(head.name, language),
            "lines": [own(line, language) for line in head.lines],
            "numbers": [f"{name}\u00a0{value}" for name, value in head.numbers if value],
        },
        "kind": kind,
        "number": number,
        "made": [day.year, day.month, day.day],
        **rest,
    }


def party(someone: Party, label: str, language: str) -> Data:
    """A party with the word that stands over it."""
    lines = [own(line, language) for line in someone.lines if line]
    return {"label": label, "name": own(someone.name, language), "lines": lines}


def own(text: str, language: str) -> str:
    """
    What somebody wrote, in its own direction: a French title stays whole in an Arabic line.

    It cannot turn the line that it stands in: marks of direction are taken out. A word that fits
    no column may be broken.
    """
    straight = _LONG_WORD.sub("\\1\u200b", _LINE_END.sub(" ", _TURNING.sub("", text)))
    return f"{_ITS_OWN}{straight}{_END}" if language == "ar" and straight else straight
