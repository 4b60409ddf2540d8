"""The money book: accounts, entries and postings; earnings beside them; seals over them."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from almakane.db import Centimes, Id, Model, one_of
from almakane.ledger.chart import AccountKind

# Entries that earnings tell line by line.
LINE_KINDS = "('sale', 'refund', 'exchange', 'loss', 'finding')"


class Account(Model):
    """A name that postings debit and credit; `code` is the family's name, then whose it is."""

    __tablename__ = "account"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("hub_id", "code"),
        UniqueConstraint("id", "currency"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    code: Mapped[str] = mapped_column(String(80))
    kind: Mapped[AccountKind] = mapped_column(one_of(AccountKind, "kind_is_known"))
    currency: Mapped[str] = mapped_column(String(3))
    pcge: Mapped[str] = mapped_column(String(8))


class Entry(Model):
    """One fact in the money book. `day` is the trading day it is booked on; moments are UTC."""

    __tablename__ = "entry"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("hub_id", "idempotency_key"),
        UniqueConstraint("reverses_id"),
        Index("ix_entry_hub_id_day", "hub_id", "day"),
        # Few beside the sales: what else moved an account is found without reading those.
        Index(
            "ix_entry_beside_lines",
            *("hub_id", "id"),
            sqlite_where=text(f"kind NOT IN {LINE_KINDS}"),
            postgresql_where=text(f"kind NOT IN {LINE_KINDS}"),
        ),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    kind: Mapped[str] = mapped_column(String(24))
    document: Mapped[str] = mapped_column(String(60))  # the number people know it by
    happened_at: Mapped[datetime]
    day: Mapped[date]
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    idempotency_key: Mapped[str] = mapped_column(String(80))
    body_hash: Mapped[str] = mapped_column(String(64))  # of the command: same key, same body
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))


class LedgerPosting(Model):
    """A `book.Posting` of an entry; the paired foreign keys refuse a cross-currency leg."""

    __tablename__ = "posting"
    __append_only__ = True
    __table_args__ = (
        ForeignKeyConstraint(["debit_id", "currency"], ["account.id", "account.currency"]),
        ForeignKeyConstraint(["credit_id", "currency"], ["account.id", "account.currency"]),
        CheckConstraint("amount > 0", name="amount_is_positive"),
        CheckConstraint("debit_id <> credit_id", name="sides_differ"),
        # Covering: a balance, and a period of one, is read from the index alone.
        Index("ix_posting_debit", "debit_id", "entry_id", "amount"),
        Index("ix_posting_credit", "credit_id", "entry_id", "amount"),
        {"sqlite_with_rowid": False},
    )

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    debit_id: Mapped[int]
    credit_id: Mapped[int]
    amount: Mapped[Centimes]
    currency: Mapped[str] = mapped_column(String(3))
    line: Mapped[int]  # as in `book.Posting`


class EarningKind(StrEnum):
    """What gave a maker money."""

    SALE = "sale"
    LOSS = "loss"


class Earning(Model):
    """
    What one sold (or lost) line gives its maker, frozen: a statement shows these rows.

    gross + promotion + vat_in = net + commission + commission_vat + fees + fees_vat, in centimes;
    `gross` is the price in regime B and the net price in A. Ids of other rooms are plain values.
    """

    __tablename__ = "earning"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("line"),
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
        CheckConstraint(
            "gross + promotion + vat_in = net + commission + commission_vat + fees + fees_vat",
            name="shares_make_the_price",
        ),
        CheckConstraint(
            "gross >= 0 AND promotion >= 0 AND vat_in >= 0 AND net >= 0 AND commission >= 0 "
            "AND commission_vat >= 0 AND fees >= 0 AND fees_vat >= 0",
            name="shares_are_not_negative",
        ),
        Index("ix_earning_maker", "maker_id", "entry_id"),
        Index("ix_earning_waiting", "maker_id", "available_on"),
        Index("ix_earning_entry", "entry_id"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    line: Mapped[str] = mapped_column(String(60))
    kind: Mapped[EarningKind] = mapped_column(one_of(EarningKind, "kind_is_known"))
    maker_id: Mapped[int]
    lot_code: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[int]
    day: Mapped[date]
    document: Mapped[str] = mapped_column(String(60))
    site_id: Mapped[int | None]
    channel: Mapped[str] = mapped_column(String(12))
    craft: Mapped[str] = mapped_column(String(24))
    regime: Mapped[str] = mapped_column(String(1))
    paid_to: Mapped[str] = mapped_column(String(12))
    list_price: Mapped[Centimes]
    gross: Mapped[Centimes]
    promotion: Mapped[Centimes]
    commission: Mapped[Centimes]
    commission_vat: Mapped[Centimes]
    fees: Mapped[Centimes]
    fees_vat: Mapped[Centimes]
    vat_in: Mapped[Centimes]
    net: Mapped[Centimes]
    available_on: Mapped[date | None]  # NULL: not known before a `Release` says so


class EarningShare(Model):
    """An artisan's part of an earning's net: owed to her where members are paid."""

    __tablename__ = "earning_share"
    __append_only__ = True
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount_is_not_negative"),
        Index("ix_earning_share_artisan_id", "artisan_id"),
        {"sqlite_with_rowid": False},
    )

    earning_id: Mapped[int] = mapped_column(ForeignKey("earning.id"), primary_key=True)
    artisan_id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[Centimes]


