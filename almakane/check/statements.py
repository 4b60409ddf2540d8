"""I7: a maker's statements follow each other without a gap, and each is what the book says."""

from almakane.check.law import Rule

RULES = (
    Rule(
        "statements_follow_each_other",
        "I7",
        "The statement %(number)s begins after entry %(begins)s with %(opening)s; the one before "
        "ends with entry %(ended)s at %(closed)s.",
        """
        SELECT 'statement ' || id AS found, number, from_entry_id AS begins, opening, ended, closed
        FROM (SELECT id, number, from_entry_id, opening,
                     COALESCE(LAG(to_entry_id) OVER (PARTITION BY account_id
                                                  ORDER BY to_entry_id, id), 0) AS ended,
                     COALESCE(LAG(closing) OVER (PARTITION BY account_id
                                              ORDER BY to_entry_id, id), 0) AS closed
              FROM statement) chain
        WHERE from_entry_id <> ended OR opening <> closed
        """,
        is_fast=True,
    ),
    Rule(
        "a_statement_is_the_sum_of_its_rows",
        "I7",
        "The statement %(number)s goes from %(opening)s to %(closing)s, its rows make %(moved)s.",
        """
        SELECT 'statement ' || id AS found, number, opening, closing, moved
        FROM (SELECT id, number, opening, closing,
                     (SELECT COALESCE(SUM(amount), 0) FROM posting
                      WHERE credit_id = account_id
                        AND entry_id > from_entry_id AND entry_id <= to_entry_id)
                     - (SELECT COALESCE(SUM(amount), 0) FROM posting
                        WHERE debit_id = account_id
                          AND entry_id > from_entry_id AND entry_id <= to_entry_id) AS moved
              FROM statement) drawn
        WHERE closing - opening <> moved
        """,
    ),
    Rule(
        "a_statement_is_of_its_maker",
        "I7",
        "The statement %(number)s is not of the account of the maker or artisan that it names.",
        """
        SELECT 'statement ' || statement.id AS found, statement.number
        FROM statement
        LEFT JOIN account ON account.id = statement.account_id
             AND account.hub_id = statement.hub_id
             AND account.code = CASE WHEN statement.artisan_id IS NULL
                                     THEN 'owed:m' || statement.maker_id
                                     ELSE 'owed:a' || statement.artisan_id END
        WHERE account.id IS NULL
        """,
        is_fast=True,
    ),
    Rule(
        "a_statement_names_a_seal_that_is_there",
        "I7",
        "The statement %(number)s names the seal %(seal)s, which is not there.",
        """
        SELECT 'statement ' || statement.id AS found, statement.number, statement.seal_id AS seal
        FROM statement
        LEFT JOIN seal ON seal.id = statement.seal_id AND seal.hub_id = statement.hub_id
        WHERE statement.seal_id IS NOT NULL AND seal.id IS NULL
        """,
        is_fast=True,
    ),
    Rule(
        "available_is_closing_less_waiting",
        "I7",
        "The statement %(number)s closes at %(closing)s with %(waiting)s waiting and says that "
        "%(available)s is available.",
        """
        SELECT 'statement ' || id AS found, number, closing, waiting, available
        FROM statement WHERE available <> closing - waiting
        """,
        is_fast=True,
    ),
)
