"""Makers, their artisans, and every version of the agreement with each."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Enum, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from almakane.cooperatives.agreement import Bearer, Discounts, PaidTo, Regime
from almakane.db import Id, Model, one_of


class MakerKind(StrEnum):
    """What a maker is."""

    COOPERATIVE = "cooperative"
    ARTISAN = "artisan"


class TaxProfile(StrEnum):
    """How a maker stands to VAT; a new agreement asks for it, and freezes what follows from it."""

    EXEMPT = "exempt"  # below the thresholds, or exempt as a cooperative
    SELF_EMPLOYED = "self_employed"  # an auto-entrepreneur: no VAT
    LIABLE = "liable"


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
    ice: Mapped[str] = mapped_column(String(15), default="", server_default="")
    tax_id: Mapped[str] = mapped_column(String(20), default="", server_default="")  # the IF
    tax_profile: Mapped[TaxProfile | None] = mapped_column(
        Enum(
            TaxProfile,
            native_enum=False,
            create_constraint=False,  # SQLite would copy the whole table for it
            length=16,
            values_callable=lambda profiles: [profile.value for profile in profiles],
        )
    )

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
    weight: Mapped[int] = mapped_column(default=1, server_default="1")  # unless a lot says another
    left_at: Mapped[datetime | None]  # no longer among the maker's; what they made stays theirs


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


class RibChange(Model):
    """
    A bank account that somebody named for a maker or an artisan, and who did.

    It is a proposal: whoever sends money asks for a second person and for time to pass.
    """

    __tablename__ = "rib_change"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("uid"),
        Index("ix_rib_change_maker_id", "maker_id", "artisan_id", "id"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    maker_id: Mapped[int] = mapped_column(ForeignKey("maker.id"))
    artisan_id: Mapped[int | None] = mapped_column(ForeignKey("artisan.id"))
    uid: Mapped[str] = mapped_column(String(36))
    last4: Mapped[str] = mapped_column(String(4))  # all that pages ever show
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class RibSecret(Model):
    """The 24 digits of a bank account, locked with the house's key; apart, so as to be erasable."""

    __tablename__ = "rib_secret"

    change_id: Mapped[int] = mapped_column(ForeignKey("rib_change.id"), primary_key=True)
    locked: Mapped[str] = mapped_column(String(200))


class Amendment(Model):
    """Something that staff changed about a maker, an artisan, a product or a site."""

    __tablename__ = "amendment"
    __append_only__ = True
    __table_args__ = (Index("ix_amendment_subject", "subject", "subject_id", "id"),)

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    subject: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[int]
    what: Mapped[str] = mapped_column(String(24))
    fields: Mapped[str] = mapped_column(String(400))  # their names; what they said is not kept
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
