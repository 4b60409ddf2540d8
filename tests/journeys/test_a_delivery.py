"""Sixty pieces of two cooperatives: announced, counted on a phone, signed, labelled."""

import io
import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from almakane.check import prove
from almakane.cooperatives.agreement import PaidTo, Regime, Terms
from almakane.cooperatives.models import Maker
from almakane.cooperatives.services import add_artisan, agree, take_in_maker
from almakane.db import db, transaction
from almakane.hubs.models import Hub
from almakane.inventory.intake import Brought, announce_delivery, lines_of
from almakane.inventory.models import (
    Consignment,
    ConsignmentSignature,
    Intake,
    Lot,
    Product,
    TaxClass,
)
from almakane.inventory.queries import held_of
from almakane.sales.sealing import seal_day
from tests.accounts import assert_sound
from tests.door import browser, come_in, make_person
from tests.factories import NOW, mad, new_uid

TERMS = Terms(Regime.MANDATE, 2_500)


def page_count(pdf: bytes) -> int:
    """How many sheets a document has."""
    return int(re.findall(rb"/Type/Pages/Count (\d+)", pdf)[0])


def a_cooperative(session: Session, code: str, name: str, paid_to: PaidTo) -> Maker:
    hub = session.query(Hub).one()
    maker = take_in_maker(session, hub.id, code, name, craft="pottery")
    agree(session, maker, Terms(Regime.MANDATE, 2_500, paid_to=paid_to))
    add_artisan(session, maker, f"Aïcha de {name}", "عائشة")
    add_artisan(session, maker, f"Zohra de {name}", "زهرة")
    session.refresh(maker)
    return maker


def announce(app: Flask) -> list[int]:
    """Potters announce forty pieces in five lines; weavers, paid one by one, twenty in four."""
    with app.app_context(), transaction() as session:
        potters = a_cooperative(session, "POT", "Biyada", PaidTo.COOPERATIVE)
        weavers = a_cooperative(session, "TIS", "Tifawin", PaidTo.MEMBERS)
        bowls = [
            Brought(
                f"p{n}",
                quantity=8,
                title=f"Bol {n}",
                title_ar=f"زلافة {n}",
                category="pottery",
                tax_class=TaxClass.STANDARD,
                price=mad(120 + n),
                floor=mad(100),
            )
            for n in range(5)
        ]
        rugs = [Brought(f"t{n}", quantity=5, title=f"Tapis {n}", price=mad(900)) for n in range(4)]
        return [
            announce_delivery(
                *(session, maker, lines, "portal"), uid=new_uid(), now=NOW, by_maker=True
            ).id
            for maker, lines in ((potters, bowls), (weavers, rugs))
        ]


def sign(office: FlaskClient, here: str, spoken: str, signer: str) -> str:
    page = office.get(f"{here}/signature?in={spoken}").text
    shown = re.findall(r'name="(lines_hash|agreement_id)" type="hidden" value="(\w+)"', page)
    assert shown, page
    told = {"how": "screen", "in": spoken, "signer": signer, **dict(shown)}
    answer = office.post(f"{here}/signature", data=told | {"mark": "M40 60L80 90L120 40"})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_sixty_pieces_of_two_cooperatives_come_in(app: Flask) -> None:
    make_person(app)
    potters, weavers = (f"/deliveries/{number}" for number in announce(app))
    office = browser(app)
    come_in(office)
    assert "Biyada" in office.get("/deliveries").text

    # The potters' come as announced, but for two bowls that broke on the way, and two more plates.
    office.post(f"{potters}/arrival")
    with app.app_context():
        first = lines_of(db.session(), db.session.get_one(Intake, int(potters[12:])))[0].id
    office.post(f"{potters}/lines/{first}/count", data={"counted": "6"})
    office.post(f"{potters}/counts")
    plates = {
        **{"key": "extra", "title": "Plat", "quantity": "2", "price": "250", "floor": "200"},
        **{"category": "pottery", "tax_class": "standard"},
    }
    office.post(f"{potters}/lines", data=plates)
    done = [sign(office, potters, "ar", "عائشة")]

    # The weavers wrote no names and no tax class: each line says so until it is filled in.
    office.post(f"{weavers}/arrival")
    office.post(f"{weavers}/counts")
    assert office.get(f"{weavers}/signature").status_code == 303
    with app.app_context():
        intake = db.session.get_one(Intake, int(weavers[12:]))
        told = [(line.id, line.title) for line in lines_of(db.session(), intake)]
        aicha, zohra = (
            artisan.id for artisan in db.session.get_one(Maker, intake.maker_id).artisans
        )
    for line_id, title in told:
        full = {
            **{"key": "k", "title": title, "quantity": "5", "price": "900", "category": "rug"},
            **{"tax_class": "exempt", "artisan": [aicha, zohra], f"weight-{aicha}": "2"},
        }
        office.post(f"{weavers}/lines/{line_id}", data=full)
    done.append(sign(office, weavers, "fr", "Zohra"))

    for there, pieces in zip(done, (40, 20), strict=True):
        number = there.rpartition("/")[2]
        labels = office.get(f"/labels.pdf?consignment={number}")
        assert labels.mimetype == "application/pdf"
        assert page_count(labels.data) == -(-pieces // 24)
        assert office.get(f"/consignments/{number}/slip.pdf").data.startswith(b"%PDF")

    with app.app_context(), transaction() as session:
        hub = session.query(Hub).one()
        assert session.query(Consignment).count() == 2
        assert session.query(ConsignmentSignature).count() == 2
        assert session.query(Product).count() == 10
        assert sum(lot.quantity for lot in session.query(Lot)) == 60
        assert [held_of(session, maker.id).pieces for maker in session.query(Maker)] == [40, 20]
        assert_sound(session)
        seal_day(
            session,
            hub.id,
            max(day for (day,) in session.query(Consignment.day)),
            now=NOW,
            actor="hind",
        )
    with app.app_context():
        assert prove(db.session.connection()) == []


def test_five_hundred_lines_come_from_a_file(app: Flask) -> None:
    make_person(app)
    with app.app_context(), transaction() as session:
        a_cooperative(session, "POT", "Biyada", PaidTo.MEMBERS)
    office = browser(app)
    come_in(office)
    rows = "".join(f"Bol {n};1;{100 + n},50;Aïcha 2, Zohra;20\r\n" for n in range(500))
    content = ("Titre;Quantité;Prix;Artisans;TVA\r\n" + rows).encode("cp1252")
    told = {"maker": "POT", "uid": new_uid(), "sheet": (io.BytesIO(content), "pièces.csv")}
    sheet = office.post("/deliveries/new/sheet", data=told)
    here = sheet.location.rpartition("/sheets/")[0]
    office.post(f"{sheet.location}/lines")
    there = sign(office, here, "fr", "Aïcha")
    labels = office.get(f"/labels.pdf?consignment={there.rpartition('/')[2]}")
    assert page_count(labels.data) == 21
    with app.app_context():
        assert db.session.query(Lot).count() == 500
        assert prove(db.session.connection()) == []
