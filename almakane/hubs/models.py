"""The hub and what it is set to, by date."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from almakane.db import Centimes, Id, Model


class Hub(Model):
    """A legal entity that holds makers' goods and owes them money."""

    __tablename__ = "hub"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    currency: Mapped[str] = mapped_column(String(3))
    zone: Mapped[str] = mapped_column(String(40))


class Site(Model):
    """A place that a hub runs."""

    __tablename__ = "site"
    __table_args__ = (UniqueConstraint("hub_id", "code"),)

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    code: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(120))


class HubRules(Model):
    """What the law and the house set, from a day on: the latest row not after it holds."""

    __tablename__ = "hub_rules"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("hub_id", "valid_from"),
        CheckConstraint("vat_bp BETWEEN 0 AND 10000", name="vat_is_a_rate"),
        CheckConstraint("vat_reduced_bp BETWEEN 0 AND 10000", name="reduced_vat_is_a_rate"),
        CheckConstraint("cash_step >= 1", name="cash_step_is_positive"),
        CheckConstraint(
            "till_wait_days >= 0 AND web_wait_days >= 0", name="waits_are_not_negative"
        ),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    valid_from: Mapped[date]
    vat_liable: Mapped[bool]
    vat_bp: Mapped[int]  # the rate on the hub's own services, so on its commission
    vat_reduced_bp: Mapped[int]
    cash_step: Mapped[Centimes]  # cash is rounded to this, 10 by default
    cash_limit: Mapped[Centimes]  # a cash part from here on is flagged (CGI art. 193)
    till_wait_days: Mapped[int]  # from a sale at the till until its money may be paid out
    web_wait_days: Mapped[int]
    actor: Mapped[str] = mapped_column(String(80), default="", server_default="")
    set_at: Mapped[datetime | None]


class HubIdentity(Model):
    """
    Who the seller is in the eyes of the law, from a day on: what tickets and invoices must name.

    An association has no RC, and not every hub a CNSS number: what is empty is not printed (CGI
    art. 145-III, and the custom of the trade).
    """

    __tablename__ = "hub_identity"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("hub_id", "valid_from"),)

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    valid_from: Mapped[date]
    legal_name: Mapped[str] = mapped_column(String(200))  # with its form, and the capital
    address: Mapped[str] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str] = mapped_column(String(20))
    ice: Mapped[str] = mapped_column(String(15))
    tax_id: Mapped[str] = mapped_column(String(20))  # identifiant fiscal, IF
    patente: Mapped[str] = mapped_column(String(20))  # taxe professionnelle, TP
    rc: Mapped[str] = mapped_column(String(60))  # number and court
    cnss: Mapped[str] = mapped_column(String(20))
    exchange_days: Mapped[int]  # how long the shop exchanges; 0 says nothing about it
    withdrawal_days: Mapped[int]  # of what is sold from afar (law 31-08: 7)
    actor: Mapped[str] = mapped_column(String(80), default="", server_default="")
    set_at: Mapped[datetime | None]


class HubHabits(Model):
    """How the house does things, from a day on: no money of the books is reckoned by it."""

    __tablename__ = "hub_habits"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("hub_id", "valid_from"),
        CheckConstraint(
            "cashier_band_bp BETWEEN 0 AND 10000 AND staff_band_bp BETWEEN 0 AND 10000",
            name="bands_are_rates",
        ),
        CheckConstraint("return_days BETWEEN 0 AND 365", name="days_are_not_negative"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    valid_from: Mapped[date]
    cashier_band_bp: Mapped[int]  # how far under the list price a cashier goes by herself
    staff_band_bp: Mapped[int]
    return_days: Mapped[int]  # what a new agreement begins with
    label_sheet: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(80))
    set_at: Mapped[datetime]


class HubOpening(Model):
    """
    Where and when the shop is open, from a day on; an empty address is that of the identity.

    Hours are spans as `10:00-13:00 14:30-19:00`; a day without any is closed.
    """

    __tablename__ = "hub_opening"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("hub_id", "valid_from"),)

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    valid_from: Mapped[date]
    address: Mapped[str] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(80))
    monday: Mapped[str] = mapped_column(String(40))
    tuesday: Mapped[str] = mapped_column(String(40))
    wednesday: Mapped[str] = mapped_column(String(40))
    thursday: Mapped[str] = mapped_column(String(40))
    friday: Mapped[str] = mapped_column(String(40))
    saturday: Mapped[str] = mapped_column(String(40))
    sunday: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(80))
    set_at: Mapped[datetime]


class SeriesKind(StrEnum):
    """What is numbered without gaps."""

    TICKET = "ticket"
    CONSIGNMENT = "consignment"
    RETURN_SLIP = "return_slip"
    LOSS = "loss"
    TRANSFER = "transfer"
    STATEMENT = "statement"
    PAYOUT = "payout"
    LOT = "lot"
    FINDING = "finding"
    COUNT = "count"
    ORDER = "order"


class NumberSeries(Model):
    """The next number of a gapless series, taken in the transaction of the fact it numbers."""

    __tablename__ = "number_series"
    __table_args__ = (CheckConstraint("next >= 1", name="next_is_positive"),)

    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    register: Mapped[str] = mapped_column(String(12), primary_key=True)  # "" where there is none
    next: Mapped[int]
