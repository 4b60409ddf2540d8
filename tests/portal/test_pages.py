"""What makers and artisans read: their pieces, their sales, their money, in plain words."""

import csv
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from almakane.cooperatives.agreement import Regime, Terms
from almakane.db import db, transaction
from almakane.hubs.services import open_hub
from almakane.ledger import chart
from almakane.ledger.book import pair
from almakane.ledger.models import Earning
from almakane.ledger.services import Fact, post, release_earnings
from almakane.payouts.models import Statement
from almakane.payouts.services import draw_statements
from almakane.portal import reader as portal_reader
from almakane.portal.pieces import Where
from almakane.sales.sealing import seal_day
from almakane.sales.ticket import Tender, TenderKind
from almakane.users.models import Role, User
from tests.door import browser, come_in, make_person
from tests.factories import NOW, TODAY, Sold, a_line, mad, make_hub, make_lot, make_maker, sell
from tests.portal.world import House, let_in, open_house, reads

THIRDS = ("233.34", "233.33", "233.33")  # of 700.00
PAGES = ("", "/pieces", "/sales", "/money")


@pytest.fixture
def house(app: Flask, monkeypatch: pytest.MonkeyPatch) -> House:
    """The small trade, with an account for each kind of reader."""
    days_later(monkeypatch, 0)
    with app.app_context():
        with transaction() as session:
            hub = make_hub(session)
            house = open_house(session, hub)
            let_in(session, "fadma", house.by_member)
            let_in(session, "rkia", house.by_member.artisans[0])
            let_in(session, "hassan", house.as_one)
            let_in(session, "malika", house.as_one.artisans[0])
            let_in(session, "sanae", house.alone)
            session.expunge_all()
        db.session.remove()
    return house


