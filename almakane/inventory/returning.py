"""The maker's hand under what she takes back."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.inventory.models import ReturnSignature, ReturnSlip
from almakane.inventory.taking_in import check_hand, hand_of


def sign_return(
    session: Session, slip: ReturnSlip, signer: str, mark: str, actor: str, now: datetime
) -> ReturnSignature:
    """Put the maker's signature under a return slip, once; `mark` is what was drawn."""
    there = session.scalar(select(ReturnSignature).where(ReturnSignature.slip_id == slip.id))
    if there:
        return there
    check_hand(signer, mark)
    way, mark_hash = hand_of(signer, mark)
    signature = ReturnSignature(
        hub_id=slip.hub_id,
        slip_id=slip.id,
        signer=signer,
        way=way,
        mark=mark,
        mark_hash=mark_hash,
        signed_at=now,
        actor=actor,
    )
    session.add(signature)
    session.flush()
    return signature
