"""
One box for everything: what somebody typed or scanned, looked up in as many reads as there are
kinds of things, and never through all rows of one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session

from almakane.cooperatives.queries import maker_names
from almakane.db import Query, rows, rows_of
from almakane.errors import Refusal
from almakane.office.tasks import way
from almakane.search.queries import begins, bounds, other_spellings, rarest_first
from almakane.shop.phones import read_phone
from almakane.users.models import User
from almakane.web.formats import day as day_words
from almakane.web.texts import plain
from almakane.web.words import asked_words

SHOWN = 8  # of each kind
LONGEST = 100  # of what is typed
_KINDS = ("maker", "artisan", "product")
_MOST_WORDS = 6_000  # of one first letter, that a wrong spelling is held against


class Found(NamedTuple):
    """One thing that was found, and where its page is."""

    name: str
    note: str
    url: str
    is_whole: bool = False  # what was asked is its whole code, or its number with its letters


class Group(NamedTuple):
    """What was found of a kind; `more` says that there is more than is shown."""

    label: str
    found: list[Found]
    more: bool = False


@dataclass
class Answer:
    """What was found: in groups, and the one page where a whole code or number leads straight."""

    asked: str
    groups: list[Group] = field(default_factory=list)
    straight: str | None = None
    meant: list[str] = field(default_factory=list)  # spelt otherwise than it was typed


# Documents by their numbers: the prefix that people leave out, and where the page is.
_SALES = "SELECT id, number, day FROM sale WHERE hub_id = ? AND number IN (??)"
_STATEMENTS = "SELECT number, number, day FROM statement WHERE hub_id = ? AND number IN (??)"
_DELIVERIES = "SELECT number, number, day FROM consignment WHERE hub_id = ? AND number IN (??)"
_RETURNS = "SELECT number, number, day FROM return_slip WHERE hub_id = ? AND number IN (??)"
# An order tells whose it is: it is asked for while its buyer is on the telephone.
_ORDERS = """
SELECT o.number, o.number, c.name FROM web_order o JOIN order_contact c ON c.order_id = o.id
WHERE o.hub_id = ? AND o.number IN (??)
"""
_ORDERS_OF_PHONE = """
SELECT o.number, c.name FROM order_contact c JOIN web_order o ON o.id = c.order_id
WHERE c.phone = ? AND o.hub_id = ? ORDER BY o.id DESC LIMIT ?
"""
_REGISTERS = "SELECT code FROM register WHERE hub_id = ? ORDER BY code"
_PREFIXES = {"REL": _STATEMENTS, "BD": _DELIVERIES, "BR": _RETURNS, "W": _ORDERS}
_LOTS = """
SELECT lot.code, COALESCE(own.title, lot.title), lot.product_id, COALESCE(said.name, maker.name)
FROM lot JOIN maker ON maker.id = lot.maker_id
LEFT JOIN maker_text said ON said.maker_id = lot.maker_id AND said.language = ?
LEFT JOIN product_text own ON own.product_id = lot.product_id AND own.language = ?
WHERE lot.hub_id = ? AND lot.code >= ? AND lot.code <= ? ORDER BY lot.code LIMIT ?
"""
_LEAST_OF_A_CODE = 4
_CODE = 13


def find(session: Session, hub_id: int, text: str, language: str) -> Answer:
    """What the hub has that is called, coded or numbered so, and that this person may open."""
    asked = " ".join(text.split())[:LONGEST]
    answer = Answer(asked)
    if not asked:
        return answer
    by_number = _by_number(session, hub_id, asked, language)
    lots = _lots(session, hub_id, asked, language)
    coded = _coded(session, hub_id, asked, language)
    named: list[Group] = []
    if not coded.found:  # who types the beginning of a code looks for it, not for its letters
        named, answer.meant = _named(session, hub_id, asked, language)
    answer.groups = [
        group
        for group in (
            lots,
            *by_number,
            _of_phone(session, hub_id, asked),
            coded,
            *named,
            _registers(session, hub_id, asked),
            _people(session, hub_id, asked),
            _pages(asked),
        )
        if group.found
    ]
    whole = [one for group in (lots, *by_number, coded) for one in group.found if one.is_whole]
    if len(whole) == 1:
        answer.straight = whole[0].url
    return answer


def _lots(session: Session, hub_id: int, asked: str, language: str) -> Group:
    """Lots by the beginning of their code; a scanner types all of it."""
    digits = asked.replace(" ", "")
    label = gettext("Lots")
    if not (digits.isascii() and digits.isdigit() and _LEAST_OF_A_CODE <= len(digits) <= _CODE):
        return Group(label, [])
    last = digits + "9" * (_CODE - len(digits))
    found = rows(session, _LOTS, (language, language, hub_id, digits, last, SHOWN + 1))
    things = []
    for code, title, product_id, maker in found[:SHOWN]:
        url = way(
            ("stock.show_lot", {"code": code}),
            ("products.show_product", {"product_id": product_id}),
        )
        if url:
            things.append(Found(title or code, f"{code} · {maker}", url, code == digits))
    return Group(label, things, len(found) > SHOWN)


# Capitals, digits and hyphens; the first part is mostly its maker's own code, and need not be.
_CODED = re.compile(r"([A-Z0-9]+)(?:-[A-Z0-9]*)*", re.ASCII)
_WHOLE = "SELECT id FROM product WHERE hub_id = ? AND code IN (??)"
_BEGUN = """
SELECT id FROM product WHERE hub_id = ? AND code LIKE ? AND id IN
    (SELECT thing_id FROM search_word WHERE hub_id = ? AND kind = 'product' AND word = ?)