def days_later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Let the readers look at their pages so many days after the trade."""
    monkeypatch.setattr(portal_reader, "_now", lambda: NOW + timedelta(days=days))


def page(client: FlaskClient, path: str = "") -> str:
    answer = client.get(f"/portal{path}")
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def text(html: str) -> str:
    """What a page says, in one line."""
    body = re.sub(r"<[^>]+>", " ", html.split("<main", 1)[1])
    return " ".join(body.replace("&nbsp;", " ").replace("\xa0", " ").split())


def earning_of(app: Flask, house: House, name: str) -> int:
    line = f"{house.sold[name].ticket.uid}/1"
    with app.app_context():
        found = db.session.scalar(select(Earning.id).where(Earning.line == line))
    assert found is not None
    return found


def draw(app: Flask, house: House) -> None:
    with app.app_context(), transaction() as session:
        seal_day(session, house.hub.id, TODAY, now=NOW, actor="hind")
        draw_statements(session, house.hub.id, TODAY, now=NOW, actor="nadia")


# The first page


def test_a_maker_and_an_artisan_come_to_their_pages_after_signing_in(
    app: Flask, house: House
) -> None:
    for login in ("fadma", "rkia", "hassan", "malika", "sanae"):
        client = reads(app, login)
        for path in PAGES:
            assert client.get(f"/portal{path}").status_code == 200, (login, path)


@pytest.mark.parametrize("role", [Role.CASHIER, Role.MANAGER, Role.ACCOUNTANT, Role.HUB_STAFF])
def test_the_house_reads_its_own_pages_and_not_these(app: Flask, role: Role) -> None:
    make_person(app, role=role)
    client = browser(app)
    assert client.get("/portal").status_code == 303
    come_in(client)
    for path in PAGES:
        assert client.get(f"/portal{path}").status_code == 403


def test_what_waits_is_told_apart_from_what_can_be_paid(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sanae = reads(app, "sanae")
    said = text(page(sanae))
    assert "You can be paid 0.00 MAD Nothing today." in said
    assert "Comes later: 280.00 MAD" in said
    assert "Friday 27 November 280.00 MAD" in said
    days_later(monkeypatch, 7)
    said = text(page(sanae))
    assert "You can be paid 280.00 MAD Ready today, Friday 27 November" in said
    assert "Comes later" not in said


def test_a_president_reads_the_sum_of_her_members_and_the_part_of_each(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    days_later(monkeypatch, 7)
    fadma = reads(app, "fadma")
    assert "You and your members can be paid 700.00 MAD" in text(page(fadma))
    said = text(page(fadma, "/money"))
    for artisan, amount in zip(house.by_member.artisans, THIRDS, strict=True):
        assert f"{artisan.name} {amount} MAD" in said


def test_a_member_who_is_paid_herself_reads_her_share_and_no_other_name(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    days_later(monkeypatch, 7)
    rkia = reads(app, "rkia")
    assert "You can be paid 233.34 MAD" in text(page(rkia))
    sale = f"/sales/{earning_of(app, house, 'rug')}"
    for path in (*PAGES, sale):
        for other in house.by_member.artisans[1:]:
            assert other.name not in page(rkia, path)
    said = text(page(rkia, sale))
    assert "For you 233.34 MAD For those who made it with you 466.66 MAD" in said


def test_a_member_of_a_cooperative_that_is_paid_reads_her_part_as_information(
    app: Flask, house: House
) -> None:
    said = text(page(reads(app, "malika")))
    # three dishes 245.77, one of them back 81.93, one made good 84.00
    assert "Your part in November 2026 247.84 MAD Your cooperative receives it" in said
    said = text(page(reads(app, "malika"), "/money"))
    assert "November 2026 247.84 MAD" in said
    assert "can be paid" not in said


def test_an_account_below_zero_asks_for_no_money(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    days_later(monkeypatch, 7)
    with app.app_context(), transaction() as session:
        fact = Fact(house.hub.id, None, "payout_sent", "V-1", NOW, TODAY, NOW, "nadia", "v", "v")
        paid = pair(chart.owed_artisan(house.alone.artisans[0].id), chart.IN_TRANSIT, mad(300))
        post(session, fact, paid)
    said = text(page(reads(app, "sanae")))
    assert "You owe the house 20.00 MAD" in said
    assert "you bring nothing" in said


def test_money_that_nobody_can_date_says_why_it_waits(app: Flask, house: House) -> None:
    with app.app_context(), transaction() as session:
        lot = make_lot(session, house.hub, house.as_one, mad(100))
        cheque = (Tender(TenderKind.CHEQUE, mad(100), "0012"),)
        done = sell(session, house.hub, a_line(1, Sold(lot, mad(100), mad(100))), tenders=cheque)
    hassan = reads(app, "hassan")
    assert "When the buyer’s money is in 70.00 MAD" in text(page(hassan, "/money"))
    with app.app_context(), transaction() as session:
        lines = [f"{done.ticket.uid}/1"]
        release_earnings(
            session, house.hub.id, lines, TODAY, because="encaissé", actor="nadia", now=NOW
        )
    assert "When the buyer’s money" not in text(page(hassan, "/money"))


# Sales


def test_a_sale_tells_where_its_price_went_to_the_centime(app: Flask, house: House) -> None:
    said = text(page(reads(app, "hassan"), f"/sales/{earning_of(app, house, 'dishes')}"))
    assert "For the maker 368.66 MAD Part of the house 131.66 MAD VAT on that part 26.33" in said
    assert "Price on the label 540.00 MAD Paid by the buyer 526.65 MAD" in said
    assert "Part of the house (25%) −131.66 MAD" in said
    assert "−122.89 MAD Left for you 245.77 MAD" in said
    aicha, zohra = house.as_one.artisans
    assert f"{aicha.name} (2 of 3 parts) 163.84 MAD" in said
    assert f"{zohra.name} (1 of 3 parts) 81.93 MAD" in said


def test_a_month_lists_what_was_sold_and_what_was_taken_back(app: Flask, house: House) -> None:
    said = text(page(reads(app, "hassan"), "/sales?month=2026-11"))
    assert "In November 2026 so far 371.77 MAD" in said
    assert "368.66" not in said  # 122.89 of it is gone since
    assert "245.77 MAD" in said
    assert "−122.89 MAD taken back" in said
    assert "lost or damaged here 126.00 MAD" in said


def test_no_page_leads_to_a_ticket_or_to_its_buyer(app: Flask, house: House) -> None:
    client = reads(app, "hassan")
    for path in (*PAGES, f"/sales/{earning_of(app, house, 'dishes')}"):
        assert house.sold["dishes"].recorded.number not in page(client, path)


# Pieces


def test_a_piece_tells_its_life(app: Flask, house: House) -> None:
    client = reads(app, "hassan")
    listed = text(page(client, "/pieces"))
    assert "2 in the shop 2 sold 1 with you 1 lost or damaged" in listed
    code = re.findall(r"/portal/pieces/(\w+)", page(client, "/pieces"))[0]
    said = text(page(client, f"/pieces/{code}"))
    for words in (
        "20 November 2026 Given back to you Slip BR-000001 (PDF)",
        "Damaged here 126.00 MAD",
        "Its buyer brought it back",
        "Bought by somebody: 3 368.66 MAD",
        "Received: 6 Slip BD-000001 (PDF)",
        "Never sold under 150.00 MAD without you",
        "For you 126.00 MAD Part of the house 45.00 MAD VAT on that part 9.00 MAD",
        "2 on the shelf",
    ):
        assert words in said, words


def test_pieces_are_found_by_where_they_are(app: Flask, house: House) -> None:
    client = reads(app, "hassan")
    found = {
        where.value: "/portal/pieces/P" in page(client, f"/pieces?where={where}") for where in Where
    }
    assert found == {"here": True, "sold": True, "back": True, "lost": True, "due": False}


def test_pieces_that_were_here_long_are_to_be_fetched(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    days_later(monkeypatch, 170)
    client = reads(app, "hassan")
    assert "Come and fetch 2 pieces by" in text(page(client))
    assert "/portal/pieces/P" in page(client, "/pieces?where=due")


def test_a_maker_keeps_the_slips_of_her_deliveries(app: Flask, house: House) -> None:
    client = reads(app, "hassan")
    html = page(client, "/deliveries")
    for path in re.findall(r'href="/portal(/[^"]+slip.pdf[^"]*)"', html):
        answer = client.get(f"/portal{path.replace('&amp;', '&')}")
        assert answer.get_data().startswith(b"%PDF"), path
    assert len(re.findall("slip.pdf", html)) == 2
    member = reads(app, "malika")
    assert member.get("/portal/deliveries").status_code == 403
    assert "/portal/deliveries" not in page(member, "/pieces")


def test_bought_pieces_are_the_houses_own(app: Flask, house: House) -> None:
    with app.app_context(), transaction() as session:
        firm = make_maker(session, house.hub, Terms(Regime.FIRM, 0))
        make_lot(session, house.hub, firm, mad(800), unit_cost=mad(400))
        let_in(session, "omar", firm)
    client = reads(app, "omar")
    assert "You have left nothing here yet" in text(page(client, "/pieces"))
    assert "You can be paid 400.00 MAD" in text(page(client))


# Statements


@pytest.mark.parametrize("login", ["hassan", "rkia", "sanae"])
def test_a_statement_is_read_on_a_phone_and_kept_as_a_file(
    app: Flask, house: House, login: str
) -> None:
    draw(app, house)
    client = reads(app, login)
    [number] = set(re.findall(r"/portal/statements/(REL-\d+)\"", page(client, "/money")))
    with app.app_context():
        statement = db.session.scalar(select(Statement).where(Statement.number == number))
    assert statement is not None
    said = text(page(client, f"/statements/{number}"))
    assert f"Balance on 20 November 2026 {statement.closing / 100:.2f} MAD" in said
    assert "Seal no." in said
    assert "A statement is never changed" in said
    paper = client.get(f"/portal/statements/{number}.pdf")
    assert paper.get_data().startswith(b"%PDF")
    table = client.get(f"/portal/statements/{number}.csv").get_data().decode("utf-8-sig")
    cells = [row[-1] for row in csv.reader(table.splitlines(), delimiter=";")][1:]
    assert sum(round(float(cell.replace(",", ".")) * 100) for cell in cells) == statement.closing
    sale = earning_of(app, house, {"hassan": "dishes", "rkia": "rug", "sanae": "jar"}[login])
    assert f"Statement {number}" in text(page(client, f"/sales/{sale}"))
    assert "Your new statement" in text(page(client))


def test_a_cooperative_reads_what_passed_through_to_its_members(app: Flask, house: House) -> None:
    draw(app, house)
    client = reads(app, "fadma")
    [number] = set(re.findall(r"/portal/statements/(REL-\d+)\"", page(client, "/money")))
    said = text(page(client, f"/statements/{number}"))
    assert "For your members 700.00 MAD" in said
    for artisan, amount in zip(house.by_member.artisans, THIRDS, strict=True):
        assert f"{artisan.name} {amount} MAD" in said


# What is asked that is not there


NOWHERE = (
    "/pieces/NOTHING",
    "/pieces/%00",
    "/pieces?where=x",
    "/pieces?page=0",
    "/pieces?page=9",
    "/pieces?page=%D9%A1",
    "/pieces?page=9999999999999999999999",
    "/sales/0",
    "/sales/999999",
    "/sales/99999999999999999999",
    "/sales?month=2026-13",
    "/sales?month=2026-1",
    "/sales?month=2025-01",
    "/sales?month=2027-01",
    "/sales?month=x",
    "/sales?month=",
    "/sales?page=7",
    "/money?page=7",
    "/money?page=-1",
    "/deliveries?page=7",
    "/deliveries/BD-999999/slip.pdf",
    "/returns/BR-999999/slip.pdf",
    "/statements/REL-999999",
    "/statements/REL-999999.csv",
    "/statements/REL-999999.pdf",
    "/statements/REL-000001?page=99",
)


def test_what_is_not_there_is_not_found(app: Flask, house: House) -> None:
    draw(app, house)
    client = reads(app, "hassan")
    for path in NOWHERE:
        assert client.get(f"/portal{path}").status_code in (400, 404), path


def test_a_maker_to_whom_nothing_happened_yet_is_told_what_will_be_here(
    app: Flask, house: House
) -> None:
    with app.app_context(), transaction() as session:
        let_in(session, "newcomer", make_maker(session, house.hub))
    client = reads(app, "newcomer")
    for path, words in {
        "": "Nothing yet. What you sell will stand here.",
        "/pieces": "You have left nothing here yet.",
        "/sales": "Nothing is sold in this month yet.",
        "/money": "No statement is drawn yet.",
        "/deliveries": "You have left nothing here yet.",
    }.items():
        assert words in text(page(client, path)), path


def test_an_account_of_a_maker_of_another_hub_reads_nothing(app: Flask, house: House) -> None:
    with app.app_context(), transaction() as session:
        other = open_hub(session, "fes", "Fès", sites={})
        stranger = make_maker(session, other)
        let_in(session, "lost", make_maker(session, house.hub))
        person = session.query(User).filter_by(login="lost").one()
        person.maker_id = stranger.id
    client = reads(app, "lost")
    for path in PAGES:
        assert client.get(f"/portal{path}").status_code == 404
