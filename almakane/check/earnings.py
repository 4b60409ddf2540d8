"""I3: an earning is what its line gave, artisans share it, and an account is the sum of them."""

from almakane.check.law import Rule

_PARTS = ("gross", "promotion", "net", "commission", "commission_vat", "fees", "fees_vat", "vat_in")

# More taken back of some part than there was.
_MORE = " OR ".join(f"MAX(earning.{part}) < COALESCE(SUM(change.{part}), 0)" for part in _PARTS)

# A maker's account, and those of her members.
_OWED = """
SELECT account.id AS account_id, maker.id AS maker_id
FROM maker
JOIN account ON account.hub_id = maker.hub_id AND account.code = 'owed:m' || maker.id
UNION ALL
SELECT account.id, artisan.maker_id
FROM artisan
JOIN account ON account.hub_id = artisan.hub_id AND account.code = 'owed:a' || artisan.id
"""

# The entries that write earnings and their changes; and all that may touch what is owed.
_BY_LINES = "('sale', 'refund', 'exchange', 'loss', 'finding')"
_NAMED = (
    "('sale', 'refund', 'exchange', 'loss', 'finding', 'purchase', 'payout', 'debt', 'recovery', "
    "'advance', 'withholding', 'correction', 'reversal')"
)

RULES = (
    Rule(
        "a_price_is_shared_whole",
        "I3",
        "Line %(line)s was sold for %(total)s, of which %(tax)s tax and %(gross)s shared.",
        """
        SELECT 'sale_line ' || line.sale_id || '/' || line.n AS found, earning.line, line.total,
               line.booked_tax AS tax, earning.gross
        FROM sale
        JOIN sale_line line ON line.sale_id = sale.id
        JOIN earning ON earning.line = sale.uid || '/' || line.n
        WHERE sale.entry_id > :after AND sale.entry_id <= :upto
          AND line.total <> earning.gross + line.booked_tax
        """,
    ),
    Rule(
        "an_earning_is_of_its_line",
        "I3",
        "The earning %(line)s does not say what its paper says of quantity, lot, maker or entry.",
        """
        SELECT 'earning ' || id AS found, line
        FROM (SELECT earning.id, earning.line, lot.id AS lot_id,
                     CASE WHEN earning.kind = 'sale' AND earning.entry_id = sale.entry_id
                               AND earning.quantity = line.quantity THEN 1 ELSE 0 END AS is_told,
                     earning.maker_id, earning.lot_code, earning.regime, earning.hub_id
              FROM sale
              JOIN sale_line line ON line.sale_id = sale.id
              JOIN earning ON earning.line = sale.uid || '/' || line.n
              LEFT JOIN lot ON lot.id = line.lot_id
              WHERE sale.entry_id > :after AND sale.entry_id <= :upto
              UNION ALL
              SELECT earning.id, earning.line, loss.lot_id,
                     CASE WHEN earning.kind = 'loss' AND earning.entry_id = loss.entry_id
                               AND earning.quantity = loss.quantity THEN 1 ELSE 0 END,
                     earning.maker_id, earning.lot_code, earning.regime, earning.hub_id
              FROM loss JOIN earning ON earning.line = loss.uid || '/1'
              WHERE loss.entry_id > :after AND loss.entry_id <= :upto) told
        WHERE is_told = 0
           OR NOT EXISTS (SELECT 1 FROM lot
                          WHERE lot.id = told.lot_id AND lot.maker_id = told.maker_id
                            AND lot.code = told.lot_code AND lot.regime = told.regime
                            AND lot.hub_id = told.hub_id)
        """,
    ),
    Rule(
        "no_earning_is_without_a_line",
        "I3",
        "The entry has %(earnings)s earnings for %(lines)s lines that give a maker money.",
        """
        SELECT 'entry ' || entry_id AS found, SUM(earnings) AS earnings, SUM(lines) AS lines
        FROM (SELECT entry_id, 1 AS earnings, 0 AS lines FROM earning
              WHERE entry_id > :after AND entry_id <= :upto
              UNION ALL
              SELECT sale.entry_id, 0, 1
              FROM sale
              JOIN sale_line line ON line.sale_id = sale.id
              JOIN lot ON lot.id = line.lot_id AND lot.regime IN ('A', 'B')
              WHERE sale.entry_id > :after AND sale.entry_id <= :upto
              UNION ALL
              SELECT loss.entry_id, 0, 1
              FROM loss JOIN lot ON lot.id = loss.lot_id AND lot.regime IN ('A', 'B')
              WHERE loss.entry_id > :after AND loss.entry_id <= :upto) each_one
        GROUP BY entry_id HAVING SUM(earnings) <> SUM(lines)
        """,
    ),
    Rule(
        "a_loss_earns_its_maker",
        "I3",
        "The loss %(number)s is borne by the %(bearer)s and has %(earnings)s earnings.",
        """
        SELECT 'loss ' || loss.id AS found, loss.number, loss.bearer, COUNT(earning.id) AS earnings
        FROM loss
        JOIN lot ON lot.id = loss.lot_id
        LEFT JOIN earning ON earning.line = loss.uid || '/1'
        GROUP BY loss.id, loss.number, loss.bearer, lot.regime
        HAVING COUNT(earning.id) <> CASE WHEN lot.regime <> 'C' AND loss.bearer = 'hub'
                                         THEN 1 ELSE 0 END
        """,
    ),
    Rule(
        "a_finding_takes_back_what_was_owed",
        "I3",
        "The finding %(number)s has %(changes)s changes of an earning, its loss %(earnings)s.",
        """
        SELECT 'finding ' || finding.id AS found, finding.number, COUNT(change.id) AS changes,
               COUNT(earning.id) AS earnings
        FROM finding
        JOIN loss ON loss.id = finding.loss_id
        LEFT JOIN earning ON earning.line = loss.uid || '/1'
        LEFT JOIN earning_change change ON change.line = finding.uid || '/1'
             AND change.earning_id = earning.id
        GROUP BY finding.id, finding.number HAVING COUNT(change.id) <> COUNT(earning.id)
        """,
    ),
    Rule(
        "a_change_is_of_its_earning",
        "I3",
        "The change %(line)s does not say what its paper says of quantity, price or earning.",
        """
        SELECT 'earning_change ' || change.id AS found, change.line
        FROM earning_change change
        LEFT JOIN sale ON sale.entry_id = change.entry_id
        LEFT JOIN refund_line back ON back.sale_id = sale.id
             AND change.line = sale.uid || '/r' || back.n
        LEFT JOIN sale sold ON sold.id = back.of_sale_id
        LEFT JOIN earning ON earning.id = change.earning_id
             AND earning.line = sold.uid || '/' || back.of_n
        WHERE change.entry_id > :after AND change.entry_id <= :upto
          AND (earning.id IS NULL OR back.booked_quantity <> change.quantity
               OR back.booked <> change.gross + back.booked_tax)
          AND NOT EXISTS (SELECT 1 FROM finding
                          JOIN loss ON loss.id = finding.loss_id
                          JOIN earning lost ON lost.line = loss.uid || '/1'
                          WHERE finding.entry_id = change.entry_id
                            AND change.line = finding.uid || '/1'
                            AND change.quantity = finding.quantity
                            AND lost.id = change.earning_id)
        """,
    ),
    Rule(
        "shares_make_the_price",
        "I3",
        "The shares of %(line)s do not make its price.",
        " UNION ALL ".join(
            f"""
            SELECT '{table} ' || id AS found, line FROM {table}
            WHERE entry_id > :after AND entry_id <= :upto
              AND (gross + promotion + vat_in
                   <> net + commission + commission_vat + fees + fees_vat
                   OR {" OR ".join(f"{part} < 0" for part in _PARTS)})
            """
            for table in ("earning", "earning_change")
        ),
    ),
    Rule(
        "artisans_share_the_net",
        "I3",
        "The artisans of %(line)s share %(shared)s of a net of %(net)s.",
        """
        SELECT 'earning ' || earning.id AS found, earning.line, earning.net,
               COALESCE(SUM(share.amount), 0) AS shared
        FROM earning LEFT JOIN earning_share share ON share.earning_id = earning.id
        WHERE earning.entry_id > :after AND earning.entry_id <= :upto
        GROUP BY earning.id, earning.line, earning.net, earning.hub_id, earning.lot_code
        HAVING COALESCE(SUM(share.amount), 0) <> earning.net
           AND (COUNT(share.artisan_id) > 0
                OR EXISTS (SELECT 1 FROM lot JOIN lot_artisan ON lot_id = lot.id
                           WHERE lot.hub_id = earning.hub_id AND lot.code = earning.lot_code))
        UNION ALL
        SELECT 'earning_change ' || change.id, change.line, change.net,
               COALESCE(SUM(share.amount), 0)
        FROM earning_change change
        LEFT JOIN earning_change_share share ON share.change_id = change.id
        WHERE change.entry_id > :after AND change.entry_id <= :upto
        GROUP BY change.id, change.line, change.net, change.earning_id
        HAVING COALESCE(SUM(share.amount), 0) <> change.net
           AND EXISTS (SELECT 1 FROM earning_share whole
                       WHERE whole.earning_id = change.earning_id)
        """,
    ),
    Rule(
        "no_more_is_taken_back_than_was_given",
        "I3",
        "More was taken back of the earning %(line)s than it gave.",
        f"""
        SELECT 'earning ' || earning.id AS found, earning.line
        FROM earning JOIN earning_change change ON change.earning_id = earning.id
        GROUP BY earning.id, earning.line
        HAVING {_MORE} OR MAX(earning.quantity) < SUM(change.quantity)
        """,
    ),
    Rule(
        "no_artisan_gives_more_than_she_got",
        "I3",
        "More was taken back from an artisan of %(line)s (%(taken)s) than she was given "
        "(%(given)s).",
        """
        SELECT 'earning_share ' || taken.earning_id || '/' || taken.artisan_id AS found,
               earning.line, COALESCE(share.amount, 0) AS given, taken.amount AS taken
        FROM (SELECT change.earning_id, back.artisan_id, SUM(back.amount) AS amount
              FROM earning_change change
              JOIN earning_change_share back ON back.change_id = change.id
              GROUP BY change.earning_id, back.artisan_id) taken
        JOIN earning ON earning.id = taken.earning_id
        LEFT JOIN earning_share share ON share.earning_id = taken.earning_id
             AND share.artisan_id = taken.artisan_id
        WHERE taken.amount > COALESCE(share.amount, 0)
        """,
    ),
    Rule(
        "no_more_comes_back_than_was_sold",
        "I3",
        "Of this line %(quantity)s were sold for %(total)s, and %(back)s came back for %(booked)s.",
        """
        SELECT 'sale_line ' || line.sale_id || '/' || line.n AS found, line.quantity, line.total,
               SUM(back.booked_quantity) AS back, SUM(back.booked) AS booked
        FROM refund_line back
        JOIN sale_line line ON line.sale_id = back.of_sale_id AND line.n = back.of_n
        GROUP BY line.sale_id, line.n, line.quantity, line.total, line.booked_tax, line.cost
        HAVING SUM(back.booked_quantity) > line.quantity OR SUM(back.booked) > line.total
            OR SUM(back.booked_tax) > line.booked_tax OR SUM(back.booked_cost) > line.cost
        """,
    ),
    Rule(
        "a_return_is_of_a_line",
        "I3",
        "This takes back a line that was never sold, or of another lot.",
        """
        SELECT 'refund_line ' || back.sale_id || '/' || back.n AS found
        FROM refund_line back
        LEFT JOIN sale_line line ON line.sale_id = back.of_sale_id AND line.n = back.of_n
        WHERE line.n IS NULL OR COALESCE(line.lot_id, 0) <> COALESCE(back.lot_id, 0)
        """,
    ),
    Rule(
        "a_maker_has_what_her_lines_gave",
        "I3",
        "The maker %(maker)s was credited %(booked)s by tickets and losses, her lines gave "
        "%(given)s.",
        f"""
        WITH owed AS ({_OWED})
        SELECT 'maker ' || maker_id AS found, maker.name AS maker, SUM(booked) AS booked,
               SUM(given) AS given
        FROM (SELECT owed.maker_id, posting.amount AS booked, 0 AS given
              FROM owed JOIN posting ON posting.credit_id = owed.account_id
              JOIN entry ON entry.id = posting.entry_id WHERE entry.kind IN {_BY_LINES}
              UNION ALL
              SELECT owed.maker_id, -posting.amount, 0
              FROM owed JOIN posting ON posting.debit_id = owed.account_id
              JOIN entry ON entry.id = posting.entry_id WHERE entry.kind IN {_BY_LINES}
              UNION ALL
              SELECT maker_id, 0, net FROM earning
              UNION ALL
              SELECT earning.maker_id, 0, -change.net
              FROM earning_change change JOIN earning ON earning.id = change.earning_id) each_one
        LEFT JOIN maker ON maker.id = maker_id
        GROUP BY maker_id, maker.name HAVING SUM(booked) <> SUM(given)
        """,
    ),
    Rule(
        "an_account_owed_is_somebodys",
        "I3",
        "%(account)s is the account of no maker and no artisan.",
        """
        SELECT 'account ' || account.id AS found, account.code AS account
        FROM account
        LEFT JOIN maker ON account.code = 'owed:m' || maker.id AND maker.hub_id = account.hub_id
        LEFT JOIN artisan ON account.code = 'owed:a' || artisan.id
             AND artisan.hub_id = account.hub_id
        WHERE account.code LIKE 'owed:%' AND maker.id IS NULL AND artisan.id IS NULL
        """,
    ),
    Rule(
        "only_named_facts_touch_what_is_owed",
        "I3",
        "The entry %(document)s of kind %(kind)s moves %(account)s, and is no fact that does so.",
        f"""
        SELECT 'entry ' || entry.id AS found, entry.document, entry.kind, account.code AS account
        FROM account
        JOIN posting ON account.id = posting.debit_id
        JOIN entry ON entry.id = posting.entry_id
        WHERE account.code LIKE 'owed:%' AND entry.kind NOT IN {_NAMED}
        UNION
        SELECT 'entry ' || entry.id, entry.document, entry.kind, account.code
        FROM account
        JOIN posting ON account.id = posting.credit_id
        JOIN entry ON entry.id = posting.entry_id
        WHERE account.code LIKE 'owed:%' AND entry.kind NOT IN {_NAMED}
        """,
    ),
)
