"""Registers, and what was sold at them: sales, their lines, returns and tenders, and flags."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from almakane.db import Centimes, Id, Model, one_of
from almakane.sales.ticket import TenderKind, What


class RegisterKind(StrEnum):
    """Who writes a register's journal: a till its own, the server that of a server register."""

    TILL = "till"
    SERVER = "server"


class Register(Model):
    """A till, or a series of the server's own (`WEB`, `DESK`, `REPAIR`)."""

    __tablename__ = "register"
    __table_args__ = (UniqueConstraint("hub_id", "code"),)

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    code: Mapped[str] = mapped_column(String(8))
    kind: Mapped[RegisterKind] = mapped_column(one_of(RegisterKind, "kind_is_known"))


class SaleKind(StrEnum):
    """What a ticket did."""

    SALE = "sale"
    REFUND = "refund"
    EXCHANGE = "exchange"


class Sale(Model):
    """A ticket in the books: a sale, a refund or an exchange. Amounts in centimes, as frozen."""

    __tablename__ = "sale"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("uid"),
        UniqueConstraint("hub_id", "number"),
        UniqueConstraint("entry_id"),
        CheckConstraint("goods >= 0 AND returned >= 0", name="sums_are_not_negative"),
        Index("ix_sale_hub_id_day", "hub_id", "day"),
        # A web order is paid by the ticket that names it: few tickets name anybody.
        Index(
            "ix_sale_customer",
            *("hub_id", "customer"),
            sqlite_where=text("customer IS NOT NULL"),
            postgresql_where=text("customer IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    register_id: Mapped[int] = mapped_column(ForeignKey("register.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    uid: Mapped[str] = mapped_column(String(36))
    body_hash: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(30))
    kind: Mapped[SaleKind] = mapped_column(one_of(SaleKind, "kind_is_known"))
    happened_at: Mapped[datetime]
    told_day: Mapped[date]  # the trading day the ticket names
    day: Mapped[date]  # the day it is booked on: the same, unless that was sealed
    recorded_at: Mapped[datetime]
    cashier: Mapped[str] = mapped_column(String(80))
    shift: Mapped[str | None] = mapped_column(String(36))
    customer: Mapped[str | None] = mapped_column(String(36))
    lang: Mapped[str] = mapped_column(String(2))
    goods: Mapped[Centimes]
    returned: Mapped[Centimes]
    tax: Mapped[Centimes]
    rounding: Mapped[Centimes]
    due: Mapped[Centimes]
    change: Mapped[Centimes]
    note: Mapped[str] = mapped_column(Text)
    approvals: Mapped[str] = mapped_column(Text)


class SaleLine(Model):
    """One line sold, as on the ticket; a lot that nobody knows has no `lot_id`."""

    __tablename__ = "sale_line"
    __append_only__ = True
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
        CheckConstraint("total = unit * quantity - discount", name="line_adds_up"),
        Index("ix_sale_line_lot_id", "lot_id"),
        {"sqlite_with_rowid": False},
    )

    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[What] = mapped_column(one_of(What, "what_is_known"))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"))
    code: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[int]
    list_price: Mapped[Centimes]
    unit: Mapped[Centimes]
    discount: Mapped[Centimes]
    total: Mapped[Centimes]
    tax_bp: Mapped[int]
    tax: Mapped[Centimes]
    tax_code: Mapped[str] = mapped_column(String(16))
    booked_tax: Mapped[Centimes]  # of the hub's own VAT; in regime B the price's VAT is the maker's
    cost: Mapped[Centimes]  # of own goods, for all units


class RefundLine(Model):
    """
    One line taken back: as on the ticket, and as it could be booked against what was left.

    `total - booked` went beyond what was left and is the hub's difference.
    """

    __tablename__ = "refund_line"
    __append_only__ = True
    __table_args__ = (
        CheckConstraint("quantity >= 0 AND total >= 0", name="is_not_negative"),
        CheckConstraint("booked_quantity <= quantity AND booked <= total", name="booked_is_a_part"),
        Index("ix_refund_line_of", "of_sale_id", "of_n"),
        {"sqlite_with_rowid": False},
    )

    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    of_sale_id: Mapped[int | None] = mapped_column(ForeignKey("sale.id"))
    of_n: Mapped[int | None]
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"))
    code: Mapped[str] = mapped_column(String(64))
    quantity: Mapped[int]
    total: Mapped[Centimes]
    tax: Mapped[Centimes]
    restock: Mapped[bool]
    why: Mapped[str] = mapped_column(String(500))
    booked_quantity: Mapped[int]
    booked: Mapped[Centimes]
    booked_tax: Mapped[Centimes]
    booked_cost: Mapped[Centimes]


