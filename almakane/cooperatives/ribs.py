"""
Bank accounts of makers and artisans: named by one person, locked at once, shown by four digits.

A named account is a proposal. Whoever sends money asks for a second person and for time to pass,
and opens the digits with `unlocked`; nothing else does.
"""

from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from almakane.cooperatives.amending import By, amend
from almakane.cooperatives.models import Artisan, Maker, RibChange, RibSecret
from almakane.cooperatives.numbers import read_rib
from almakane.errors import Refusal
from almakane.vault import Unreadable, seal, unseal


def name_rib(
    session: Session, maker: Maker, artisan_id: int | None, rib: str, *, vault: str, by: By
) -> RibChange:
    """
    Write down where a maker, or one of her artisans, says that her money should go.

    The digits are sealed with the house's key, for this change alone. Raises Refusal for what is no
    RIB, for somebody else's artisan, and for the account that was named last.
    """
    session.refresh(maker, with_for_update=True)
    rib = read_rib(rib)
    if artisan_id is not None:
        artisan = session.get(Artisan, artisan_id)
        if artisan is None or artisan.maker_id != maker.id:
            raise Refusal("This maker has no such artisan.", field="whose")
    before = ribs_of(session, maker.id).get(artisan_id)
    if before is not None and _is(session, before, rib, vault):
        raise Refusal("This account is named already: nothing was changed.", field="rib")
    change = RibChange(
        hub_id=maker.hub_id,
        maker_id=maker.id,
        artisan_id=artisan_id,
        uid=str(uuid4()),
        last4=rib[-4:],
        recorded_at=by.now,
        actor=by.actor,
    )
    session.add(change)
    session.flush()
    session.add(RibSecret(change_id=change.id, locked=seal(vault, rib, _about(change))))
    amend(session, maker.hub_id, ("maker", maker.id), "rib", by)
    return change


def ribs_of(session: Session, maker_id: int) -> dict[int | None, RibChange]:
    """The account that was named last for each artisan of a maker, and for herself (None)."""
    latest = (
        select(func.max(RibChange.id))
        .where(RibChange.maker_id == maker_id)
        .group_by(RibChange.artisan_id)
    )
    found = session.scalars(select(RibChange).where(RibChange.id.in_(latest)))
    return {change.artisan_id: change for change in found}


def unlocked(session: Session, change: RibChange, *, vault: str) -> str | None:
    """The 24 digits, for whoever sends money; none where they were erased."""
    secret = session.get(RibSecret, change.id)
    return unseal(vault, secret.locked, _about(change)) if secret is not None else None


def _is(session: Session, change: RibChange, rib: str, vault: str) -> bool:
    """Whether a change named this very account; what an older key sealed is another one."""
    try:
        return unlocked(session, change, vault=vault) == rib
    except Unreadable:
        return False


def _about(change: RibChange) -> str:
    whose = f"artisan {change.artisan_id}" if change.artisan_id else f"maker {change.maker_id}"
    return f"rib of {whose}, {change.uid}"
