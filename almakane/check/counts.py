"""I1 and I5: a count saw what it says, posted what its lines say, and nothing after its end."""

from almakane.check.law import Rule

# What each line of a count has led to, by the document that it names.
_BOOKED = """
SELECT line.id, CASE line.outcome
    WHEN 'lost' THEN (SELECT SUM(loss.quantity) FROM loss
                      WHERE loss.hub_id = counted.hub_id AND loss.number = line.document
                        AND loss.lot_id = line.lot_id AND line.missing)
    WHEN 'found' THEN (SELECT SUM(finding.quantity) FROM finding
                       JOIN loss ON loss.id = finding.loss_id AND loss.lot_id = line.lot_id
                       WHERE finding.hub_id = counted.hub_id AND finding.number = line.document
                         AND NOT line.missing)
    WHEN 'settled' THEN (SELECT SUM(move.quantity) FROM stock_move move
                         WHERE move.lot_id = line.lot_id AND move.reason = 'settled'
                           AND move.document = line.document AND move.source_id = line.place_id
                           AND line.missing)
    WHEN 'moved' THEN (SELECT SUM(move.quantity) FROM stock_move move
                       WHERE move.lot_id = line.lot_id AND move.reason = 'transferred'
                         AND move.document = line.document
                         AND line.place_id = CASE WHEN line.missing THEN move.source_id
                                                  ELSE move.target_id END)
    ELSE CASE WHEN line.document = '' THEN line.quantity END END AS booked
FROM count_line line JOIN stock_count counted ON counted.id = line.count_id
"""

RULES = (
    Rule(
        "a_count_posts_what_it_says",
        "I1",
        "The line %(n)s of the count %(number)s says %(quantity)s became %(outcome)s by "
        "%(document)s; that moved %(booked)s.",
        f"""
        SELECT 'count_line ' || line.id AS found, line.n, counted.number, line.quantity,
               line.outcome, line.document, COALESCE(booked, 0) AS booked
        FROM ({_BOOKED}) paper
        JOIN count_line line ON line.id = paper.id
        JOIN stock_count counted ON counted.id = line.count_id
        WHERE COALESCE(booked, 0) <> line.quantity
        """,
    ),
    Rule(
        "only_a_closed_count_has_lines",
        "I1",
        "The count %(number)s was not closed, and says what a difference became.",
        """
        SELECT 'count_line ' || line.id AS found, counted.number
        FROM count_line line
        JOIN stock_count counted ON counted.id = line.count_id
        LEFT JOIN count_end ending ON ending.count_id = line.count_id
        WHERE COALESCE(ending.how, '') <> 'closed'
        """,
    ),
    Rule(
        "a_scan_is_of_its_count",
        "I5",
        "This scan came after the end of the count %(number)s, or is of another hub or site.",
        """
        SELECT 'count_scan ' || scan.id AS found, counted.number
        FROM count_scan scan
        JOIN stock_count counted ON counted.id = scan.count_id
        LEFT JOIN count_end ending ON ending.count_id = counted.id
        LEFT JOIN lot ON lot.id = scan.lot_id
        LEFT JOIN place ON place.id = scan.place_id
        WHERE scan.scanned_at > COALESCE(ending.at, scan.scanned_at)
           OR COALESCE(lot.hub_id, 0) <> counted.hub_id
           OR COALESCE(place.site_id, 0) <> counted.site_id
           OR scan.place_id <> COALESCE(counted.place_id, scan.place_id)
        """,
    ),
    Rule(
        "an_undone_scan_was_there",
        "I5",
        "This takes back a scan of another count, lot, place or quantity.",
        """
        SELECT 'count_scan ' || undo.id AS found
        FROM count_scan undo LEFT JOIN count_scan scan ON scan.id = undo.undoes_id
        WHERE undo.undoes_id IS NOT NULL
          AND (scan.id IS NULL OR scan.undoes_id IS NOT NULL OR scan.count_id <> undo.count_id
               OR scan.lot_id <> undo.lot_id OR scan.place_id <> undo.place_id
               OR scan.quantity <> undo.quantity)
        """,
    ),
)
