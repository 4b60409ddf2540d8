"""words to find by"""

import sqlalchemy as sa
from alembic import op

from almakane.web.words import words_of

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Each thing with its hub and all texts that it is found by; the same as almakane/search/indexing.py
_TEXTS = {
    "product": (
        "SELECT id, hub_id, code FROM product UNION ALL SELECT id, hub_id, technique FROM product "
        "UNION ALL SELECT p.id, p.hub_id, t.title FROM product p "
        "JOIN product_text t ON t.product_id = p.id"
    ),
    "maker": (
        "SELECT id, hub_id, code FROM maker UNION ALL SELECT id, hub_id, name FROM maker "
        "UNION ALL SELECT id, hub_id, place FROM maker UNION ALL SELECT m.id, m.hub_id, t.name "
        "FROM maker m JOIN maker_text t ON t.maker_id = m.id UNION ALL "
        "SELECT m.id, m.hub_id, t.place FROM maker m JOIN maker_text t ON t.maker_id = m.id"
    ),
    "artisan": (
        "SELECT id, hub_id, name FROM artisan UNION ALL SELECT id, hub_id, name_ar FROM artisan"
    ),
}


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    word = op.create_table(
        "search_word",
        sa.Column("hub_id", number, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column(
            "word",
            sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("thing_id", number, nullable=False),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_search_word_hub_id_hub")),
        sa.PrimaryKeyConstraint("hub_id", "kind", "word", "thing_id", name=op.f("pk_search_word")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_search_word_thing", "search_word", ["thing_id", "kind", "word"])
    for kind, sql in _TEXTS.items():
        found: set[tuple[int, str, int]] = set()
        for thing, hub, text in op.get_bind().execute(sa.text(sql)):
            found |= {(hub, said, thing) for said in words_of([text])}
        rows = [
            {"hub_id": hub, "kind": kind, "word": said, "thing_id": thing}
            for hub, said, thing in sorted(found)
        ]
        if rows:
            op.bulk_insert(word, rows)


def downgrade() -> None:
    op.drop_index("ix_search_word_thing", table_name="search_word")
    op.drop_table("search_word")
