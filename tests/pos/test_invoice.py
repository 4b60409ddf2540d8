"""Invoices: what the law asks for, the sum in words, and who may have one."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from almakane.db import db, transaction
from almakane.gateways.documents import pictures, typeset
from almakane.gateways.sheet import Data, Letterhead, Party
from almakane.hubs.models import Hub
from almakane.hubs.queries import letterhead_of
from almakane.hubs.services import identify_hub, open_hub
from almakane.inventory.services import set_up_places
from almakane.pos.invoice import invoice
from almakane.sales.models import Register, RegisterKind
from almakane.sales.ticket import Ticket
from almakane.users.models import Role
from almakane.web.voices import voice
from tests.door import browser, come_in, make_person
from tests.factories import (
    TODAY,
    Sold,
    a_line,
    a_return,
    mad,
    make_hub,
    make_lot,
    make_maker,
    refund,
    sell,
    the_site,
)
from tests.papers import BOWLS, EXCHANGE, MIXED, RUG, SELLERS, TEA, sale

HEAD = Letterhead(
    "Almakane",
    ("12, rue du Consulat d’Espagne", "20250 Casablanca"),
    (("ICE", "001234567000089"), ("IF", "12345678"), ("TP", "34567890"), ("RC", "")),
)
VOICES = {language: voice(language) for language in ("fr", "ar", "en")}


def of(ticket: Ticket, language: str = "fr", **told: object) -> Data:
    return invoice(ticket, HEAD, language, VOICES, **told)  # type: ignore[arg-type]


def test_an_invoice_has_what_the_law_asks_for() -> None:
    data = of(MIXED, sellers=SELLERS, site="Médina", buyer=Party("Riad X", ("ICE 1",)))
    assert data["head"]["name"] == "Almakane"
    assert data["head"]["numbers"] == [
        *("ICE\u00a0001234567000089", "IF\u00a012345678", "TP\u00a034567890")
    ]
    assert (data["kind"], data["number"]) == ("Facture", MIXED.number)
    assert "20\u00a0novembre\u00a02026" in data["told"][0]
    assert data["about"]["name"] == "Riad X"
    rug, bowls, _tea = data["rows"]
    assert rug["cells"] == ["1", "3\u00a0400,00", "", "\u2014", "3\u00a0400,00"]
    assert bowls["cells"] == ["2", "150,00", "\u221230,00", "20\u00a0%", "270,00"]
    assert "Coopérative Tissage d’Azilal" in rug["notes"][0]
    taxes = {tax["words"]: tax["cells"] for tax in data["taxes"]}
    assert taxes["TVA 20\u00a0%"] == ["225,00", "45,00", "270,00"]
    assert any("91" in words and cells[0] == "" for words, cells in taxes.items())
    assert any("004214" in words for words, _amount in data["paid"])


def test_the_sum_is_in_words_in_both_languages_whichever_the_paper_speaks() -> None:
    for language in ("fr", "ar", "en"):
        french, arabic = of(sale(RUG), language)["words"]
        assert french["text"].endswith("trois mille quatre cents dirhams.")
        assert "ثلاثة آلاف وأربعمائة درهم" in arabic["text"]


def test_what_gives_back_more_than_it_sells_is_a_credit_note() -> None:
    data = of(EXCHANGE, returned={1: "Théière"})
    assert data["kind"] == "Facture d’avoir"
    assert data["due"][1] == "\u2212120,00"
    assert data["words"][0]["text"] == "Arrêté le présent avoir à la somme de cent vingt dirhams."
    assert "T1-2-000098" in data["rows"][1]["notes"][0]


def test_the_figures_of_an_invoice_add_up() -> None:
    data = of(sale(RUG, BOWLS, TEA))
    amounts = [row["cells"][-1] for row in data["rows"]]
    total = sum(int(a.replace("\u00a0", "").replace(",", "")) for a in amounts)
    assert data["due"][1].replace("\u00a0", "").replace(",", "") == str(total)


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_long_invoice_and_a_strange_one_are_set(language: str) -> None:
    lines = tuple(
        replace(BOWLS, n=n, title=f"#panic({n}) *x* \u202e$y$ " * 3) for n in range(1, 90)
    )
    data = of(sale(*lines), language, sellers=dict.fromkeys(range(90), SELLERS[1]))
    assert 4 <= len(pictures("invoice", data, 30)) <= 9
    assert typeset("invoice", data) == typeset("invoice", data)


def test_the_seller_is_who_it_was_on_the_day(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        before = letterhead_of(session, hub, TODAY)
        identify_hub(
            session,
            hub.id,
            TODAY,
            legal_name="Association Almakane",
            city="20250 Casablanca",
            ice="001561191000066",
        )
        after = letterhead_of(session, hub, TODAY)
        assert letterhead_of(session, hub, TODAY - timedelta(days=1)) == before
    assert before == Letterhead("Almakane", ("medina",))
    data = invoice(sale(RUG), after, "fr", VOICES)
    assert data["head"]["lines"] == ["Association Almakane", "20250 Casablanca"]
    assert data["head"]["numbers"] == ["ICE\u00a0001561191000066"]


def test_who_works_here_has_the_invoice_of_a_ticket(app: Flask) -> None:
    make_person(app, "amina", Role.CASHIER)
    with app.app_context(), transaction() as session:
        hub = session.scalars(select(Hub)).one()
        lot = make_lot(session, hub, make_maker(session, hub), mad(120), quantity=3)
        done = sell(session, hub, a_line(1, Sold(lot, mad(120), mad(120), 2)))
        number = done.recorded.number
        back = refund(session, hub, a_return(1, replace(done.ticket, number=number), 1, mad(120)))
        numbers = (number, back.recorded.number)
        other = open_hub(session, "fes", "Fès", sites={"medina": "Médina"})
        site = the_site(session, other)
        set_up_places(session, site.id)
        kind = RegisterKind.TILL
        session.add(Register(hub_id=other.id, site_id=site.id, code="T1", kind=kind))
        session.flush()
        lot = make_lot(session, other, make_maker(session, other), mad(5), quantity=9)
        elsewhere = sell(
            session, other, a_line(1, Sold(lot, mad(5), mad(5))), number="T1-999999"
        ).recorded.number
    client = browser(app)
    assert client.get(f"/tickets/{numbers[0]}/invoice.pdf").status_code == 303
    come_in(client, "amina")
    for each in numbers:
        for language in ("fr", "ar", "en"):
            answer = client.get(f"/tickets/{each}/invoice.pdf?lang={language}")
            assert answer.status_code == 200
            assert answer.data.startswith(b"%PDF-")
            assert each in answer.headers["Content-Disposition"]
    for path in (elsewhere, "T1-000099", "x/2"):
        assert client.get(f"/tickets/{path}/invoice.pdf").status_code == 404
    with app.app_context():
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
