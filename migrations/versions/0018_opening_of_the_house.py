"""opening of the house"""

import sqlalchemy as sa
from alembic import op

import almakane.db

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def upgrade() -> None:
    op.create_table(
        "hub_opening",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hub_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("city", sa.String(length=80), nullable=False),
        *(sa.Column(day, sa.String(length=40), nullable=False) for day in _DAYS),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("set_at", almakane.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_hub_opening_hub_id_hub")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub_opening")),
        sa.UniqueConstraint("hub_id", "valid_from", name=op.f("uq_hub_opening_hub_id_valid_from")),
    )


def downgrade() -> None:
    op.drop_table("hub_opening")
