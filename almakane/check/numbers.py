"""I4: the series of numbered papers have no gap, and no number comes twice."""

from almakane.check.law import Rule

# Every numbered paper: its series, and the digits that count. A till's own numbers
# (`T1-1-000001`) are of its journal; one that came twice (`T1-000001/2`) is flagged.
_PAPERS = """
SELECT sale.hub_id, 'ticket' AS kind, register.code AS register, 'sale ' || sale.id AS found,
       sale.number, SUBSTR(sale.number, LENGTH(register.code) + 2) AS digits
FROM sale JOIN register ON register.id = sale.register_id
UNION ALL
SELECT hub_id, 'consignment', '', 'consignment ' || id, number, SUBSTR(number, 4) FROM consignment
UNION ALL
SELECT hub_id, 'return_slip', '', 'return_slip ' || id, number, SUBSTR(number, 4) FROM return_slip
UNION ALL
SELECT hub_id, 'loss', '', 'loss ' || id, number, SUBSTR(number, 4) FROM loss
UNION ALL
SELECT hub_id, 'finding', '', 'finding ' || id, number, SUBSTR(number, 4) FROM finding
UNION ALL
SELECT hub_id, 'count', '', 'stock_count ' || id, number, SUBSTR(number, 4) FROM stock_count
UNION ALL
SELECT hub_id, 'transfer', '', 'stock_move ' || MIN(id), document, SUBSTR(document, 4)
FROM stock_move WHERE reason IN ('transferred', 'settled') GROUP BY hub_id, document
UNION ALL
SELECT hub_id, 'statement', '', 'statement ' || id, number, SUBSTR(number, 5) FROM statement
UNION ALL
SELECT hub_id, 'order', '', 'web_order ' || id, number, SUBSTR(number, 3) FROM web_order
UNION ALL
SELECT hub_id, 'lot', '', 'lot ' || id, code, SUBSTR(code, 2, 11) FROM lot
"""
_NUMBERED = f"""
SELECT hub_id, kind, register, found, number, CAST(digits AS BIGINT) AS n
FROM ({_PAPERS}) paper
WHERE LENGTH(digits) BETWEEN 1 AND 15 AND LTRIM(digits, '0123456789') = ''
"""

RULES = (
    Rule(
        "series_have_no_gap",
        "I4",
        "The series %(kind)s %(register)s goes from %(n_before)s to %(n)s at %(number)s.",
        f"""
        SELECT found, kind, register, n_before, n, number
        FROM (SELECT hub_id, kind, register, found, number, n,
                     COALESCE(LAG(n) OVER (PARTITION BY hub_id, kind, register ORDER BY n), 0)
                     AS n_before
              FROM ({_NUMBERED}) numbered) series
        WHERE n <> n_before + 1
        """,
    ),
    Rule(
        "series_stand_at_their_last_paper",
        "I4",
        "The series %(kind)s %(register)s gave %(given)s numbers, its papers have %(papers)s.",
        f"""
        SELECT 'number_series ' || kind || ' ' || register AS found, kind, register,
               SUM(given) AS given, SUM(papers) AS papers
        FROM (SELECT hub_id, kind, register, next - 1 AS given, 0 AS papers
              FROM number_series
              WHERE kind IN ('ticket', 'consignment', 'return_slip', 'loss', 'finding', 'count',
                             'transfer', 'statement', 'order', 'lot')
              UNION ALL
              SELECT hub_id, kind, register, 0, COUNT(*)
              FROM ({_NUMBERED}) numbered GROUP BY hub_id, kind, register) each_one
        GROUP BY hub_id, kind, register HAVING SUM(given) <> SUM(papers)
        """,
    ),
    Rule(
        "no_number_comes_twice",
        "I4",
        "The number %(number)s was given %(times)s times.",
        f"""
        SELECT MIN(found) AS found, number, COUNT(*) AS times
        FROM ({_PAPERS}) paper GROUP BY hub_id, kind, number HAVING COUNT(*) > 1
        """,
    ),
    Rule(
        "the_last_ticket_is_there",
        "I4",
        "The register %(register)s gave the number %(n)s to a ticket, and no ticket has it.",
        """
        SELECT 'number_series ticket ' || register AS found, register, n
        FROM (SELECT hub_id, register, next - 1 AS n, CAST(next - 1 AS TEXT) AS digits
              FROM number_series WHERE kind = 'ticket' AND next > 1) series
        LEFT JOIN sale ON sale.hub_id = series.hub_id
             AND sale.number = register || '-' || SUBSTR('000000', LENGTH(digits) + 1) || digits
        WHERE sale.id IS NULL
        """,
        is_fast=True,
    ),
)
