"""I4: the guards stand, so that the database itself refuses to change a row of the books."""

from sqlalchemy import Connection

from almakane.check.dialects import acts_to_refuse, refused_acts
from almakane.check.law import Broken

# The tables whose rows are added and never changed: written out here, apart from the models.
APPEND_ONLY = (
    *("account", "agreement", "agreement_override", "consignment", "earning", "earning_change"),
    *("earning_change_share", "earning_share", "entry", "flag_end", "hub_rules", "loss", "lot"),
    *("lot_artisan", "place", "posting", "refund_line", "release", "return_slip"),
    *("return_slip_line", "sale", "sale_flag", "sale_line", "seal", "seal_balance", "seal_part"),
    *("seal_turnover", "shift", "shift_closing", "statement", "stock_move", "tender"),
)


def missing_guards(connection: Connection) -> Broken:
    """Each guard that does not stand, or would let some row through."""
    broken, refused = Broken("I4", "guards_stand"), refused_acts(connection)
    for table in APPEND_ONLY:
        for act in acts_to_refuse(connection):
            if (table, act) not in refused:
                sentence = "Nothing refuses to %(act)s the rows of %(table)s."
                broken.add(sentence, f"{table}_no_{act}", act=act, table=table)
    return broken
