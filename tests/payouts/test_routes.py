"""The office's door to the money: who comes in, what the pages say, and how often they ask."""

import csv
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from almakane.cooperatives.models import Maker, MakerText
from almakane.db import db, transaction
from almakane.hubs.models import Hub
from almakane.hubs.services import open_hub
from almakane.inventory.models import ProductText
from almakane.ledger import chart
from almakane.ledger.book import pair
from almakane.ledger.services import Fact, post
from almakane.payouts.models import Statement
from almakane.payouts.services import draw_statements
from almakane.sales.sealing import seal_day
from almakane.users.models import Role
from tests.counting import counted
from tests.door import browser, come_in, make_person
from tests.factories import (
    NOW,
    TODAY,
    Sold,
    a_line,
    a_return,
    mad,
    make_lot,
    make_maker,
    new_uid,
    refund,
    sell,
)
from tests.payouts.test_services import MEMBERS, a_whole_month, sold

OFFICE = (Role.HUB_STAFF, Role.MANAGER, Role.ACCOUNTANT)
PAGES = ("/makers", "/statements", "/share", "/share/2026-11", "/statements/REL-000001")

Office = Callable[..., FlaskClient]


@pytest.fixture
def office(app: Flask) -> Office:
    """The office, opened by a person of a role, who reads French."""

    def open_it(role: Role = Role.ACCOUNTANT) -> FlaskClient:
        make_person(app, "nadia", role)
        client = browser(app)
        come_in(client, "nadia")
        return client

    return open_it


def the_hub() -> Hub:
    hub = db.session.scalar(select(Hub).where(Hub.code == "casa"))
    assert hub is not None
    return hub


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def text(html: str) -> str:
    """What a page says, in one line."""
    return " ".join(
        re.sub(r"<[^>]+>", " ", html.split("<main", 1)[1]).replace("&nbsp;", " ").split()
    )


def draw(app: Flask, days: int = 0) -> list[str]:
    with app.app_context(), transaction() as session:
        day = TODAY + timedelta(days=days)
        drawn = draw_statements(session, the_hub().id, day, now=NOW, actor="nadia")
        return [statement.number for statement in drawn]


# The lock


@pytest.mark.parametrize("role", OFFICE)
def test_the_office_comes_here_after_signing_in(app: Flask, role: Role) -> None:
    make_person(app, "nadia", role)
    client = browser(app)
    assert come_in(client, "nadia").location == "/today"
    assert client.get("/makers").status_code == 200


@pytest.mark.parametrize(
    "path", [*PAGES, "/makers/M1", "/statements/REL-000001.csv", "/statements/REL-000001.pdf"]
)
def test_a_cashier_and_a_stranger_stay_outside(app: Flask, path: str) -> None:
    make_person(app, "amina", Role.CASHIER)
    assert browser(app).get(path).status_code == 303
    client = browser(app)
    come_in(client, "amina")
    assert client.get(path).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/makers/NOBODY",
        "/makers/%00",
        "/statements/REL-999999",
        "/statements/1",
        "/statements/REL-000001.csv",
        "/statements/REL-999999.csv",
        "/statements/REL-000001.pdf",
        "/statements/REL-999999.pdf",
        "/statements/.pdf",
        "/statements?maker=NOBODY",
        "/statements?page=0",
        "/statements?page=2",
        "/statements?page=-1",
        "/statements?page=x",
        "/statements?page=1e3",
        "/statements?page=999999999999999999999",
        "/statements?page=%D9%A1",
        "/share/2026-13",
        "/share/2026-00",
        "/share/2026-1",
        "/share/26-10",
        "/share/2026-10-01",
        "/share/0001-01",
        "/share/9999-12",
        "/share/%D9%A2026-10",
        "/share?until=",
        "/share?until=x",
        "/share?until=9999-12",
    ],
)
def test_what_is_not_there_is_not_found(office: Office, path: str) -> None:
    assert office().get(path).status_code in (400, 404)


