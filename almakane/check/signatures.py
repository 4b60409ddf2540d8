"""
What a maker signed is what the books keep of her lines: the hash under her name is made anew.

It is a JSON text, so no SQL that both databases know can make it; it is read some deliveries at a
time.
"""

import hashlib
import json
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, text

from almakane.check.law import Broken

_AT_ONCE = 200  # signatures

_SIGNED = text("""
SELECT id, consignment_id, lines_hash FROM consignment_signature
WHERE id > :after ORDER BY id LIMIT :most
""")
_LINES = text("""
SELECT s.id, lot.id, lot.n, lot.title, lot.quantity, lot.floor, lot.unit_cost, lot.commission_bp,
       lot.regime
FROM consignment_signature s JOIN lot ON lot.consignment_id = s.consignment_id
WHERE s.id > :after AND s.id <= :upto ORDER BY s.id, lot.n
""")
_MADE = text("""
SELECT made.lot_id, made.artisan_id, made.weight
FROM consignment_signature s JOIN lot ON lot.consignment_id = s.consignment_id
JOIN lot_artisan made ON made.lot_id = lot.id
WHERE s.id > :after AND s.id <= :upto ORDER BY made.lot_id, made.artisan_id
""")


def broken_signatures(connection: Connection, *, fast: bool) -> Broken:
    """Deliveries whose lines are not those that were signed; a start does not wait for it."""
    broken = Broken("I11", "what_was_signed_is_in_the_books")
    after = 0
    while not fast:
        signed = connection.execute(_SIGNED, {"after": after, "most": _AT_ONCE}).all()
        if not signed:
            break
        upto = signed[-1][0]
        found = _hashes(connection, after, upto)
        for number, consignment, kept in signed:
            if found.get(number, _hash([])) != kept:
                broken.add(
                    "The lines of the consignment %(consignment)s are not those that were signed.",
                    f"consignment_signature {number}",
                    consignment=consignment,
                )
        after = upto
    return broken


def _hashes(connection: Connection, after: int, upto: int) -> dict[int, str]:
    """Signature to the hash of its lines as the books keep them."""
    some = {"after": after, "upto": upto}
    made = connection.execute(_MADE, some).all()
    weights = {
        lot: [[artisan, weight] for _lot, artisan, weight in group]
        for lot, group in groupby(made, key=lambda row: row[0])
    }
    lines = connection.execute(_LINES, some).all()
    return {
        number: _hash([[*row[2:], weights.get(row[1], [])] for row in group])
        for number, group in groupby(lines, key=lambda row: row[0])
    }


def _hash(lines: list[list[Any]]) -> str:
    told = json.dumps(lines, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode(errors="surrogatepass")).hexdigest()
