"""
Amounts in words, as an invoice closes with them: dirhams and centimes.

180125 centimes: `mille huit cent un dirhams et vingt-cinq centimes`, `ألف وثمانمائة درهم ودرهم
واحد وخمسة وعشرون سنتيما`, `one thousand eight hundred and one dirhams and twenty-five centimes`.
French follows the spelling before 1990, which accountants write; Arabic is fully counted: the noun
after a number takes the form that the number asks for.
"""

from dataclasses import dataclass

_MOST = 10**14  # centimes: what the words of scale below reach


def spell(centimes: int, language: str) -> str:
    """An amount in words; ValueError below zero, for nothing is invoiced below zero."""
    if not 0 <= centimes < _MOST:
        raise ValueError("An amount in words is zero or more, and below a thousand milliards.")
    return {"fr": _french, "ar": _arabic}.get(language, _english)(*divmod(centimes, 100))


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(" "))


# French

_FR_UNITS = _words(
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
    " dix-sept dix-huit dix-neuf"
)
_FR_TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante"}
_FR_SCALES = ((10**9, "milliard"), (10**6, "million"))


def _french(dirhams: int, centimes: int) -> str:
    said = []
    if dirhams or not centimes:
        link = "de " if dirhams and dirhams % 10**6 == 0 else ""
        said.append(f"{_fr(dirhams)} {link}dirham{'s' if dirhams > 1 else ''}")
    if centimes:
        said.append(f"{_fr(centimes)} centime{'s' if centimes > 1 else ''}")
    return " et ".join(said)


def _fr(number: int) -> str:
    said = []
    for scale, word in _FR_SCALES:
        count, number = divmod(number, scale)
        if count:  # a noun: it has its plural, and so has `cent` before it
            said.append(f"{_fr_hundreds(count)} {word}{'s' if count > 1 else ''}")
    thousands, rest = divmod(number, 1000)
    if thousands:
        said.append("mille" if thousands == 1 else f"{_fr_hundreds(thousands, ends=False)} mille")
    if rest or not said:
        said.append(_fr_hundreds(rest))
    return " ".join(said)


def _fr_hundreds(number: int, *, ends: bool = True) -> str:
    """Up to 999; `cents` and `quatre-vingts` keep their s only where they end the number."""
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _fr_tens(rest, ends=ends)
    count = "" if hundreds == 1 else f"{_FR_UNITS[hundreds]} "
    plural = "s" if hundreds > 1 and not rest and ends else ""
    return f"{count}cent{plural}" + (f" {_fr_tens(rest, ends=ends)}" if rest else "")


def _fr_tens(number: int, *, ends: bool) -> str:
    if number < 20:
        return _FR_UNITS[number]
    if number >= 80:
        rest = number - 80
        return f"quatre-vingt-{_FR_UNITS[rest]}" if rest else f"quatre-vingt{'s' if ends else ''}"
    tens = min(number // 10 * 10, 60)
    rest = number - tens
    if not rest:
        return _FR_TENS[tens]
    link = " et " if rest in (1, 11) else "-"
    return f"{_FR_TENS[tens]}{link}{_FR_UNITS[rest]}"


# English

_EN_UNITS = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
)
_EN_TENS = _words("twenty thirty forty fifty sixty seventy eighty ninety")
_EN_SCALES = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"))


def _english(dirhams: int, centimes: int) -> str:
    said = []
    if dirhams or not centimes:
        said.append(f"{_en(dirhams)} dirham{'' if dirhams == 1 else 's'}")
    if centimes:
        said.append(f"{_en(centimes)} centime{'' if centimes == 1 else 's'}")
    return " and ".join(said)


def _en(number: int) -> str:
    said = []
    for scale, word in _EN_SCALES:
        count, number = divmod(number, scale)
        if count:
            said.append(f"{_en_hundreds(count)} {word}")
    if number or not said:
        link = "and " if said and number < 100 else ""
        said.append(link + _en_hundreds(number))
    return " ".join(said)


