"""Which tills may hold sales that the books do not have yet: what a count should wait for."""

from datetime import datetime

from sqlalchemy.orm import Session

from almakane.inventory.slots import Holding
from almakane.pos.queries import devices_at


def tills_that_hold(session: Session, hub_id: int, site_id: int, since: datetime) -> list[Holding]:
    """
    The tills of a site that said they hold more than has come, or that were silent since a moment.

    A till that is lost or retired and told of more than has come is among them: its copy may still
    be delivered.
    """
    holding = []
    for code, device in devices_at(session, hub_id, site_id):
        events = sum(head.missing for head in device.heads)
        heard_at = device.heard.heard_at if device.heard else None
        is_silent = device.is_live and (heard_at is None or heard_at < since)
        if events or is_silent:
            holding.append(Holding(code, events, heard_at))
    return holding