class EarningChange(Model):
    """What a refund line, or a finding, took back of an earning; amounts lessen it."""

    __tablename__ = "earning_change"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("line"),
        CheckConstraint(
            "gross + promotion + vat_in = net + commission + commission_vat + fees + fees_vat",
            name="shares_make_the_price",
        ),
        CheckConstraint(
            "gross >= 0 AND promotion >= 0 AND vat_in >= 0 AND net >= 0 AND commission >= 0 "
            "AND commission_vat >= 0 AND fees >= 0 AND fees_vat >= 0",
            name="shares_are_not_negative",
        ),
        Index("ix_earning_change_earning_id", "earning_id"),
        Index("ix_earning_change_entry_id", "entry_id"),
    )

    id: Mapped[Id]
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    earning_id: Mapped[int] = mapped_column(ForeignKey("earning.id"))
    line: Mapped[str] = mapped_column(String(60))
    quantity: Mapped[int]
    day: Mapped[date]
    document: Mapped[str] = mapped_column(String(60))
    gross: Mapped[Centimes]
    promotion: Mapped[Centimes]
    commission: Mapped[Centimes]
    commission_vat: Mapped[Centimes]
    fees: Mapped[Centimes]
    fees_vat: Mapped[Centimes]
    vat_in: Mapped[Centimes]
    net: Mapped[Centimes]


class EarningChangeShare(Model):
    """An artisan's part of what a refund line took back."""

    __tablename__ = "earning_change_share"
    __append_only__ = True
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount_is_not_negative"),
        {"sqlite_with_rowid": False},
    )

    change_id: Mapped[int] = mapped_column(ForeignKey("earning_change.id"), primary_key=True)
    artisan_id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[Centimes]


class Release(Model):
    """The day from which an earning may be paid, where it was learnt after the sale."""

    __tablename__ = "release"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("earning_id"),)

    id: Mapped[Id]
    earning_id: Mapped[int] = mapped_column(ForeignKey("earning.id"))
    available_on: Mapped[date]
    because: Mapped[str] = mapped_column(String(200))
    actor: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]


class Seal(Model):
    """A hub's day sealed: all that was recorded since the seal before, hashed and chained."""

    __tablename__ = "seal"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("hub_id", "day"), UniqueConstraint("hub_id", "previous"))

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    day: Mapped[date]
    last_entry_id: Mapped[int]  # the cut: entries up to this one are sealed
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class SealPart(Model):
    """One table's rows in a seal: which ids, how many, their hash, four bytes of each row's own."""

    __tablename__ = "seal_part"
    __append_only__ = True

    seal_id: Mapped[int] = mapped_column(ForeignKey("seal.id"), primary_key=True)
    book: Mapped[str] = mapped_column(String(24), primary_key=True)
    after_id: Mapped[int]
    last_id: Mapped[int]
    count: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    marks: Mapped[bytes] = mapped_column(LargeBinary)


class SealBalance(Model):
    """An account's whole debits and credits at a seal, written when they changed since the last."""

    __tablename__ = "seal_balance"
    __append_only__ = True
    __table_args__ = ({"sqlite_with_rowid": False},)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    seal_id: Mapped[int] = mapped_column(ForeignKey("seal.id"), primary_key=True)
    debit: Mapped[Centimes]
    credit: Mapped[Centimes]


class SealTurnover(Model):
    """What a seal's entries moved on an income or cost account, by trading day."""

    __tablename__ = "seal_turnover"
    __append_only__ = True
    __table_args__ = ({"sqlite_with_rowid": False},)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    seal_id: Mapped[int] = mapped_column(ForeignKey("seal.id"), primary_key=True)
    debit: Mapped[Centimes]
    credit: Mapped[Centimes]
