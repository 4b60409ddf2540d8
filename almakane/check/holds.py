"""I8: nothing is promised that is not there."""

from almakane.check.law import Rule

RULES = (
    Rule(
        "live_holds_are_on_hand",
        "I8",
        "%(held)s of the lot %(lot)s are held, and %(on_hand)s are on hand.",
        """
        SELECT 'lot ' || lot.id AS found, lot.code AS lot, held, on_hand
        FROM (SELECT lot_id, SUM(quantity) AS held,
                     (SELECT COALESCE(SUM(level.quantity), 0)
                      FROM stock_level level JOIN place ON place.id = level.place_id
                      WHERE level.lot_id = hold.lot_id AND place.kind IN
                            ('shelf', 'reserve', 'workshop', 'transit', 'web_pick')) AS on_hand
              FROM hold
              WHERE ended_at IS NULL AND (expires_at IS NULL OR expires_at > :now)
              GROUP BY lot_id) live
        LEFT JOIN lot ON lot.id = lot_id
        WHERE held > on_hand
        """,
        is_fast=True,
    ),
    Rule(
        "a_piece_is_held_once",
        "I8",
        "The piece %(lot)s has %(holds)s claims that have not ended.",
        """
        SELECT 'lot ' || lot.id AS found, lot.code AS lot, COUNT(*) AS holds
        FROM hold JOIN lot ON lot.id = hold.lot_id AND lot.kind = 'piece'
        WHERE hold.ended_at IS NULL
        GROUP BY lot.id, lot.code HAVING COUNT(*) > 1
        """,
        is_fast=True,
    ),
    Rule(
        "an_end_has_a_reason",
        "I8",
        "The hold %(uid)s has ended without a reason, or has a reason and has not ended.",
        """
        SELECT 'hold ' || id AS found, uid FROM hold
        WHERE (ended_at IS NULL) <> (ended_by IS NULL) OR quantity <= 0
        """,
    ),
)