ORDER BY code LIMIT ?
"""


def _coded(session: Session, hub_id: int, asked: str, language: str) -> Group:
    """Products by their code or its beginning, its number told short: `BRO-1` is `BRO-001` too."""
    code = asked.upper().replace(" ", "")
    parts = _CODED.fullmatch(code)
    if not parts or code.isalpha() or code.isdigit():
        return Group(gettext("Products"), [])
    stem, hyphen, number = code.rpartition("-")
    is_short = number.isdigit() and not number.startswith("0")  # with it, it begins a longer one
    whole = [code, f"{stem}-{number.zfill(3)}"] if hyphen and is_short else [code]
    begun = (hub_id, f"{code}%", hub_id, parts[1].lower(), SHOWN + 1)
    found = rows_of(
        session,
        Query(_WHOLE, (hub_id, whole)),
        *([Query(_BEGUN, begun)] if hyphen else []),  # without one it is a word, and found as such
    )
    ids = list(dict.fromkeys(row[0] for some in found for row in some))
    return _products(session, hub_id, ids, language, code)


def _by_number(session: Session, hub_id: int, asked: str, language: str) -> list[Group]:
    """Tickets, statements, deliveries, orders by their numbers, `REL-12` and `12` too."""
    plain_number = asked.upper().replace(" ", "")
    numbers = {plain_number}
    of: dict[str, set[str]] = {prefix: {plain_number} for prefix in _PREFIXES}
    short = re.fullmatch(r"(?:([A-Z]{1,4})-?)?0*([0-9]{1,6})", plain_number, re.ASCII)
    if short:
        for prefix in _PREFIXES:
            if short[1] in (None, prefix):
                of[prefix].add(f"{prefix}-{int(short[2]):06d}")
    found = rows_of(
        session,
        Query(_SALES, (hub_id, sorted(numbers))),
        *(Query(sql, (hub_id, sorted(of[prefix]))) for prefix, sql in _PREFIXES.items()),
    )
    kinds = (
        (gettext("Tickets"), "registers.show_ticket", "sale_id", _day),
        (gettext("Statements"), "payouts.show_statement", "number", _day),
        (gettext("Deliveries"), "consignments.show_consignment", "number", _day),
        (gettext("Returns"), "returns.show_return", "number", _day),
        (gettext("Orders"), "orders.show_order", "number", _whose),
    )
    groups = []
    for (label, endpoint, part, note), some in zip(kinds, found, strict=True):
        things = [
            Found(number, note(told, language), url, not asked.isdigit())
            for key, number, told in some
            if (url := way((endpoint, {part: key})))
        ]
        groups.append(Group(label, things))
    return groups


def _day(day: date | str, language: str) -> str:
    return day_words(date.fromisoformat(day) if isinstance(day, str) else day, language, "year")


def _whose(name: str, _language: str) -> str:
    return name


def _of_phone(session: Session, hub_id: int, asked: str) -> Group:
    """The orders of whoever has that telephone, the newest first."""
    label = gettext("Orders")
    try:
        phone = read_phone(asked)
    except Refusal:
        return Group(label, [])
    found = rows(session, _ORDERS_OF_PHONE, (phone, hub_id, SHOWN + 1))
    things = [
        Found(number, name, url)
        for number, name in found[:SHOWN]
        if (url := way(("orders.show_order", {"number": number})))
    ]
    return Group(label, things, len(found) > SHOWN)


# By words


def _named(
    session: Session, hub_id: int, asked: str, language: str
) -> tuple[list[Group], list[str]]:
    """Makers, artisans and products that are called so in any language, or nearly so."""
    words = asked_words(asked)
    if (
        not words
        or all(len(word) < 2 for word in words)
        or (len(words[0]) == _CODE and words[0].isdigit())
    ):
        return [], []
    ids = _with_words(session, hub_id, [[word] for word in words])
    meant: list[str] = []
    if not any(ids.values()):
        places = other_spellings(session, hub_id, words, _KINDS, _MOST_WORDS)
        if not places:
            return [], []
        ids = _with_words(session, hub_id, places)
        meant = sorted({some[0] for some in places} - set(words)) if any(ids.values()) else []
    return [
        _makers(session, hub_id, ids["maker"], language),
        _artisans(session, hub_id, ids["artisan"], language),
        _products(session, hub_id, ids["product"], language),
    ], meant


def _with_words(
    session: Session, hub_id: int, asked: Sequence[Sequence[str]]
) -> dict[str, list[int]]:
    """Kind to the things that have, for each of those places, a word that begins so."""
    first, *others = rarest_first(session, hub_id, asked)
    told: list[Any] = [hub_id, *bounds(first)]
    sql = f"""