def test_another_hubs_makers_and_statements_are_not_there(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        other = open_hub(session, "fes", "Fès", sites={})
        maker = make_maker(session, other)
        fact = Fact(other.id, None, "payout", "X", NOW, TODAY, NOW, "x", new_uid(), "x")
        post(session, fact, pair(chart.BANK, chart.owed_maker(maker.id), mad(54_321)))
        [statement] = draw_statements(session, other.id, TODAY, now=NOW, actor="x")
        code, number = maker.code, statement.number
    files = (f"/statements/{number}{ending}" for ending in ("", ".csv", ".pdf"))
    for path in (f"/makers/{code}", *files):
        assert client.get(path).status_code == 404, path
    assert client.get(f"/statements?maker={code}").status_code == 404
    for path in ("/makers", "/statements", "/share"):
        assert "54 321" not in text(page(client, path)), path


# Makers


def test_an_empty_house_says_what_will_be_here(office: Office) -> None:
    client = office()
    assert "Aucun déposant n’est encore venu." in page(client, "/makers")
    assert "Aucun relevé n’est encore établi." in page(client, "/statements")
    assert "Rien n’a été vendu" in page(client, "/share")
    assert "Rien n’a été vendu" in page(client, "/share/2026-11")


def test_makers_stand_in_the_order_of_their_names_with_what_they_are_owed(
    app: Flask, office: Office
) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = the_hub()
        for name in ("Zellige Fès", "Éventail", "atelier Sud", "Œuvre", "<b>Bois</b>"):
            maker = make_maker(session, hub)
            session.add(
                MakerText(maker_id=maker.id, language="fr", name=name, story="s", place="p")
            )
            sold(session, hub, maker, mad(1000))
    html = page(client, "/makers")
    names = re.findall(r'<a href="/makers/M\d+"><bdi>(.*?)</bdi>', html)
    assert names == ["atelier Sud", "&lt;b&gt;Bois&lt;/b&gt;", "Éventail", "Œuvre", "Zellige Fès"]
    assert "La maison doit à ses déposants 3 500,00 MAD" in text(html)
    assert "Total 3 500,00" in text(html)


def test_a_name_is_told_in_the_readers_language(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        maker = make_maker(session, the_hub())
        session.add(
            MakerText(
                maker_id=maker.id, language="ar", name="تعاونية تيفاوين", story="s", place="p"
            )
        )
    html = page(client, "/makers?lang=ar")
    assert '<html lang="ar" dir="rtl">' in html
    assert "تعاونية تيفاوين" in html
    assert "المودعون" in html
    assert "تعاونية تيفاوين" not in page(client, "/makers?lang=en")


def test_a_piece_is_told_in_the_readers_language_or_as_it_was_written(
    app: Flask, office: Office
) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        maker = make_maker(session, the_hub())
        lot, own = (make_lot(session, the_hub(), maker, mad(90)) for _ in range(2))
        for language, title in (("fr", lot.title), ("ar", "صحن")):
            for product in (lot.product_id, own.product_id):
                session.add(
                    ProductText(product_id=product, language=language, title=title, story="s")
                )
        for one in (lot, own):
            sell(session, the_hub(), a_line(1, Sold(one, mad(90), mad(90))))
        code, said, own_title = maker.code, lot.title, own.title
    [number] = draw(app)
    arabic = page(client, f"/makers/{code}?lang=ar")
    assert arabic.count("<bdi>صحن</bdi>") == 1
    assert said not in arabic
    assert own_title in arabic  # what was written on the lot alone is in one language
    assert said in page(client, f"/makers/{code}?lang=en")
    statement = page(client, f"/statements/{number}?lang=ar")
    assert statement.count("صحن") == 1
    assert said not in statement
    assert own_title in statement


def test_what_is_overdrawn_is_not_taken_off_what_is_owed(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = the_hub()
        sold(session, hub, make_maker(session, hub), mad(1000))
        maker = make_maker(session, hub)
        fact = Fact(hub.id, None, "payout", "V-1", NOW, TODAY, NOW, "x", new_uid(), "x")
        post(session, fact, pair(chart.owed_maker(maker.id), chart.IN_TRANSIT, mad(40)))
    words = text(page(client, "/makers"))
    assert "La maison doit à ses déposants 700,00 MAD" in words
    assert "de 40,00 MAD en tout" in words
    assert "Total 660,00" in words


def test_a_makers_page_tells_terms_members_sales_and_statements(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = the_hub()
        maker = make_maker(session, hub, MEMBERS, artisans=3)
        done = sold(session, hub, maker, mad(1000))
        back = sold(session, hub, maker, mad(90))
        refund(session, hub, a_return(1, back.ticket, 1, mad(90)))
        make_lot(session, hub, maker, mad(5), quantity=7, weights={maker.artisans[0]: 1})
        code, name = maker.code, maker.artisans[0].name
    draw(app)
    words = text(page(client, f"/makers/{code}"))
    assert "Ce qui est dû 700,00 MAD" in words
    assert f"{name} 233,34" in words
    assert f"{done.ticket.number} 1 000,00 700,00" in words
    assert "rendu" in words
    assert "lots 2, pièces 8" in words  # what was given back is on the shelf again
    assert "REL-000004" in words
    assert "25 %" in words
    assert "en vigueur" in words
    assert "Chaque membre est payé" in words


def test_a_maker_without_anything_has_a_page(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        code = make_maker(session, the_hub()).code
    words = text(page(client, f"/makers/{code}"))
    assert "rien en magasin" in words
    assert "Rien n’est encore vendu." in words


# Statements


def test_a_statement_is_read_as_it_lies_on_paper(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = the_hub()
        maker = make_maker(session, hub)
        sold(session, hub, maker, mad(1000), day=TODAY - timedelta(days=9))
        seal = seal_day(session, hub.id, TODAY, now=NOW, actor="hind")
        seal_hash = seal.hash
    draw(app)
    with app.app_context(), transaction() as session:
        hub = the_hub()
        sold(session, hub, session.get_one(Maker, maker.id), mad(100))
    draw(app, days=1)
    first, second = (
        text(page(client, "/statements/REL-000001")),
        page(client, "/statements/REL-000002"),
    )
    assert "1 000,00 −250,00 −50,00 700,00" in first
    assert "Solde au 20 novembre 2026 1 000,00 −250,00 −50,00 700,00" in first
    assert seal_hash in first.replace(" ", "")
    assert 'href="/statements/REL-000001"' in second
    assert "Du 21 novembre 2026 au 21 novembre 2026." in text(second)
    assert "En attente jusqu’au 28 novembre 2026 −70,00 MAD À verser 700,00 MAD" in text(second)


def test_members_read_their_part_and_find_their_own_paper(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = the_hub()
        maker = make_maker(session, hub, MEMBERS, artisans=2)
        sold(session, hub, maker, mad(1000))
        names = [artisan.name for artisan in maker.artisans]
    assert draw(app) == ["REL-000001", "REL-000002", "REL-000003"]
    words = text(page(client, "/statements/REL-000001"))
    assert "1 000,00 −250,00 −50,00 −700,00 0,00" in words
    assert f"{names[0]} REL-000002 350,00 {names[1]} REL-000003 350,00" in words
    assert "350,00" in text(page(client, "/statements/REL-000002"))
    assert "صانعة" in page(client, "/statements/REL-000002?lang=ar")


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_every_page_is_there_in_each_language(app: Flask, office: Office, language: str) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        makers = a_whole_month(session, the_hub())
        codes = [maker.code for maker in makers]
    draw(app)
    for path in (*PAGES, *(f"/makers/{code}" for code in codes), "/statements/REL-000002"):
        html = page(client, f"{path}?lang={language}")
        assert f'lang="{language}"' in html
        assert not re.search(r"\sstyle=|\son\w+=", html), path
    client.get(f"/makers?lang={language}")
    assert client.get("/statements/REL-000001.csv").status_code == 200


def test_a_long_statement_is_paged_and_whole_for_the_printer(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = the_hub()
        maker = make_maker(session, hub)
        lots = [make_lot(session, hub, maker, mad(n), quantity=500) for n in range(1, 42)]
        for _ in range(5):
            lines = (a_line(n, Sold(lot, mad(n), mad(n))) for n, lot in enumerate(lots, 1))
            sell(session, hub, *lines)
    draw(app)
    paths = ("/statements/REL-000001", "/statements/REL-000001?page=2")
    first, second = (page(client, path) for path in paths)
    whole = page(client, "/statements/REL-000001?page=all")
    documents = [html.count("T1-0000") for html in (first, second, whole)]
    assert documents == [200, 5, 205]
    assert "Le compte commence" in first
    assert "Le compte commence" not in second
    assert "<tfoot>" not in first
    assert "<tfoot>" in second
    assert "<tfoot>" in whole
    assert "Page 1 sur 2" in text(first)
    assert client.get("/statements/REL-000001?page=3").status_code == 404
    rows = client.get("/statements/REL-000001.csv").get_data(as_text=True).splitlines()
    assert len(rows) == 1 + 1 + 205
    with app.app_context():  # what is sent while it is read gives its connection back
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_file_adds_up_to_the_closing(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = the_hub()
        a_whole_month(session, hub)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(100))
        line = a_line(1, Sold(lot, mad(100), mad(100)), title="=1+1;x")
        sell(session, hub, line)
    draw(app)
    with app.app_context(), transaction() as session:
        a_whole_month(session, the_hub())
    draw(app, days=1)
    with app.app_context():
        closings = {s.number: s.closing for s in db.session.scalars(select(Statement))}
    for number, closing in closings.items():
        answer = client.get(f"/statements/{number}.csv")
        assert answer.mimetype == "text/csv"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{number}.csv"'
        assert answer.data.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(answer.data.decode("utf-8-sig").splitlines(), delimiter=";"))
        assert len({len(row) for row in rows}) == 1
        amounts = [int(row[-1].replace(",", "")) for row in rows[1:]]
        assert sum(amounts) == closing
        for row in rows[2:]:
            parts = [int(cell.replace(",", "")) for cell in row[5:-1]]
            assert sum(parts) in (0, int(row[-1].replace(",", "")))
        assert not any(cell.startswith(("=", "@", "+")) for row in rows for cell in row)
    last = max(closings)
    assert client.get(f"/statements/{last}.csv").data.count(b"\r\n") > 1


# Drawing


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ACCOUNTANT])
def test_all_statements_are_drawn_by_one_click_and_none_by_a_second(
    app: Flask, office: Office, role: Role
) -> None:
    client = office(role)
    with app.app_context(), transaction() as session:
        hub = the_hub()
        for _ in range(3):
            sold(session, hub, make_maker(session, hub), mad(100))
    assert "Établir les relevés" in page(client, "/statements")
    answer = client.post("/statements")
    assert (answer.status_code, answer.location) == (303, "/statements")
    assert "Relevés établis : 3." in page(client, "/statements").replace("\u00a0", " ")
    assert client.post("/statements").status_code == 303
    assert "aucun n’a été établi" in page(client, "/statements")
    with app.app_context():
        statements = db.session.scalars(select(Statement)).all()
        assert [(s.number, s.actor) for s in statements] == [
            (f"REL-{n:06d}", "nadia") for n in (1, 2, 3)
        ]


def test_staff_read_statements_and_draw_none(app: Flask, office: Office) -> None:
    client = office(Role.HUB_STAFF)
    with app.app_context(), transaction() as session:
        sold(session, the_hub(), make_maker(session, the_hub()), mad(100))
    assert "Établir les relevés" not in page(client, "/statements")
    assert client.post("/statements").status_code == 403
    assert draw(app) == ["REL-000001"]


def test_another_site_draws_nothing(app: Flask, office: Office) -> None:
    client = office()
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/statements", headers=headers).status_code == 403


def test_the_list_is_paged_newest_first_and_by_maker(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = the_hub()
        makers = [make_maker(session, hub, MEMBERS, artisans=9) for _ in range(6)]
        for maker in makers:
            sold(session, hub, maker, mad(1000))
        code = makers[0].code
    assert len(draw(app)) == 60
    first = re.findall(r"REL-\d+(?=</a>)", page(client, "/statements"))
    second = re.findall(r"REL-\d+(?=</a>)", page(client, "/statements?page=2"))
    assert first + second == [f"REL-{n:06d}" for n in range(60, 0, -1)]
    of_one = re.findall(r"REL-\d+(?=</a>)", page(client, f"/statements?maker={code}"))
    assert of_one == [f"REL-{n:06d}" for n in range(10, 0, -1)]


# How often the database is asked


@pytest.mark.engines("sqlite")
def test_no_page_asks_more_for_more_makers(app: Flask, office: Office) -> None:
    client = office()
    asked: list[list[int]] = []
    for days in (0, 1):
        with app.app_context(), transaction() as session:
            hub = the_hub()
            for _ in range(12):
                maker = make_maker(session, hub, MEMBERS, artisans=3)
                session.add(
                    MakerText(maker_id=maker.id, language="fr", name="x", story="s", place="p")
                )
                sold(session, hub, maker, mad(100))
            code = maker.code
        draw(app, days)
        asked.append([])
        for path in (*PAGES, f"/makers/{code}", "/statements/REL-000001.csv"):
            with app.app_context():
                engine = db.engine
            with counted(engine) as sent:
                page(client, path)
            asked[-1].append(len(sent))
    assert asked[0] == asked[1]
    assert all(0 < count <= 24 for count in asked[0]), asked[0]
