"""Makers, their artisans, and every version of the agreement with each."""

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from almakane.cooperatives.agreement import Bearer, Discounts, PaidTo, Regime
from almakane.db import Id, Model, one_of


class MakerKind(StrEnum):
    """What a maker is."""

    COOPERATIVE = "cooperative"
    ARTISAN = "artisan"


class Maker(Model):
    """A cooperative or independent artisan who consigns."""

    __tablename__ = "maker"
    __table_args__ = (UniqueConstraint("hub_id", "code"),)

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    code: Mapped[str] = mapped_column(String(16))
    kind: Mapped[MakerKind] = mapped_column(one_of(MakerKind, "kind_is_known"))
    name: Mapped[str] = mapped_column(String(120))  # as documents name it
    craft: Mapped[str] = mapped_column(String(24))
    place: Mapped[str] = mapped_column(String(80))
    region: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str] = mapped_column(String(20), default="")
    since: Mapped[date]

    texts: Mapped[list["MakerText"]] = relationship()
    artisans: Mapped[list["Artisan"]] = relationship(order_by="Artisan.id")


class MakerText(Model):
    """A maker's name, story and place in one language."""

    __tablename__ = "maker_text"

    maker_id: Mapped[int] = mapped_column(ForeignKey("maker.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    story: Mapped[str] = mapped_column(String(2_000))
    place: Mapped[str] = mapped_column(String(80))


class Artisan(Model):
    """The person who makes pieces, a member of a cooperative or alone."""

    __tablename__ = "artisan"

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    maker_id: Mapped[int] = mapped_column(ForeignKey("maker.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    name_ar: Mapped[str] = mapped_column(String(120))
    gender: Mapped[str] = mapped_column(String(1), default="")
    born: Mapped[int | None]


class Agreement(Model):
    """A version of the terms between the hub and a maker; a new one replaces, none changes."""

    __tablename__ = "agreement"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("maker_id", "version"),
        UniqueConstraint("maker_id", "valid_from"),
        CheckConstraint("commission_bp BETWEEN 0 AND 10000", name="commission_is_a_rate"),
        CheckConstraint("card_fee_bp BETWEEN 0 AND 10000", name="card_fee_is_a_rate"),
        CheckConstraint("card_fee_maker_bp BETWEEN 0 AND 10000", name="card_fee_part_is_a_rate"),
        CheckConstraint("return_days >= 0 AND unsold_days > 0", name="days_are_not_negative"),
    )

    id: Mapped[Id]
    maker_id: Mapped[int] = mapped_column(ForeignKey("maker.id"))
    version: Mapped[int]
    valid_from: Mapped[date]
    regime: Mapped[Regime] = mapped_column(one_of(Regime, "regime_is_known"))
    commission_bp: Mapped[int]
    discounts: Mapped[Discounts] = mapped_column(one_of(Discounts, "discounts_are_known"))
    card_fee_bp: Mapped[int]
    card_fee_maker_bp: Mapped[int]
    maker_vat_liable: Mapped[bool]
    paid_to: Mapped[PaidTo] = mapped_column(one_of(PaidTo, "paid_to_is_known"))
    loss_bearer: Mapped[Bearer] = mapped_column(one_of(Bearer, "loss_bearer_is_known"))
    return_days: Mapped[int]
    unsold_days: Mapped[int]

    overrides: Mapped[list["AgreementOverride"]] = relationship()


class AgreementOverride(Model):
    """Another commission for one category, under one agreement version."""

    __tablename__ = "agreement_override"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("agreement_id", "category"),
        CheckConstraint("commission_bp BETWEEN 0 AND 10000", name="commission_is_a_rate"),
    )

    id: Mapped[Id]
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    category: Mapped[str] = mapped_column(String(24))
    commission_bp: Mapped[int]
