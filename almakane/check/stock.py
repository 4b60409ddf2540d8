"""
I1 and I6: every piece is where the papers say, and none leaves for a buyer without its line.

That the documents of a lot agree with its moves, and its levels with the same moves, is together
the equation of I1: signed in + open oversold = on hand + sold - refunded + returned + lost +
damaged.
"""

from almakane.check.law import Rule

# What each move was for, told by the places it left and came to, beside what the papers say.
_PAPERS_AND_MOVES = """
SELECT id AS lot_id, 'lot' AS paper, quantity AS told, 0 AS moved FROM lot
UNION ALL
SELECT lot_id, 'sale_line', quantity, 0 FROM sale_line WHERE lot_id IS NOT NULL
UNION ALL
SELECT lot_id, 'refund_line', booked_quantity, 0 FROM refund_line WHERE lot_id IS NOT NULL
UNION ALL
SELECT lot_id, 'return_slip_line', quantity, 0 FROM return_slip_line
UNION ALL
SELECT lot_id, kind, quantity, 0 FROM loss
UNION ALL
SELECT loss.lot_id, 'lost', -finding.quantity, 0
FROM finding JOIN loss ON loss.id = finding.loss_id
UNION ALL
SELECT lot_id, 'damaged', booked_quantity, 0 FROM refund_line
WHERE lot_id IS NOT NULL AND NOT restock
UNION ALL
SELECT move.lot_id,
       CASE place.kind WHEN 'maker' THEN 'lot' WHEN 'buyer' THEN 'refund_line' ELSE place.kind END,
       0, CASE WHEN place.kind IN ('maker', 'buyer') THEN move.quantity ELSE -move.quantity END
FROM stock_move move JOIN place ON place.id = move.source_id
WHERE place.kind IN ('maker', 'buyer', 'lost', 'damaged')
UNION ALL
SELECT move.lot_id,
       CASE place.kind WHEN 'maker' THEN 'return_slip_line' WHEN 'buyer' THEN 'sale_line'
                       ELSE place.kind END,
       0, move.quantity
FROM stock_move move JOIN place ON place.id = move.target_id
WHERE place.kind IN ('maker', 'buyer', 'lost', 'damaged')
"""

# A line's moves end in its uid, or in where they came from: `<line>/reserve`, `<line>/oversold`.
_LINE_OF_MOVE = (
    "REPLACE(REPLACE(REPLACE(REPLACE(move.uid, '/reserve', ''), '/web_pick', ''), "
    "'/oversold', ''), '/transit', '')"
)

