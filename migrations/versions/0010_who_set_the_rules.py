"""who set the rules"""

import sqlalchemy as sa
from alembic import op

import almakane.db

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("hub_rules", "hub_identity"):
        op.add_column(
            table, sa.Column("actor", sa.String(length=80), nullable=False, server_default="")
        )
        op.add_column(
            table, sa.Column("set_at", almakane.db.UTCDateTime(timezone=True), nullable=True)
        )


def downgrade() -> None:
    for table in ("hub_rules", "hub_identity"):
        op.drop_column(table, "set_at")
        op.drop_column(table, "actor")
