"""order money"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import almakane.db

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TENDERS = ("cash", "terminal", "gift_card", "credit", "cheque", "transfer")
_MORE_TENDERS = ("deposit", "cod")
_FLAGS = (
    *("total_differs", "tax_differs", "price_old", "below_floor", "over_band", "no_approval"),
    *("approved_offline", "unknown_cashier", "cashier_disabled", "shift_missing", "shift_closed"),
    *("lot_unknown", "product_disabled", "stock_short", "hold_preempted", "hold_paid"),
    *("over_refund", "tender_unsecured", "cash_limit", "clock_skew", "number_gap"),
    *("number_twice", "late_day"),
)
_MORE_FLAGS = ("order_differs", "order_twice")
_STEPS = ("confirmed", "packed", "ready", "shipped", "delivered", "returned", "cancelled")
_MORE_STEPS = ("unreached", "picked", "kept")
_INDEXES = {
    "taking": ("ix_taking_of", ["hub_id", "kind", "ref"]),
    "web_order_step": ("ix_web_order_step_order_id", ["order_id", "id"]),
}


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment() -> sa.types.TypeEngine[object]:
    return almakane.db.UTCDateTime(timezone=True)


def _one_of(name: str, words: Sequence[str], length: int | None = None) -> sa.Enum:
    told = {"length": length} if length else {}
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, **told)


def _in(column: str, words: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def _widen(
    table: sa.Table, column: str, name: str, words: Sequence[str], *, rowid: bool = True
) -> None:
    """Let a column say other words; the batch is told the whole table, for it would lose checks."""
    kept = {} if rowid else {"sqlite_with_rowid": False}
    full_name = f"ck_{table.name}_{name}"
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f(full_name), table.name, type_="check")
        op.create_check_constraint(op.f(full_name), table.name, _in(column, words))
        return
    with op.batch_alter_table(
        table.name, copy_from=table, recreate="always", table_kwargs=kept
    ) as batch:
        batch.create_check_constraint(op.f(full_name), _in(column, words))
        if table.name in _INDEXES:
            index, columns = _INDEXES[table.name]
            batch.create_index(index, columns, unique=False)


def _tender() -> sa.Table:
    return sa.Table(
        "tender",
        sa.MetaData(),
        sa.Column("sale_id", _id(), nullable=False),
        sa.Column("n", _id(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("secured", sa.Boolean(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_tender_amount_is_not_zero")),
        sa.ForeignKeyConstraint(["sale_id"], ["sale.id"], name=op.f("fk_tender_sale_id_sale")),
        sa.PrimaryKeyConstraint("sale_id", "n", name=op.f("pk_tender")),
        sqlite_with_rowid=False,
    )


def _taking() -> sa.Table:
    return sa.Table(
        "taking",
        sa.MetaData(),
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("hub_id", _id(), nullable=False),
        sa.Column("register_id", _id(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_taking_amount_is_positive")),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_taking_hub_id_hub")),
        sa.ForeignKeyConstraint(
            ["register_id"], ["register.id"], name=op.f("fk_taking_register_id_register")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taking")),
        sa.UniqueConstraint("uid", name=op.f("uq_taking_uid")),
    )


def _web_order_step() -> sa.Table:
    return sa.Table(
        "web_order_step",
        sa.MetaData(),
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("order_id", _id(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["web_order.id"], name=op.f("fk_web_order_step_order_id_web_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_order_step")),
    )


def _sale_flag() -> sa.Table:
    return sa.Table(
        "sale_flag",
        sa.MetaData(),
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("sale_id", _id(), nullable=False),
        sa.Column("flag", sa.String(length=16), nullable=False),
        sa.Column("line", _id(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["sale_id"], ["sale.id"], name=op.f("fk_sale_flag_sale_id_sale")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_flag")),
        sa.UniqueConstraint("sale_id", "flag", "line", name=op.f("uq_sale_flag_sale_id_flag_line")),
    )


def _flag_end() -> sa.Table:
    return sa.Table(
        "flag_end",
        sa.MetaData(),
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("sale_id", _id(), nullable=False),
        sa.Column("flag", sa.String(length=16), nullable=False),
        sa.Column("line", _id(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("how", sa.String(length=500), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag_end")),
        sa.UniqueConstraint("sale_id", "flag", "line", name=op.f("uq_flag_end_sale_id_flag_line")),
    )


def _say(tenders: Sequence[str], flags: Sequence[str], steps: Sequence[str]) -> None:
    _widen(_tender(), "kind", "kind_is_known", tenders, rowid=False)
    _widen(_taking(), "kind", "kind_is_known", tenders)
    _widen(_sale_flag(), "flag", "flag_is_known", flags)
    _widen(_flag_end(), "flag", "flag_is_known", flags)
    _widen(_web_order_step(), "step", "step_is_known", steps)


def upgrade() -> None:
    _say((*_TENDERS, *_MORE_TENDERS), (*_FLAGS, *_MORE_FLAGS), (*_STEPS, *_MORE_STEPS))
    op.create_index(
        "ix_sale_customer",
        "sale",
        ["hub_id", "customer"],
        sqlite_where=sa.text("customer IS NOT NULL"),
        postgresql_where=sa.text("customer IS NOT NULL"),
    )
    op.create_table(
        "deposit",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("hub_id", _id(), nullable=False),
        sa.Column("site_id", _id(), nullable=False),
        sa.Column("entry_id", _id(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("way", _one_of("way_is_known", ("bank", "card"), 16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.String(length=120), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("recorded_at", _moment(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_deposit_amount_is_not_zero")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_deposit_entry_id_entry")),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_deposit_hub_id_hub")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_deposit_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_deposit_entry_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_deposit_uid")),
    )
    op.create_index("ix_deposit_order", "deposit", ["hub_id", "ref"])
    op.create_table(
        "courier_slip",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("hub_id", _id(), nullable=False),
        sa.Column("site_id", _id(), nullable=False),
        sa.Column("entry_id", _id(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("courier", sa.String(length=40), nullable=False),
        sa.Column("banked", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("fee_vat", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("evidence", sa.String(length=120), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("recorded_at", _moment(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.CheckConstraint("banked + fee + fee_vat > 0", name=op.f("ck_courier_slip_is_something")),
        sa.CheckConstraint(
            "banked >= 0 AND fee >= 0 AND fee_vat >= 0",
            name=op.f("ck_courier_slip_is_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_courier_slip_entry_id_entry")
        ),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_courier_slip_hub_id_hub")),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_courier_slip_site_id_site")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courier_slip")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_courier_slip_entry_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_courier_slip_uid")),
    )
    op.create_table(
        "courier_slip_sale",
        sa.Column("slip_id", _id(), nullable=False),
        sa.Column("sale_id", _id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["slip_id"],
            ["courier_slip.id"],
            name=op.f("fk_courier_slip_sale_slip_id_courier_slip"),
        ),
        sa.ForeignKeyConstraint(
            ["sale_id"], ["sale.id"], name=op.f("fk_courier_slip_sale_sale_id_sale")
        ),
        sa.PrimaryKeyConstraint("slip_id", "sale_id", name=op.f("pk_courier_slip_sale")),
        sa.UniqueConstraint("sale_id", name=op.f("uq_courier_slip_sale_sale_id")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("courier_slip_sale")
    op.drop_table("courier_slip")
    op.drop_index("ix_deposit_order", "deposit")
    op.drop_table("deposit")
    op.drop_index("ix_sale_customer", "sale")
    _say(_TENDERS, _FLAGS, _STEPS)
