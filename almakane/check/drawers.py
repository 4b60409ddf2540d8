"""I12: a drawer holds its last count and what moved since."""

from almakane.check.law import Rule

# What a drawer held before and after each entry that moved its cash.
_DRAWERS = """
SELECT hub_id, code, entry_id, held - moved AS held_before, held AS held_after
FROM (SELECT account.hub_id, account.code, entry_id, moved,
             SUM(moved) OVER (PARTITION BY account.id ORDER BY entry_id) AS held
      FROM (SELECT account_id, entry_id, SUM(amount) AS moved
            FROM (SELECT debit_id AS account_id, entry_id, amount FROM posting
                  UNION ALL
                  SELECT credit_id, entry_id, -amount FROM posting) side
            WHERE account_id IN (SELECT id FROM account
                                 WHERE code LIKE 'cash:%' AND code <> 'cash:safe')
            GROUP BY account_id, entry_id) moves
      JOIN account ON account.id = account_id) drawer
"""

RULES = (
    Rule(
        "a_float_is_in_the_drawer",
        "I12",
        "The shift began with %(float_amount)s, and its drawer held %(held)s.",
        f"""
        SELECT 'shift ' || shift.id AS found, shift.float_amount, drawer.held_after AS held
        FROM shift
        JOIN register ON register.id = shift.register_id
        JOIN entry ON entry.hub_id = shift.hub_id
             AND entry.idempotency_key = 'float/' || shift.uid
        LEFT JOIN ({_DRAWERS}) drawer ON drawer.entry_id = entry.id
             AND drawer.code = 'cash:' || register.code
        WHERE drawer.held_after IS NULL OR drawer.held_after <> shift.float_amount
        """,
    ),
    Rule(
        "a_count_is_booked",
        "I12",
        "The shift ended with %(expected)s expected and %(left_amount)s left; the drawer went from "
        "%(held_before)s to %(held_after)s.",
        f"""
        SELECT 'shift_closing ' || closing.id AS found, closing.expected,
               closing.left_amount, drawer.held_before, drawer.held_after
        FROM shift_closing closing
        JOIN shift ON shift.id = closing.shift_id
        JOIN register ON register.id = shift.register_id
        JOIN entry ON entry.hub_id = shift.hub_id
             AND entry.idempotency_key = 'shift_closed/' || shift.uid
        LEFT JOIN ({_DRAWERS}) drawer ON drawer.entry_id = entry.id
             AND drawer.code = 'cash:' || register.code
        WHERE COALESCE(drawer.held_before, closing.expected) <> closing.expected
           OR COALESCE(drawer.held_after, closing.expected) <> closing.left_amount
        """,
    ),
    Rule(
        "a_difference_is_booked",
        "I12",
        "%(expected)s was expected and %(counted)s counted; %(booked)s is booked between them.",
        """
        SELECT 'shift_closing ' || id AS found, expected, counted, booked
        FROM (SELECT closing.id, closing.expected, closing.counted, closing.left_amount,
                     entry.id AS entry_id,
                     (SELECT COALESCE(SUM(CASE debit.code WHEN 'over_short' THEN posting.amount
                                          ELSE -posting.amount END), 0)
                      FROM posting
                      JOIN account debit ON debit.id = posting.debit_id
                      JOIN account credit ON credit.id = posting.credit_id
                      WHERE posting.entry_id = entry.id
                        AND 'over_short' IN (debit.code, credit.code)) AS booked
              FROM shift_closing closing
              JOIN shift ON shift.id = closing.shift_id
              LEFT JOIN entry ON entry.hub_id = shift.hub_id
                   AND entry.idempotency_key = 'shift_closed/' || shift.uid) counts
        WHERE booked <> expected - counted
           OR (entry_id IS NULL AND (expected <> counted OR counted <> left_amount))
        """,
    ),
)
