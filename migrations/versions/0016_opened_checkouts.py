"""opened checkouts"""

import sqlalchemy as sa
from alembic import op

import almakane.db

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "opened_checkout",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("hub_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("visitor", sa.String(length=64), nullable=False),
        sa.Column("at", almakane.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_opened_checkout_hub_id_hub")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opened_checkout")),
        sa.UniqueConstraint("uid", name=op.f("uq_opened_checkout_uid")),
    )
    op.create_index(op.f("ix_opened_checkout_visitor_at"), "opened_checkout", ["visitor", "at"])
    op.create_index(op.f("ix_opened_checkout_at"), "opened_checkout", ["at"])


def downgrade() -> None:
    op.drop_table("opened_checkout")
