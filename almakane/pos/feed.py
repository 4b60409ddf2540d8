"""
What a till knows of the pieces: each lot as one line that it can sell without asking again.

Nothing here reads history but what is newer than what the till has. Statements are prebuilt, for
a scan waits for them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Regime
from almakane.db import Query, glance, rows_of, utc_text
from almakane.hubs.queries import local_day
from almakane.inventory.holds import CLAIMABLE
from almakane.inventory.models import LotKind
from almakane.inventory.queries import places_of
from almakane.sales.tax import LineTax, line_tax
from almakane.web.languages import LANGUAGES

AT_ONCE = 2_000  # lots of a page


class Counter(NamedTuple):
    """Where a till stands: whose pieces it sells, from which shelves, on which day."""

    hub_id: int
    site_id: int
    places: list[int]  # of its site, where pieces stand that may be sold
    day: str
    now: str


def counter_at(session: Session, hub_id: int, site_id: int, zone: str, now: datetime) -> Counter:
    """The counter of a site at a moment."""
    places = places_of(session, site_id)
    there = [places[kind] for kind in CLAIMABLE]
    return Counter(hub_id, site_id, there, local_day(now, zone).isoformat(), utc_text(now))


_LOTS = """
SELECT lot.id, lot.code, lot.title, lot.kind, lot.regime, lot.floor, lot.product_id, product.price,
       product.category, product.tax_class, product.disabled_at IS NULL,
       agreement.maker_vat_liable, maker.name, maker.ice
FROM lot JOIN product ON product.id = lot.product_id
JOIN agreement ON agreement.id = lot.agreement_id
JOIN maker ON maker.id = lot.maker_id
WHERE lot.hub_id = ? AND lot.id IN (??)
"""
_LEVELS = """
SELECT lot_id, SUM(quantity) FROM stock_level
WHERE lot_id IN (??) AND place_id IN (??) GROUP BY lot_id
"""
_HELD = """
SELECT lot_id, SUM(quantity) FROM hold
WHERE ended_at IS NULL AND (expires_at IS NULL OR expires_at > ?) AND lot_id IN (??)
GROUP BY lot_id
"""
_TITLES = "SELECT product_id, language, title FROM product_text WHERE product_id IN (??)"
_PICTURES = """
SELECT product_id, key, form FROM photo
WHERE product_id IN (??) AND retired_at IS NULL ORDER BY product_id, position, id
"""
_RULES = """
SELECT vat_liable, vat_bp, vat_reduced_bp FROM hub_rules
WHERE hub_id = ? AND valid_from <= ? ORDER BY valid_from DESC LIMIT 1
"""
_ON_HAND = """
SELECT lot_id FROM stock_level
WHERE place_id = ? AND quantity <> 0 AND lot_id > ? ORDER BY lot_id LIMIT ?
"""


def lots_on_hand(session: Session, counter: Counter, after: int, most: int) -> list[int]:
    """The lots of which something stands where it may be sold, by id; from one id on."""
    found = rows_of(session, *(Query(_ON_HAND, (place, after, most)) for place in counter.places))
    return sorted({lot for some in found for (lot,) in some})[:most]


def told_lots(session: Session, counter: Counter, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Lots as a till is told of them, by id; those of another hub are left out."""
    if not ids:
        return []
    wanted = list(ids)
    lots, levels, held, rules = rows_of(
        session,
        Query(_LOTS, (counter.hub_id, wanted)),
        Query(_LEVELS, (wanted, counter.places)),
        Query(_HELD, (counter.now, wanted)),
        Query(_RULES, (counter.hub_id, counter.day)),
    )
    if not lots:
        return []
    products = sorted({lot[6] for lot in lots})
    titles, pictures = rows_of(session, Query(_TITLES, (products,)), Query(_PICTURES, (products,)))
    quantities, claimed = dict(levels), dict(held)
    said: dict[int, dict[str, str]] = {}
    for product, language, title in titles:
        said.setdefault(product, {})[language] = title
    shown: dict[int, str] = {}
    for product, key, form in pictures:
        shown.setdefault(product, _picture(key, form) or "")
    taxes = _Taxes(rules)
    return [
        _told(
            row,
            (quantities.get(row[0], 0), claimed.get(row[0], 0)),
            said.get(row[6], {}),
            shown.get(row[6]),
            taxes,
        )
        for row in sorted(lots)
    ]


