"""
Numbers that others gave out, read as people type them: telephones, bank accounts, the ICE.

`read_rib("MA64 0077 8000 ...")` gives the 24 digits of a RIB; a wrong key is refused.
"""

import re

from almakane.errors import Refusal

_SIGNS = re.compile(r"[\s.\-/()\u00a0\u202f\u200e\u200f]+")
_HERE = re.compile(r"(?:\+212|00212|0)(?:0)?([5-8]\d{8})", re.ASCII)
_ABROAD = re.compile(r"(?:\+|00)([1-9]\d{6,13})", re.ASCII)
_RIB = re.compile(r"\d{24}", re.ASCII)
_ICE = re.compile(r"\d{15}", re.ASCII)


def read_phone(text: str) -> str:
    """
    A telephone number as +212661234567; empty stays empty.

    A number without a country is a Moroccan one. Raises Refusal for what nobody can call.
    """
    bare = _SIGNS.sub("", text)
    if not bare:
        return ""
    here = _HERE.fullmatch(bare)
    if here:
        return f"+212{here[1]}"
    abroad = _ABROAD.fullmatch(bare)
    if abroad and not abroad[1].startswith("212"):
        return f"+{abroad[1]}"
    raise Refusal(
        "This is no telephone number: write it like 06 61 23 45 67, or with its country, like"
        " +33 6 12 34 56 78.",
        field="phone",
    )


def write_phone(number: str) -> str:
    """A number as people read it: +212 6 61 23 45 67."""
    if re.fullmatch(r"\+212\d{9}", number):
        rest = number[5:]
        return f"+212 {number[4]} " + " ".join(rest[i : i + 2] for i in range(0, 8, 2))
    return number


def read_rib(text: str) -> str:
    """
    The 24 digits of a Moroccan bank account, from a RIB or an IBAN.

    Bank 3, place 3, account 16, key 2: the whole is a multiple of 97, the key 1 to 97. An IBAN adds
    nothing to that: with a right key it begins MA64.
    """
    bare = _SIGNS.sub("", text).upper()
    if bare.startswith("MA"):
        if not bare.startswith("MA64"):
            raise Refusal(
                "An IBAN of a Moroccan account begins with MA64: look at it again.", field="rib"
            )
        bare = bare[4:]
    if not _RIB.fullmatch(bare):
        raise Refusal("A RIB has 24 digits: write them all, as on the bank’s paper.", field="rib")
    if int(bare) % 97 or not 1 <= int(bare[22:]) <= 97:
        raise Refusal(
            "The last two digits do not go with the others: one was mistyped. Nothing was kept.",
            field="rib",
        )
    return bare


def read_ice(text: str) -> str:
    """The 15 digits of an ICE, the last two of which check the others; empty stays empty."""
    bare = _SIGNS.sub("", text)
    if bare and (not _ICE.fullmatch(bare) or int(bare) % 97 or not int(bare)):
        raise Refusal("An ICE has 15 digits; one of these is not right.", field="ice")
    return bare
