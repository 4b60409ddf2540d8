"""The outbox: prints, mails and messages, committed with the fact that asks for them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from almakane.db import Id, Model


class Outbox(Model):
    """Something to do for the world after the commit, once however often it is asked."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("uid"),
        Index(
            "ix_outbox_open",
            "due_at",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    uid: Mapped[str] = mapped_column(String(80))  # of the fact and what to do about it
    kind: Mapped[str] = mapped_column(String(16))
    body: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
