"""Flags are settled by a person, by name, and stay on record."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.errors import Refusal
from almakane.inventory.stocktake import settles
from almakane.sales.models import Flag, FlagEnd, Sale, SaleFlag, SaleLine


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


class ShortFlags:
    """The flags of what was sold beyond the books, for the stock's pages and counts."""

    def flagged(self, session: Session, site_id: int, lot_ids: list[int]) -> dict[int, list[int]]:
        """Lot to the quantities of its open flags at a site, the oldest first."""
        of_lot: dict[int, list[int]] = {}
        for flag, lot_id in self._open(session, site_id, lot_ids):
            of_lot.setdefault(lot_id, []).append(flag.amount)
        return of_lot

    def end(
        self,
        session: Session,
        site_id: int,
        lot_id: int,
        most: int,
        *,
        actor: str,
        how: str,
        now: datetime,
    ) -> int:
        """End whole flags of a lot, the oldest first, up to so many pieces; gives how many."""
        ended = 0
        for flag, _lot in self._open(session, site_id, [lot_id]):
            if settles([flag.amount], most - ended):
                end_flag(session, flag.sale_id, flag.flag, flag.line, actor=actor, how=how, now=now)
                ended += flag.amount
        return ended

    def _open(
        self, session: Session, site_id: int, lot_ids: list[int]
    ) -> list[tuple[SaleFlag, int]]:
        found = session.execute(
            select(SaleFlag, SaleLine.lot_id)
            .join(SaleLine, (SaleLine.sale_id == SaleFlag.sale_id) & (SaleLine.n == SaleFlag.line))
            .join(Sale, Sale.id == SaleFlag.sale_id)
            .outerjoin(
                FlagEnd,
                (FlagEnd.sale_id == SaleFlag.sale_id)
                & (FlagEnd.flag == SaleFlag.flag)
                & (FlagEnd.line == SaleFlag.line),
            )
            .where(
                SaleLine.lot_id.in_(lot_ids),
                SaleFlag.flag == Flag.STOCK_SHORT,
                Sale.site_id == site_id,
                FlagEnd.sale_id.is_(None),
            )
            .order_by(SaleFlag.id)
        )
        return [(flag, int(lot_id or 0)) for flag, lot_id in found]
