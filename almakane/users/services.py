"""Making people's accounts, and letting them in and out."""

import secrets
import unicodedata
from datetime import datetime, timedelta
from functools import lru_cache, partial
from ipaddress import IPv6Address, IPv6Network, ip_address

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from almakane.errors import Refusal
from almakane.users.models import (
    NO_PASSWORD,
    AccountChange,
    Act,
    Role,
    SignInAttempt,
    User,
    UserSession,
)
from almakane.users.queries import (
    DEVICE,
    failures_since,
    has_login,
    latest_success,
    users_named,
)
from almakane.users.tokens import new_token, token_hash
from almakane.web.sessions import LONG_IDLE
from almakane.web.texts import clean_text

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200

WINDOW = timedelta(minutes=15)
FAILURES = 5  # of an account from one address, or on a device of its own
ADDRESS_FAILURES = 20
ACCOUNT_FAILURES = 100  # by strangers from anywhere, who must not shut out a person so easily
_KEPT = timedelta(days=1)

UNTRIED = 0  # the cost of what nobody tries to guess: random bits, and what a test says aloud
# With two rounds or more what OWASP asks; a small shop PC bears ten at once.
_MEMORY_KIB, _LITTLE_KIB = 19 * 1024, 64


class TooManyAttempts(Refusal):
    """The door stays shut for a while, right password or not."""

    status = 429

    def __init__(self, message: str, until: datetime) -> None:
        told = until + timedelta(seconds=59)  # the sentence has no seconds, and must not be early
        super().__init__(message, reason="too_many_attempts", hour=told)
        self.until = until


SERVER = "SERVER"  # who did it, where a command on the server did; no name to sign in with is this


def record(
    session: Session, user: User, what: Act, now: datetime, *, actor: str, told: str = ""
) -> None:
    """Write down what was done to an account, and who did it."""
    session.add(
        AccountChange(
            hub_id=user.hub_id, user_id=user.id, what=what, told=told, at=now, actor=actor
        )
    )
    session.flush()


def account_name(text: str) -> str:
    """A login as it is compared and kept: no matter the case, nor how accents were typed."""
    return unicodedata.normalize("NFC", " ".join(text.split()).casefold())[:64]


def create_user(
    session: Session,
    *,
    hub_id: int,
    login: str,
    name: str,
    role: Role,
    password: str | None,
    cost: int,
    maker_id: int | None = None,
    artisan_id: int | None = None,
    language: str | None = None,
) -> User:
    """
    Give a person an account; `cost` is `settings.argon2_cost`.

    Without a password nobody comes in until a link lets them choose one, or in.
    """
    account = account_name(clean_text(login, "login", longest=64))
    if not account:
        raise Refusal("The name to sign in with is missing.", field="login")
    if has_login(session, hub_id, account):
        raise Refusal("Somebody signs in as %(login)s already.", field="login", login=account)
    if (role is Role.MAKER) != (maker_id is not None):
        raise Refusal("An account of a maker names that maker, and no other does.", field="role")
    if (role is Role.ARTISAN) != (artisan_id is not None):
        raise Refusal(
            "An account of an artisan names that artisan, and no other does.", field="role"
        )
    user = User(
        hub_id=hub_id,
        login=account,
        name=clean_text(name, "name", longest=120),
        role=role,
        maker_id=maker_id,
        artisan_id=artisan_id,
        password_hash=(NO_PASSWORD if password is None else hash_password(password, account, cost)),
        session_token=new_token(),
        language=language,
    )
    session.add(user)
    session.flush()
    return user


def hash_password(password: str, account: str, cost: int) -> str:
    """The form in which a password is kept; refuses one that is too easy."""
    if len(password) < SHORTEST_PASSWORD or len(set(password)) < 5:
        raise Refusal(
            "This password is too easy: at least %(count)s characters, and not the same ones again"
            " and again.",
            field="password",
            count=SHORTEST_PASSWORD,
        )
    if len(password) > LONGEST_PASSWORD:
        raise Refusal(
            "This password is too long: at most %(count)s characters.",
            field="password",
            count=LONGEST_PASSWORD,
        )
    if account_name(password) == account:
        raise Refusal("The password is the name you sign in with.", field="password")
    return hasher_at(cost).hash(_typed(password))


def whence(address: str | None, device: str | None) -> str:
    """
    Where an attempt comes from: whatever failed there before counts with it.

    A device that the account is known on stands for itself. Whoever has an address of IPv6 has
    billions of them, so it is the network that counts.
    """
    if device:
        return f"{DEVICE}{device}"
    try:
        ip = ip_address(address or "")
    except ValueError:
        return "-"
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or IPv6Network((int(ip), 64), strict=False))
    return str(ip)


# Signing in, in three steps: the attempt is on record before the password is looked at, and the
# slow hashing happens between the transactions, for on SQLite one of them holds up all tills.


