"""People who sign in, how they prove it, where they are in, and every attempt to come in."""

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

from almakane.db import Id, Model, one_of


class Role(StrEnum):
    """What a person does here; one person, one role, and each door names those it lets in."""

    HUB_STAFF = "hub_staff"
    MANAGER = "manager"
    CASHIER = "cashier"
    MAKER = "maker"
    ARTISAN = "artisan"
    ACCOUNTANT = "accountant"


# Who is near money: these roles sign in with a second factor.
MONEY_ROLES = frozenset({Role.MANAGER, Role.ACCOUNTANT, Role.HUB_STAFF})
PORTAL_ROLES = frozenset({Role.MAKER, Role.ARTISAN})

NO_PASSWORD = ""  # in place of a hash: no password is right, the person comes in by a link


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

    # What `visitor` knows besides, of the person who asks
    has_second_factor = False

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None

    def get_id(self) -> str:
        return self.session_token


class UserSession(Model):
    """A person signed in on a device, until it is ended or was not seen for long."""

    __tablename__ = "user_session"
    __table_args__ = (Index(None, "user_id", "seen_at"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)  # of what its cookie says
    device: Mapped[str] = mapped_column(String(80))  # as its browser names itself
    at: Mapped[datetime]
    seen_at: Mapped[datetime]  # to a few minutes
    is_long: Mapped[bool]  # a person's own phone, which stays in for months
    ended_at: Mapped[datetime | None]


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


class SecondFactor(Model):
    """What a person's phone proves besides the password: a secret, from which it makes codes."""

    __tablename__ = "second_factor"

    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(String(255))  # sealed: `almakane.vault`
    since: Mapped[datetime]
    last_step: Mapped[int]  # of the latest code that opened: neither it nor an older one does again


class RecoveryCode(Model):
    """A code on paper that stands in for the phone, once."""

    __tablename__ = "recovery_code"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    used_at: Mapped[datetime | None]


class LinkKind(StrEnum):
    """What a link lets its holder do."""

    ENTRY = "entry"  # come in, without a password: makers and artisans
    PASSWORD = "password"  # noqa: S105 - choose a password


class AccessLink(Model):
    """A link that was given to one person; what is kept cannot open anything."""

    __tablename__ = "access_link"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    kind: Mapped[LinkKind] = mapped_column(one_of(LinkKind, "kind_is_known"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(80))
    expires_at: Mapped[datetime]
    is_once: Mapped[bool]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Act(StrEnum):
    """What was done to an account."""

    CREATED = "created"
    ROLE = "role"
    DISABLED = "disabled"
    ENABLED = "enabled"
    PASSWORD = "password"  # noqa: S105 - a word
    PASSWORD_LINK = "password_link"  # noqa: S105 - likewise
    ENTRY_LINK = "entry_link"
    LINK_REVOKED = "link_revoked"
    ENTERED = "entered"
    PIN = "pin"
    FACTOR_CHOSEN = "factor_chosen"
    FACTOR_RESET = "factor_reset"
    CODES_RENEWED = "codes_renewed"
    CODE_SPENT = "code_spent"
    SIGNED_OUT = "signed_out"


class AccountChange(Model):
    """Something done to an account, and who did it."""

    __tablename__ = "account_change"
    __append_only__ = True
    __table_args__ = (Index(None, "user_id", "id"),)

    id: Mapped[Id]
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    what: Mapped[Act] = mapped_column(one_of(Act, "what_is_known"))
    told: Mapped[str] = mapped_column(String(80))  # the roles before and after; no names
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
