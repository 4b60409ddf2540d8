"""
I3: every line puts each centime where docs/money-book.md says.

For each line of a ticket, a loss or a purchase: the accounts that it must move, by its papers,
beside those that it moved. A returned line has the number -n and every sign turned round.
"""

from almakane.check.law import Rule

_PARTS = ("gross", "promotion", "net", "commission", "commission_vat", "fees", "fees_vat", "vat_in")


def _of(table: str, sign: str = "") -> str:
    """The parts of an earning, or of a change with its sign turned."""
    return ", ".join(f"COALESCE({sign}{table}.{part}, 0) AS {part}" for part in _PARTS)


_LINES = f"""
SELECT sale.entry_id, line.n AS line, line.what, line.code, lot.regime, lot.maker_id,
       line.total AS paid, line.total AS booked, line.booked_tax AS tax, line.cost,
       earning.id AS earning_id, 0 AS change_id, earning.paid_to, {_of("earning")}
FROM sale
JOIN sale_line line ON line.sale_id = sale.id
LEFT JOIN lot ON lot.id = line.lot_id
LEFT JOIN earning ON earning.line = sale.uid || '/' || line.n
WHERE sale.entry_id > :after AND sale.entry_id <= :upto
UNION ALL
SELECT sale.entry_id, -back.n, line.what, line.code, lot.regime, lot.maker_id,
       -back.total, -back.booked, -back.booked_tax, -back.booked_cost,
       0, change.id, earning.paid_to, {_of("change", "-")}
FROM sale
JOIN refund_line back ON back.sale_id = sale.id
LEFT JOIN sale_line line ON line.sale_id = back.of_sale_id AND line.n = back.of_n
LEFT JOIN lot ON lot.id = line.lot_id
LEFT JOIN earning_change change ON change.line = sale.uid || '/r' || back.n
LEFT JOIN earning ON earning.id = change.earning_id
WHERE sale.entry_id > :after AND sale.entry_id <= :upto
"""

# Debits are positive. What is paid leaves clearing; the rest says where it goes.
_LINE_LAW = """
SELECT entry_id, line, 'clearing' AS account, paid AS told, 0 AS booked FROM line
UNION ALL  -- more than was left of it
SELECT entry_id, line, 'differences', booked - paid, 0 FROM line WHERE booked <> paid
UNION ALL
SELECT entry_id, line, 'vat:out', -(tax + commission_vat + fees_vat), 0 FROM line
UNION ALL
SELECT entry_id, line, 'giftcard:' || code, -booked, 0 FROM line WHERE what = 'gift_card'
UNION ALL
SELECT entry_id, line,
       CASE code WHEN 'delivery' THEN 'income:shipping' ELSE 'income:services' END,
       -(booked - tax), 0
FROM line WHERE what = 'service'
UNION ALL  -- nobody knows the piece
SELECT entry_id, line, 'suspense', -booked, 0 FROM line WHERE what = 'lot' AND regime IS NULL
UNION ALL  -- A and C are sold in the hub's own name
SELECT entry_id, line, 'income:sales', -(booked - tax), 0 FROM line WHERE regime IN ('A', 'C')
UNION ALL
SELECT entry_id, line, 'cost:own', cost, 0 FROM line WHERE regime = 'C'
UNION ALL
SELECT entry_id, line, 'stock:own', -cost, 0 FROM line WHERE regime = 'C'
UNION ALL
SELECT entry_id, line, 'cost:consigned', gross - commission, 0 FROM line WHERE regime = 'A'
UNION ALL
SELECT entry_id, line, 'income:commission', -commission, 0 FROM line WHERE regime = 'B'
UNION ALL
SELECT entry_id, line, 'expense:promotion', promotion, 0 FROM line WHERE regime IN ('A', 'B')
UNION ALL
SELECT entry_id, line, 'income:fees', -fees, 0 FROM line WHERE regime IN ('A', 'B')
UNION ALL
SELECT entry_id, line, 'vat:in', vat_in, 0 FROM line WHERE regime IN ('A', 'B')
UNION ALL
SELECT entry_id, line, 'owed:m' || maker_id, -net, 0 FROM line WHERE regime IN ('A', 'B')
UNION ALL  -- and from the maker on to her members, where they are paid
SELECT entry_id, line, 'owed:m' || maker_id, amount, 0 FROM member
UNION ALL
SELECT entry_id, line, 'owed:a' || artisan_id, -amount, 0 FROM member
"""

