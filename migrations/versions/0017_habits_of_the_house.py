"""habits of the house"""

import sqlalchemy as sa
from alembic import op

import almakane.db

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hub_habits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hub_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column(
            "cashier_band_bp",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "staff_band_bp", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "return_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("label_sheet", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("set_at", almakane.db.UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "cashier_band_bp BETWEEN 0 AND 10000 AND staff_band_bp BETWEEN 0 AND 10000",
            name=op.f("ck_hub_habits_bands_are_rates"),
        ),
        sa.CheckConstraint(
            "return_days BETWEEN 0 AND 365", name=op.f("ck_hub_habits_days_are_not_negative")
        ),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_hub_habits_hub_id_hub")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub_habits")),
        sa.UniqueConstraint("hub_id", "valid_from", name=op.f("uq_hub_habits_hub_id_valid_from")),
    )


def downgrade() -> None:
    op.drop_table("hub_habits")
