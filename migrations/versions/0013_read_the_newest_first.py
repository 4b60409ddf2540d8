"""read the newest first"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

_THERE = {
    "sqlite_where": sa.text("quantity <> 0"),
    "postgresql_where": sa.text("quantity <> 0"),
}


def upgrade() -> None:
    op.create_index("ix_lot_hub_id", "lot", ["hub_id", "id"])
    op.create_index("ix_lot_maker_id", "lot", ["maker_id", "id"])
    op.drop_index("ix_stock_level_there", table_name="stock_level")
    op.create_index(
        "ix_stock_level_there", "stock_level", ["place_id", "lot_id", "quantity"], **_THERE
    )
    op.create_index("ix_statement_maker_id", "statement", ["maker_id", "to_entry_id"])


def downgrade() -> None:
    op.drop_index("ix_statement_maker_id", table_name="statement")
    op.drop_index("ix_stock_level_there", table_name="stock_level")
    op.create_index("ix_stock_level_there", "stock_level", ["place_id", "lot_id"], **_THERE)
    op.drop_index("ix_lot_maker_id", table_name="lot")
    op.drop_index("ix_lot_hub_id", table_name="lot")
