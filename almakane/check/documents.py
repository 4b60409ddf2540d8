"""I5, I10, I11 and I12: tickets add up, a fact has one effect, and somebody did it."""

from almakane.check.law import Rule

_ACTORS = (
    ("entry", "id", "actor"),
    ("consignment", "id", "actor"),
    ("return_slip", "id", "actor"),
    ("loss", "id", "actor"),
    ("finding", "id", "actor"),
    ("stock_count", "id", "actor"),
    ("count_scan", "id", "actor"),
    ("count_end", "id", "actor"),
    ("stock_move", "id", "actor"),
    ("sale", "id", "cashier"),
    ("flag_end", "id", "actor"),
    ("release", "id", "actor"),
    ("deposit", "id", "actor"),
    ("courier_slip", "id", "actor"),
    ("delivery_tariff", "id", "actor"),
    ("hub_habits", "id", "actor"),
    ("shift", "id", "opened_by"),
    ("shift_closing", "id", "closed_by"),
    ("seal", "id", "actor"),
    ("statement", "id", "actor"),
)

# What happens once: the name that each fact has for that.
_ONCE = (
    ("entry", "hub_id || ' ' || idempotency_key"),
    ("sale", "uid"),
    ("consignment", "uid"),
    ("return_slip", "uid"),
    ("loss", "uid"),
    ("finding", "uid"),
    ("stock_count", "uid"),
    ("count_scan", "uid"),
    ("count_end", "count_id"),
    ("stock_move", "uid"),
    ("earning", "line"),
    ("earning_change", "line"),
    ("shift", "uid"),
    ("hold", "uid"),
    ("deposit", "uid"),
    ("courier_slip", "uid"),
    ("web_order", "uid"),
    ("delivery_tariff", "hub_id || ' ' || valid_from"),
    ("hub_habits", "hub_id || ' ' || valid_from"),
)