RULES = (
    Rule(
        "papers_are_moves",
        "I1",
        "The lot %(lot)s: by %(paper)s it is %(told)s, the moves make %(moved)s.",
        f"""
        SELECT 'lot ' || lot_id AS found, lot.code AS lot, paper, told, moved
        FROM (SELECT lot_id, paper, SUM(told) AS told, SUM(moved) AS moved
              FROM ({_PAPERS_AND_MOVES}) each_one
              GROUP BY lot_id, paper HAVING SUM(told) <> SUM(moved)) differ
        LEFT JOIN lot ON lot.id = lot_id
        """,
    ),
    Rule(
        "no_more_is_found_than_was_lost",
        "I1",
        "Of the loss %(number)s, of %(quantity)s, %(again)s were found again.",
        """
        SELECT 'loss ' || loss.id AS found, loss.number, loss.quantity,
               SUM(finding.quantity) AS again
        FROM finding JOIN loss ON loss.id = finding.loss_id
        GROUP BY loss.id, loss.number, loss.quantity, loss.kind
        HAVING SUM(finding.quantity) > loss.quantity OR loss.kind <> 'lost'
        """,
    ),
    Rule(
        "levels_are_sums",
        "I1",
        "The lot %(lot)s stands at %(level)s there, its moves make %(moved)s.",
        """
        SELECT 'stock_level ' || lot_id || '/' || place_id AS found, lot.code AS lot, level, moved
        FROM (SELECT lot_id, place_id, SUM(level) AS level, SUM(moved) AS moved
              FROM (SELECT lot_id, place_id, quantity AS level, 0 AS moved FROM stock_level
                    UNION ALL
                    SELECT lot_id, target_id, 0, quantity FROM stock_move
                    UNION ALL
                    SELECT lot_id, source_id, 0, -quantity FROM stock_move) each_one
              GROUP BY lot_id, place_id HAVING SUM(level) <> SUM(moved)) differ
        LEFT JOIN lot ON lot.id = lot_id
        """,
    ),
    Rule(
        "places_are_real",
        "I1",
        "There are %(quantity)s of a lot at the place %(place)s, which is below zero.",
        """
        SELECT 'stock_level ' || lot_id || '/' || place_id AS found, quantity, kind AS place
        FROM stock_level JOIN place ON place.id = place_id
        WHERE (kind NOT IN ('maker', 'oversold') AND (quantity < 0 OR unbounded))
           OR (kind = 'oversold' AND quantity > 0)
        """,
    ),
    Rule(  # at all sites together; what was sold beyond the books was there, and may go back too
        "no_more_goes_back_than_came",
        "I1",
        "The lot %(lot)s went back to its maker %(quantity)s more times than it came.",
        """
        SELECT 'lot ' || lot.id AS found, lot.code AS lot, SUM(level.quantity) AS quantity
        FROM stock_level level
        JOIN place ON place.id = level.place_id AND place.kind IN ('maker', 'oversold')
        JOIN lot ON lot.id = level.lot_id
        GROUP BY lot.id, lot.code HAVING SUM(level.quantity) > 0
        """,
    ),
    Rule(
        "moves_stay_in_the_hub",
        "I1",
        "This move of %(quantity)s goes from a place to itself, or out of its hub.",
        """
        SELECT 'stock_move ' || move.id AS found, move.quantity
        FROM stock_move move
        LEFT JOIN lot ON lot.id = move.lot_id
        LEFT JOIN place source ON source.id = move.source_id
        LEFT JOIN place target ON target.id = move.target_id
        LEFT JOIN site source_site ON source_site.id = source.site_id
        LEFT JOIN site target_site ON target_site.id = target.site_id
        WHERE move.quantity <= 0 OR move.source_id = move.target_id
           OR COALESCE(lot.hub_id, 0) <> move.hub_id
           OR COALESCE(source_site.hub_id, 0) <> move.hub_id
           OR COALESCE(target_site.hub_id, 0) <> move.hub_id
        """,
    ),
    Rule(
        "oversold_is_flagged",
        "I1",
        "The lot %(lot)s is oversold by %(oversold)s, and its open flags say %(flagged)s.",
        """
        SELECT 'lot ' || lot.id AS found, lot.code AS lot, oversold, flagged
        FROM (SELECT lot_id, SUM(oversold) AS oversold, SUM(flagged) AS flagged
              FROM (SELECT lot_id, -quantity AS oversold, 0 AS flagged
                    FROM stock_level JOIN place ON place.id = place_id AND kind = 'oversold'
                    UNION ALL
                    SELECT line.lot_id, 0, flag.amount
                    FROM sale_flag flag
                    JOIN sale_line line ON line.sale_id = flag.sale_id AND line.n = flag.line
                    LEFT JOIN flag_end done ON done.sale_id = flag.sale_id
                          AND done.flag = flag.flag AND done.line = flag.line
                    WHERE flag.flag = 'stock_short' AND done.sale_id IS NULL) each_one
              GROUP BY lot_id HAVING SUM(oversold) <> SUM(flagged)) differ
        JOIN lot ON lot.id = lot_id
        """,
    ),
    Rule(
        "a_piece_is_sold_once",
        "I1",
        "The piece %(lot)s is with %(buyers)s buyers, and %(flagged)s open flags explain it.",
        """
        SELECT 'lot ' || lot.id AS found, lot.code AS lot, buyers, flagged
        FROM (SELECT lot_id, SUM(quantity) AS buyers,
                     (SELECT COALESCE(SUM(flag.amount), 0)
                      FROM sale_line line
                      JOIN sale_flag flag ON flag.sale_id = line.sale_id AND flag.line = line.n
                           AND flag.flag = 'stock_short'
                      LEFT JOIN flag_end done ON done.sale_id = flag.sale_id
                           AND done.flag = flag.flag AND done.line = flag.line
                      WHERE line.lot_id = level.lot_id AND done.sale_id IS NULL) AS flagged
              FROM stock_level level JOIN place ON place.id = place_id AND place.kind = 'buyer'
              GROUP BY lot_id HAVING SUM(quantity) > 1) sold
        JOIN lot ON lot.id = lot_id AND lot.kind = 'piece'
        WHERE buyers > 1 + flagged
        """,
    ),
    Rule(
        "a_sale_line_moves_its_pieces",
        "I6",
        "The sale line %(line)s sells %(told)s, its moves bring the buyer %(moved)s.",
        f"""
        SELECT 'sale_line ' || line AS found, line, SUM(told) AS told, SUM(moved) AS moved
        FROM (SELECT sale.uid || '/' || line.n AS line, line.lot_id, line.quantity AS told,
                     0 AS moved
              FROM sale_line line JOIN sale ON sale.id = line.sale_id
              WHERE line.lot_id IS NOT NULL
              UNION ALL
              SELECT {_LINE_OF_MOVE}, move.lot_id, 0, move.quantity
              FROM stock_move move JOIN place ON place.id = move.target_id
              WHERE place.kind = 'buyer') each_one
        GROUP BY line, lot_id HAVING SUM(told) <> SUM(moved)
        """,
    ),
    Rule(
        "a_refund_line_moves_its_pieces",
        "I6",
        "The refund line %(line)s brings back %(told)s, its moves make %(moved)s.",
        """
        SELECT 'refund_line ' || line AS found, line, SUM(told) AS told, SUM(moved) AS moved
        FROM (SELECT sale.uid || '/r' || line.n AS line, line.lot_id,
                     line.booked_quantity AS told, 0 AS moved
              FROM refund_line line JOIN sale ON sale.id = line.sale_id
              WHERE line.lot_id IS NOT NULL
              UNION ALL
              SELECT move.uid, move.lot_id, 0, move.quantity
              FROM stock_move move JOIN place ON place.id = move.source_id
              WHERE place.kind = 'buyer') each_one
        GROUP BY line, lot_id HAVING SUM(told) <> SUM(moved)
        """,
    ),
    Rule(
        "a_consigned_line_earns_once",
        "I6",
        "The line %(line)s of regime %(regime)s has %(earnings)s earnings.",
        """
        SELECT 'sale_line ' || line AS found, line, regime, COUNT(earning_id) AS earnings
        FROM (SELECT sale.uid || '/' || line.n AS line, lot.regime, earning.id AS earning_id
              FROM sale_line line
              JOIN sale ON sale.id = line.sale_id
              LEFT JOIN lot ON lot.id = line.lot_id
              LEFT JOIN earning ON earning.line = sale.uid || '/' || line.n
              WHERE sale.entry_id > :after AND sale.entry_id <= :upto) earns
        GROUP BY line, regime
        HAVING COUNT(earning_id) <> CASE WHEN regime IN ('A', 'B') THEN 1 ELSE 0 END
        """,
    ),
)
