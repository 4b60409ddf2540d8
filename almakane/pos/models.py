"""Shifts: who stood at a register, with which float, and what the count said."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from almakane.db import Centimes, Id, Model


class Shift(Model):
    """One person's time at a register, on one trading day."""

    __tablename__ = "shift"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("uid"), Index("ix_shift_register_id", "register_id", "day"))

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    register_id: Mapped[int] = mapped_column(ForeignKey("register.id"))
    uid: Mapped[str] = mapped_column(String(36))
    day: Mapped[date]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(80))
    float_amount: Mapped[Centimes]


class ShiftClosing(Model):
    """The end of a shift: what was expected in the drawer, counted, and left for the next float."""

    __tablename__ = "shift_closing"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("shift_id"),)

    id: Mapped[Id]
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id"))
    closed_at: Mapped[datetime]
    closed_by: Mapped[str] = mapped_column(String(80))
    expected: Mapped[Centimes]
    counted: Mapped[Centimes]
    left_amount: Mapped[Centimes]
    why: Mapped[str] = mapped_column(String(500))