def record_attempt(session: Session, account: str, address: str, now: datetime) -> int:
    """Write down that somebody tries, as a failure until it proves otherwise; gives its id."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - _KEPT))
    attempt = SignInAttempt(account=account, address=address[:64], at=now)
    session.add(attempt)
    session.flush()
    return attempt.id


def shut_until(
    session: Session, attempt_id: int, now: datetime, *, account_failures: int = ACCOUNT_FAILURES
) -> datetime | None:
    """
    Until when the door stays shut for this attempt, which then is forgotten; None if it may go on.

    Asked in a transaction after the one that recorded it, so that of many tries sent at once none
    is missed. What counts are the failures of the account from the same address since it last
    succeeded there; those of the address; and, far more of them, those of the account from
    anywhere, but on a device where it has come in before: else who knows a name could shut it out.
    """
    attempt = session.get_one(SignInAttempt, attempt_id)
    account, address, since = attempt.account, attempt.address, now - WINDOW
    success = latest_success(session, account, address) or since
    failed = partial(failures_since, session, but=attempt_id)
    counted = [
        (failed(max(since, success), account=account, address=address), FAILURES),
        (failed(since, address=address), ADDRESS_FAILURES),
    ]
    if not address.startswith(DEVICE):
        counted.append((failed(since, account=account, by_strangers=True), account_failures))
    ends = [failures[-limit] + WINDOW for failures, limit in counted if len(failures) >= limit]
    if not ends:
        return None
    session.delete(attempt)
    session.flush()
    return max(ends)


def check_password(session: Session, account: str, password: str, cost: int) -> User | None:
    """
    The person who signs in as `account` with this password, if there is one.

    Takes as long for an account that does not exist, so that names cannot be found out.
    """
    people = [user for user in users_named(session, account) if user.password_hash]
    if not people:
        _is_right(_nobody(cost), password)
    right = [person for person in people if _is_right(person.password_hash, password)]
    return next((person for person in right if person.is_active), None)


def renewed_hash(user: User, password: str, cost: int) -> str | None:
    """The password hashed anew, where the cost has been raised since it was kept."""
    hasher = hasher_at(cost)
    return hasher.hash(_typed(password)) if hasher.check_needs_rehash(user.password_hash) else None


def let_in(session: Session, attempt_id: int, user_id: int, new_hash: str | None = None) -> User:
    """Mark the attempt as a success, and keep the renewed hash if there is one."""
    user = session.get_one(User, user_id, with_for_update=True)
    if not user.is_active:
        raise Refusal("This account has been closed.")
    session.get_one(SignInAttempt, attempt_id).succeeded = True
    if new_hash:
        user.password_hash = new_hash
    session.flush()
    return user


# Sessions: a row each, so that a person sees where they are in, and ends what is not theirs.


def open_session(
    session: Session, user: User, device: str, now: datetime, *, is_long: bool = False
) -> str:
    """Sign a person in on a device; gives what its cookie is to say."""
    session.execute(delete(UserSession).where(UserSession.seen_at < now - LONG_IDLE))
    key = new_token()
    session.add(
        UserSession(
            user_id=user.id,
            key_hash=token_hash(key),
            device=device[:80],
            at=now,
            seen_at=now,
            is_long=is_long,
        )
    )
    session.flush()
    return key


def see_session(session: Session, session_id: int, now: datetime) -> None:
    """Write down that a session was just used."""
    session.execute(update(UserSession).where(UserSession.id == session_id).values(seen_at=now))


def end_session(session: Session, key: str, now: datetime) -> None:
    """Sign out on one device: what has copied its cookie opens nothing either."""
    session.execute(
        update(UserSession)
        .where(UserSession.key_hash == token_hash(key), UserSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_named_session(session: Session, user_id: int, session_id: int, now: datetime) -> bool:
    """End one of a person's sessions by its number; whether there was one."""
    ended = session.execute(
        update(UserSession)
        .where(
            UserSession.id == session_id,
            UserSession.user_id == user_id,
            UserSession.ended_at.is_(None),
        )
        .values(ended_at=now)
        .returning(UserSession.id)
    )
    return ended.first() is not None


def end_sessions(session: Session, user: User, now: datetime, *, but: int | None = None) -> None:
    """
    Sign a person out everywhere, or everywhere `but` in one session.

    Without that, what every cookie of theirs names is made another too.
    """
    ending = update(UserSession).where(
        UserSession.user_id == user.id, UserSession.ended_at.is_(None)
    )
    if but is None:
        user.session_token = new_token()
    else:
        ending = ending.where(UserSession.id != but)
    session.execute(ending.values(ended_at=now))
    session.flush()


def set_language(session: Session, user_id: int, language: str) -> None:
    """Remember what a person reads: their messages and papers come in it too."""
    session.get_one(User, user_id).language = language
    session.flush()


@lru_cache(maxsize=8)
def hasher_at(cost: int) -> PasswordHasher:
    """What hashes passwords and PINs, slowly on purpose."""
    memory = _MEMORY_KIB if cost > UNTRIED else _LITTLE_KIB
    return PasswordHasher(time_cost=max(cost, 1), memory_cost=memory, parallelism=1)


@lru_cache(maxsize=8)
def _nobody(cost: int) -> str:
    return hasher_at(cost).hash(secrets.token_urlsafe(32))


def _is_right(password_hash: str, password: str) -> bool:
    try:
        return hasher_at(1).verify(password_hash, _typed(password)[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


def _typed(password: str) -> str:
    """The same password whichever keyboard composed its accents."""
    return unicodedata.normalize("NFC", password)
