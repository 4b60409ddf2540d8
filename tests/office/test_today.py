"""The day's board: what waits, the most urgent first, with one verb each; then the day so far."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy import text as sql

from almakane.cooperatives.models import Agreement, Maker
from almakane.db import db, transaction
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day
from almakane.hubs.services import open_hub
from almakane.inventory.counting import open_count
from almakane.inventory.deliveries import Delivered, receive_consignment
from almakane.inventory.intake import Brought, announce_delivery, start_intake
from almakane.inventory.models import LotKind, TaxClass
from almakane.inventory.services import add_product
from almakane.office.proof import HOLDS_FOR, last_proof
from almakane.office.tasks import Task, Urgency, tasks_of
from almakane.users.models import Role
from almakane.users.services import UNTRIED, create_user
from tests.counting import counted
from tests.door import browser, come_in
from tests.factories import Sold, a_deed, a_line, mad, make_lot, make_maker, new_uid, sell
from tests.pos.conftest import Office, password
from tests.pos.test_office import page, post, quarantine_one, sent
from tests.till.client import line


def tasks(client: FlaskClient) -> list[tuple[str, str, str]]:
    """State, what and verb of each task, in the order of the board."""
    html = client.get("/today").get_data(as_text=True)
    return re.findall(
        r'class="task">\s*<span class="badge (\w+)">.*?<b>(.*?)</b>.*?href="[^"]*">(.*?)<span',
        html,
        re.DOTALL,
    )


def words(client: FlaskClient) -> str:
    return " | ".join(what for _state, what, _verb in tasks(client))


def hub_of(office: Office) -> Any:
    return db.session.get(Hub, office.shop.hub_id)


def today(office: Office) -> Any:
    return local_day(datetime.now(UTC), "Africa/Casablanca")


# The lock


@pytest.mark.parametrize("login", ["hind", "salma", "nadia"])
def test_the_day_begins_here_for_all_of_the_office(office: Office, login: str) -> None:
    client = browser(office.app)
    assert come_in(client, login, password(login)).location == "/today"
    assert client.get("/today").status_code == 200


def test_a_cashier_and_a_stranger_stay_outside(office: Office) -> None:
    assert browser(office.app).get("/today").status_code == 303
    assert office.came_in("amina").get("/today").status_code == 403


# What waits


def test_tasks_stand_by_urgency_and_else_in_the_order_of_their_sources() -> None:
    def task(urgency: Urgency, what: str) -> Task:
        return Task(urgency, "", what, "", "", "")

    first = [task(Urgency.INFORMS, "a"), task(Urgency.STOPS, "b")]
    second = [task(Urgency.WAITS, "c"), task(Urgency.STOPS, "d"), task(Urgency.INFORMS, "e")]
    found = tasks_of([lambda _: first, lambda _: second], None)  # type: ignore[arg-type]
    assert [one.what for one in found] == ["b", "d", "c", "a", "e"]


def test_what_is_not_in_the_books_comes_first_and_has_the_one_full_button(office: Office) -> None:
    till = office.till()
    quarantine_one(office, till)
    client = office.came_in()
    found = tasks(client)
    assert found[0][0] == "stops"
    assert "T1" in found[0][1]
    assert found[0][2] == "Régler"
    html = client.get("/today").get_data(as_text=True)
    assert html.count("button-main") == 1
    assert "badge waits" not in html[: html.index("button-main")]
    states = [state for state, _what, _verb in found]
    assert states == sorted(states, key=["stops", "waits", "informs"].index)
    assert f">{len(found)}<" in html.replace("\n", "")


def test_a_shift_that_nobody_closed_last_night_is_told(office: Office) -> None:
    office.till()  # its clock stands at another day
    found = tasks(office.came_in())
    assert ("waits", "Voir") in [(state, verb) for state, _what, verb in found]
    assert "T1\u00a0: Une session est ouverte depuis le vendredi" in words(office.came_in())
    office.till("T2", now=datetime.now(UTC))
    assert "T2\u00a0: Une session est ouverte" not in words(office.came_in())


def test_a_lot_that_was_sold_beyond_the_books_is_named_until_it_is_settled(office: Office) -> None:
    till = office.till()
    with office.inside(), transaction() as session:
        lot = make_lot(session, hub_of(office), session.query(Maker).first(), mad(120))  # type: ignore[arg-type]
        code, title = lot.code, lot.title
    for _twice in range(2):
        till.sell(line(code, mad(120)))
    sent(office, till)
    found = tasks(office.came_in())
    assert ("stops", f"{title} : vendu au-delà des livres", "Régler") in [
        (state, what.replace("\u00a0", " "), verb) for state, what, verb in found
    ]


def test_deliveries_of_today_and_those_begun_wait_and_those_of_tomorrow_do_not(
    office: Office,
) -> None:
    day = today(office)
    bowl = Brought(
        "a",
        quantity=12,
        title="Bol",
        category="pottery",
        tax_class=TaxClass.STANDARD,
        price=mad(180),
    )
    with office.inside(), transaction() as session:
        hub = hub_of(office)
        makers = [make_maker(session, hub) for _ in range(3)]
        for maker, on in zip(makers, (day, day + timedelta(days=1)), strict=False):
            announce_delivery(
                *(session, maker, [bowl], "hind"),
                expected_on=on,
                uid=new_uid(),
                now=datetime.now(UTC),
            )
        start_intake(session, makers[2], "hind", uid=new_uid(), now=datetime.now(UTC))
        names = [maker.name for maker in makers]
    found = words(office.came_in())
    assert f"{names[0]} apporte des pièces\u00a0: 12" in found
    assert names[1] not in found
    assert f"Le dépôt de {names[2]} est en cours de saisie" in found


def test_statements_of_a_month_that_is_over_are_asked_for_until_they_are_drawn(
    office: Office,
) -> None:
    till, client = office.till(), office.came_in()
    till.sell(line(office.shop.pot, mad(280)))
    sent(office, till)
    assert "relevés" not in words(client)
    with office.inside(), transaction() as session:
        lot = make_lot(session, hub_of(office), session.query(Maker).first(), mad(90))  # type: ignore[arg-type]
        before = today(office) - timedelta(days=35)
        sell(session, hub_of(office), a_line(1, Sold(lot, mad(90), mad(90))), day=before)
    assert "Les relevés à fin" in words(client)
    assert post(client, "/statements").status_code == 303
    assert "relevés" not in words(client)


def test_pieces_that_nobody_bought_in_time_are_to_go_back(office: Office) -> None:
    client, day = office.came_in(), today(office)
    called: list[str] = []
    with office.inside(), transaction() as session:
        unsold = session.scalars(select(Agreement.unsold_days)).all()[-1]
        for days, number in ((400, 3), (30, 1), (unsold - 5, 7)):
            maker = make_maker(session, hub_of(office))
            product = add_product(
                session,
                maker,
                f"W{days}",
                category="rug",
                price=mad(900),
                tax_class=TaxClass.EXEMPT,
            )
            deed = a_deed(session, hub_of(office), day=day - timedelta(days=days))
            receive_consignment(
                session, deed, maker, [Delivered(product.id, number, LotKind.BATCH, 0, 0, "Tapis")]
            )
            called.append(maker.name)
    name, _other, later = called
    assert "Pièces à rendre à leurs déposants\u00a0: 3" in words(client)
    board = client.get("/today").get_data(as_text=True)
    assert "Dans les deux semaines\u00a0: 7 de plus." in board
    assert name in board
    assert later not in board  # nothing of hers is due yet


def test_a_count_that_nobody_closed_is_told(office: Office) -> None:
    with office.inside(), transaction() as session:
        number = open_count(session, a_deed(session, hub_of(office))).number
    assert f"L’inventaire {number} est ouvert" in words(office.came_in())


def test_what_products_lack_is_counted_and_leads_to_just_those(office: Office) -> None:
    client = office.came_in()
    found = dict(
        re.findall(r"<b>(Produits[^<]*?)\u00a0: (\d+)</b>", str(client.get("/today").data, "utf-8"))
    )
    assert found == {
        "Produits sans photographie": "2",
        "Produits sans histoire dans les trois langues": "2",
    }
    html = client.get("/today").get_data(as_text=True)
    [url] = re.findall(r'href="(/products\?[^"]*lacks=photo[^"]*)"', html)
    assert page(client, url.replace("&amp;", "&"))


def test_broken_books_stand_above_everything(office: Office) -> None:
    with office.inside(), transaction() as session:
        name = "posting_no_delete" if db.engine.dialect.name == "sqlite" else "posting_no_truncate"
        on = "" if db.engine.dialect.name == "sqlite" else " ON posting"
        session.execute(sql(f"DROP TRIGGER {name}{on}"))
    client = office.came_in()
    assert tasks(client)[0][1].startswith("Les livres enfreignent leurs propres lois")
    assert "enfreignent leurs propres lois" in page(client, "/today")


def test_the_quick_proof_is_run_anew_after_an_hour_and_not_before(office: Office) -> None:
    now = datetime.now(UTC)
    with office.inside():
        first = last_proof(db.session(), now)
        assert last_proof(db.session(), now + HOLDS_FOR / 2) is first
        assert last_proof(db.session(), now + HOLDS_FOR) is not first
        assert last_proof(db.session(), now + 3 * HOLDS_FOR).violations == ()


def test_another_hubs_tasks_and_takings_are_not_ours(office: Office) -> None:
    till = office.till()
    quarantine_one(office, till)
    till.sell(line(office.shop.pot, mad(280)))
    sent(office, till)
    with office.inside(), transaction() as session:
        other = open_hub(session, "fes", "Fès", sites={"fes": "Fès"})
        create_user(
            session,
            hub_id=other.id,
            login="omar",
            name="Omar",
            role=Role.MANAGER,
            password=password("omar"),
            cost=UNTRIED,
        )
    client = browser(office.app)
    come_in(client, "omar", password("omar"))
    said = page(client, "/today")
    assert tasks(client) == []
    assert "Rien n’attend personne" in said
    assert "Tickets : 0" in said.replace("\u00a0", " ")
    assert "T1" not in said


# The day so far


def test_the_day_shows_whose_each_dirham_is_and_what_each_till_holds(office: Office) -> None:
    till = office.till(now=datetime.now(UTC))
    till.sell(line(office.shop.pot, mad(280)))
    sent(office, till)
    said = page(office.came_in(), "/today").replace("\u00a0", " ")
    assert "Ventes du jour Tickets : 1 280,00 MAD" in said
    assert "Aux déposants 196,00 MAD" in said
    assert "À la maison 70,00 MAD" in said
    assert "TVA sur la part de la maison 14,00 MAD" in said
    assert re.search(r"T1 depuis [\d h]+ ouverte 1 [\d ,]+", said)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_board_speaks_arabic_and_english(office: Office, language: str) -> None:
    quarantine_one(office, office.till())
    client = office.came_in()
    client.post("/language", data={"language": language})
    assert {"ar": "للتسوية", "en": "To settle"}[language] in page(client, "/today")


@pytest.mark.engines("sqlite")
def test_the_board_asks_no_more_for_more_that_waits(office: Office) -> None:
    till, client = office.till(), office.came_in()
    quarantine_one(office, till)
    client.get("/today")
    asked = []
    for _ in range(2):
        for _again in range(3):
            quarantine_one(office, till)
            till.sell(line(office.shop.bowl, mad(95)))
        sent(office, till)
        with office.inside(), transaction() as session:
            for _maker in range(4):
                make_lot(session, hub_of(office), make_maker(session, hub_of(office)), mad(50))
        with office.inside():
            engine = db.engine
        with counted(engine) as statements:
            assert client.get("/today").status_code == 200
        asked.append(len(statements))
    assert asked[0] == asked[1]
    assert asked[0] <= 32, asked
