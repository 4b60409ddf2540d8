"""Statements on paper: the figures of the file, the words of a language, and no surprises."""

import csv
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from almakane.cooperatives.models import MakerText
from almakane.db import db, transaction
from almakane.gateways.documents import pictures, typeset
from almakane.gateways.sheet import Data, Letterhead, Party
from almakane.inventory.models import ProductText
from almakane.payouts import files
from almakane.payouts.models import Statement
from almakane.payouts.paper import Drawn, Waiting, statement_paper
from almakane.payouts.papers import drawn_statement
from almakane.payouts.queries import rows_told
from almakane.payouts.statement import Row, Totals
from almakane.sales.sealing import seal_day
from almakane.users.models import Role
from almakane.web.voices import voice
from tests.door import browser, come_in, make_person
from tests.factories import NOW, TODAY, Sold, a_line, mad, make_lot, make_maker, sell
from tests.payouts.test_routes import draw, the_hub
from tests.payouts.test_services import MEMBERS, a_whole_month, sold

HOUSE = Letterhead("Almakane", ("Médina de Casablanca",), (("ICE", "001561191000066"),))
HOSTILE = (
    "#set page(fill: red)",
    '"); #panic()',
    "*gras* _italique_ `code` $x^2$ <b>",
    "\u202eegnaro\u202c et \u2067droite",
    "x" * 200,
    "a\nb\tc",
    "",
)


def of(statement: Statement, language: str) -> Data:
    """The data of a statement's paper."""
    session = db.session()
    drawn = drawn_statement(session, statement, language)
    return statement_paper(
        drawn, rows_told(session, statement, language), HOUSE, language, voice(language)
    )


def centimes(figure: str) -> int:
    """What a figure on paper comes to."""
    return int(figure.replace("\u2212", "-").replace("\u00a0", "").replace(",", "") or 0)


@pytest.fixture
def office(app: Flask) -> Callable[[], FlaskClient]:
    def open_it() -> FlaskClient:
        make_person(app, "nadia", Role.ACCOUNTANT)
        client = browser(app)
        come_in(client, "nadia")
        return client

    return open_it


def test_the_figures_on_paper_are_those_of_the_file(
    app: Flask, office: Callable[[], FlaskClient]
) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        a_whole_month(session, the_hub())
    draw(app)
    with app.app_context(), transaction() as session:
        a_whole_month(session, the_hub())
    numbers = draw(app, days=1)
    for number in numbers:
        answer = client.get(f"/statements/{number}.csv?lang=fr")
        _head, *lines = csv.reader(answer.data.decode("utf-8-sig").splitlines(), delimiter=";")
        with app.app_context():
            statement = db.session.scalars(select(Statement).filter_by(number=number)).one()
            data = of(statement, "fr")
        amounts = [data["opening"]["amount"], *(row["amount"] for row in data["rows"])]
        assert list(map(centimes, amounts)) == [int(line[-1].replace(",", "")) for line in lines]
        assert centimes(data["closing"]["amount"]) == sum(map(centimes, amounts))
        assert [row["document"] for row in data["rows"]] == [line[1] for line in lines[1:]]
        for row, line in zip(data["rows"], lines[1:], strict=True):
            # The paper joins what the file keeps apart, and leaves out a column of nothing.
            parts = sum(int(cell.replace(",", "")) for cell in line[5:-1])
            assert sum(map(centimes, row["cells"])) == parts


def test_a_statement_is_set_again_to_the_byte_whatever_happened_since(app: Flask) -> None:
    make_person(app)
    with app.app_context(), transaction() as session:
        hub = the_hub()
        maker = make_maker(session, hub, MEMBERS, artisans=2)
        sold(session, hub, maker, mad(1000))
        seal = seal_day(session, hub.id, TODAY, now=NOW, actor="hind").hash
    draw(app)
    with app.app_context():
        data = of(db.session.scalars(select(Statement).filter_by(number="REL-000001")).one(), "fr")
    assert "".join(data["seal"]["hash"]) == seal
    first = typeset("statement", data)
    with app.app_context(), transaction() as session:
        hub = the_hub()
        sold(session, hub, session.get_one(type(maker), maker.id), mad(90))
        seal_day(session, hub.id, TODAY + timedelta(days=1), now=NOW, actor="hind")
    draw(app, days=1)
    with app.app_context():
        again = of(db.session.scalars(select(Statement).filter_by(number="REL-000001")).one(), "fr")
    assert again == data
    assert typeset("statement", again) == first
    assert first.startswith(b"%PDF-")
    assert b"D:20261120" in first


