"""Which terms hold for a maker on a day, and what makers are called in a language."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Agreement, AgreementOverride
from almakane.db import rows
from almakane.errors import Refusal


def agreement_on(session: Session, maker_id: int, day: date) -> Agreement:
    """The version that holds on a day; raises Refusal where there is none yet."""
    agreement = session.scalar(
        select(Agreement)
        .where(Agreement.maker_id == maker_id, Agreement.valid_from <= day)
        .order_by(Agreement.valid_from.desc())
        .limit(1)
    )
    if agreement is None:
        raise Refusal("There is no agreement with this maker on %(day)s.", day=day)
    return agreement


def commission_for(session: Session, agreement: Agreement, category: str) -> int:
    """The commission of an agreement on a category, in basis points."""
    named = {"agreement_id": agreement.id, "category": category}
    override = session.query(AgreementOverride).filter_by(**named).one_or_none()
    return override.commission_bp if override else agreement.commission_bp


_NAMES = """
SELECT m.id, COALESCE(t.name, m.name), COALESCE(t.place, m.place) FROM maker m
LEFT JOIN maker_text t ON t.maker_id = m.id AND t.language = ? WHERE m.hub_id = ?
"""


class Called(NamedTuple):
    """What a maker and her place are called in a language."""

    name: str
    place: str


def maker_names(session: Session, hub_id: int, language: str) -> dict[int, Called]:
    """Maker to her name and place in a language, or else as documents name them; in no order."""
    found = rows(session, _NAMES, (language, hub_id))
    return {maker_id: Called(name, place) for maker_id, name, place in found}