class SaleTender(Model):
    """A tender as kept: what was given less the change, negative when paid out."""

    __tablename__ = "tender"
    __append_only__ = True
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount_is_not_zero"),
        {"sqlite_with_rowid": False},
    )

    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[TenderKind] = mapped_column(one_of(TenderKind, "kind_is_known"))
    amount: Mapped[Centimes]
    ref: Mapped[str] = mapped_column(String(120))
    secured: Mapped[bool]  # False: a card or credit spent without the server's taking


class DepositWay(StrEnum):
    """Where money of a web order came in, or went back."""

    BANK = "bank"
    CARD = "card"


class Deposit(Model):
    """Money of a web order before it is a sale: seen to come in, or sent back (below zero)."""

    __tablename__ = "deposit"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("uid"),
        UniqueConstraint("entry_id"),
        CheckConstraint("amount <> 0", name="amount_is_not_zero"),
        Index("ix_deposit_order", "hub_id", "ref"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    uid: Mapped[str] = mapped_column(String(36))
    ref: Mapped[str] = mapped_column(String(64))  # the order's number
    way: Mapped[DepositWay] = mapped_column(one_of(DepositWay, "way_is_known"))
    amount: Mapped[Centimes]
    evidence: Mapped[str] = mapped_column(String(120))  # what the bank calls it
    day: Mapped[date]
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class CourierSlip(Model):
    """What a courier brought to the bank, and what he kept for carrying, its VAT apart."""

    __tablename__ = "courier_slip"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("uid"),
        UniqueConstraint("entry_id"),
        CheckConstraint("banked >= 0 AND fee >= 0 AND fee_vat >= 0", name="is_not_negative"),
        CheckConstraint("banked + fee + fee_vat > 0", name="is_something"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    uid: Mapped[str] = mapped_column(String(36))
    courier: Mapped[str] = mapped_column(String(40))
    banked: Mapped[Centimes]
    fee: Mapped[Centimes]
    fee_vat: Mapped[Centimes]
    ref: Mapped[str] = mapped_column(String(64))  # the order of a refused parcel, else nothing
    evidence: Mapped[str] = mapped_column(String(120))
    day: Mapped[date]
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class CourierSlipSale(Model):
    """A ticket whose money a courier brought; it is brought once."""

    __tablename__ = "courier_slip_sale"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("sale_id"), {"sqlite_with_rowid": False})

    slip_id: Mapped[int] = mapped_column(ForeignKey("courier_slip.id"), primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), primary_key=True)


class Flag(StrEnum):
    """What differed from the rules when a ticket was recorded (TILL-PROTOCOL section 7)."""

    TOTAL_DIFFERS = "total_differs"
    TAX_DIFFERS = "tax_differs"
    PRICE_OLD = "price_old"
    BELOW_FLOOR = "below_floor"
    OVER_BAND = "over_band"
    NO_APPROVAL = "no_approval"
    APPROVED_OFFLINE = "approved_offline"
    UNKNOWN_CASHIER = "unknown_cashier"
    CASHIER_DISABLED = "cashier_disabled"
    SHIFT_MISSING = "shift_missing"
    SHIFT_CLOSED = "shift_closed"
    LOT_UNKNOWN = "lot_unknown"
    PRODUCT_DISABLED = "product_disabled"
    STOCK_SHORT = "stock_short"
    HOLD_PREEMPTED = "hold_preempted"
    HOLD_PAID = "hold_paid"
    OVER_REFUND = "over_refund"
    TENDER_UNSECURED = "tender_unsecured"
    CASH_LIMIT = "cash_limit"
    CLOCK_SKEW = "clock_skew"
    NUMBER_GAP = "number_gap"
    NUMBER_TWICE = "number_twice"
    LATE_DAY = "late_day"
    ORDER_DIFFERS = "order_differs"
    ORDER_TWICE = "order_twice"


class SaleFlag(Model):
    """A difference that a person should look at; `line` as in postings, 0 for the whole ticket."""

    __tablename__ = "sale_flag"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("sale_id", "flag", "line"),)

    id: Mapped[Id]
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"))
    flag: Mapped[Flag] = mapped_column(one_of(Flag, "flag_is_known"))
    line: Mapped[int]
    amount: Mapped[Centimes]  # centimes or units it is about, 0 where neither


class FlagEnd(Model):
    """Who settled a flag, when and how."""

    __tablename__ = "flag_end"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("sale_id", "flag", "line"),)

    id: Mapped[Id]  # a flag ends days after its ticket: what is new is told by an id of its own
    sale_id: Mapped[int]
    flag: Mapped[Flag] = mapped_column(one_of(Flag, "flag_is_known"))
    line: Mapped[int]
    actor: Mapped[str] = mapped_column(String(80))
    how: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime]
