"""People who sign in, and every attempt to."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    Enum,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from almakane.db import Id, Model


class Role(StrEnum):
    """What a person does here; one person, one role, and each door names those it lets in."""

    HUB_STAFF = "hub_staff"
    MANAGER = "manager"
    CASHIER = "cashier"
    MAKER = "maker"
    ARTISAN = "artisan"
    ACCOUNTANT = "accountant"


class User(Model):
    """
    A person with a login.

    The table is not called `user`: on PostgreSQL a plain `SELECT ... FROM user` silently reads the
    name of the database's own user.
    """

    __tablename__ = "app_user"
    __table_args__ = (
        UniqueConstraint("hub_id", "login"),
        CheckConstraint("(role = 'maker') = (maker_id IS NOT NULL)", name="maker_has_a_maker"),
        CheckConstraint(
            "(role = 'artisan') = (artisan_id IS NOT NULL)", name="artisan_has_an_artisan"
        ),
    )

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    login: Mapped[str] = mapped_column(String(64))  # casefolded: `account_name` writes it
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[Role] = mapped_column(
        Enum(
            Role,
            name="role",
            native_enum=False,
            create_constraint=True,
            length=16,
            values_callable=lambda roles: [role.value for role in roles],
        )
    )
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("maker.id"), index=True)
    artisan_id: Mapped[int | None] = mapped_column(ForeignKey("artisan.id"), index=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    # What the cookie names instead of the id: a new one ends every session of this person.
    session_token: Mapped[str] = mapped_column(String(64), unique=True)
    pin_hash: Mapped[str | None] = mapped_column(String(255))
    language: Mapped[str | None] = mapped_column(String(2))
    disabled_at: Mapped[datetime | None]

    # flask-login asks these
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None

    def get_id(self) -> str:
        return self.session_token


class SignOut(Model):
    """A session that was ended on its device. The row is dropped when no copied cookie lives."""

    __tablename__ = "sign_out"
    __table_args__ = (Index(None, "at"),)

    sign_in: Mapped[str] = mapped_column(String(64), primary_key=True)  # as its cookie names it
    at: Mapped[datetime]


class SignInAttempt(Model):
    """One try at a password: what throttling counts. Rows of more than a day ago are dropped."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index(None, "account", "at"),
        Index(None, "address", "at"),
        Index(None, "at"),
    )

    id: Mapped[Id]
    account: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    succeeded: Mapped[bool] = mapped_column(default=False)
