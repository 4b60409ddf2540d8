"""I12 and I5 for web orders: what buyers paid ahead and couriers hold is as the papers say."""

from almakane.check.law import Rule

_BALANCE = """
(SELECT COALESCE(SUM(amount), 0) FROM posting WHERE debit_id = account.id)
- (SELECT COALESCE(SUM(amount), 0) FROM posting WHERE credit_id = account.id)
"""

# What the entry of a deposit or of a courier's money must move, account by account.
_TOLD = """
SELECT entry_id, 'deposit:' || ref AS account, -amount AS told FROM deposit
UNION ALL
SELECT entry_id, CASE way WHEN 'bank' THEN 'bank' ELSE 'card:psp' END, amount FROM deposit
UNION ALL
SELECT entry_id, 'cod:' || courier, -(banked + fee + fee_vat) FROM courier_slip
UNION ALL
SELECT entry_id, 'bank', banked FROM courier_slip
UNION ALL
SELECT entry_id, 'expense:delivery', fee FROM courier_slip
UNION ALL
SELECT entry_id, 'vat:in', fee_vat FROM courier_slip
"""
_PAPERS = "(SELECT entry_id FROM deposit UNION SELECT entry_id FROM courier_slip) paper"

RULES = (
    Rule(
        "deposits_are_paid_and_not_handed_over",
        "I12",
        "%(account)s holds %(booked)s; what was paid, less what was handed over or given back, is "
        "%(told)s.",
        f"""
        SELECT 'account ' || MAX(account_id) AS found, account, -SUM(booked) AS booked,
               SUM(told) AS told
        FROM (SELECT hub_id, id AS account_id, code AS account, {_BALANCE} AS booked, 0 AS told
              FROM account WHERE code LIKE 'deposit:%'
              UNION ALL
              SELECT hub_id, 0, 'deposit:' || ref, 0, amount FROM deposit
              UNION ALL
              SELECT sale.hub_id, 0, 'deposit:' || tender.ref, 0, -tender.amount
              FROM tender JOIN sale ON sale.id = tender.sale_id
              WHERE tender.kind = 'deposit') each_one
        GROUP BY hub_id, account HAVING SUM(booked) + SUM(told) <> 0
        """,
    ),
    Rule(
        "no_deposit_is_overspent",
        "I12",
        "%(beyond)s more of %(account)s were handed over or given back than had been paid.",
        f"""
        SELECT 'account ' || id AS found, account, beyond
        FROM (SELECT id, code AS account, {_BALANCE} AS beyond
              FROM account WHERE code LIKE 'deposit:%') deposits
        WHERE beyond > 0
        """,
    ),
    Rule(
        "couriers_hold_what_they_did_not_bring",
        "I12",
        "%(account)s holds %(booked)s; what was remitted, less what was banked and kept, is "
        "%(told)s.",
        f"""
        SELECT 'account ' || MAX(account_id) AS found, account, SUM(booked) AS booked,
               SUM(told) AS told
        FROM (SELECT hub_id, id AS account_id, code AS account, {_BALANCE} AS booked, 0 AS told
              FROM account WHERE code LIKE 'cod:%'
              UNION ALL
              SELECT sale.hub_id, 0, 'cod:' || tender.ref, 0, tender.amount
              FROM tender JOIN sale ON sale.id = tender.sale_id WHERE tender.kind = 'cod'
              UNION ALL
              SELECT hub_id, 0, 'cod:' || courier, 0, -(banked + fee + fee_vat)
              FROM courier_slip) each_one
        GROUP BY hub_id, account HAVING SUM(booked) <> SUM(told)
        """,
    ),
    Rule(
        "money_of_orders_is_booked_as_written",
        "I12",
        "The entry %(document)s puts %(booked)s on %(account)s, by its paper it is %(told)s.",
        f"""
        SELECT 'entry ' || entry_id AS found, entry.document, account, told, booked
        FROM (SELECT entry_id, account, SUM(told) AS told, SUM(booked) AS booked
              FROM (SELECT entry_id, account, told, 0 AS booked FROM ({_TOLD}) law
                    UNION ALL
                    SELECT paper.entry_id, account.code, 0, posting.amount
                    FROM {_PAPERS} JOIN posting ON posting.entry_id = paper.entry_id
                    JOIN account ON account.id = posting.debit_id
                    UNION ALL
                    SELECT paper.entry_id, account.code, 0, -posting.amount
                    FROM {_PAPERS} JOIN posting ON posting.entry_id = paper.entry_id
                    JOIN account ON account.id = posting.credit_id) each_one
              GROUP BY entry_id, account HAVING SUM(told) <> SUM(booked)) differ
        LEFT JOIN entry ON entry.id = entry_id
        """,
    ),
    Rule(
        "money_of_orders_has_its_entry",
        "I5",
        "The money of %(document)s is not the entry that it names.",
        """
        SELECT 'deposit ' || deposit.id AS found, deposit.ref AS document
        FROM deposit LEFT JOIN entry ON entry.id = deposit.entry_id
             AND entry.hub_id = deposit.hub_id AND entry.document = deposit.ref
             AND entry.idempotency_key =
                 CASE WHEN deposit.amount > 0 THEN 'deposit/' ELSE 'deposit_back/' END
                 || deposit.uid
        WHERE entry.id IS NULL
        UNION ALL
        SELECT 'courier_slip ' || paid.id, paid.courier
        FROM courier_slip paid LEFT JOIN entry ON entry.id = paid.entry_id
             AND entry.hub_id = paid.hub_id AND entry.idempotency_key = 'courier/' || paid.uid
        WHERE entry.id IS NULL
        """,
    ),
    Rule(
        "a_courier_brings_his_own_money",
        "I12",
        "The ticket %(number)s was banked as brought by %(courier)s, who did not take its money.",
        """
        SELECT 'courier_slip_sale ' || brought.slip_id || '/' || brought.sale_id AS found,
               sale.number, paid.courier
        FROM courier_slip_sale brought
        JOIN courier_slip paid ON paid.id = brought.slip_id
        LEFT JOIN sale ON sale.id = brought.sale_id AND sale.hub_id = paid.hub_id
        LEFT JOIN tender ON tender.sale_id = sale.id AND tender.kind = 'cod'
             AND tender.ref = paid.courier
        WHERE tender.sale_id IS NULL
        """,
    ),
)
