"""
Keeping the words of what can be found: written anew in the transaction that changes its texts.

Rooms do not know that they are searched. Whatever a session flushes of makers, artisans, products
and their texts is looked at here, so that no path can forget it.
"""

from collections.abc import Iterable

from sqlalchemy import event
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Artisan, Maker, MakerText
from almakane.db import insert_rows, rows
from almakane.inventory.models import Intake, Product, ProductText
from almakane.web.words import words_of

_TEXTS = {
    "product": """
SELECT id, hub_id, code FROM product WHERE id IN (??)
UNION ALL SELECT id, hub_id, technique FROM product WHERE id IN (??)
UNION ALL SELECT p.id, p.hub_id, t.title FROM product p
JOIN product_text t ON t.product_id = p.id WHERE p.id IN (??)""",
    "maker": """
SELECT id, hub_id, code FROM maker WHERE id IN (??)
UNION ALL SELECT id, hub_id, name FROM maker WHERE id IN (??)
UNION ALL SELECT id, hub_id, place FROM maker WHERE id IN (??)
UNION ALL SELECT m.id, m.hub_id, t.name FROM maker m
JOIN maker_text t ON t.maker_id = m.id WHERE m.id IN (??)
UNION ALL SELECT m.id, m.hub_id, t.place FROM maker m
JOIN maker_text t ON t.maker_id = m.id WHERE m.id IN (??)""",
    "artisan": """
SELECT id, hub_id, name FROM artisan WHERE id IN (??)
UNION ALL SELECT id, hub_id, name_ar FROM artisan WHERE id IN (??)""",
}
_BROUGHT = "SELECT DISTINCT product_id FROM lot WHERE consignment_id = ?"
_AT_ONCE = 500


def index(session: Session, kind: str, ids: Iterable[int]) -> None:
    """Write the words of these things anew."""
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        sql = _TEXTS[kind]
        found: dict[tuple[int, int], list[str]] = {}
        for thing, hub, text in rows(session, sql, [some] * sql.count("(??)")):
            found.setdefault((hub, thing), []).append(text or "")
        there = {
            (hub, word, thing)
            for hub, word, thing in rows(
                session,
                "SELECT hub_id, word, thing_id FROM search_word "
                "WHERE kind = ? AND thing_id IN (??)",
                (kind, some),
            )
        }
        now = {
            (hub, word, thing) for (hub, thing), texts in found.items() for word in words_of(texts)
        }
        for hub, word, thing in sorted(there - now):
            rows(
                session,
                "DELETE FROM search_word WHERE hub_id = ? AND kind = ? AND word = ? "
                "AND thing_id = ?",
                (hub, kind, word, thing),
            )
        new = [(hub, kind, word, thing) for hub, word, thing in sorted(now - there)]
        insert_rows(session, "search_word", ("hub_id", "kind", "word", "thing_id"), new)


@event.listens_for(Session, "after_flush")
def _index_what_changed(session: Session, _context: object) -> None:
    changed: dict[str, set[int]] = {}
    for row in (*session.new, *session.dirty, *session.deleted):
        match row:
            case Product():
                changed.setdefault("product", set()).add(row.id)
            case ProductText():
                changed.setdefault("product", set()).add(row.product_id)
            case Maker():
                changed.setdefault("maker", set()).add(row.id)
            case MakerText():
                changed.setdefault("maker", set()).add(row.maker_id)
            case Intake(consignment_id=int(consignment_id)):  # what it brought is written in bulk
                brought = rows(session, _BROUGHT, (consignment_id,))
                changed.setdefault("product", set()).update(product for (product,) in brought)
            case Artisan():
                changed.setdefault("artisan", set()).add(row.id)
    for kind, ids in changed.items():
        index(session, kind, ids)
