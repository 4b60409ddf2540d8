"""The pages of the house's share, its costs and its path: what they say, to whom, and how often."""

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from almakane.cooperatives.models import MakerText
from almakane.db import db, transaction
from almakane.hubs.services import open_hub
from almakane.ledger import chart
from almakane.ledger.book import pair
from almakane.ledger.services import Fact, post
from almakane.payouts.costs import Cost, enter_cost
from almakane.payouts.models import Activity, CostKind, Fund, OperatingCost
from almakane.users.models import Role
from tests.counting import counted
from tests.door import browser, come_in, make_person
from tests.factories import NOW, TODAY, a_return, mad, make_maker, new_uid, refund
from tests.payouts.test_routes import OFFICE, page, text, the_hub
from tests.payouts.test_services import a_whole_month, sold
from tests.payouts.test_shares import NOVEMBER, OCTOBER, RENT, enter

PAGES = (
    *("/share", "/share/2026-11", "/share/makers", "/share/crafts", "/share/makers?month=2026-11"),
    *("/path", "/costs", "/costs?month=2026-10"),
)
FILES = (
    *("/share.csv", "/share/2026-11.csv", "/share/makers.csv", "/share/crafts.csv"),
    *("/path.csv", "/costs.csv"),
)
A_MONTH_AGO = TODAY - timedelta(days=30)

Office = Callable[..., FlaskClient]


