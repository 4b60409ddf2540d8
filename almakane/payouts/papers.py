"""What a statement's paper is made of, read from the books."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Artisan, Maker
from almakane.cooperatives.queries import maker_names
from almakane.gateways.sheet import Party
from almakane.hubs.models import Hub
from almakane.ledger.models import Seal
from almakane.payouts.models import Statement
from almakane.payouts.paper import Drawn, Member, Sealed, Waiting
from almakane.payouts.queries import (
    papers_of_members,
    sells_as_own,
    statement_before,
    statement_members,
    statement_totals,
    statement_waits,
)


def drawn_statement(session: Session, statement: Statement, language: str) -> Drawn:
    """A statement as it was drawn, but for its rows; names in a language."""
    of_maker = statement.artisan_id is None
    members = statement_members(session, statement) if of_maker else {}
    papers = papers_of_members(session, statement) if members else {}
    artisans = _artisans(session, {*members, statement.artisan_id} - {None}, language)
    before = statement_before(session, statement)
    seal = session.get(Seal, statement.seal_id) if statement.seal_id else None
    called = maker_names(session, statement.hub_id, language)[statement.maker_id]
    maker = session.get_one(Maker, statement.maker_id)
    if statement.artisan_id is None:
        holder = Party(called.name, (called.place, maker.code))
    else:
        holder = Party(artisans[statement.artisan_id], (called.name, called.place, maker.code))
    return Drawn(
        number=statement.number,
        day=statement.day,
        holder=holder,
        opening=statement.opening,
        closing=statement.closing,
        waiting=statement.waiting,
        available=statement.available,
        totals=statement_totals(session, statement),
        currency=session.get_one(Hub, statement.hub_id).currency,
        before=(before.day, before.number) if before else None,
        is_members=not of_maker,
        sells_as_own=sells_as_own(session, statement),
        waits=[Waiting(wait.on, wait.amount) for wait in statement_waits(session, statement)],
        members=[
            Member(artisans[artisan], papers.get(artisan, ""), amount)
            for artisan, amount in members.items()
        ],
        seal=Sealed(seal.id, seal.day, seal.hash) if seal else None,
    )


def _artisans(session: Session, ids: set[int | None], language: str) -> dict[int, str]:
    found = session.scalars(select(Artisan).where(Artisan.id.in_(ids))) if ids else ()
    return {
        artisan.id: (artisan.name_ar or artisan.name) if language == "ar" else artisan.name
        for artisan in found
    }