# The same for what is lost in custody, and for own goods when they are bought.
_OTHER_LINES = """
SELECT loss.entry_id, 1 AS line, 'expense:loss' AS account, earning.net AS told, 0 AS booked
FROM loss JOIN earning ON earning.line = loss.uid || '/1'
UNION ALL
SELECT loss.entry_id, 1, 'owed:m' || earning.maker_id, -earning.net, 0
FROM loss JOIN earning ON earning.line = loss.uid || '/1'
UNION ALL
SELECT loss.entry_id, 1, 'owed:m' || earning.maker_id, share.amount, 0
FROM loss JOIN earning ON earning.line = loss.uid || '/1' AND earning.paid_to = 'members'
JOIN earning_share share ON share.earning_id = earning.id
UNION ALL
SELECT loss.entry_id, 1, 'owed:a' || share.artisan_id, -share.amount, 0
FROM loss JOIN earning ON earning.line = loss.uid || '/1' AND earning.paid_to = 'members'
JOIN earning_share share ON share.earning_id = earning.id
UNION ALL
SELECT loss.entry_id, 1, 'expense:loss', lot.unit_cost * loss.quantity, 0
FROM loss JOIN lot ON lot.id = loss.lot_id AND lot.regime = 'C'
UNION ALL
SELECT loss.entry_id, 1, 'stock:own', -lot.unit_cost * loss.quantity, 0
FROM loss JOIN lot ON lot.id = loss.lot_id AND lot.regime = 'C'
UNION ALL  -- what is found again, with every sign turned
SELECT finding.entry_id, 1, 'expense:loss', -change.net, 0
FROM finding JOIN earning_change change ON change.line = finding.uid || '/1'
UNION ALL
SELECT finding.entry_id, 1, 'owed:m' || earning.maker_id, change.net, 0
FROM finding JOIN earning_change change ON change.line = finding.uid || '/1'
JOIN earning ON earning.id = change.earning_id
UNION ALL
SELECT finding.entry_id, 1, 'owed:m' || earning.maker_id, -share.amount, 0
FROM finding JOIN earning_change change ON change.line = finding.uid || '/1'
JOIN earning ON earning.id = change.earning_id AND earning.paid_to = 'members'
JOIN earning_change_share share ON share.change_id = change.id
UNION ALL
SELECT finding.entry_id, 1, 'owed:a' || share.artisan_id, share.amount, 0
FROM finding JOIN earning_change change ON change.line = finding.uid || '/1'
JOIN earning ON earning.id = change.earning_id AND earning.paid_to = 'members'
JOIN earning_change_share share ON share.change_id = change.id
UNION ALL
SELECT finding.entry_id, 1, account, sign * lot.unit_cost * finding.quantity, 0
FROM finding JOIN loss ON loss.id = finding.loss_id
JOIN lot ON lot.id = loss.lot_id AND lot.regime = 'C'
CROSS JOIN (SELECT 'stock:own' AS account, 1 AS sign
            UNION ALL SELECT 'expense:loss', -1) side
UNION ALL
SELECT entry_id, line, 'stock:own', cost, 0 FROM bought
UNION ALL
SELECT entry_id, line, 'vat:in', vat, 0 FROM bought
UNION ALL
SELECT entry_id, line, 'owed:m' || maker_id, -(cost + vat), 0 FROM bought
"""

