"""Statements of a maker's account, and what the house itself costs: rows added, never changed."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from almakane.db import Centimes, Id, Model, one_of


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
        Index("ix_statement_maker_id", "maker_id", "to_entry_id"),
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


class CostKind(StrEnum):
    """What the house spends on."""

    WAGES = "wages"
    RENT = "rent"
    ENERGY = "energy"
    COMMUNICATION = "communication"
    TRAINING = "training"
    TRANSPORT = "transport"
    SUPPLIES = "supplies"
    UPKEEP = "upkeep"
    INSURANCE = "insurance"
    BANK = "bank"
    TAXES = "taxes"
    OTHER = "other"


class Activity(StrEnum):
    """What it spends it for; `house` is what all of them share."""

    HOUSE = "house"
    SHOP = "shop"
    EXPERIENCES = "experiences"
    TRAINING = "training"
    SUPPORT = "support"


class Fund(StrEnum):
    """Whose money pays: the house's own, or a grant that is given for just this."""

    OWN = "own"
    RESTRICTED = "restricted"


class OperatingCost(Model):
    """
    What the house cost in a month for one thing, without VAT; a mistake is met by its reversal.

    `reverses_id` names the row that this one undoes: same month, same amount, and it counts below
    zero. The money book knows nothing of these: they are entered for the way to autonomy alone.
    """

    __tablename__ = "operating_cost"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("hub_id", "uid"),
        UniqueConstraint("reverses_id"),
        CheckConstraint("amount > 0", name="amount_is_positive"),
        Index("ix_operating_cost_month", "hub_id", "month"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    uid: Mapped[str] = mapped_column(String(60))
    month: Mapped[date]  # its first day
    kind: Mapped[CostKind] = mapped_column(one_of(CostKind, "kind_is_known"))
    activity: Mapped[Activity] = mapped_column(one_of(Activity, "activity_is_known"))
    fund: Mapped[Fund] = mapped_column(one_of(Fund, "fund_is_known"))
    amount: Mapped[Centimes]
    note: Mapped[str] = mapped_column(String(200))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("operating_cost.id"))
    entered_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
