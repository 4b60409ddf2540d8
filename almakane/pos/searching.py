"""
Finding a piece by what somebody says of it: words, parts of a code, and words spelt a little wrong.

Whatever is typed, at most `_CANDIDATES` things are looked at before any is ranked: the newest
first, for what was sold long ago is not what somebody holds in their hand.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from almakane.db import Query, rows, rows_of
from almakane.inventory.ean13 import lot_code
from almakane.pos.feed import Counter
from almakane.search.queries import begins, bounds, other_spellings, rarest_first
from almakane.web.texts import plain
from almakane.web.words import asked_words, bare

SHOWN = 20
LONGEST = 100  # of what is typed
_CANDIDATES = 2_000  # by the rarest word, where others are to be there too
_FITTING = 400  # of which a lot is looked for on the shelves
_RANKED = 80
_CODE = 13
_LEAST_OF_A_CODE = 4
_MOST_WORDS = 3_000  # that a wrong spelling is held against
_MAKERS = 50
_KINDS = ("product", "maker")

_BY_CODE = """
SELECT id FROM lot WHERE hub_id = ? AND code >= ? AND code <= ? ORDER BY code LIMIT ?
"""
_CODES = "SELECT id FROM lot WHERE hub_id = ? AND code IN (??)"
# With the `+` no index fits but that of the product: SQLite would rather walk through all lots of
# the hub in the order that is wanted than sort the few that it finds.
ON_HAND = """
SELECT lot.id, lot.title, lot.product_id FROM lot
WHERE lot.product_id IN (??) AND +lot.hub_id = ? AND EXISTS (
    SELECT 1 FROM stock_level l
    WHERE l.lot_id = lot.id AND l.place_id IN (??) AND l.quantity <> 0)
ORDER BY +lot.id DESC LIMIT ?
"""
_TITLES = "SELECT product_id, title FROM product_text WHERE product_id IN (??)"


def search(session: Session, counter: Counter, text: str) -> list[int]:
    """The lots on hand that fit what was typed, the best first; at most `SHOWN`."""
    asked = " ".join(text.split())[:LONGEST]
    by_code = _by_code(session, counter, asked.replace(" ", ""))
    if by_code:
        return by_code
    words = asked_words(asked)
    if not words or all(len(word) < 2 for word in words):
        return []
    ranked = _ranked(session, counter, [[word] for word in words])
    if not ranked:
        meant = other_spellings(session, counter.hub_id, words, _KINDS, _MOST_WORDS)
        ranked = _ranked(session, counter, meant) if meant else []
    return ranked[:SHOWN]


def _by_code(session: Session, counter: Counter, digits: str) -> list[int]:
    """Lots by the beginning of their code, or by their number as people read it from the label."""
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _CODE):
        return []
    if len(digits) >= _LEAST_OF_A_CODE:
        last = digits + "9" * (_CODE - len(digits))
        found = rows(session, _BY_CODE, (counter.hub_id, digits, last, SHOWN))
        if found:
            return [lot for (lot,) in found]
    codes = [lot_code(number) for number in (int(digits), int(digits) // 10) if 0 < number < 10**11]
    named = [code for code in codes if code.endswith(digits) or code[:-1].endswith(digits)]
    found = rows(session, _CODES, (counter.hub_id, named)) if named else []
    return [lot for (lot,) in found]


def _ranked(session: Session, counter: Counter, asked: Sequence[Sequence[str]]) -> list[int]:
    """Lots on hand of products for which each place has a word that begins so."""
    makers = _makers(session, counter.hub_id, asked)
    products = _products(session, counter.hub_id, asked, makers)
    if not products:
        return []
    told = (products, counter.hub_id, counter.places, _RANKED)
    lots = rows(session, ON_HAND, told)
    if not lots:
        return []
    titles: dict[int, list[str]] = {}
    wanted = sorted({product for _lot, _title, product in lots})
    for product, title in rows(session, _TITLES, (wanted,)):
        titles.setdefault(product, []).append(title)

    def far(row: Any) -> tuple[int, int, int]:
        lot, title, product = row
        said = _words(title).union(*map(_words, titles.get(product, ())))
        whole = sum(any(word in said for word in some) for some in asked)
        begun = sum(any(one.startswith(tuple(some)) for one in said) for some in asked)
        return (-whole, -begun, -lot)

    return [row[0] for row in sorted(lots, key=far)]


@lru_cache(maxsize=4_000)  # to fold a title takes longer than to find it, and it is asked for again
def _words(title: str) -> frozenset[str]:
    return frozenset(bare(word) for word in plain(title).split())


def _products(
    session: Session, hub_id: int, asked: Sequence[Sequence[str]], makers: Sequence[list[int]]
) -> list[int]:
    """Products by their own words first, then those where some of the words are their maker's."""
    first, *others = rarest_first(session, hub_id, asked)
    sql = f"""
SELECT DISTINCT s.thing_id FROM (
    SELECT thing_id FROM search_word WHERE hub_id = ? AND kind = 'product'
    AND ({begins("search_word", first)}) ORDER BY word DESC, thing_id DESC LIMIT ?
) s WHERE 1 = 1"""
    told: list[Any] = [hub_id, *bounds(first), _CANDIDATES if others else _FITTING]
    for n, some in enumerate(others):
        sql += f" AND {_has(f't{n}', 's.thing_id', some)}"
        told += bounds(some)
    sql += " LIMIT ?"
    told.append(_FITTING)
    found = [row[0] for row in rows(session, sql, told)]
    if any(makers):
        found += _of_makers(session, hub_id, asked, makers)
    return list(dict.fromkeys(found))[: 2 * _FITTING]


def _of_makers(
    session: Session, hub_id: int, asked: Sequence[Sequence[str]], makers: Sequence[list[int]]
) -> list[int]:
    """Products of makers that are called so, and that have the other words themselves."""
    whose = sorted({maker for some in makers for maker in some})[:_MAKERS]
    sql = """
SELECT p.id FROM (
    SELECT id, maker_id FROM product WHERE maker_id IN (??) AND hub_id = ?
    ORDER BY id DESC LIMIT ?
) p WHERE 1 = 1"""
    told: list[Any] = [whose, hub_id, _CANDIDATES]
    for n, (some, named) in enumerate(zip(asked, makers, strict=True)):
        own = _has(f"t{n}", "p.id", some)
        sql += f" AND (p.maker_id IN (??) OR {own})" if named else f" AND {own}"
        told += [*([named] if named else []), *bounds(some)]
    sql += " LIMIT ?"
    told.append(_FITTING)
    return [row[0] for row in rows(session, sql, told)]


def _makers(session: Session, hub_id: int, asked: Sequence[Sequence[str]]) -> list[list[int]]:
    """For each place, the makers who have a word that begins so."""
    found = rows_of(
        session,
        *(
            Query(
                f"SELECT DISTINCT thing_id FROM search_word WHERE hub_id = ? AND kind = 'maker' "
                f"AND ({begins('search_word', some)}) LIMIT ?",
                (hub_id, *bounds(some), _MAKERS),
            )
            for some in asked
        ),
    )
    return [[row[0] for row in some] for some in found]


def _has(table: str, thing: str, words: Sequence[str]) -> str:
    return (
        f"EXISTS (SELECT 1 FROM search_word {table} WHERE {table}.kind = 'product' "
        f"AND {table}.thing_id = {thing} AND ({begins(table, words)}))"
    )