RULES = (
    Rule(
        "a_ticket_adds_up",
        "I12",
        "The ticket %(number)s says %(goods)s sold, %(returned)s returned and %(due)s due; its "
        "lines make %(sold)s and %(back)s, its tenders %(kept)s.",
        """
        SELECT 'sale ' || id AS found, number, goods, returned, due, sold, back, kept
        FROM (SELECT id, number, goods, returned, rounding, due,
                     COALESCE((SELECT SUM(total) FROM sale_line
                               WHERE sale_id = sale.id), 0) AS sold,
                     COALESCE((SELECT SUM(total) FROM refund_line
                               WHERE sale_id = sale.id), 0) AS back,
                     COALESCE((SELECT SUM(amount) FROM tender
                               WHERE sale_id = sale.id), 0) AS kept
              FROM sale WHERE entry_id > :after AND entry_id <= :upto) ticket
        WHERE goods <> sold OR returned <> back
           OR due <> goods - returned + rounding OR due <> kept
        """,
    ),
    Rule(
        "a_ticket_takes_what_it_says",
        "I12",
        "The ticket %(number)s puts %(booked)s on %(account)s for the whole of it, by its tenders "
        "it is %(told)s.",
        """
        WITH ticket AS (
            SELECT sale.id, sale.entry_id, sale.rounding, register.code AS register,
                   EXISTS (SELECT 1 FROM sale_flag flag
                           WHERE flag.sale_id = sale.id AND flag.flag = 'shift_closed') AS is_late
            FROM sale JOIN register ON register.id = sale.register_id
            WHERE sale.entry_id > :after AND sale.entry_id <= :upto),
        kept AS (
            SELECT ticket.entry_id, ticket.register, ticket.is_late, tender.kind, tender.amount,
                   CASE WHEN tender.kind = 'cash' THEN 'cash:' || ticket.register
                        WHEN tender.kind = 'terminal' THEN 'card:acquirer'
                        WHEN tender.kind = 'cheque' THEN 'cheque:portfolio'
                        WHEN tender.kind = 'transfer' THEN 'transfer:expected'
                        WHEN tender.kind = 'deposit' THEN 'deposit:' || tender.ref
                        WHEN tender.kind = 'cod' THEN 'cod:' || tender.ref
                        WHEN NOT tender.secured THEN 'differences'
                        WHEN tender.kind = 'gift_card' THEN 'giftcard:' || tender.ref
                        WHEN tender.kind = 'credit' THEN 'credit:' || tender.ref END AS account
            FROM ticket JOIN tender ON tender.sale_id = ticket.id)
        SELECT 'entry ' || entry.id AS found, entry.document AS number, account, told, booked
        FROM (SELECT entry_id, account, SUM(told) AS told, SUM(booked) AS booked
              FROM (-- each tender comes in through clearing
                    SELECT entry_id, account, amount AS told, 0 AS booked FROM kept
                    UNION ALL
                    SELECT entry_id, 'clearing', -amount, 0 FROM kept
                    UNION ALL  -- and cash rounding goes out of it
                    SELECT entry_id, 'clearing', rounding, 0 FROM ticket
                    UNION ALL
                    SELECT entry_id, 'rounding', -rounding, 0 FROM ticket
                    UNION ALL  -- cash of a shift that was counted already was counted as over
                    SELECT entry_id, 'over_short', amount, 0 FROM kept
                    WHERE is_late AND kind = 'cash'
                    UNION ALL
                    SELECT entry_id, 'cash:' || register, -amount, 0 FROM kept
                    WHERE is_late AND kind = 'cash'
                    UNION ALL
                    SELECT ticket.entry_id, account.code, 0, posting.amount
                    FROM ticket JOIN posting ON posting.entry_id = ticket.entry_id
                    JOIN account ON account.id = posting.debit_id
                    WHERE posting.line = 0
                    UNION ALL
                    SELECT ticket.entry_id, account.code, 0, -posting.amount
                    FROM ticket JOIN posting ON posting.entry_id = ticket.entry_id
                    JOIN account ON account.id = posting.credit_id
                    WHERE posting.line = 0) each_one
              GROUP BY entry_id, account HAVING SUM(told) <> SUM(booked)) differ
        JOIN entry ON entry.id = entry_id
        """,
    ),
    Rule(
        "a_paper_has_its_entry",
        "I5",
        "%(number)s and its entry do not name each other: one fact, one key, one entry.",
        """
        SELECT 'sale ' || sale.id AS found, sale.number
        FROM sale LEFT JOIN entry ON entry.id = sale.entry_id
        WHERE sale.entry_id > :after AND sale.entry_id <= :upto
          AND (entry.id IS NULL OR entry.idempotency_key <> 'sale/' || sale.uid
               OR entry.kind <> sale.kind OR entry.document <> sale.number
               OR entry.body_hash <> sale.body_hash OR entry.hub_id <> sale.hub_id
               OR entry.day <> sale.day)
        UNION ALL
        SELECT 'loss ' || loss.id, loss.number
        FROM loss LEFT JOIN entry ON entry.id = loss.entry_id
        WHERE loss.entry_id > :after AND loss.entry_id <= :upto
          AND (entry.id IS NULL OR entry.idempotency_key <> 'loss/' || loss.uid
               OR entry.kind <> 'loss' OR entry.document <> loss.number
               OR entry.hub_id <> loss.hub_id)
        UNION ALL
        SELECT 'finding ' || finding.id, finding.number
        FROM finding LEFT JOIN entry ON entry.id = finding.entry_id
        WHERE finding.entry_id > :after AND finding.entry_id <= :upto
          AND (entry.id IS NULL OR entry.idempotency_key <> 'finding/' || finding.uid
               OR entry.kind <> 'finding' OR entry.document <> finding.number
               OR entry.hub_id <> finding.hub_id)
        """,
    ),
    Rule(
        "an_entry_has_its_paper",
        "I5",
        "This entry is a %(kind)s called %(document)s, and there is no such paper.",
        """
        SELECT 'entry ' || entry.id AS found, entry.kind, entry.document
        FROM entry
        LEFT JOIN sale ON sale.entry_id = entry.id
        LEFT JOIN loss ON loss.uid = SUBSTR(entry.idempotency_key, 6)
             AND loss.entry_id = entry.id
        LEFT JOIN finding ON finding.uid = SUBSTR(entry.idempotency_key, 9)
             AND finding.entry_id = entry.id
        LEFT JOIN consignment ON consignment.uid = SUBSTR(entry.idempotency_key, 10)
        LEFT JOIN deposit ON deposit.entry_id = entry.id
        LEFT JOIN courier_slip ON courier_slip.entry_id = entry.id
        WHERE entry.id > :after AND entry.id <= :upto
          AND ((entry.kind IN ('sale', 'refund', 'exchange') AND sale.id IS NULL)
               OR (entry.kind = 'loss' AND loss.id IS NULL)
               OR (entry.kind = 'finding' AND finding.id IS NULL)
               OR (entry.kind IN ('deposit', 'deposit_back') AND deposit.id IS NULL)
               OR (entry.kind = 'courier' AND courier_slip.id IS NULL)
               OR (entry.kind = 'purchase' AND consignment.id IS NULL))
        """,
    ),
    *(
        Rule(
            f"one_{table}_a_fact",
            "I5",
            "The same fact, %(name)s, has had %(times)s effects.",
            f"""
            SELECT '{table} ' || MAX(id) AS found, {name} AS name, COUNT(*) AS times
            FROM {table} GROUP BY {name} HAVING COUNT(*) > 1
            """,
        )
        for table, name in _ONCE
    ),
    Rule(
        "a_message_goes_once",
        "I10",
        "The message %(uid)s is in the outbox %(times)s times.",
        """
        SELECT 'outbox ' || MAX(id) AS found, uid, COUNT(*) AS times
        FROM outbox GROUP BY uid HAVING COUNT(*) > 1
        """,
    ),
    Rule(
        "a_receipt_is_of_a_ticket",
        "I10",
        "The message %(uid)s is not of a ticket in the books.",
        """
        SELECT 'outbox ' || outbox.id AS found, outbox.uid
        FROM outbox LEFT JOIN sale ON sale.uid = SUBSTR(outbox.uid, 9)
        WHERE outbox.kind = 'receipt' AND (sale.id IS NULL OR outbox.uid NOT LIKE 'receipt/%')
        """,
    ),
    *(
        Rule(
            f"somebody_did_the_{table}",
            "I11",
            "Nobody is named as having done this.",
            f"SELECT '{table} ' || {key} AS found FROM {table} "
            f"WHERE TRIM(COALESCE({actor}, '')) = ''",
        )
        for table, key, actor in _ACTORS
    ),
)
