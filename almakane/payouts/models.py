"""Statements of a maker's account, immutable and numbered without gaps."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from almakane.db import Centimes, Id, Model


class Statement(Model):
    """
    A period of one account, cut by entry id: rows after `from_entry_id` up to `to_entry_id`.

    Amounts are what the hub owes, in centimes; negative when the maker owes the hub. closing =
    opening + the rows; available = closing - waiting.
    """

    __tablename__ = "statement"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("hub_id", "number"),
        UniqueConstraint("account_id", "from_entry_id"),
        CheckConstraint("to_entry_id >= from_entry_id", name="cut_goes_forward"),
        CheckConstraint("available = closing - waiting", name="available_adds_up"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    maker_id: Mapped[int] = mapped_column(ForeignKey("maker.id"))
    artisan_id: Mapped[int | None] = mapped_column(ForeignKey("artisan.id"))  # paid to members
    number: Mapped[str] = mapped_column(String(20))
    day: Mapped[date]  # up to and with this day, by arrival
    from_entry_id: Mapped[int]
    to_entry_id: Mapped[int]
    opening: Mapped[Centimes]
    closing: Mapped[Centimes]
    waiting: Mapped[Centimes]
    available: Mapped[Centimes]
    seal_id: Mapped[int | None] = mapped_column(ForeignKey("seal.id"))
    drawn_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
