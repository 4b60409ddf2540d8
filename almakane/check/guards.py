"""I4: the guards stand, so that the database itself refuses to change a row of the books."""

from sqlalchemy import Connection, text

from almakane.check.dialects import acts_to_refuse, refused_acts
from almakane.check.law import Broken

# The tables whose rows are added and never changed: written out here, apart from the models.
APPEND_ONLY = (
    *("amendment", "product_price", "rib_change"),
    *("account", "agreement", "agreement_override", "claim", "consignment"),
    "consignment_signature",
    *("earning", "earning_change", "earning_change_share", "earning_share", "effect", "entry"),
    "event_end",
    "account_change",
    *(
        "flag_end",
        "hub_habits",
        "hub_opening",
        "hub_identity",
        "hub_rules",
        "journal_event",
        "loss",
        "lot",
        "lot_artisan",
        "manager_grant",
    ),
    *("count_end", "count_line", "count_scan", "finding", "return_signature"),
    *("courier_slip", "courier_slip_sale", "deposit"),
    *("stock_count",),
    *("place", "posting", "print_job_step", "refund_line", "release", "return_slip"),
    "operating_cost",
    *("return_slip_line", "sale", "sale_flag", "sale_line", "seal", "seal_balance", "seal_part"),
    *("seal_turnover", "shift", "shift_closing", "statement", "stock_move", "stray", "stray_end"),
    *("taking", "tender", "used"),
    *("delivery_fee", "delivery_tariff", "web_order", "web_order_line", "web_order_step"),
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


_TRIGGERS = {
    "sqlite": "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger' ORDER BY 1, 2",
    "postgresql": "SELECT t.relname, g.tgname FROM pg_trigger g "
    "JOIN pg_class t ON t.oid = g.tgrelid WHERE NOT g.tgisinternal ORDER BY 1, 2",
}
_ENDINGS = {"sqlite": ("_no_update", "_no_delete"), "postgresql": ("_no_change", "_no_truncate")}


def strange_triggers(connection: Connection) -> Broken:
    """Each trigger that is none of the guards: it could swallow rows, or write others."""
    broken, dialect = Broken("I4", "no_trigger_is_strange"), connection.dialect.name
    known = {(table, f"{table}{ending}") for table in APPEND_ONLY for ending in _ENDINGS[dialect]}
    for table, name in connection.execute(text(_TRIGGERS[dialect])):
        if (table, name) not in known:
            broken.add("A trigger that nobody knows is on %(table)s.", name, table=table)
    return broken
