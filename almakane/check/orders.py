"""I4, I5, I11 and I12 for web orders: ordered, paid ahead, sent and brought as the papers say."""

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
    Rule(
        "money_is_brought_once",
        "I5",
        "The money of the ticket %(number)s was brought %(times)s times.",
        """
        SELECT 'courier_slip_sale ' || MAX(slip_id) || '/' || sale_id AS found,
               MAX(sale.number) AS number, COUNT(*) AS times
        FROM courier_slip_sale brought LEFT JOIN sale ON sale.id = brought.sale_id
        GROUP BY sale_id HAVING COUNT(*) > 1
        """,
    ),
    Rule(
        "an_order_is_its_lines",
        "I12",
        "The order %(number)s says %(goods)s of goods, %(fee)s of delivery and %(total)s in all; "
        "its lines make %(lines)s.",
        """
        SELECT 'web_order ' || id AS found, number, goods, delivery_fee AS fee, total, lines
        FROM (SELECT web_order.id, number, goods, delivery_fee, total,
                     (SELECT COALESCE(SUM(line.total), 0) FROM web_order_line line
                      WHERE line.order_id = web_order.id) AS lines
              FROM web_order) wished
        WHERE goods <> lines OR total <> goods + delivery_fee OR goods <= 0
        """,
    ),
    Rule(
        "an_order_s_line_is_of_its_lot",
        "I12",
        "The line %(n)s of the order %(number)s and its lot, its product or its claim differ.",
        """
        SELECT 'web_order_line ' || line.order_id || '/' || line.n AS found, line.n,
               web_order.number
        FROM web_order_line line
        LEFT JOIN web_order ON web_order.id = line.order_id
        LEFT JOIN lot ON lot.id = line.lot_id AND lot.hub_id = web_order.hub_id
             AND lot.code = line.code AND lot.product_id = line.product_id
        LEFT JOIN hold ON hold.uid = line.hold_uid AND hold.lot_id = line.lot_id
             AND hold.hub_id = web_order.hub_id AND hold.quantity = line.quantity
        WHERE lot.id IS NULL OR hold.id IS NULL OR line.total <> line.unit * line.quantity
           OR line.hold_uid <> web_order.uid || '/' || line.n
        """,
    ),
    Rule(
        "the_web_sells_what_was_ordered",
        "I12",
        "The ticket %(number)s sells the order %(document)s otherwise than it was confirmed.",
        """
        SELECT 'sale ' || sale.id AS found, sale.number, web_order.number AS document
        FROM sale JOIN register ON register.id = sale.register_id AND register.code = 'WEB'
        JOIN web_order ON web_order.hub_id = sale.hub_id AND web_order.uid = sale.customer
        WHERE sale.kind = 'sale'
          AND (sale.goods <> web_order.total
               OR EXISTS (SELECT 1 FROM web_order_line line
                          LEFT JOIN sale_line sold ON sold.sale_id = sale.id AND sold.n = line.n
                               AND sold.lot_id = line.lot_id AND sold.quantity = line.quantity
                               AND sold.total = line.total
                          WHERE line.order_id = web_order.id AND sold.sale_id IS NULL))
        """,
    ),
    Rule(
        "a_deposit_pays_its_own_order",
        "I12",
        "The ticket %(number)s is paid by what came in for %(document)s, an order that it does not "
        "name.",
        """
        SELECT 'sale ' || sale.id AS found, sale.number, web_order.number AS document
        FROM tender JOIN sale ON sale.id = tender.sale_id
        JOIN web_order ON web_order.hub_id = sale.hub_id AND web_order.number = tender.ref
        WHERE tender.kind = 'deposit' AND COALESCE(sale.customer, '') <> web_order.uid
        """,
    ),
    Rule(
        "a_courier_has_what_he_took",
        "I12",
        "%(courier)s answers for the order %(document)s, and was not the one who took it.",
        """
        SELECT answered.found, answered.courier, web_order.number AS document
        FROM (SELECT 'sale ' || sale.id AS found, sale.hub_id, sale.customer AS uid, '' AS number,
                     tender.ref AS courier
              FROM tender JOIN sale ON sale.id = tender.sale_id WHERE tender.kind = 'cod'
              UNION ALL
              SELECT 'courier_slip ' || id, hub_id, '', ref, courier
              FROM courier_slip WHERE ref <> '') answered
        JOIN web_order ON web_order.hub_id = answered.hub_id
             AND (web_order.uid = answered.uid OR web_order.number = answered.number)
        WHERE NOT EXISTS (SELECT 1 FROM web_order_step step
                          WHERE step.order_id = web_order.id AND step.step = 'shipped'
                            AND step.note || ' ' LIKE answered.courier || ' %')
        """,
    ),
    Rule(
        "a_closed_order_goes_no_further",
        "I5",
        "The order %(document)s was %(ended)s, and went on to be %(step)s.",
        """
        SELECT 'web_order_step ' || later.id AS found, web_order.number AS document,
               earlier.step AS ended, later.step
        FROM web_order_step earlier
        JOIN web_order_step later ON later.order_id = earlier.order_id AND later.id > earlier.id
        JOIN web_order ON web_order.id = earlier.order_id
        WHERE earlier.step IN ('cancelled', 'returned')
        """,
    ),
    Rule(
        "a_step_is_of_its_order",
        "I11",
        "The order %(document)s was %(step)s by nobody, or before it was placed.",
        """
        SELECT 'web_order_step ' || step.id AS found, web_order.number AS document, step.step
        FROM web_order_step step LEFT JOIN web_order ON web_order.id = step.order_id
        WHERE web_order.id IS NULL OR step.at < web_order.placed_at
           OR (TRIM(step.actor) = '' AND step.step <> 'cancelled')
        """,
    ),
)
