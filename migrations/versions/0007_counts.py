"""counts, and what is found again"""

import sqlalchemy as sa
from alembic import op

import almakane.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stock_count",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("hub_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("maker_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("craft", sa.String(length=24), nullable=True),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column(
            "after_move_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("opened_at", almakane.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_stock_count_hub_id_hub")),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["maker.id"], name=op.f("fk_stock_count_maker_id_maker")
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_stock_count_place_id_place")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_stock_count_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_count")),
        sa.UniqueConstraint("hub_id", "number", name=op.f("uq_stock_count_hub_id_number")),
        sa.UniqueConstraint("uid", name=op.f("uq_stock_count_uid")),
    )
    op.create_table(
        "count_end",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("count_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "how",
            sa.Enum(
                "closed",
                "cancelled",
                name="how_is_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("held_by", sa.String(length=200), nullable=False),
        sa.Column("at", almakane.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["count_id"], ["stock_count.id"], name=op.f("fk_count_end_count_id_stock_count")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_end")),
        sa.UniqueConstraint("count_id", name=op.f("uq_count_end_count_id")),
    )
    op.create_table(
        "count_line",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("count_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("missing", sa.Boolean(), nullable=False),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "lost",
                "settled",
                "moved",
                "found",
                "left",
                name="outcome_is_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("document", sa.String(length=20), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_count_line_quantity_is_positive")),
        sa.ForeignKeyConstraint(
            ["count_id"], ["stock_count.id"], name=op.f("fk_count_line_count_id_stock_count")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_count_line_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_count_line_place_id_place")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_line")),
        sa.UniqueConstraint("count_id", "n", name=op.f("uq_count_line_count_id_n")),
    )
    op.create_index("ix_count_line_lot_id", "count_line", ["lot_id"], unique=False)

    op.create_table(
        "count_scan",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("count_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("undoes_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("scanned_at", almakane.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_count_scan_quantity_is_positive")),
        sa.ForeignKeyConstraint(
            ["count_id"], ["stock_count.id"], name=op.f("fk_count_scan_count_id_stock_count")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_count_scan_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["place_id"], ["place.id"], name=op.f("fk_count_scan_place_id_place")
        ),
        sa.ForeignKeyConstraint(
            ["undoes_id"], ["count_scan.id"], name=op.f("fk_count_scan_undoes_id_count_scan")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_scan")),
        sa.UniqueConstraint("uid", name=op.f("uq_count_scan_uid")),
        sa.UniqueConstraint("undoes_id", name=op.f("uq_count_scan_undoes_id")),
    )
    op.create_index("ix_count_scan_count_id", "count_scan", ["count_id", "lot_id"], unique=False)
    op.create_index("ix_count_scan_lot_id", "count_scan", ["lot_id"], unique=False)

    op.create_table(
        "finding",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("hub_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("loss_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("how", sa.String(length=200), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("recorded_at", almakane.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_finding_quantity_is_positive")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_finding_entry_id_entry")),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_finding_hub_id_hub")),
        sa.ForeignKeyConstraint(["loss_id"], ["loss.id"], name=op.f("fk_finding_loss_id_loss")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_finding_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("hub_id", "number", name=op.f("uq_finding_hub_id_number")),
        sa.UniqueConstraint("uid", name=op.f("uq_finding_uid")),
    )
    op.create_index("ix_finding_loss_id", "finding", ["loss_id"], unique=False)

    op.create_table(
        "return_signature",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("hub_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slip_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("signer", sa.String(length=120), nullable=False),
        sa.Column(
            "way",
            sa.Enum(
                "drawn",
                "typed",
                name="way_is_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("mark_hash", sa.String(length=64), nullable=False),
        sa.Column("signed_at", almakane.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["hub_id"], ["hub.id"], name=op.f("fk_return_signature_hub_id_hub")
        ),
        sa.ForeignKeyConstraint(
            ["slip_id"], ["return_slip.id"], name=op.f("fk_return_signature_slip_id_return_slip")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_signature")),
        sa.UniqueConstraint("slip_id", name=op.f("uq_return_signature_slip_id")),
    )
    op.add_column(
        "loss", sa.Column("stolen", sa.Boolean(), server_default=sa.false(), nullable=False)
    )

    op.create_index("ix_lot_due", "lot", ["hub_id", "due_back_on"], unique=False)
    op.create_index("ix_lot_maker", "lot", ["maker_id", "due_back_on"], unique=False)

    op.create_index(
        "ix_stock_level_there",
        "stock_level",
        ["place_id", "lot_id"],
        unique=False,
        sqlite_where=sa.text("quantity <> 0"),
        postgresql_where=sa.text("quantity <> 0"),
    )

    op.create_index(
        "ix_stock_move_transferred",
        "stock_move",
        ["hub_id", "document"],
        unique=False,
        sqlite_where=sa.text("reason = 'transferred'"),
        postgresql_where=sa.text("reason = 'transferred'"),
    )

    op.drop_index("ix_entry_beside_lines", table_name="entry")
    where = sa.text("kind NOT IN ('sale', 'refund', 'exchange', 'loss', 'finding')")
    op.create_index(
        "ix_entry_beside_lines",
        "entry",
        ["hub_id", "id"],
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    op.drop_index(
        "ix_stock_move_transferred",
        table_name="stock_move",
        sqlite_where=sa.text("reason = 'transferred'"),
        postgresql_where=sa.text("reason = 'transferred'"),
    )

    op.drop_index(
        "ix_stock_level_there",
        table_name="stock_level",
        sqlite_where=sa.text("quantity <> 0"),
        postgresql_where=sa.text("quantity <> 0"),
    )

    op.drop_index("ix_lot_maker", table_name="lot")
    op.drop_index("ix_lot_due", table_name="lot")

    op.execute("ALTER TABLE loss DROP COLUMN stolen")  # no rebuild, which would cost the guards

    op.drop_index("ix_finding_loss_id", table_name="finding")

    op.drop_table("return_signature")
    op.drop_table("finding")
    op.drop_index("ix_count_scan_lot_id", table_name="count_scan")
    op.drop_index("ix_count_scan_count_id", table_name="count_scan")

    op.drop_table("count_scan")
    op.drop_index("ix_count_line_lot_id", table_name="count_line")

    op.drop_table("count_line")
    op.drop_table("count_end")
    op.drop_table("stock_count")
    op.drop_index("ix_entry_beside_lines", table_name="entry")
    where = sa.text("kind NOT IN ('sale', 'refund', 'exchange', 'loss')")
    op.create_index(
        "ix_entry_beside_lines",
        "entry",
        ["hub_id", "id"],
        sqlite_where=where,
        postgresql_where=where,
    )