def _en_hundreds(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    said = [f"{_EN_UNITS[hundreds]} hundred"] if hundreds else []
    if rest or not hundreds:
        tens, units = divmod(rest, 10)
        small = _EN_UNITS[rest] if rest < 20 else _EN_TENS[tens - 2]
        said.append(f"{small}-{_EN_UNITS[units]}" if rest >= 20 and units else small)
    return " and ".join(said)


# Arabic


@dataclass(frozen=True, slots=True)
class _Noun:
    """What is counted, in the forms that numbers ask for."""

    one: str  # with 1
    two: str  # the dual
    of_two: str  # the dual before another noun
    few: str  # after 3 to 10
    many: str  # after 11 to 99
    single: str  # after a hundred, a thousand; and before another noun


_DIRHAM = _Noun("درهم واحد", "درهمان", "درهما", "دراهم", "درهما", "درهم")
_CENTIME = _Noun("سنتيم واحد", "سنتيمان", "سنتيما", "سنتيمات", "سنتيما", "سنتيم")
_AR_SCALES = (
    (10**9, _Noun("مليار", "ملياران", "مليارا", "ملايير", "مليارا", "مليار")),
    (10**6, _Noun("مليون", "مليونان", "مليونا", "ملايين", "مليونا", "مليون")),
    (10**3, _Noun("ألف", "ألفان", "ألفا", "آلاف", "ألفا", "ألف")),
)

# The nouns are all masculine, so that from 3 to 10 the number is in the feminine.
_AR_UNITS = _words(" واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة")
_AR_TEENS = {11: "أحد عشر", 12: "اثنا عشر"}
_AR_TENS = _words("عشرون ثلاثون أربعون خمسون ستون سبعون ثمانون تسعون")
_AR_HUNDREDS = _words(" مائة مائتان ثلاثمائة أربعمائة خمسمائة ستمائة سبعمائة ثمانمائة تسعمائة")
_OF_TWO_HUNDRED = "مائتا"
_AND = " و"


def _arabic(dirhams: int, centimes: int) -> str:
    if not dirhams and not centimes:
        return f"صفر {_DIRHAM.single}"
    said = _ar(dirhams, _DIRHAM) if dirhams else ""
    if centimes:
        said += (_AND if said else "") + _counted(centimes, _CENTIME)
    return said


def _ar(number: int, noun: _Noun) -> str:
    """A number of things: its scales one after the other, each counted as a thing itself."""
    groups = []
    for scale, word in _AR_SCALES:
        count, number = divmod(number, scale)
        if count:
            groups.append((count, word))
    # The last scale stands right before the noun where no hundreds follow it, or 1 or 2 of them,
    # which are said with a noun of their own.
    is_joined = number in (0, 1, 2)
    said = [
        _counted(count, word, is_joined=is_joined and n == len(groups))
        for n, (count, word) in enumerate(groups, 1)
    ]
    if said and is_joined:
        said[-1] += f" {noun.single}"
    if number:
        said.append(_counted(number, noun))
    return _AND.join(said)


def _counted(number: int, noun: _Noun, *, is_joined: bool = False) -> str:
    """1 to 999 of a noun; `is_joined` where another noun follows it, which it then governs."""
    hundreds, rest = divmod(number, 100)
    said = ""
    if hundreds:
        ends = rest < 3
        word = _OF_TWO_HUNDRED if hundreds == 2 and ends else _AR_HUNDREDS[hundreds]
        said = f"{word} {noun.single}" if ends else word
        if not rest:
            return said
        said += _AND
    return said + _few_of(rest, noun, is_joined=is_joined)


def _few_of(number: int, noun: _Noun, *, is_joined: bool) -> str:
    if number == 1:
        return noun.one
    if number == 2:
        return noun.of_two if is_joined else noun.two
    if number <= 10:
        return f"{_AR_UNITS[number]} {noun.few}"
    return f"{_ar_tens(number)} {noun.single if is_joined else noun.many}"


def _ar_tens(number: int) -> str:
    if number in _AR_TEENS:
        return _AR_TEENS[number]
    tens, units = divmod(number, 10)
    if tens == 1:
        return f"{_AR_UNITS[units]} عشر"
    return f"{_AR_UNITS[units]}{_AND}{_AR_TENS[tens - 2]}" if units else _AR_TENS[tens - 2]