def test_pieces_are_called_in_the_readers_language(
    app: Flask, office: Callable[[], FlaskClient]
) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = the_hub()
        maker = make_maker(session, hub)
        rug, other = (make_lot(session, hub, maker, mad(100)) for _ in range(2))
        for language, title in (("fr", rug.title), ("ar", "زربية حمراء")):
            session.add(
                ProductText(product_id=rug.product_id, language=language, title=title, story="")
            )
        for lot in (rug, other):
            sell(session, hub, a_line(1, Sold(lot, mad(100), mad(100))))
    draw(app)
    for path in ("/statements/REL-000001", "/statements/REL-000001.csv"):
        arabic, french = (client.get(f"{path}?lang={one}").get_data(True) for one in ("ar", "fr"))
        assert "زربية حمراء" in arabic, path
        assert rug.title not in arabic, path
        assert other.title in arabic, path  # nobody has said it in Arabic
        assert rug.title in french, path
    with app.app_context():
        statement = db.session.scalars(select(Statement)).one()
        assert "زربية حمراء" in of(statement, "ar")["rows"][0]["title"]


@pytest.mark.parametrize(
    ("language", "word"), [("fr", "Relevé"), ("ar", "كشف"), ("en", "Statement")]
)
def test_a_statement_is_had_in_each_language(
    app: Flask, office: Callable[[], FlaskClient], language: str, word: str
) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        maker = make_maker(session, the_hub(), MEMBERS, artisans=2)
        session.add(
            MakerText(maker_id=maker.id, language="ar", name="تعاونية", story="s", place="p")
        )
        sold(session, the_hub(), maker, mad(1000))
    draw(app)
    answer = client.get(f"/statements/REL-000001.pdf?lang={language}")
    assert answer.mimetype == "application/pdf"
    assert 'filename="REL-000001.pdf"' in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.data.startswith(b"%PDF-")
    with app.app_context():
        statements = {s.number: s for s in db.session.scalars(select(Statement))}
        data = of(statements["REL-000001"], language)
        of_member = of(statements["REL-000002"], language)
    assert data["kind"] == word
    assert data["rtl"] == (language == "ar")
    assert ("تعاونية" in data["about"]["name"]) == (language == "ar")
    assert ("صانعة" in of_member["about"]["name"]) == (language == "ar")
    assert of_member["members"] is None
    for_page = client.get(f"/statements/REL-000001?lang={language}").get_data(as_text=True)
    assert f'href="/statements/REL-000001.pdf?lang={language}"' in for_page


def test_a_statement_too_long_for_paper_is_a_file(
    app: Flask, office: Callable[[], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = office()
    monkeypatch.setattr(files, "LONGEST", 1)
    with app.app_context(), transaction() as session:
        maker = make_maker(session, the_hub())
        lot = make_lot(session, the_hub(), maker, mad(1), quantity=9)
        for _ in range(2):
            sell(session, the_hub(), a_line(1, Sold(lot, mad(1), mad(1))))
    draw(app)
    answer = client.get("/statements/REL-000001.pdf")
    assert answer.status_code == 422
    assert "CSV" in answer.get_data(as_text=True)


# Without a database


def a_row(n: int, title: str = "Bol", amount: int = 700_00) -> Row:
    return Row(
        *(n, date(2026, 11, 20), f"T1-{n:06d}", "sale", title, 1),
        *(1000_00, 0, 250_00, 50_00, 0, 0, 0, amount),
    )


def a_statement(rows: int, **changed: object) -> Drawn:
    used = frozenset({"gross", "commission", "commission_vat", "amount"})
    values: dict[str, object] = {
        "number": "REL-000007",
        "day": date(2026, 11, 30),
        "holder": Party("Coopérative Tifaouine", ("Taliouine", "ARG")),
        "opening": 0,
        "closing": 700_00 * rows,
        "waiting": 700_00,
        "available": 700_00 * (rows - 1),
        "totals": Totals(rows, 1000_00 * rows, amount=700_00 * rows, used=used),
        "waits": [Waiting(date(2026, 12, 7), 700_00), Waiting(None, 0)],
    }
    return Drawn(**(values | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_whatever_a_piece_is_called_it_is_text(language: str) -> None:
    plain = statement_paper(
        a_statement(1, holder=Party("x")), [a_row(1, "x")], HOUSE, language, voice(language)
    )
    size = len(pictures("statement", plain, 40))
    for title in HOSTILE:
        drawn = a_statement(1, holder=Party(title, (title,)))
        data = statement_paper(drawn, [a_row(1, title)], HOUSE, language, voice(language))
        pages = pictures("statement", data, 40)
        assert len(pages) == size
        assert not any(mark in data["rows"][0]["title"] for mark in "\u202e\u202c\u2067\n")


def test_long_statements_have_their_head_on_every_sheet() -> None:
    data = statement_paper(
        a_statement(200), [a_row(n) for n in range(200)], HOUSE, "fr", voice("fr")
    )
    pages = pictures("statement", data, 30)
    assert 4 <= len(pages) <= 8
    assert typeset("statement", data).count(b"/Type/Page\n") in (0, len(pages))
