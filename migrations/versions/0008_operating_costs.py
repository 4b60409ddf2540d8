"""operating costs"""

import sqlalchemy as sa
from alembic import op

import almakane.db

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "operating_cost",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("hub_id", number, nullable=False),
        sa.Column("uid", sa.String(length=60), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                *("wages", "rent", "energy", "communication", "training", "transport"),
                *("supplies", "upkeep", "insurance", "bank", "taxes", "other"),
                name="kind_is_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "activity",
            sa.Enum(
                *("house", "shop", "experiences", "training", "support"),
                name="activity_is_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "fund",
            sa.Enum(
                *("own", "restricted"),
                name="fund_is_known",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("reverses_id", number, nullable=True),
        sa.Column("entered_at", almakane.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_operating_cost_amount_is_positive")),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_operating_cost_hub_id_hub")),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["operating_cost.id"],
            name=op.f("fk_operating_cost_reverses_id_operating_cost"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operating_cost")),
        sa.UniqueConstraint("hub_id", "uid", name=op.f("uq_operating_cost_hub_id_uid")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_operating_cost_reverses_id")),
    )
    op.create_index("ix_operating_cost_month", "operating_cost", ["hub_id", "month"])


def downgrade() -> None:
    op.drop_index("ix_operating_cost_month", table_name="operating_cost")
    op.drop_table("operating_cost")
