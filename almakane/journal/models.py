"""Registers' epochs, their chains and events, and what waits for a person."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from almakane.db import Centimes, Id, Model, one_of
from almakane.journal.chain import Mode
from almakane.sales.ticket import TenderKind


class Enrolment(Model):
    """A manager's leave to enrol one device at a register: a code for ten minutes."""

    __tablename__ = "enrolment"
    __table_args__ = (UniqueConstraint("code_hash"),)

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    register_id: Mapped[int] = mapped_column(ForeignKey("register.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    opened_by: Mapped[str] = mapped_column(String(80))
    expires_at: Mapped[datetime]
    wrong_tries: Mapped[int]  # 0: they count by address now, `pos.wrong_codes`
    epoch_id: Mapped[int | None] = mapped_column(ForeignKey("epoch.id"))  # whom it let in


class EpochState(StrEnum):
    """How an enrolment of a device stands."""

    LIVE = "live"
    RETIRED = "retired"
    LOST = "lost"


class Epoch(Model):
    """One enrolment of one device at a register: its key, its token, and how it ended."""

    __tablename__ = "epoch"
    __table_args__ = (
        UniqueConstraint("register_id", "epoch"),
        UniqueConstraint("token_hash"),
        Index(
            "uq_epoch_live",
            "register_id",
            unique=True,
            sqlite_where=text("state = 'live'"),
            postgresql_where=text("state = 'live'"),
        ),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    register_id: Mapped[int] = mapped_column(ForeignKey("register.id"))
    epoch: Mapped[int]
    key: Mapped[str] = mapped_column(String(87))  # "" for the server's own registers
    token_hash: Mapped[str | None] = mapped_column(String(64))  # none: revoked, or never given
    state: Mapped[EpochState] = mapped_column(one_of(EpochState, "state_is_known"))
    app: Mapped[str] = mapped_column(String(80))
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(80))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(80))


class Heartbeat(Model):
    """What a device said of itself last: how a lost till's missing events are known."""

    __tablename__ = "heartbeat"

    epoch_id: Mapped[int] = mapped_column(ForeignKey("epoch.id"), primary_key=True)
    heads: Mapped[str] = mapped_column(Text)  # JSON: mode to [seq, hash]
    unsent: Mapped[int]
    oldest_unsent_at: Mapped[datetime | None]
    heard_at: Mapped[datetime]
    skew_seconds: Mapped[int]  # the device's clock less ours
    app: Mapped[str] = mapped_column(String(80))
    persisted: Mapped[bool]
    free_bytes: Mapped[int | None]


class Chain(Model):
    """
    A chain's head, whose row is locked by whoever adds an event.

    The counters are as the last tickets told them, so that a leap is seen.
    """

    __tablename__ = "chain"
    __table_args__ = (UniqueConstraint("epoch_id", "mode"),)

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    epoch_id: Mapped[int] = mapped_column(ForeignKey("epoch.id"))
    mode: Mapped[Mode] = mapped_column(one_of(Mode, "mode_is_known"))
    genesis: Mapped[str] = mapped_column(Text)
    seq: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    last_number: Mapped[int]
    sales: Mapped[Centimes]
    refunds: Mapped[Centimes]


class Outcome(StrEnum):
    """What became of an event when it arrived."""

    RECORDED = "recorded"
    FLAGGED = "flagged"
    QUARANTINED = "quarantined"


class JournalEvent(Model):
    """An event in its place, byte for byte as it came, and what became of it then."""

    __tablename__ = "journal_event"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("chain_id", "seq"),
        Index("ix_journal_event_received_at", "chain_id", "received_at"),
        Index(
            "ix_journal_event_quarantined",
            "hub_id",
            "reason",
            sqlite_where=text("reason IS NOT NULL"),
            postgresql_where=text("reason IS NOT NULL"),
        ),
        Index(
            "ix_journal_event_flagged",
            "hub_id",
            "kind",
            sqlite_where=text("outcome = 'flagged'"),
            postgresql_where=text("outcome = 'flagged'"),
        ),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"))
    seq: Mapped[int]
    uid: Mapped[str] = mapped_column(String(36))  # "" where the text tells none
    kind: Mapped[str] = mapped_column(String(16))  # the same
    text: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64))
    sig: Mapped[str] = mapped_column(String(86))
    outcome: Mapped[Outcome] = mapped_column(one_of(Outcome, "outcome_is_known"))
    flags: Mapped[str] = mapped_column(String(400))  # words, separated by spaces
    reason: Mapped[str | None] = mapped_column(String(60))
    field: Mapped[str | None] = mapped_column(String(120))
    received_at: Mapped[datetime]
    deliverer: Mapped[str] = mapped_column(String(80))


