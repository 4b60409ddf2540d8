"""A receipt read back from the books is the ticket that was told."""

from dataclasses import replace

from flask import Flask
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Regime, Terms
from almakane.cooperatives.models import Maker, MakerText
from almakane.db import transaction
from almakane.hubs.models import Hub
from almakane.pos.papers import house_of, receipt_of, tell_ticket
from almakane.sales.models import Sale
from almakane.sales.ticket import Tender, TenderKind, Ticket
from tests.factories import (
    TODAY,
    Sold,
    a_line,
    a_return,
    a_ticket,
    gift_card_line,
    mad,
    make_hub,
    make_lot,
    make_maker,
    tell,
    the_site,
)
from tests.pos.test_receipt import told

CASH, CARD = TenderKind.CASH, TenderKind.TERMINAL


def a_sold(session: Session, hub: Hub, price: int, maker: Maker | None = None) -> Sold:
    """A new lot at its price."""
    lot = make_lot(session, hub, maker or make_maker(session, hub), price)
    return Sold(lot, price, price)


def record(session: Session, hub: Hub, ticket: Ticket) -> Sale:
    return session.get_one(Sale, tell(session, hub, ticket).recorded.sale_id)


def as_on_paper(ticket: Ticket) -> Ticket:
    """A ticket without what no receipt shows."""
    lines = tuple(sorted(ticket.lines, key=lambda line: line.n))
    returns = tuple(replace(back, claim=None) for back in ticket.returns)
    tenders = tuple(replace(tender, auth=None) for tender in ticket.tenders)
    return replace(ticket, lines=lines, returns=returns, tenders=tenders, note="", approvals=())


def test_a_sale_comes_back_with_the_change_that_was_given(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        rug = a_sold(session, hub, mad(340))
        line = a_line(1, rug)
        tenders = (Tender(CARD, mad(100), "0042"), Tender(CASH, mad(300)))
        ticket = a_ticket(line, tenders=tenders, change=mad(60))
        sale = record(session, hub, ticket)
        back = tell_ticket(session, sale).ticket
        assert as_on_paper(back) == as_on_paper(replace(ticket, number=sale.number))


def test_cash_that_went_back_whole_is_on_the_receipt_all_the_same(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        line = a_line(1, a_sold(session, hub, mad(340)))
        tenders = (Tender(CARD, mad(340)), Tender(CASH, mad(50)))
        sale = record(session, hub, a_ticket(line, tenders=tenders, change=mad(50)))
        assert tell_ticket(session, sale).ticket.tenders == tenders


def test_an_exchange_names_the_ticket_and_the_piece_that_came_back(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        rug, bowl = a_sold(session, hub, mad(340)), a_sold(session, hub, mad(500))
        first = a_ticket(a_line(1, rug), number="T1-000007")
        tell(session, hub, first)
        exchange = a_ticket(a_line(1, bowl), returns=(a_return(1, first, 1, mad(340)),))
        sale = record(session, hub, exchange)
        told_of = tell_ticket(session, sale)
        [returned] = told_of.ticket.returns
        assert (returned.of_number, told_of.returned) == ("T1-000007", {1: first.lines[0].title})


def test_makers_are_named_where_a_line_is_sold_in_their_name(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        maker.texts.append(
            MakerText(language="ar", name="تعاونية أزيلال", story="", place="أزيلال")
        )
        own = make_maker(session, hub, Terms(Regime.COMMISSIONNAIRE, 2_500))
        lines = (
            a_line(1, a_sold(session, hub, mad(340), maker)),
            a_line(2, a_sold(session, hub, mad(500), own)),
            gift_card_line(3, "GC-1", mad(100)),
        )
        fr = record(session, hub, a_ticket(*lines[:1]))
        ar = record(session, hub, a_ticket(*lines[1:], lang="ar"))
        assert {n: s.name for n, s in tell_ticket(session, fr).sellers.items()} == {1: maker.name}
        assert tell_ticket(session, ar).sellers == {}


def test_a_receipt_of_the_books_is_in_the_language_of_its_ticket(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        line = a_line(1, a_sold(session, hub, mad(340)))
        sale = record(session, hub, a_ticket(line, lang="ar"))
        strip = receipt_of(session, sale.id, copy=1)
        assert strip.is_rtl
        assert told(strip).startswith("نسخة مكررة")
        house = house_of(session, hub.id, the_site(session, hub).id, TODAY)
        assert (house.name, house.site) == ("Almakane", "medina")
