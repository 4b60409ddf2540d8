"""photographs of lines"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_CHECK = "ck_intake_line_a_photo_has_a_size"


def upgrade() -> None:
    with op.batch_alter_table("intake_line") as table:
        table.add_column(sa.Column("photo_key", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("photo_width", sa.Integer(), nullable=True))
        table.add_column(sa.Column("photo_height", sa.Integer(), nullable=True))
        table.create_check_constraint(
            op.f(_CHECK),
            "(photo_key IS NULL AND photo_width IS NULL AND photo_height IS NULL)"
            " OR (photo_key IS NOT NULL AND photo_width > 0 AND photo_height > 0)",
        )


def downgrade() -> None:
    with op.batch_alter_table("intake_line") as table:
        table.drop_constraint(op.f(_CHECK), type_="check")
        table.drop_column("photo_height")
        table.drop_column("photo_width")
        table.drop_column("photo_key")
