"""Flags are settled by a person, by name, and stay on record."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.errors import Refusal
from almakane.sales.models import Flag, FlagEnd, Sale, SaleFlag


def open_flags(session: Session, hub_id: int) -> list[SaleFlag]:
    """The flags that wait for a person, oldest first."""
    return list(
        session.scalars(
            select(SaleFlag)
            .join(Sale, Sale.id == SaleFlag.sale_id)
            .outerjoin(
                FlagEnd,
                (FlagEnd.sale_id == SaleFlag.sale_id)
                & (FlagEnd.flag == SaleFlag.flag)
                & (FlagEnd.line == SaleFlag.line),
            )
            .where(Sale.hub_id == hub_id, FlagEnd.sale_id.is_(None))
            .order_by(SaleFlag.sale_id, SaleFlag.flag, SaleFlag.line)
        )
    )


def end_flag(
    session: Session, sale_id: int, flag: Flag, line: int, *, actor: str, how: str, now: datetime
) -> FlagEnd:
    """Settle a flag with a word on how; settling it again gives what was said the first time."""
    named = {"sale_id": sale_id, "flag": flag, "line": line}
    there = session.query(FlagEnd).filter_by(**named).one_or_none()
    if there:
        return there
    if session.query(SaleFlag).filter_by(**named).one_or_none() is None:
        raise Refusal("There is no such flag.", field="flag")
    if not how.strip():
        raise Refusal("Say how the flag was settled.", field="how")
    end = FlagEnd(**named, actor=actor, how=how.strip(), at=now)
    session.add(end)
    session.flush()
    return end
