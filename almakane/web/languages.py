"""Which language a person reads, and the filters by which templates write money and days in it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from gettext import NullTranslations
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, current_app, has_request_context, request, url_for
from flask_babel import Babel, get_locale, get_translations, gettext
from flask_login import current_user
from markupsafe import Markup

from almakane.errors import Refusal
from almakane.money import Sum
from almakane.settings import ROOT
from almakane.web import formats, is_for_ever, settings

LANGUAGES = {"fr": "Français", "ar": "العربية", "en": "English"}

COOKIE = "language"
_YEAR_SECONDS = 365 * 24 * 3600


def speak(app: Flask, default: str) -> None:
    """Give the app its three languages and the filters that depend on them."""
    Babel(
        app,
        default_locale=default,
        default_timezone=formats.ZONE,
        default_translation_directories=str(ROOT / "translations"),
        locale_selector=choose_language,
    )
    # Flask-Babel looks up who asks, and in which language, several times for each sentence.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda said: _catalogue().gettext(said),
        ngettext=lambda one, many, n: _catalogue().ngettext(one, many, n),
        newstyle=True,
        pgettext=lambda about, said: _catalogue().pgettext(about, said),
        npgettext=lambda about, one, many, n: _catalogue().npgettext(about, one, many, n),
    )
    app.after_request(_keep_language)
    app.context_processor(_words)
    app.add_template_global(static_url)
    for name, written in _FILTERS.items():
        app.add_template_filter(written, name)


def choose_language() -> str:
    """What the address asks for, else what the person chose, else what their browser reads."""
    if not has_request_context():
        return settings().language
    for wish in (_asked_language(), request.cookies.get(COOKIE), _own_language()):
        if wish in LANGUAGES:
            return wish
    return request.accept_languages.best_match(list(LANGUAGES), settings().language)


def language_of(path: str) -> str | None:
    """The language that an address of the shop begins with: `/ar/pieces` speaks Arabic."""
    first = path[1:].partition("/")[0]
    return first if first in LANGUAGES else None


def _asked_language() -> str | None:
    return language_of(request.path) or request.args.get("lang")


def _own_language() -> str | None:
    return current_user.language if current_user.is_authenticated else None


def language() -> str:
    """The language of this answer: fr, ar or en."""
    locale = get_locale()
    return locale.language if locale else settings().language


_catalogues: dict[str, NullTranslations] = {}


def _catalogue() -> NullTranslations:
    """The sentences of this answer's language."""
    spoken = language()
    if spoken not in _catalogues:
        _catalogues[spoken] = get_translations()
    return _catalogues[spoken]


def keep_language(response: Response, chosen: str) -> Response:
    """Remember a choice of language for a year, beyond the end of a session."""
    response.set_cookie(
        COOKIE,
        chosen,
        max_age=_YEAR_SECONDS,
        secure=settings().is_secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def _keep_language(response: Response) -> Response:
    wish = _asked_language()
    if wish and wish in LANGUAGES:
        chosen = request.cookies.get(COOKIE)
        # A link of another site chooses for the page that it opens, and for no other; but whoever
        # was led to an Arabic page before choosing anything goes on in Arabic.
        ours = request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none")
        is_first = not chosen and language_of(request.path) is not None
        if wish != chosen and (ours or is_first):
            keep_language(response, wish)
    if request.endpoint != "static" and not is_for_ever(response):
        if "Vary" in response.headers:
            response.vary.update(("Cookie", "Accept-Language"))
        else:
            response.headers.add("Vary", "Cookie, Accept-Language")
    return response


def refusal_text(refusal: Refusal) -> str:
    """The sentence of a refusal in the reader's language, and its days and hours too."""
    values = {name: _told(value) for name, value in refusal.values.items()}
    return str(gettext(refusal.message)) % values


def _told(value: object) -> object:
    if isinstance(value, Sum):
        return formats.money(value, language())
    if isinstance(value, datetime):
        near = abs(value - datetime.now(UTC)) < timedelta(hours=12)
        return _hour(value) if near else _moment(value, "full")
    return _day(value, "year") if isinstance(value, date) else value


def _words() -> dict[str, Any]:
    return {
        "language": language(),
        "direction": "rtl" if language() == "ar" else "ltr",
        "languages": LANGUAGES,
        "here": here(),
    }


def here() -> str:
    """The address to come back to in another language: without the one that it asks for."""
    if not has_request_context() or request.method != "GET":
        return "/"
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    own = language_of(request.path)
    path = request.path.removeprefix(f"/{own}") or "/" if own else request.path
    return path + (f"?{urlencode(kept)}" if kept else "")


# The files of static/, each under an address that changes with its content

_addresses: dict[tuple[str | None, str], str] = {}  # by where the app stands, and the file


def static_url(filename: str) -> str:
    """The address of a file in static/; browsers keep it for a year, for it tells the version."""
    under = request.script_root if has_request_context() else None
    if (under, filename) not in _addresses or current_app.debug:
        version = sha256((ROOT / "static" / filename).read_bytes()).hexdigest()[:10]
        _addresses[under, filename] = url_for("static", filename=filename, v=version)
    return _addresses[under, filename]


# Filters: what a template writes after `|`


def _money(centimes: int, currency: str = "MAD") -> Markup:
    return Markup(
        '<span class="price"><bdi dir="ltr">{}</bdi>&nbsp;<span class="unit">{}</span></span>'
    ).format(formats.figure(centimes, language()), formats.unit(currency, language()))


def _plain_money(centimes: int) -> str:
    """An amount with its currency as text: for letters, and for what is no page."""
    return formats.money(centimes, language())


def _amount(centimes: int) -> Markup:
    return Markup('<bdi dir="ltr">{}</bdi>').format(formats.figure(centimes, language()))


def _day(value: date, form: str = "weekday") -> str:
    return formats.day(value, language(), form)


def _month(value: date) -> str:
    return formats.month(value, language())


def _hour(value: datetime) -> str:
    return formats.hour(value, language())


def _moment(value: datetime, form: str = "weekday") -> str:
    return formats.moment(value, language(), form)


def _number(count: int) -> str:
    return formats.number(count, language())


def _percent(basis_points: int) -> str:
    return formats.percent(basis_points, language())


def _weight(grams: int) -> str:
    return formats.weight(grams, language())


def _opening(text: str) -> str:
    """With a capital, where a day or a month opens a sentence."""
    return text[:1].upper() + text[1:]


_FILTERS: dict[str, Callable[..., Any]] = {
    "money": _money,
    "amount": _amount,
    "plain_money": _plain_money,
    "day": _day,
    "month": _month,
    "hour": _hour,
    "moment": _moment,
    "number": _number,
    "percent": _percent,
    "weight": _weight,
    "opening": _opening,
}
