"""orders"""

import sqlalchemy as sa
from alembic import op

import almakane.db

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "delivery_tariff",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("hub_id", number, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("default_grams", number, nullable=False),
        sa.Column("set_at", almakane.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.CheckConstraint("default_grams > 0", name=op.f("ck_delivery_tariff_weight_is_positive")),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_delivery_tariff_hub_id_hub")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_tariff")),
        sa.UniqueConstraint(
            "hub_id", "valid_from", name=op.f("uq_delivery_tariff_hub_id_valid_from")
        ),
    )
    op.create_table(
        "delivery_fee",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("tariff_id", number, nullable=False),
        sa.Column("city", sa.String(length=60), nullable=False),
        sa.Column("up_to_grams", number, nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("fee >= 0", name=op.f("ck_delivery_fee_fee_is_not_negative")),
        sa.CheckConstraint("up_to_grams > 0", name=op.f("ck_delivery_fee_weight_is_positive")),
        sa.ForeignKeyConstraint(
            ["tariff_id"],
            ["delivery_tariff.id"],
            name=op.f("fk_delivery_fee_tariff_id_delivery_tariff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_fee")),
        sa.UniqueConstraint(
            "tariff_id",
            "city",
            "up_to_grams",
            name=op.f("uq_delivery_fee_tariff_id_city_up_to_grams"),
        ),
    )
    op.create_table(
        "web_order",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("hub_id", number, nullable=False),
        sa.Column("site_id", number, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column(
            "way",
            sa.Enum(
                "pickup",
                "delivery",
                name="way_is_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("city", sa.String(length=60), nullable=False),
        sa.Column(
            "payment",
            sa.Enum(
                "shop",
                "cod",
                "transfer",
                "card",
                name="payment_is_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("goods", sa.BigInteger(), nullable=False),
        sa.Column("delivery_fee", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("weight_grams", number, nullable=False),
        sa.Column("placed_at", almakane.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "(way = 'delivery') = (city <> '')", name=op.f("ck_web_order_a_delivery_names_its_city")
        ),
        sa.CheckConstraint(
            "way = 'delivery' OR delivery_fee = 0", name=op.f("ck_web_order_fetching_is_free")
        ),
        sa.CheckConstraint(
            "goods >= 0 AND delivery_fee >= 0", name=op.f("ck_web_order_sums_are_not_negative")
        ),
        sa.CheckConstraint("total = goods + delivery_fee", name=op.f("ck_web_order_order_adds_up")),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_web_order_hub_id_hub")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_web_order_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_order")),
        sa.UniqueConstraint("hub_id", "number", name=op.f("uq_web_order_hub_id_number")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_web_order_key_hash")),
        sa.UniqueConstraint("uid", name=op.f("uq_web_order_uid")),
    )
    op.create_index("ix_web_order_hub_id", "web_order", ["hub_id", "id"])

    op.create_table(
        "order_contact",
        sa.Column("order_id", number, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("erased_at", almakane.db.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["web_order.id"], name=op.f("fk_order_contact_order_id_web_order")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_contact")),
    )
    op.create_index("ix_order_contact_phone", "order_contact", ["phone"])

    op.create_table(
        "web_order_step",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("order_id", number, nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "confirmed",
                "packed",
                "ready",
                "shipped",
                "delivered",
                "returned",
                "cancelled",
                name="step_is_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("at", almakane.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["web_order.id"], name=op.f("fk_web_order_step_order_id_web_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_order_step")),
    )
    op.create_index("ix_web_order_step_order_id", "web_order_step", ["order_id", "id"])

    op.create_table(
        "web_order_line",
        sa.Column("order_id", number, nullable=False),
        sa.Column("n", number, nullable=False),
        sa.Column("lot_id", number, nullable=False),
        sa.Column("product_id", number, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("quantity", number, nullable=False),
        sa.Column("list_price", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("tax_bp", number, nullable=False),
        sa.Column("tax_code", sa.String(length=16), nullable=False),
        sa.Column("hold_uid", sa.String(length=60), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_web_order_line_quantity_is_positive")),
        sa.CheckConstraint("total = unit * quantity", name=op.f("ck_web_order_line_line_adds_up")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_web_order_line_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["web_order.id"], name=op.f("fk_web_order_line_order_id_web_order")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_web_order_line_product_id_product")
        ),
        sa.PrimaryKeyConstraint("order_id", "n", name=op.f("pk_web_order_line")),
        sa.UniqueConstraint("hold_uid", name=op.f("uq_web_order_line_hold_uid")),
    )
    op.create_index("ix_web_order_line_lot_id", "web_order_line", ["lot_id"])


def downgrade() -> None:
    op.drop_index("ix_web_order_line_lot_id", table_name="web_order_line")

    op.drop_table("web_order_line")
    op.drop_index("ix_web_order_step_order_id", table_name="web_order_step")

    op.drop_table("web_order_step")
    op.drop_index("ix_order_contact_phone", table_name="order_contact")

    op.drop_table("order_contact")
    op.drop_index("ix_web_order_hub_id", table_name="web_order")

    op.drop_table("web_order")
    op.drop_table("delivery_fee")
    op.drop_table("delivery_tariff")
