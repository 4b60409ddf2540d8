"""What is to be told to the world: the outbox, and what printers are to bring out."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from almakane.db import Id, Model, one_of


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


class JobKind(StrEnum):
    """What a print job brings out."""

    RECEIPT = "receipt"
    REPORT = "report"
    LABEL = "label"
    DRAWER = "drawer"


class JobState(StrEnum):
    """
    How far a print job came.

    `confirmed` is said where the printer answers; elsewhere `sent` is the last that is known.
    `unknown` waits for a person; what is `failed` or `expired` did not come out.
    """

    QUEUED = "queued"
    LEASED = "leased"
    SENT = "sent"
    CONFIRMED = "confirmed"
    UNKNOWN = "unknown"
    FAILED = "failed"
    EXPIRED = "expired"


class PrintAgent(Model):
    """A program beside a printer of a site: how it proves itself, and what it said last."""

    __tablename__ = "print_agent"
    __table_args__ = (
        UniqueConstraint("hub_id", "name"),
        UniqueConstraint("token_hash"),
        UniqueConstraint("pairing_hash"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    name: Mapped[str] = mapped_column(String(40))
    token_hash: Mapped[str | None] = mapped_column(String(64))  # none: not paired, or shut out
    pairing_hash: Mapped[str | None] = mapped_column(String(64))  # of a code that opens once
    pairing_until: Mapped[datetime | None]
    wrong_tries: Mapped[int]  # 0: they count by address now, `pos.wrong_codes`
    opened_by: Mapped[str] = mapped_column(String(80))
    paired_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    app: Mapped[str] = mapped_column(String(80))
    profile: Mapped[str] = mapped_column(String(40))  # of its printer: how wide the paper is
    printer: Mapped[str] = mapped_column(String(16))  # the printer's condition as last told, or ""


class RegisterPrinter(Model):
    """Which agent prints for a register."""

    __tablename__ = "register_printer"

    register_id: Mapped[int] = mapped_column(ForeignKey("register.id"), primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("print_agent.id"))


class PrintJob(Model):
    """Bytes for one printer, once per uid; they are dropped when it is known what became of it."""

    __tablename__ = "print_job"
    __table_args__ = (
        UniqueConstraint("uid"),
        CheckConstraint("copy BETWEEN 0 AND 99", name="copy_has_two_digits"),
        Index("ix_print_job_fact_uid", "fact_uid"),
        Index(
            "ix_print_job_open",
            "agent_id",
            "state",
            sqlite_where=text("state IN ('queued', 'leased', 'unknown')"),
            postgresql_where=text("state IN ('queued', 'leased', 'unknown')"),
        ),
        Index("ix_print_job_hub_id", "hub_id", "id"),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("print_agent.id"))
    register_id: Mapped[int | None] = mapped_column(ForeignKey("register.id"))
    uid: Mapped[str] = mapped_column(String(64))  # kind, fact and copy
    kind: Mapped[JobKind] = mapped_column(one_of(JobKind, "kind_is_known"))
    fact_uid: Mapped[str] = mapped_column(String(36))
    copy: Mapped[int]  # 0 is the original
    title: Mapped[str] = mapped_column(String(40))  # what people call it: a ticket's number
    data: Mapped[bytes]
    sha256: Mapped[str] = mapped_column(String(64))
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[JobState] = mapped_column(one_of(JobState, "state_is_known"))
    lease: Mapped[str | None] = mapped_column(String(32))
    lease_disk: Mapped[str | None] = mapped_column(String(32))  # whose word can clear a lapse
    leased_until: Mapped[datetime | None]  # none as soon as somebody said what became of it


class PrintJobStep(Model):
    """A step of a print job: when it came so far, and who said so."""

    __tablename__ = "print_job_step"
    __append_only__ = True
    __table_args__ = (Index("ix_print_job_step_job_id", "job_id", "id"),)

    id: Mapped[Id]
    job_id: Mapped[int] = mapped_column(ForeignKey("print_job.id"))
    state: Mapped[JobState] = mapped_column(one_of(JobState, "state_is_known"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    told: Mapped[str] = mapped_column(String(200))  # the machine's words for how
