"""photographs, prices, and what a page says of makers and products"""

import sqlalchemy as sa
from alembic import op

import almakane.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = almakane.db.UTCDateTime(timezone=True)

# Plain columns without checks: they are added in place, and no table is copied on SQLite.
COLUMNS = {
    "product": (
        sa.Column("width_mm", NUMBER, nullable=True),
        sa.Column("height_mm", NUMBER, nullable=True),
        sa.Column("depth_mm", NUMBER, nullable=True),
        sa.Column("off_web_at", MOMENT, nullable=True),
    ),
    "product_text": (
        sa.Column("technique", sa.String(length=120), server_default="", nullable=False),
        sa.Column("materials", sa.String(length=160), server_default="", nullable=False),
    ),
    "maker": (
        sa.Column("ice", sa.String(length=15), server_default="", nullable=False),
        sa.Column("tax_id", sa.String(length=20), server_default="", nullable=False),
        sa.Column("tax_profile", sa.String(length=16), nullable=True),
    ),
    "artisan": (
        sa.Column("weight", NUMBER, server_default="1", nullable=False),
        sa.Column("left_at", MOMENT, nullable=True),
    ),
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for column in columns:
            op.add_column(table, column._copy())

    op.create_table(
        "product_price",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("product_id", NUMBER, nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.BigInteger(), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.CheckConstraint(
            "price >= 0 AND before >= 0", name=op.f("ck_product_price_price_is_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_price_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_price")),
    )
    op.create_index("ix_product_price_product_id", "product_price", ["product_id", "id"])

    op.create_table(
        "photo",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("hub_id", NUMBER, nullable=False),
        sa.Column("product_id", NUMBER, nullable=True),
        sa.Column("maker_id", NUMBER, nullable=True),
        sa.Column(
            "form",
            sa.Enum(
                "photograph",
                "drawing",
                name="form_is_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("width", NUMBER, nullable=False),
        sa.Column("height", NUMBER, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("alt_fr", sa.String(length=160), nullable=False),
        sa.Column("alt_ar", sa.String(length=160), nullable=False),
        sa.Column("alt_en", sa.String(length=160), nullable=False),
        sa.Column("taken_in_at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.Column("retired_by", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "(product_id IS NULL) <> (maker_id IS NULL)", name=op.f("ck_photo_it_shows_one_thing")
        ),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("ck_photo_it_has_a_size")),
        sa.CheckConstraint(
            "(retired_at IS NULL) = (retired_by IS NULL)",
            name=op.f("ck_photo_somebody_retired_it"),
        ),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_photo_hub_id_hub")),
        sa.ForeignKeyConstraint(["maker_id"], ["maker.id"], name=op.f("fk_photo_maker_id_maker")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_photo_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
    )
    op.create_index("ix_photo_product_id", "photo", ["product_id", "position"])
    op.create_index("ix_photo_maker_id", "photo", ["maker_id", "position"])

    op.create_table(
        "rib_change",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("hub_id", NUMBER, nullable=False),
        sa.Column("maker_id", NUMBER, nullable=False),
        sa.Column("artisan_id", NUMBER, nullable=True),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("last4", sa.String(length=4), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["artisan_id"], ["artisan.id"], name=op.f("fk_rib_change_artisan_id_artisan")
        ),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_rib_change_hub_id_hub")),
        sa.ForeignKeyConstraint(
            ["maker_id"], ["maker.id"], name=op.f("fk_rib_change_maker_id_maker")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rib_change")),
        sa.UniqueConstraint("uid", name=op.f("uq_rib_change_uid")),
    )
    op.create_index("ix_rib_change_maker_id", "rib_change", ["maker_id", "artisan_id", "id"])

    op.create_table(
        "rib_secret",
        sa.Column("change_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("locked", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id"], ["rib_change.id"], name=op.f("fk_rib_secret_change_id_rib_change")
        ),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_rib_secret")),
    )

    op.create_table(
        "amendment",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("hub_id", NUMBER, nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("subject_id", NUMBER, nullable=False),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("fields", sa.String(length=400), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_amendment_hub_id_hub")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendment")),
    )
    op.create_index("ix_amendment_subject", "amendment", ["subject", "subject_id", "id"])


def downgrade() -> None:
    for table in ("amendment", "rib_secret", "rib_change", "photo", "product_price"):
        op.drop_table(table)
    for table, columns in reversed(COLUMNS.items()):
        for column in reversed(columns):
            op.drop_column(table, column.name)