# Own goods bought. Where maker and hub are both liable she adds VAT, at one of the rates of the
# day: which one is said by the product's class, and that may have changed since.
_BOUGHT = """
SELECT entry_id, line, maker_id, cost,
       CASE WHEN NOT is_taxed THEN 0
            WHEN vat IN (0, (cost * vat_bp + 5000) / 10000, (cost * vat_reduced_bp + 5000) / 10000)
            THEN vat ELSE (cost * vat_bp + 5000) / 10000 END AS vat
FROM (SELECT entry.id AS entry_id, lot.n AS line, lot.maker_id,
             lot.unit_cost * lot.quantity AS cost,
             agreement.maker_vat_liable AND rules.vat_liable AS is_taxed,
             rules.vat_bp, rules.vat_reduced_bp,
             COALESCE((SELECT SUM(posting.amount)
                       FROM posting JOIN account ON account.id = posting.debit_id
                       WHERE posting.entry_id = entry.id AND posting.line = lot.n
                         AND account.code = 'vat:in'), 0) AS vat
      FROM consignment
      JOIN lot ON lot.consignment_id = consignment.id AND lot.regime = 'C'
      JOIN agreement ON agreement.id = consignment.agreement_id
      JOIN hub_rules rules ON rules.hub_id = consignment.hub_id AND rules.valid_from =
           (SELECT MAX(valid_from) FROM hub_rules
            WHERE hub_id = consignment.hub_id AND valid_from <= consignment.day)
      LEFT JOIN entry ON entry.hub_id = consignment.hub_id
           AND entry.idempotency_key = 'purchase/' || consignment.uid) purchase
"""


def _booked(entries: str) -> str:
    """What the postings of those entries put on each account, line by line."""
    return f"""
    SELECT posting.entry_id, posting.line, account.code, 0, posting.amount
    FROM {entries} JOIN posting ON posting.entry_id = papers.entry_id
    JOIN account ON account.id = posting.debit_id WHERE posting.line <> 0
    UNION ALL
    SELECT posting.entry_id, posting.line, account.code, 0, -posting.amount
    FROM {entries} JOIN posting ON posting.entry_id = papers.entry_id
    JOIN account ON account.id = posting.credit_id WHERE posting.line <> 0
    """


_TICKETS = """(SELECT entry_id FROM sale
               WHERE entry_id > :after AND entry_id <= :upto) papers"""
_OTHERS = "(SELECT id AS entry_id FROM entry WHERE kind IN ('loss', 'finding', 'purchase')) papers"

RULES = (
    Rule(
        "a_line_is_divided_as_written",
        "I3",
        "Line %(line)s of %(document)s puts %(booked)s on %(account)s, by its papers it is "
        "%(told)s.",
        f"""
        WITH line AS ({_LINES}),
        member AS (
            SELECT entry_id, line, maker_id, share.artisan_id, share.amount
            FROM line JOIN earning_share share ON share.earning_id = line.earning_id
            WHERE paid_to = 'members'
            UNION ALL
            SELECT entry_id, line, maker_id, share.artisan_id, -share.amount
            FROM line JOIN earning_change_share share ON share.change_id = line.change_id
            WHERE paid_to = 'members')
        SELECT 'posting ' || entry_id || ' line ' || line AS found, line,
               entry.document, account, told, booked
        FROM (SELECT entry_id, line, account, SUM(told) AS told, SUM(booked) AS booked
              FROM (SELECT * FROM ({_LINE_LAW}) law WHERE told <> 0
                    UNION ALL {_booked(_TICKETS)}) each_one
              GROUP BY entry_id, line, account HAVING SUM(told) <> SUM(booked)) differ
        LEFT JOIN entry ON entry.id = entry_id
        """,
    ),
    Rule(
        "a_loss_or_purchase_is_booked_as_written",
        "I3",
        "Line %(line)s of %(document)s puts %(booked)s on %(account)s, by its papers it is "
        "%(told)s.",
        f"""
        WITH bought AS ({_BOUGHT})
        SELECT 'posting ' || COALESCE(entry_id, 0) || ' line ' || line AS found, line,
               entry.document, account, told, booked
        FROM (SELECT entry_id, line, account, SUM(told) AS told, SUM(booked) AS booked
              FROM ({_OTHER_LINES} UNION ALL {_booked(_OTHERS)}) each_one
              GROUP BY entry_id, line, account HAVING SUM(told) <> SUM(booked)) differ
        LEFT JOIN entry ON entry.id = entry_id
        """,
    ),
)