def _told(
    row: Sequence[Any],
    there: tuple[int, int],
    said: dict[str, str],
    picture: str | None,
    taxes: "_Taxes",
) -> dict[str, Any]:
    """A lot as a till is told of it; `there` is what stands here and what of it is claimed."""
    id_, code, title, kind, regime, floor, _product, price, craft, tax_class, *others = row
    is_on_sale, is_liable, maker, ice = others
    tax = taxes.of(regime, tax_class, bool(is_liable))
    return {
        "id": id_,
        "code": code,
        "barcode": code,
        "title": _in_all(title, said),
        "maker": maker,
        "mandate": regime == Regime.MANDATE,
        "ice": ice,
        "craft": craft,
        "piece": kind == LotKind.PIECE,
        "qty": int(there[0]),
        "held": int(there[1]),
        "list": price,
        "floor": floor,
        "tax_bp": tax.rate_bp,
        "tax_code": tax.code,
        "picture": picture,
        "on_sale": bool(is_on_sale),
    }


def _picture(key: str | None, form: str | None) -> str | None:
    if key is None:
        return None
    return f"/media/{key}.svg" if form == "drawing" else f"/media/{key}-400.webp"


def _in_all(title: str, said: dict[str, str]) -> dict[str, str]:
    """A lot's title in each language; one of its own nobody has said in another."""
    if title in said.values():
        return {language: said.get(language) or title for language in LANGUAGES}
    return dict.fromkeys(LANGUAGES, title)


class _Taxes:
    """The tax of lines by the hub's rules of a day."""

    def __init__(self, rules: Sequence[Any]) -> None:
        # A hub that nobody has set the rules of sells nothing: the journal says so.
        liable, standard, reduced = rules[0] if rules else (False, 0, 0)
        self._liable, self._standard, self._reduced = bool(liable), int(standard), int(reduced)

    def of(self, regime: str, tax_class: str | None, maker_liable: bool) -> LineTax:
        """The seller is the maker in regime B, the hub in A and C."""
        liable = maker_liable if regime == Regime.MANDATE else self._liable
        return line_tax(tax_class or "standard", liable, self._standard, self._reduced)


# All that one lot is told with, in one statement: a scan waits for it. Its first column is how the
# enrolment stands of whoever asks, and from where.
_SCANNED = """
SELECT (SELECT epoch.state FROM epoch JOIN register ON register.id = epoch.register_id
        WHERE epoch.token_hash = ? AND register.site_id = ?),
       lot.id, lot.code, lot.title, lot.kind, lot.regime, lot.floor, lot.product_id, product.price,
       product.category, product.tax_class, product.disabled_at IS NULL,
       agreement.maker_vat_liable, maker.name, maker.ice,
       (SELECT SUM(l.quantity) FROM stock_level l
        WHERE l.lot_id = lot.id AND l.place_id IN (??)),
       (SELECT SUM(h.quantity) FROM hold h WHERE h.lot_id = lot.id AND h.ended_at IS NULL
        AND (h.expires_at IS NULL OR h.expires_at > ?)),
       rules.vat_liable, rules.vat_bp, rules.vat_reduced_bp, said.language, said.title,
       (SELECT p.key FROM photo p WHERE p.product_id = lot.product_id AND p.retired_at IS NULL
        ORDER BY p.position, p.id LIMIT 1),
       (SELECT p.form FROM photo p WHERE p.product_id = lot.product_id AND p.retired_at IS NULL
        ORDER BY p.position, p.id LIMIT 1)
FROM lot JOIN product ON product.id = lot.product_id
JOIN agreement ON agreement.id = lot.agreement_id
JOIN maker ON maker.id = lot.maker_id
LEFT JOIN hub_rules rules ON rules.hub_id = lot.hub_id AND rules.valid_from =
     (SELECT MAX(valid_from) FROM hub_rules WHERE hub_id = lot.hub_id AND valid_from <= ?)
LEFT JOIN product_text said ON said.product_id = lot.product_id
WHERE lot.hub_id = ? AND lot.code = ?
"""


class Scanned(NamedTuple):
    """The lot of a code, if the hub has it, and how the enrolment of who asks stands."""

    lot: dict[str, Any]
    state: str | None


def find_lot(counter: Counter, code: str, token_hash: str) -> Scanned | None:
    """The lot of a code, if this hub has it, in one look at the books."""
    told = (token_hash, counter.site_id, counter.places, counter.now, counter.day)
    found = glance(_SCANNED, (*told, counter.hub_id, code))
    if not found:
        return None
    state, *first = found[0]
    quantity, held, *rules = first[14:19]
    said = {row[20]: row[21] for row in found if row[20]}
    key, form = first[21:23]
    taxes = _Taxes([] if rules[0] is None else [rules])
    there = (quantity or 0, held or 0)
    return Scanned(_told(first[:14], there, said, _picture(key, form), taxes), state)
