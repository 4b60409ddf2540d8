"""Which agent prints for which register."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.errors import Refusal
from almakane.gateways.models import PrintAgent, RegisterPrinter
from almakane.sales.models import Register


def bind_register(session: Session, hub_id: int, code: str, agent_id: int | None) -> None:
    """Let an agent print for a register of its site, or nobody."""
    register = session.scalar(
        select(Register)
        .where(Register.hub_id == hub_id, Register.code == code)
        .with_for_update()  # or two who choose at once would both insert
    )
    if register is None:
        raise Refusal("There is no register %(code)s.", field="register", code=code)
    bound = session.get(RegisterPrinter, register.id)
    if agent_id is None:
        if bound:
            session.delete(bound)
        session.flush()
        return
    agent = session.get(PrintAgent, agent_id)
    if agent is None or (agent.hub_id, agent.site_id) != (hub_id, register.site_id):
        raise Refusal("There is no such agent where %(code)s stands.", field="agent", code=code)
    if bound:
        bound.agent_id = agent_id
    else:
        session.add(RegisterPrinter(register_id=register.id, agent_id=agent_id))
    session.flush()