SELECT DISTINCT s.thing_id FROM search_word s
WHERE s.hub_id = ? AND ({begins("s", first)})"""
    for n, some in enumerate(others):
        sql += f""" AND EXISTS (SELECT 1 FROM search_word t{n}
 WHERE t{n}.kind = s.kind AND t{n}.thing_id = s.thing_id AND ({begins(f"t{n}", some)}))"""
        told += bounds(some)
    found = rows_of(
        session,
        *(Query(f"{sql} AND s.kind = ? LIMIT ?", (*told, kind, SHOWN + 1)) for kind in _KINDS),
    )
    return {kind: [row[0] for row in some] for kind, some in zip(_KINDS, found, strict=True)}


def _makers(session: Session, hub_id: int, ids: list[int], language: str) -> Group:
    label = gettext("Makers")
    if not ids:
        return Group(label, [])
    names = maker_names(session, hub_id, language)
    found = rows(
        session,
        "SELECT id, code FROM maker WHERE hub_id = ? AND id IN (??) ORDER BY id",
        (hub_id, ids[:SHOWN]),
    )
    things = [
        Found(names[maker].name, names[maker].place, url)
        for maker, code in found
        if (url := way(("payouts.show_maker", {"code": code})))
    ]
    return Group(label, things, len(ids) > SHOWN)


def _artisans(session: Session, hub_id: int, ids: list[int], language: str) -> Group:
    label = gettext("Artisans")
    if not ids:
        return Group(label, [])
    found = rows(
        session,
        "SELECT a.name, a.name_ar, COALESCE(said.name, m.name), m.code FROM artisan a "
        "JOIN maker m ON m.id = a.maker_id "
        "LEFT JOIN maker_text said ON said.maker_id = m.id AND said.language = ? "
        "WHERE a.hub_id = ? AND a.id IN (??) ORDER BY a.id",
        (language, hub_id, ids[:SHOWN]),
    )
    things = [
        Found((name_ar if language == "ar" else name) or name, maker, url)
        for name, name_ar, maker, code in found
        if (url := way(("payouts.show_maker", {"code": code})))
    ]
    return Group(label, things, len(ids) > SHOWN)


def _products(
    session: Session, hub_id: int, ids: list[int], language: str, code_asked: str = ""
) -> Group:
    label = gettext("Products")
    if not ids:
        return Group(label, [])
    found = rows(
        session,
        "SELECT p.id, p.code, COALESCE(said.name, m.name), "
        "COALESCE(own.title, french.title, p.code) FROM product p "
        "JOIN maker m ON m.id = p.maker_id "
        "LEFT JOIN maker_text said ON said.maker_id = m.id AND said.language = ? "
        "LEFT JOIN product_text own ON own.product_id = p.id AND own.language = ? "
        "LEFT JOIN product_text french ON french.product_id = p.id AND french.language = 'fr' "
        "WHERE p.hub_id = ? AND p.id IN (??) ORDER BY p.id",
        (language, language, hub_id, ids[:SHOWN]),
    )
    things = [
        Found(title or code, maker, url, code == code_asked)
        for product, code, maker, title in found
        if (url := way(("products.show_product", {"product_id": product})))
    ]
    return Group(label, things, len(ids) > SHOWN)


# What there are few of


def _fits(asked: str, *texts: str) -> bool:
    there, parts = plain(" ".join(texts)).split(), plain(asked).split()
    return bool(parts) and all(any(word.startswith(part) for word in there) for part in parts)


def _registers(session: Session, hub_id: int, asked: str) -> Group:
    things = [
        Found(code, "", url)
        for (code,) in rows(session, _REGISTERS, (hub_id,))
        if _fits(asked, code) and (url := way(("registers.show_register", {"code": code})))
    ]
    return Group(gettext("Registers"), things[:SHOWN])


def _people(session: Session, hub_id: int, asked: str) -> Group:
    """Those who work here; whoever may not look after people finds none."""
    label = gettext("People")
    if way(("people.list_people", {})) is None:
        return Group(label, [])
    found = session.query(User.id, User.name, User.login).filter(
        User.hub_id == hub_id, User.maker_id.is_(None), User.artisan_id.is_(None)
    )
    things = [
        Found(name, login, url)
        for user_id, name, login in found
        if _fits(asked, name, login)
        and (url := way(("people.show_person", {"user_id": user_id}), ("people.list_people", {})))
    ]
    return Group(label, things[:SHOWN])


PAGES = (
    ("office.show_today", lazy_gettext("Today")),
    ("intake.list_deliveries", lazy_gettext("Deliveries")),
    ("products.list_products", lazy_gettext("Products")),
    ("stock.list_lots", lazy_gettext("Stock")),
    ("counts.list_counts", lazy_gettext("Counts")),
    ("transfers.list_transfers", lazy_gettext("Transfers")),
    ("returns.list_due", lazy_gettext("To return")),
    ("orders.list_orders", lazy_gettext("Orders")),
    ("couriers.list_couriers", lazy_gettext("Couriers")),
    ("registers.list_registers", lazy_gettext("Registers")),
    ("registers.list_waiting", lazy_gettext("What waits")),
    ("registers.list_flags", lazy_gettext("Flags of tickets")),
    ("printing.list_jobs", lazy_gettext("Print jobs")),
    ("payouts.list_makers", lazy_gettext("Makers")),
    ("payouts.list_statements", lazy_gettext("Statements")),
    ("payouts.list_shares", lazy_gettext("Share of the house")),
    ("payouts.show_path", lazy_gettext("Path to autonomy")),
    ("payouts.list_costs", lazy_gettext("Costs of the house")),
    ("people.list_people", lazy_gettext("People")),
    ("settings.show_settings", lazy_gettext("Settings")),
)


def _pages(asked: str) -> Group:
    things = [
        Found(str(label), "", url)
        for endpoint, label in PAGES
        if _fits(asked, str(label)) and (url := way((endpoint, {})))
    ]
    return Group(gettext("Pages"), things[:SHOWN])