class Effect(Model):
    """The one effect of a uid, over all registers: which event had it."""

    __tablename__ = "effect"
    __append_only__ = True
    __table_args__ = ({"sqlite_with_rowid": False},)

    uid: Mapped[str] = mapped_column(String(36), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("journal_event.id"))


class EndHow(StrEnum):
    """How a person, or the sale that was waited for, ended what had no effect yet."""

    RETRIED = "retried"
    ADOPTED = "adopted"
    DISMISSED = "dismissed"
    SEEN = "seen"  # of a flag on an event that is no ticket


class EventEnd(Model):
    """How a quarantined event ended, by whom and why; the event itself stays as it came."""

    __tablename__ = "event_end"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("event_id"),)

    id: Mapped[Id]
    event_id: Mapped[int] = mapped_column(ForeignKey("journal_event.id"))
    how: Mapped[EndHow] = mapped_column(one_of(EndHow, "how_is_known"))
    actor: Mapped[str] = mapped_column(String(80))
    why: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime]
    flags: Mapped[str] = mapped_column(String(400))
    adopted_id: Mapped[int | None] = mapped_column(ForeignKey("journal_event.id"))


class Stray(Model):
    """An event that has no place in a chain, kept once per text, hash and signature."""

    __tablename__ = "stray"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("register_id", "mark"),
        Index("ix_stray_register_id", "register_id", "size"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    register_id: Mapped[int] = mapped_column(ForeignKey("register.id"))
    mark: Mapped[str] = mapped_column(String(64))  # SHA-256 over the three strings
    text: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(Text)
    sig: Mapped[str] = mapped_column(Text)
    size: Mapped[int]  # bytes of the three
    verifies: Mapped[bool]  # the key of the epoch that it names signed it
    why: Mapped[str] = mapped_column(String(500))
    received_at: Mapped[datetime]
    deliverer: Mapped[str] = mapped_column(String(80))


class StrayEnd(Model):
    """How a stray ended, by whom and why."""

    __tablename__ = "stray_end"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("stray_id"),)

    id: Mapped[Id]
    stray_id: Mapped[int] = mapped_column(ForeignKey("stray.id"))
    how: Mapped[EndHow] = mapped_column(one_of(EndHow, "how_is_known"))
    actor: Mapped[str] = mapped_column(String(80))
    why: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime]
    adopted_id: Mapped[int | None] = mapped_column(ForeignKey("journal_event.id"))


class Customer(Model):
    """Who a ticket's customer uid is; erased, the uid stays and says nothing."""

    __tablename__ = "customer"
    __table_args__ = (UniqueConstraint("hub_id", "uid"),)

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    uid: Mapped[str] = mapped_column(String(36))
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(20))
    changed_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class Grant(Model):
    """A manager's one-use word on the spot, given online for one right at one register."""

    __tablename__ = "manager_grant"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("uid"),)

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    register_id: Mapped[int] = mapped_column(ForeignKey("register.id"))
    uid: Mapped[str] = mapped_column(String(36))
    allows: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class Claim(Model):
    """A reservation of a sold line for a refund: fifteen minutes, asked before money moves."""

    __tablename__ = "claim"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("uid"),
        Index("ix_claim_of", "of_sale_id", "of_n"),
        CheckConstraint("quantity > 0", name="quantity_is_positive"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    register_id: Mapped[int] = mapped_column(ForeignKey("register.id"))
    uid: Mapped[str] = mapped_column(String(36))
    of_sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"))
    of_n: Mapped[int]
    quantity: Mapped[int]
    ends_at: Mapped[datetime]


class Taking(Model):
    """Money taken at once from a gift card or a credit, for a ticket to come."""

    __tablename__ = "taking"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("uid"),
        Index("ix_taking_of", "hub_id", "kind", "ref"),
        CheckConstraint("amount > 0", name="amount_is_positive"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    register_id: Mapped[int] = mapped_column(ForeignKey("register.id"))
    uid: Mapped[str] = mapped_column(String(36))
    kind: Mapped[TenderKind] = mapped_column(one_of(TenderKind, "kind_is_known"))
    ref: Mapped[str] = mapped_column(String(64))  # SHA-256 of the card's code
    amount: Mapped[Centimes]
    at: Mapped[datetime]


class Used(Model):
    """The end of a grant, claim or taking: the event that used it, or its `void`."""

    __tablename__ = "used"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("uid"),)

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    uid: Mapped[str] = mapped_column(String(36))
    event_uid: Mapped[str] = mapped_column(String(36))  # of the fact, or `void`
    at: Mapped[datetime]


class TicketKey(Model):
    """Which ticket a link on paper opens: the SHA-256 of its 128 random bits, as the event has."""

    __tablename__ = "ticket_key"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    uid: Mapped[str] = mapped_column(String(36))  # of the sale
