"""
Money, days and numbers as people read them, in French, Arabic and English.

340000 centimes: `3 400,00 MAD`, `3 400,00 درهم`, `3,400.00 MAD`. Spaces inside are no-break ones,
the minus is a true one, digits are Latin in all three, and months have their Moroccan names.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from almakane.money import BASIS

ZONE = "Africa/Casablanca"

_NBSP = "\u00a0"
_MINUS = "\u2212"
_LEFT_TO_RIGHT, _END = "\u2066", "\u2069"

_UNITS = {"ar": {"MAD": "درهم"}}

_KILO = 1_000
_GRAM = {"fr": "g", "ar": "غرام", "en": "g"}
_KILOGRAM = {"fr": "kg", "ar": "كيلوغرام", "en": "kg"}

_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "ar": "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر",
    "en": "January February March April May June July August September October November December",
}
_WEEKDAYS = {
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "ar": "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}


def figure(centimes: int, language: str) -> str:
    """An amount without its currency, for the columns of a table."""
    whole, cents = divmod(abs(centimes), 100)
    sign = _MINUS if centimes < 0 else ""
    return f"{sign}{_grouped(whole, language)}{_point(language)}{cents:02d}"


def typed(centimes: int, language: str) -> str:
    """An amount as one types it into a form: ungrouped, and whole where it is whole."""
    whole, cents = divmod(centimes, 100)
    return f"{whole}{_point(language)}{cents:02d}" if cents else str(whole)


def unit(currency: str, language: str) -> str:
    """A currency as it is written after an amount."""
    return _UNITS.get(language, {}).get(currency, currency)


def money(centimes: int, language: str, currency: str = "MAD") -> str:
    """An amount with its currency as plain text: for messages and files, and inside a sentence."""
    return f"{_isolated(figure(centimes, language), language)}{_NBSP}{unit(currency, language)}"


def number(count: int, language: str) -> str:
    """A count of things."""
    sign = _MINUS if count < 0 else ""
    return _isolated(sign + _grouped(abs(count), language), language)


def weight(grams: int, language: str) -> str:
    """A weight: `500 g`, `2 kg`, `1,5 kg`."""
    if grams < _KILO:
        return f"{number(grams, language)}{_NBSP}{_GRAM[language]}"
    whole, rest = divmod(grams, _KILO)
    decimals = f"{_point(language)}{f'{rest:03d}'.rstrip('0')}" if rest else ""
    figure = _isolated(f"{_grouped(whole, language)}{decimals}", language)
    return f"{figure}{_NBSP}{_KILOGRAM[language]}"


def percent(basis_points: int, language: str) -> str:
    """A rate in basis points, with the decimals that it has: `25 %`, `12,5 %`."""
    whole, rest = divmod(abs(basis_points) * 100, BASIS)
    decimals = f"{rest:04d}".rstrip("0")
    sign = _MINUS if basis_points < 0 else ""
    text = f"{sign}{_grouped(whole, language)}"
    if decimals:
        text += _point(language) + decimals
    return _isolated(text + (f"{_NBSP}%" if language == "fr" else "%"), language)


def day(value: date, language: str, form: str = "weekday") -> str:
    """
    A day, in one of these forms.

    `weekday`: vendredi 27 novembre · `full`: vendredi 27 novembre 2026 · `year`: 27 novembre 2026 ·
    `short`: 27/11 · `numeric`: 27/11/2026
    """
    if form == "short":
        return f"{value:%d/%m}"
    if form == "numeric":
        return f"{value:%d/%m/%Y}"
    ordinal = "1er" if language == "fr" and value.day == 1 else str(value.day)
    words = [ordinal, _month(value, language)]
    if form in ("weekday", "full"):
        words.insert(0, _WEEKDAYS[language].split()[value.weekday()])
    if form in ("year", "full"):
        words.append(str(value.year))
    return _NBSP.join(words)


def month(value: date, language: str) -> str:
    """The month that a day lies in: `novembre 2026`."""
    return f"{_month(value, language)}{_NBSP}{value.year}"


def hour(value: datetime, language: str, zone: str = ZONE) -> str:
    """The hour of a moment: `15 h 42`, `15:42`, `3.42 pm`."""
    local = value.astimezone(ZoneInfo(zone))
    return clock(local.hour * 60 + local.minute, language)


def clock(minutes: int, language: str) -> str:
    """An hour by the minutes since midnight: `15 h 42`, `15:42`, `3.42 pm`."""
    hours, rest = divmod(minutes, 60)
    if language == "ar":
        return f"{hours:02d}:{rest:02d}"
    if language == "fr":
        return f"{hours}{_NBSP}h" + (f"{_NBSP}{rest:02d}" if rest else "")
    half = "pm" if 12 <= hours < 24 else "am"
    return f"{hours % 12 or 12}" + (f".{rest:02d}" if rest else "") + f"{_NBSP}{half}"


def weekday(n: int, language: str) -> str:
    """A day of the week, Monday 0: `mardi`."""
    return _WEEKDAYS[language].split()[n]


def moment(value: datetime, language: str, form: str = "weekday", zone: str = ZONE) -> str:
    """A day and its hour where the shop stands: `vendredi 27 novembre, 15 h 42`."""
    comma = "،" if language == "ar" else ","
    local_day = value.astimezone(ZoneInfo(zone)).date()
    return f"{day(local_day, language, form)}{comma} {hour(value, language, zone)}"


def _month(value: date, language: str) -> str:
    return _MONTHS[language].split()[value.month - 1]


def _point(language: str) -> str:
    return "." if language == "en" else ","


def _grouped(whole: int, language: str) -> str:
    return f"{whole:,}".replace(",", "," if language == "en" else _NBSP)


def _isolated(text: str, language: str) -> str:
    """Keep a sign or a per cent on its side of the figure within a line that runs right to left."""
    return f"{_LEFT_TO_RIGHT}{text}{_END}" if language == "ar" else text
