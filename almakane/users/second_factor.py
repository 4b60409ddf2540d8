"""The second factor: chosen, asked, lost and reset."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from hmac import new as hmac_of

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from almakane.errors import Refusal
from almakane.users.models import AccountChange, Act, RecoveryCode, SecondFactor, User
from almakane.users.services import SERVER, end_sessions, record
from almakane.users.totp import step_of
from almakane.vault import Unreadable, derive, seal, unseal

RECOVERY_CODES = 10
TWO_PEOPLE = timedelta(days=7)
_GIVEN = (Act.CREATED, Act.ENABLED, Act.PASSWORD_LINK, Act.ROLE)  # what makes an account one's hand
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no 0 O 1 I, which people misread
_GROUPS, _GROUP = 3, 4  # 60 bits: the hash has a key besides, which is not in the database


def choose(
    session: Session, user: User, secret: str, typed: str, *, vault: str, now: datetime
) -> list[str]:
    """
    Make a secret a person's second factor, now that a code proves that their phone has it.

    Gives the recovery codes, which nobody sees again. Raises Refusal for a code that is not of this
    secret, and for a person who has a second factor: that one is reset first.
    """
    session.get_one(User, user.id, with_for_update=True)
    if session.get(SecondFactor, user.id):
        raise Refusal("This account has a second factor already.")
    step = step_of(secret, typed, now)
    if step is None:
        raise Refusal(
            "This is not the code that your phone shows now. Type the six digits before they"
            " change; if it happens again, set the phone's clock by the network.",
            field="code",
        )
    keep(session, user, secret, vault=vault, now=now, last_step=step)
    record(session, user, Act.FACTOR_CHOSEN, now, actor=user.login)
    return _new_codes(session, user, vault)


def keep(
    session: Session, user: User, secret: str, *, vault: str, now: datetime, last_step: int = 0
) -> None:
    """Keep a secret, sealed, as somebody's second factor."""
    session.add(
        SecondFactor(
            user_id=user.id,
            secret=seal(vault, secret, _about(user.id)),
            since=now,
            last_step=last_step,
        )
    )
    session.flush()


def renew_codes(session: Session, user: User, *, vault: str, now: datetime) -> list[str]:
    """Ten recovery codes in place of those that are left."""
    session.get_one(SecondFactor, user.id, with_for_update=True)
    record(session, user, Act.CODES_RENEWED, now, actor=user.login)
    return _new_codes(session, user, vault)


def open_with(session: Session, user: User, typed: str, *, vault: str, now: datetime) -> bool:
    """
    Whether a code of the phone, or one on paper, is right; it is spent by that.

    Of two that send the same code at once one is let in: the row says which code opened last.
    """
    factor = session.get(SecondFactor, user.id)
    if factor is None:
        return False
    step = step_of(read_secret(factor, vault), typed, now)
    if step is not None:
        opened = session.execute(
            update(SecondFactor)
            .where(SecondFactor.user_id == user.id, SecondFactor.last_step < step)
            .values(last_step=step)
            .returning(SecondFactor.user_id)
        )
        return opened.first() is not None
    spent = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == _code_hash(vault, user.id, typed),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
    )
    if spent.first() is None:
        return False
    record(session, user, Act.CODE_SPENT, now, actor=user.login)
    return True


def codes_left(session: Session, user_id: int) -> int:
    """How many recovery codes a person has."""
    return (
        session.scalar(
            select(func.count())
            .select_from(RecoveryCode)
            .where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
        )
        or 0
    )


def has_factor(session: Session, user_id: int) -> bool:
    """Whether a person has chosen a second factor."""
    return session.get(SecondFactor, user_id) is not None


def reset(session: Session, user: User, *, actor: str, now: datetime) -> None:
    """
    Take a second factor away, and sign the person out: at the next sign-in they choose another.

    Nobody resets their own, and nobody who has just given the same person a new password: else one
    manager could come in as another, and there would be no two people for anything.
    """
    if actor == user.login:
        raise Refusal("Another manager resets your second factor: it takes two people.")
    if was_done_by(session, user, Act.PASSWORD_LINK, actor, now):
        raise Refusal(
            "You have just given this person a new password. The second factor is reset by another"
            " manager, or on the server itself: it takes two people."
        )
    if session.get(SecondFactor, user.id) is None:
        raise Refusal("This account has no second factor.")
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    session.execute(delete(SecondFactor).where(SecondFactor.user_id == user.id))
    end_sessions(session, user, now)
    record(session, user, Act.FACTOR_RESET, now, actor=actor)


def was_done_by(session: Session, user: User, what: Act, actor: str, now: datetime) -> bool:
    """
    Whether a person has done this to the account in the last days, by whichever account of theirs.

    Who makes an account, opens it again, gives it a new password or another role may well be who
    uses it: such an account is no other person for these days. Who stands at the server has the
    database in their hands, so two people there prove nothing.
    """
    if actor == SERVER:
        return False
    since = now - TWO_PEOPLE
    done_by = session.scalars(
        select(AccountChange.actor).where(
            AccountChange.user_id == user.id, AccountChange.what == what, AccountChange.at > since
        )
    )
    givers: dict[str, set[str]] = {}
    for login, giver in session.execute(
        select(User.login, AccountChange.actor)
        .join(User, User.id == AccountChange.user_id)
        .where(
            AccountChange.hub_id == user.hub_id,
            AccountChange.what.in_(_GIVEN),
            AccountChange.at > since,
            AccountChange.actor != SERVER,
        )
    ):
        givers.setdefault(login, set()).add(giver)
    own = _hands(actor, givers)
    return any(not own.isdisjoint(_hands(other, givers)) for other in set(done_by) - {SERVER})


def _hands(login: str, givers: Mapping[str, set[str]]) -> set[str]:
    """Whoever may be using an account: its person, who gave it to them, and so on."""
    found, waiting = {login}, [login]
    while waiting:
        more = givers.get(waiting.pop(), set()) - found
        found |= more
        waiting += more
    return found


def read_secret(factor: SecondFactor, vault: str) -> str:
    """The secret itself; raises Refusal where the house's key has changed."""
    try:
        return unseal(vault, factor.secret, _about(factor.user_id))
    except Unreadable as unreadable:
        raise Refusal(
            "The second factor of this account cannot be read, for the key of the house has"
            " changed. Nothing else is lost: another manager resets it.",
            field="code",
        ) from unreadable


def _new_codes(session: Session, user: User, vault: str) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(user_id=user.id, code_hash=_code_hash(vault, user.id, code)) for code in codes
    )
    session.flush()
    return codes


def _new_code() -> str:
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def _code_hash(vault: str, user_id: int, typed: str) -> str:
    """As a code is kept: whoever reads the database alone cannot try codes against it."""
    code = "".join(letter for letter in typed.upper() if letter.isalnum())
    key = derive(vault, "recovery codes")
    return hmac_of(key, f"{user_id}/{code}".encode(), "sha256").hexdigest()


def _about(user_id: int) -> str:
    return f"second factor/{user_id}"
