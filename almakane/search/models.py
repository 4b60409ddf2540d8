"""The words that makers, artisans and products are found by: no book, written from their rows."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from almakane.db import Model
from almakane.web.words import LONGEST

_WORD = String(LONGEST).with_variant(String(LONGEST, collation="C"), "postgresql")


class SearchWord(Model):
    """A word, folded, by which a thing of a kind is found; ordered letter by letter everywhere."""

    __tablename__ = "search_word"
    __table_args__ = (
        Index("ix_search_word_thing", "thing_id", "kind", "word"),
        {"sqlite_with_rowid": False},
    )

    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    word: Mapped[str] = mapped_column(_WORD, primary_key=True)
    thing_id: Mapped[int] = mapped_column(primary_key=True)
