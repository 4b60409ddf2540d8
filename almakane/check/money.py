"""I2, I9 and I12: the money book balances, and its control accounts hold what the papers say."""

from almakane.check.law import Rule

# What each account comes to, debits less credits; both sides are read from their indexes alone.
_BALANCES = """
SELECT account.id, account.hub_id, account.code, account.currency, SUM(amount) AS balance
FROM (SELECT debit_id AS account_id, SUM(amount) AS amount FROM posting GROUP BY debit_id
      UNION ALL
      SELECT credit_id, -SUM(amount) FROM posting GROUP BY credit_id) side
JOIN account ON account.id = account_id
GROUP BY account.id, account.hub_id, account.code, account.currency
"""

# The same for some accounts only.
_BALANCE_OF = """
(SELECT COALESCE(SUM(amount), 0) FROM posting WHERE debit_id = account.id)
- (SELECT COALESCE(SUM(amount), 0) FROM posting WHERE credit_id = account.id)
"""

RULES = (
    Rule(
        "postings_are_pairs",
        "I2",
        "This posting of %(amount)s is no pair: it takes an amount above zero from one account "
        "to another, in the currency of both and the hub of its entry.",
        """
        SELECT 'posting ' || posting.entry_id || '/' || posting.n AS found, posting.amount
        FROM posting
        LEFT JOIN entry ON entry.id = posting.entry_id
        LEFT JOIN account debit ON debit.id = posting.debit_id AND debit.hub_id = entry.hub_id
             AND debit.currency = posting.currency
        LEFT JOIN account credit ON credit.id = posting.credit_id AND credit.hub_id = entry.hub_id
             AND credit.currency = posting.currency
        WHERE posting.entry_id > :after AND posting.entry_id <= :upto
          AND (debit.id IS NULL OR credit.id IS NULL
               OR posting.amount <= 0 OR posting.debit_id = posting.credit_id)
        """,
    ),
    Rule(
        "an_entry_is_whole",
        "I2",
        "The entry has %(postings)s postings, numbered up to %(last)s, and leaves %(clearing)s "
        "in clearing.",
        """
        SELECT 'entry ' || entry_id AS found, COUNT(*) AS postings, MAX(n) AS last,
               SUM(amount) AS clearing
        FROM (SELECT entry_id, n,
                     CASE WHEN debit_id IN (SELECT id FROM account WHERE code = 'clearing')
                          THEN amount
                          WHEN credit_id IN (SELECT id FROM account WHERE code = 'clearing')
                          THEN -amount ELSE 0 END AS amount
              FROM posting WHERE entry_id > :after AND entry_id <= :upto) each_one
        GROUP BY entry_id HAVING COUNT(*) <> MAX(n) OR MIN(n) <> 1 OR SUM(amount) <> 0
        """,
    ),
    Rule(
        "the_trial_balance_is_zero",
        "I2",
        "All accounts in %(currency)s together come to %(balance)s.",
        f"""
        SELECT 'hub ' || hub_id AS found, currency, SUM(balance) AS balance
        FROM ({_BALANCES}) balances GROUP BY hub_id, currency HAVING SUM(balance) <> 0
        """,
    ),
    Rule(
        "a_reversal_undoes_its_entry",
        "I2",
        "The entry reverses the entry %(reverses)s, and leaves %(left_over)s on %(account)s.",
        """
        SELECT 'entry ' || reversal_id AS found, reverses, account.code AS account, left_over
        FROM (SELECT reversal_id, reverses, account_id, SUM(amount) AS left_over
              FROM (SELECT reversal.id AS reversal_id, reversal.reverses_id AS reverses,
                           posting.debit_id AS account_id, posting.amount
                    FROM entry reversal
                    JOIN posting ON posting.entry_id IN (reversal.id, reversal.reverses_id)
                    WHERE reversal.reverses_id IS NOT NULL
                    UNION ALL
                    SELECT reversal.id, reversal.reverses_id, posting.credit_id, -posting.amount
                    FROM entry reversal
                    JOIN posting ON posting.entry_id IN (reversal.id, reversal.reverses_id)
                    WHERE reversal.reverses_id IS NOT NULL) side
              GROUP BY reversal_id, reverses, account_id HAVING SUM(amount) <> 0) differ
        JOIN account ON account.id = account_id
        """,
    ),
    Rule(
        "cards_and_credits_are_not_overspent",
        "I9",
        "%(account)s was spent by %(beyond)s more than it held.",
        f"""
        SELECT 'account ' || id AS found, code AS account, balance AS beyond
        FROM ({_BALANCES}) balances
        WHERE balance > 0 AND (code LIKE 'giftcard:%' OR code LIKE 'credit:%')
        """,
    ),
    Rule(
        "cards_and_credits_are_as_sold_and_spent",
        "I12",
        "%(account)s holds %(booked)s, and by its tickets %(told)s.",
        f"""
        SELECT 'account ' || MAX(account_id) AS found, account, -SUM(booked) AS booked,
               SUM(told) AS told
        FROM (SELECT hub_id, id AS account_id, code AS account, balance AS booked, 0 AS told
              FROM ({_BALANCES}) balances
              WHERE code LIKE 'giftcard:%' OR code LIKE 'credit:%'
              UNION ALL
              SELECT sale.hub_id, 0, 'giftcard:' || line.code, 0, line.total
              FROM sale_line line JOIN sale ON sale.id = line.sale_id
              WHERE line.what = 'gift_card'
              UNION ALL
              SELECT sale.hub_id, 0, 'giftcard:' || line.code, 0, -back.booked
              FROM refund_line back JOIN sale ON sale.id = back.sale_id
              JOIN sale_line line ON line.sale_id = back.of_sale_id AND line.n = back.of_n
              WHERE line.what = 'gift_card'
              UNION ALL
              SELECT sale.hub_id, 0,
                     CASE tender.kind WHEN 'gift_card' THEN 'giftcard:' ELSE 'credit:' END
                     || tender.ref, 0, -tender.amount
              FROM tender JOIN sale ON sale.id = tender.sale_id
              WHERE tender.kind IN ('gift_card', 'credit') AND tender.secured) each_one
        GROUP BY hub_id, account HAVING SUM(booked) + SUM(told) <> 0
        """,
    ),
    Rule(
        "suspense_is_open_flags",
        "I12",
        "The suspense account holds %(booked)s, the pieces that nobody knows make %(told)s.",
        f"""
        SELECT 'hub ' || hub_id AS found, -SUM(booked) AS booked, SUM(told) AS told
        FROM (SELECT account.hub_id, {_BALANCE_OF} AS booked, 0 AS told
              FROM account WHERE account.code = 'suspense'
              UNION ALL
              SELECT sale.hub_id, 0, line.total - COALESCE((
                         SELECT SUM(back.booked) FROM refund_line back
                         WHERE back.of_sale_id = line.sale_id AND back.of_n = line.n), 0)
              FROM sale_flag flag
              JOIN sale ON sale.id = flag.sale_id
              JOIN sale_line line ON line.sale_id = flag.sale_id AND line.n = flag.line
              LEFT JOIN flag_end done ON done.sale_id = flag.sale_id AND done.flag = flag.flag
                   AND done.line = flag.line
              WHERE flag.flag = 'lot_unknown' AND done.sale_id IS NULL) each_one
        GROUP BY hub_id HAVING SUM(booked) + SUM(told) <> 0
        """,
    ),
    Rule(
        "an_unknown_piece_is_flagged",
        "I12",
        "Nobody knows the piece of this line, and no flag says so.",
        """
        SELECT 'sale_line ' || line.sale_id || '/' || line.n AS found
        FROM sale_line line
        LEFT JOIN sale_flag flag ON flag.sale_id = line.sale_id AND flag.line = line.n
             AND flag.flag = 'lot_unknown'
        WHERE line.what = 'lot' AND line.lot_id IS NULL AND flag.sale_id IS NULL
        """,
    ),
)