@pytest.fixture
def office(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The office on the twentieth of November, opened by a person of a role who reads French."""
    for module in ("users.here", "payouts.cost_pages"):
        monkeypatch.setattr(f"almakane.{module}.datetime", _Noon)

    def open_it(role: Role = Role.ACCOUNTANT) -> FlaskClient:
        make_person(app, "nadia", role)
        client = browser(app)
        come_in(client, "nadia")
        return client

    return open_it


class _Noon(type(NOW)):  # type: ignore[misc]
    """A clock that stands still: what a page calls this month depends on it."""

    @classmethod
    def now(cls, _zone: object = None) -> object:
        return NOW


def table(client: FlaskClient, path: str) -> list[list[str]]:
    """A file's rows, its head first."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    assert answer.mimetype == "text/csv"
    return list(csv.reader(StringIO(answer.get_data().decode("utf-8-sig")), delimiter=";"))


def cents(cell: str) -> int:
    return int(cell.replace(",", ""))


def form_of(html: str) -> dict[str, str]:
    """The hidden fields of the form that enters a cost."""
    form = html[html.index('class="cost-form"') :]
    return dict(re.findall(r'name="(uid|month)" type="hidden" value="([^"]+)"', form))


def tell(client: FlaskClient, **told: str) -> dict[str, str]:
    """What a person sends who enters a rent of 3 500.00 for October."""
    return {
        **form_of(page(client, "/costs?month=2026-10")),
        **{"kind": "rent", "activity": "house", "fund": "own", "amount": "3 500,00", "note": ""},
        **told,
    }


# The locks


@pytest.mark.parametrize("path", [*PAGES, *FILES])
def test_a_cashier_and_a_stranger_stay_outside(app: Flask, path: str) -> None:
    make_person(app, "amina", Role.CASHIER)
    assert browser(app).get(path).status_code == 303
    client = browser(app)
    come_in(client, "amina")
    assert client.get(path).status_code == 403


@pytest.mark.parametrize("role", OFFICE)
def test_the_office_reads_all_of_it(office: Office, role: Role) -> None:
    client = office(role)
    for path in (*PAGES, *FILES):
        assert client.get(path).status_code == 200, path


def test_staff_read_costs_and_enter_none(app: Flask, office: Office) -> None:
    client = office(Role.HUB_STAFF)
    with app.app_context(), transaction() as session:
        cost_id = enter(session, the_hub()).id
    html = page(client, "/costs?month=2026-10")
    assert "3 500,00" in text(html)
    assert "<form" not in html.split("<main", 1)[1].split("</main>")[0]
    for path in ("/costs", "/costs/repeats", f"/costs/{cost_id}/reversal"):
        assert client.post(path, data={"month": "2026-10"}).status_code == 403, path


@pytest.mark.parametrize(
    "path",
    [
        *("/costs?month=2026-13", "/costs?month=2026-12", "/costs?month=", "/costs?month=x"),
        *("/share/makers?month=x", "/share/crafts?until=2026", "/share/makers.csv?month=26-1"),
        *("/share/2026-13.csv", "/share.csv?until=x", "/share/nobody", "/share/nobody.csv"),
    ],
)
def test_what_is_not_there_is_not_found(office: Office, path: str) -> None:
    assert office().get(path).status_code == 404


def test_another_hubs_trade_and_costs_are_not_there(app: Flask, office: Office) -> None:
    client = office(Role.MANAGER)
    with app.app_context(), transaction() as session:
        other = open_hub(session, "fes", "Fès", sites={})
        fact = Fact(other.id, None, "payout", "X", NOW, TODAY, NOW, "x", new_uid(), "x")
        post(session, fact, pair(chart.BANK, chart.COMMISSION, mad(54_321)))
        cost_id = enter(session, other, RENT._replace(amount=mad(54_321))).id
    for path in (*PAGES, *FILES):
        assert "54 321" not in client.get(path).get_data(as_text=True).replace("\u00a0", " "), path
    assert client.post(f"/costs/{cost_id}/reversal").status_code == 404
    assert client.post("/costs/999999999/reversal").status_code == 404


# The share


def test_the_share_is_a_sentence_with_its_number(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = the_hub()
        maker = make_maker(session, hub)
        for day, price in ((TODAY, 400), (A_MONTH_AGO, 1000)):
            sold(session, hub, maker, mad(price), day=day)
    november = page(client, "/share?until=2026-11")
    assert "Octobre 2026 1 000,00 700,00 50,00 250,00 non saisies" in text(november)
    assert 'href="/share/2026-10"' in november
    assert "Total 1 400,00 980,00 70,00 350,00" in text(november)
    assert "Mois précédents" not in november
    assert "until=2026-11" in page(client, "/share?until=2027-11")
    october = page(client, "/share/2026-10")
    assert "En octobre 2026, la maison a gagné 250,00 MAD" in text(october)
    assert "Mercredi 21 octobre 1 000,00 700,00 50,00 250,00" in text(october)
    assert len(re.findall(r"<rect ", october)) == 31
    assert "Rien n’a été vendu" in page(client, "/share/2025-02")


def test_a_month_says_how_much_of_its_costs_it_carries(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = the_hub()
        sold(session, hub, make_maker(session, hub), mad(1000), day=A_MONTH_AGO)
    assert "personne ne peut dire encore" in page(client, "/share/2026-10")
    with app.app_context(), transaction() as session:
        enter(session, the_hub(), RENT._replace(amount=mad(400)))
    assert "Elle couvre 62,5 % des charges du mois, 400,00" in text(page(client, "/share/2026-10"))
    assert "250,00 62,5 %" in text(page(client, "/share"))


def test_a_month_that_lost_says_so_and_names_the_correction(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = the_hub()
        fact = Fact(hub.id, None, "payout", "X", NOW, TODAY, NOW, "x", new_uid(), "x")
        post(session, fact, pair(chart.PROMOTION, chart.BANK, mad(12)))
    html = page(client, "/share/2026-11")
    assert "En novembre 2026, la maison a perdu 12,00 MAD" in text(html)
    assert "bar-below" in html
    assert "Corrigé, MAD" in html
    assert "Corrections −12,00 −12,00" in text(page(client, "/share/makers"))


def test_makers_and_crafts_stand_by_what_they_bring_and_come_to_the_whole(
    app: Flask, office: Office
) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = the_hub()
        for n, name in enumerate(("Éventail", "<b>Bois</b>", "atelier Sud"), 1):
            maker = make_maker(session, hub)
            session.add(
                MakerText(maker_id=maker.id, language="fr", name=name, story="s", place="p")
            )
            done = sold(session, hub, maker, mad(1000 * n))
        refund(session, hub, a_return(1, done.ticket, 1, mad(3000)))
    html = page(client, "/share/makers?month=2026-11")
    names = re.findall(r"<bdi>(.*?)</bdi></a>", html.split("<main", 1)[1])
    assert names == ["&lt;b&gt;Bois&lt;/b&gt;", "Éventail", "atelier Sud"]
    assert "Total 3 000,00 2 100,00 150,00 750,00" in text(html)
    assert "Sur 3 000,00 MAD vendus, 2 100,00 MAD reviennent aux déposants" in text(html)
    assert "Poterie 3 000,00 2 100,00 150,00 750,00" in text(page(client, "/share/crafts"))


def test_every_file_comes_to_the_same_centimes_as_its_page(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        a_whole_month(session, the_hub())
    months = table(client, "/share.csv")
    days = table(client, "/share/2026-11.csv")
    makers = table(client, "/share/makers.csv?month=2026-11")
    crafts = table(client, "/share/crafts.csv?month=2026-11")
    assert len({len(row) for row in months}) == len({len(row) for row in makers}) == 1
    first = [sum(cents(row[n]) for row in days[1:]) for n in range(1, 7)]
    assert first[0] > 0
    for rows, begin in ((months, 1), (makers, 2), (crafts, 2)):
        assert [sum(cents(row[n]) for row in rows[1:]) for n in range(begin, begin + 6)] == first
    for row in makers[1:]:
        sold_, owed, vat, cost, corrected, share = map(cents, row[2:])
        assert sold_ - owed - vat - cost + corrected == share


# What the house costs


def test_a_cost_is_entered_from_its_page_and_stands_there_with_who_entered_it(
    office: Office,
) -> None:
    client = office()
    assert "Pour octobre 2026, les charges ne sont pas encore saisies" in text(
        page(client, "/costs")
    )
    answer = client.post("/costs", data=tell(client, note="Rue de la Skala"))
    assert (answer.status_code, answer.location) == (303, "/costs?month=2026-10")
    html = page(client, "/costs")
    assert "En octobre 2026, la maison a coûté 3 500,00" in text(html)
    assert "Loyer Rue de la Skala Toute la maison nadia" in text(html)


def test_the_form_sent_twice_enters_one_cost(app: Flask, office: Office) -> None:
    client = office()
    told = tell(client)
    assert [client.post("/costs", data=told).status_code for _ in range(2)] == [303, 303]
    with app.app_context():
        assert db.session.query(OperatingCost).count() == 1


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"amount": "12x"}, "montant"),
        ({"amount": ""}, "manque"),
        ({"amount": "0"}, "zéro"),
        ({"amount": "99999999999"}, "montant"),
        ({"kind": "bribes"}, "choi"),
        ({"fund": ""}, "choi"),
        ({"month": "2026-12"}, "mois"),
        ({"note": "x" * 201}, "long"),
        ({"uid": "x"}, ""),
    ],
)
def test_what_cannot_be_a_cost_is_told_and_what_was_typed_stays(
    app: Flask, office: Office, told: dict[str, str], said: str
) -> None:
    client = office()
    answer = client.post("/costs", data=tell(client, **{"note": "le mien", **told}))
    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    assert said in html
    assert "note" in told or "le mien" in html
    with app.app_context():
        assert db.session.query(OperatingCost).count() == 0


def test_a_month_that_is_none_is_no_page(office: Office) -> None:
    client = office()
    for month in ("", "x", "2026-13"):
        assert client.post("/costs", data=tell(client, month=month)).status_code == 400
        assert client.post("/costs/repeats", data={"month": month}).status_code == 400
    assert client.post("/costs/repeats", data={"month": "2026-10"}).status_code == 400


def test_a_cost_is_undone_by_a_button_and_both_rows_stay(app: Flask, office: Office) -> None:
    client = office(Role.MANAGER)
    client.post("/costs", data=tell(client))
    with app.app_context():
        cost_id = db.session.query(OperatingCost.id).scalar()
    for _click in range(2):
        answer = client.post(f"/costs/{cost_id}/reversal")
        assert (answer.status_code, answer.location) == (303, "/costs?month=2026-10")
    html = page(client, "/costs")
    assert "les charges ne sont pas encore saisies" in text(html)
    assert "−3 500,00" in text(html)
    with app.app_context():
        undone = db.session.query(OperatingCost).order_by(OperatingCost.id.desc()).first()
        assert undone is not None
        assert (undone.reverses_id, undone.actor) == (cost_id, "nadia")
        second = undone.id
    assert client.post(f"/costs/{second}/reversal").status_code == 404
    assert [cents(row[-1]) for row in table(client, "/costs.csv")[1:]] == [mad(3_500), -mad(3_500)]


def test_the_costs_of_the_month_before_are_taken_over_by_one_click(
    app: Flask, office: Office
) -> None:
    client = office()
    client.post("/costs", data=tell(client))
    html = page(client, "/costs?month=2026-11")
    assert "Saisir les mêmes" in html
    told = dict(re.findall(r'name="(uid|month)" type="hidden" value="([^"]+)"', html)[:2])
    for _click in range(2):
        assert client.post("/costs/repeats", data=told).status_code == 303
    assert "En novembre 2026, la maison a coûté 3 500,00" in text(
        page(client, "/costs?month=2026-11")
    )
    answer = client.post("/costs/repeats", data={**told, "uid": "another-form"})
    assert answer.status_code == 422
    assert "déjà des charges" in answer.get_data(as_text=True)


def test_another_site_enters_nothing(office: Office) -> None:
    client = office()
    told, headers = tell(client), {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/costs", data=told, headers=headers).status_code == 403


# The path


def test_the_path_is_a_sentence_with_its_number(app: Flask, office: Office) -> None:
    client = office()
    assert "Le premier mois de la maison n’est pas encore fini" in page(client, "/path")
    with app.app_context(), transaction() as session:
        hub = the_hub()
        sold(session, hub, make_maker(session, hub), mad(1000), day=A_MONTH_AGO)
    html = page(client, "/path")
    assert "Personne n’a encore dit ce que coûte la maison" in html
    assert 'href="/costs?month=2026-10"' in html
    with app.app_context(), transaction() as session:
        enter(session, the_hub(), RENT._replace(amount=mad(390)))
    html = page(client, "/path")
    said = text(html)
    assert "La maison gagne 64 centimes de chaque dirham qu’elle coûte" in said
    assert "Points d’avance sur le chemin : 61. Mois restants : 35." in said
    assert "Il manque, par mois 140,00" in said
    assert "Ventes d’équilibre, par mois 1 560,00" in said
    assert "Pour les déposants, sur ces mois 700,00" in said
    assert "Octobre 2026 250,00 390,00 64 % 64 % 3 %" in said
    assert html.count('role="img"') == 1
    assert table(client, "/path.csv")[1] == [
        *("2026-10-01", "1", "250,00", "390,00", "390,00", "64,10", "64,10", "2,78")
    ]


def test_a_house_that_carries_itself_or_loses_says_so(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = the_hub()
        sold(session, hub, make_maker(session, hub), mad(1000), day=A_MONTH_AGO)
        enter(session, hub, RENT._replace(amount=mad(200)))
    said = text(page(client, "/path"))
    assert "La maison gagne 1,25 MAD pour chaque dirham qu’elle coûte" in said
    assert "Il reste, par mois 50,00" in said
    with app.app_context(), transaction() as session:
        hub = the_hub()
        fact = Fact(hub.id, None, "payout", "X", NOW, A_MONTH_AGO, NOW, "x", new_uid(), "x")
        post(session, fact, pair(chart.PROMOTION, chart.BANK, mad(270)))
    said = text(page(client, "/path"))
    assert "La maison perd 0,10 MAD pour chaque dirham qu’elle coûte" in said
    assert "Tant que la maison ne garde rien" in said


def test_the_path_names_the_months_and_the_kinds_that_are_missing(
    app: Flask, office: Office
) -> None:
    client = office()
    september = RENT.month - timedelta(days=20)
    with app.app_context(), transaction() as session:
        hub = the_hub()
        maker = make_maker(session, hub)
        for day in (A_MONTH_AGO, A_MONTH_AGO - timedelta(days=30)):
            sold(session, hub, maker, mad(1000), day=day)
        enter(session, hub)
    said = text(page(client, "/path"))
    assert (
        "Ces mois ne sont pas comptés, leurs charges n’ont pas été saisies : septembre 2026" in said
    )
    with app.app_context(), transaction() as session:
        hub = the_hub()
        month = september.replace(day=1)
        enter(session, hub, RENT._replace(month=month))
        wages = (CostKind.WAGES, Activity.TRAINING, Fund.RESTRICTED)
        enter(session, hub, Cost(month, *wages, mad(900)))
    said = text(page(client, "/path"))
    assert "En octobre 2026, il manque encore ce que le mois précédent avait : Salaires" in said
    assert "Sans la formation et l’accompagnement des déposants, la part couvre 7 %" in said
    assert "ont payé 900,00" in said


def test_the_running_month_is_not_on_the_path(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = the_hub()
        sold(session, hub, make_maker(session, hub), mad(1000))
        enter(session, hub, RENT._replace(month=NOVEMBER))
    assert "Le premier mois de la maison n’est pas encore fini" in page(client, "/path")


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_pages_speak_arabic_and_english(app: Flask, office: Office, language: str) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = the_hub()
        sold(session, hub, make_maker(session, hub), mad(1000), day=A_MONTH_AGO)
        enter(session, hub, RENT._replace(amount=mad(390)))
    client.post("/language", data={"language": language})
    sentence = {"ar": "سنتيما من كل درهم تكلفه", "en": "64 centimes of every dirham"}[language]
    assert sentence in page(client, "/path")
    for path in PAGES:
        assert page(client, path)


# How often the database is asked


@pytest.mark.engines("sqlite")
def test_no_page_asks_more_for_more_makers_and_costs(app: Flask, office: Office) -> None:
    client = office()
    asked: list[list[int]] = []
    for turn in range(2):
        with app.app_context(), transaction() as session:
            hub = the_hub()
            for n in range(8):
                maker = make_maker(session, hub)
                sold(session, hub, maker, mad(100), day=A_MONTH_AGO)
                told = {"today": TODAY, "now": NOW, "actor": "x"}
                enter_cost(
                    *(session, hub.id, RENT._replace(month=OCTOBER)),
                    uid=f"cost-{turn}-{n}",
                    **told,  # type: ignore[arg-type]
                )
        asked.append([])
        for path in (*PAGES, *FILES):
            with app.app_context():
                engine = db.engine
            with counted(engine) as sent:
                client.get(path).get_data()
            asked[-1].append(len(sent))
    assert asked[0] == asked[1]
    assert all(0 < count <= 20 for count in asked[0]), asked[0]
