"""The registers of a site: its tills, and those that the server writes itself."""

from sqlalchemy.orm import Session

from almakane.hubs.models import Site
from almakane.sales.models import Register, RegisterKind

SERVER_REGISTERS = ("WEB", "DESK", "REPAIR")


def open_registers(session: Session, site: Site, tills: int) -> None:
    """Give a hub's first site its tills `T1`, `T2` ... and the server's registers."""
    codes = [(f"T{n}", RegisterKind.TILL) for n in range(1, tills + 1)]
    codes += [(code, RegisterKind.SERVER) for code in SERVER_REGISTERS]
    session.add_all(
        Register(hub_id=site.hub_id, site_id=site.id, code=code, kind=kind) for code, kind in codes
    )
    session.flush()
