"""A spreadsheet comes with a delivery: seen first, taken once, and what is wrong is named."""

import io
import re
from pathlib import Path
from time import monotonic, process_time, sleep
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from almakane.cooperatives.models import Maker
from almakane.db import db, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.inventory.intake import MOST_LINES, lines_of, start_intake
from almakane.inventory.long_sheets import _AT_ONCE, look_into
from almakane.inventory.matching import Known
from almakane.inventory.models import Intake, IntakeLine, IntakeSheet, TaxClass
from almakane.inventory.sheets import MOST_SHEETS, known_to, propose, read_sheet
from almakane.inventory.spreadsheet import LARGEST_FILE
from tests.door import browser, come_in, make_person
from tests.factories import NOW, mad, make_lot, make_maker, new_uid
from tests.inventory.test_spreadsheet import workbook

HEAD = "Titre;Quantité;Prix;Plancher;Artisans;Sorte;TVA;Code\n"


@pytest.fixture
def office(app: Flask) -> FlaskClient:
    """Somebody of the hub's staff, signed in, reading English."""
    make_person(app)
    client = browser(app)
    come_in(client)
    client.set_cookie("language", "en")
    return client


@pytest.fixture
def here(app: Flask, office: FlaskClient) -> str:
    """The address of a delivery that is being written down, of a maker with two artisans."""
    with app.app_context(), transaction() as session:
        maker = make_maker(session, session.query(Hub).one(), artisans=2)
        begun = start_intake(session, maker, "salma", uid=new_uid(), now=NOW)
        return f"/deliveries/{begun.id}"


def bring(office: FlaskClient, here: str, content: bytes | str) -> TestResponse:
    if isinstance(content, str):
        content = content.encode()
    file = (io.BytesIO(content), "pièces.csv")
    answer = office.post(f"{here}/sheets", data={"sheet": file})
    answer.request.environ["wsgi.input"].close()  # a large one is a file of the test's own
    return answer


def lines_in(app: Flask) -> list[IntakeLine]:
    with app.app_context():
        lines = lines_of(db.session(), db.session.query(Intake).one())
        db.session.expunge_all()
        return lines


def text_of(answer: TestResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def artisans(app: Flask) -> list[str]:
    with app.app_context():
        maker = db.session.query(Maker).one()
        return [artisan.name for artisan in maker.artisans]


def test_a_file_is_seen_first_and_taken_once(app: Flask, office: FlaskClient, here: str) -> None:
    one, two = artisans(app)
    content = (
        f"{HEAD}Bol bleu;6;180,00;150;{one} 2, {two};Poterie;20;\n"
        f"زربية;1;3400;;{one};زرابي;معفى;T-7\n"
        f"Plat;-1;80;;;;20;\n"
    )
    there = bring(office, here, content)
    assert there.status_code == 303, there.text
    seen = text_of(office.get(there.location))
    assert "This lies below zero." in seen
    assert not lines_in(app)
    for said in ("Lines added: 2.", "nothing was added"):
        answer = office.post(f"{there.location}/lines", follow_redirects=True)
        assert said in text_of(answer)
    bowl, rug = lines_in(app)
    assert (bowl.counted, bowl.price, bowl.floor, bowl.category) == (
        *(6, mad(180), mad(150)),
        "pottery",
    )
    assert [made.weight for made in bowl.artisans] == [2, 1]
    assert (rug.title, rug.category, rug.tax_class, rug.reference) == (
        *("زربية", "rug", TaxClass.EXEMPT),
        "T-7",
    )
    again = bring(office, here, content)
    assert again.location == there.location
    assert "Here already, or taken out before 2" in text_of(office.get(again.location))


def test_a_file_that_was_mended_adds_what_is_new(
    app: Flask, office: FlaskClient, here: str
) -> None:
    first = bring(office, here, f"{HEAD}Bol;2;10;;;;20;A\nPlat;x;10;;;;20;B\n")
    office.post(f"{first.location}/lines")
    second = bring(office, here, f"{HEAD}Bol;2;10;;;;20;A\nPlat;3;10;;;;20;B\n")
    assert second.location != first.location
    office.post(f"{second.location}/lines")
    assert [(line.title, line.counted) for line in lines_in(app)] == [("Bol", 2), ("Plat", 3)]


def test_a_workbook_comes_in_as_well(app: Flask, office: FlaskClient, here: str) -> None:
    content = workbook([["Titre", "Quantité", "Prix"], ["Bol", 3, 180.5]])
    office.post(f"{bring(office, here, content).location}/lines", data={"tax_class": "standard"})
    [line] = lines_in(app)
    assert (line.counted, line.price, line.tax_class) == (3, 18_050, TaxClass.STANDARD)


def test_known_pieces_come_again_by_their_code(app: Flask, office: FlaskClient, here: str) -> None:
    with app.app_context(), transaction() as session:
        hub, maker = session.query(Hub).one(), session.query(Maker).one()
        lot = make_lot(session, hub, maker, mad(90))
        code, product_id = lot.code, lot.product_id
    there = bring(office, here, f"Code;Quantité\n{code};4\nNOWHERE;1\n")
    assert "No piece of this maker has the code NOWHERE" in text_of(office.get(there.location))
    office.post(f"{there.location}/lines")
    [line] = lines_in(app)
    assert (line.product_id, line.counted) == (product_id, 4)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Bol;1;10;;Inconnue;;;", "Nobody of this maker’s is called like that."),
        ("Bol;1;10;;Artisane;;;", "Several of this maker’s artisans are called like that"),
        ("Bol;1;10;;;Fusées;;", "Nobody here knows this kind of piece."),
        ("Bol;1;10;;;;33;", "This is no tax class: write 20, 10 or 0."),
    ],
)
def test_what_nobody_here_knows_is_named(
    app: Flask, office: FlaskClient, here: str, row: str, said: str
) -> None:
    there = bring(office, here, f"{HEAD}{row}\n")
    page = office.get(there.location)
    assert said in text_of(page)
    assert f"{there.location}/lines" not in page.text
    file = office.get(f"{there.location}.csv")
    assert said in file.data.decode("utf-8-sig")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "There is nothing in this file."),
        (b"%PDF-1.7", "This is no table that can be read"),
        (b"\x00" * 5_000, "none of them is known"),
        (b"Titre\n" + b"x" * (LARGEST_FILE + 10), "larger than 16 MB"),
        (b"Titre\n" + b"x" * (LARGEST_FILE + 10**6), "larger than 16 MB"),
    ],
    ids=["empty", "pdf", "zeros", "large", "larger"],
)
def test_a_file_that_is_none_is_refused_and_not_kept(
    app: Flask, office: FlaskClient, here: str, content: bytes, said: str
) -> None:
    answer = bring(office, here, content)
    assert (answer.status_code, said in text_of(answer)) == (422, True)
    with app.app_context():
        assert not db.session.query(IntakeSheet).count()


def test_no_file_at_all_is_said(office: FlaskClient, here: str) -> None:
    assert office.post(f"{here}/sheets").status_code == 422


def test_other_doors_take_no_large_bodies(office: FlaskClient, here: str) -> None:
    large = {"title": "x" * 2_000_000}
    assert office.post(f"{here}/lines", data=large).status_code == 413


def test_more_than_a_delivery_holds_is_refused_with_the_limit(
    app: Flask, office: FlaskClient, here: str
) -> None:
    rows = "".join(f"Bol {n};1;10;;;;20;\n" for n in range(MOST_LINES + 1))
    there = bring(office, here, HEAD + rows)
    assert "A delivery has at most 2,000 lines: divide it." in text_of(office.get(there.location))
    answer = office.post(f"{there.location}/lines")
    assert answer.status_code == 422
    assert not lines_in(app)


def test_thousands_of_wrong_lines_are_named_page_by_page_and_all_in_the_file(
    app: Flask, office: FlaskClient, here: str
) -> None:
    there = bring(office, here, "Titre;Prix\n" + "Bol;-1\n" * 4_500)
    for page, shown in ((1, 200), (2, 200), (23, 100)):
        told = office.get(f"{there.location}?page={page}").text
        assert told.count("This lies below zero.") == shown
    assert office.get(f"{there.location}?page=24").status_code == 404
    assert office.get(f"{there.location}?page=x").status_code == 404
    assert len(office.get(f"{there.location}.csv").data.splitlines()) == 4_501


# A hundred thousand lines


def a_long_file(lines: int) -> str:
    """Every seventh line has no price that can be read, every eleventh a kind nobody knows."""
    return "Titre;Prix;Sorte;Code;TVA\n" + "".join(
        f"Bol {n};{'-1' if n % 7 == 0 else 20};{'Fusées' if n % 11 == 0 else ''};R{n};20\n"
        for n in range(lines)
    )


def looked_at(office: FlaskClient, path: str) -> TestResponse:
    """The page of a long file, once somebody has looked at all of it."""
    began = monotonic()
    while "lines looked at" in (answer := office.get(path)).text:
        assert monotonic() - began < 120
        sleep(0.2)
    return answer


def test_a_hundred_thousand_lines_are_each_looked_at_while_the_server_goes_on(
    app: Flask, office: FlaskClient, here: str
) -> None:
    there = bring(office, here, a_long_file(100_000))
    assert there.status_code == 303
    began, busy = monotonic(), process_time()
    answer = looked_at(office, there.location)
    assert process_time() - busy < (monotonic() - began) / 2 + 2  # not here, but beside the server
    seen = text_of(answer)
    left_out = sum(n % 7 == 0 or n % 11 == 0 for n in range(100_000))
    assert f"Left out {left_out:,}" in seen
    assert "A delivery has at most 2,000 lines: divide it." in seen
    file = office.get(f"{there.location}.csv").data.decode("utf-8-sig").splitlines()
    assert len(file) == left_out + 1
    assert [line.partition(";")[0] for line in file[1:4]] == ["2", "9", "13"]
    last = text_of(office.get(f"{there.location}?page={-(-left_out // 200)}"))
    assert f"{99_999 + 1:,}" in last  # line 100,000 of the file has the number 99,998
    refused = office.post(f"{there.location}/lines")
    assert (refused.status_code, "divide it" in refused.text) == (422, True)
    assert not lines_in(app)


def test_a_long_file_of_which_a_delivery_takes_the_rest_is_added_once(
    app: Flask, office: FlaskClient, here: str
) -> None:
    content = "Titre;Prix;Code;TVA\n" + "".join(
        f"Bol {n};{'20' if n < 3 else '-1'};R{n};20\n" for n in range(6_000)
    )
    there = bring(office, here, content)
    assert "Add 3 lines" in text_of(looked_at(office, there.location))
    for said in ("Lines added: 3.", None):
        answer = office.post(f"{there.location}/lines", follow_redirects=True)
        assert said is None or said in text_of(answer)
        looked_at(office, there.location)
    again = office.post(f"{there.location}/lines", follow_redirects=True)
    assert "nothing was added" in text_of(again)
    assert len(lines_in(app)) == 3


def test_a_long_file_that_is_none_is_told_and_adds_nothing(
    app: Flask, office: FlaskClient, here: str
) -> None:
    there = bring(office, here, "x;" * 300_000 + "\n")
    answer = looked_at(office, there.location)
    assert (answer.status_code, "none of them is known" in answer.text) == (422, True)
    assert office.post(f"{there.location}/lines").status_code == 422
    assert office.get(f"{there.location}.csv").status_code == 422
    assert not lines_in(app)


def test_a_look_that_comes_to_no_end_is_told(tmp_path: Path) -> None:
    broken: Any = [1, "a name that no artisan's row has"]  # its program fails over it
    look = look_into(b"Titre;Artisan\nBol;A\n", Known("", "", {}, {}, {}, broken, {}), tmp_path)
    while not look.is_done:
        sleep(0.05)
    with pytest.raises(Refusal, match="asks for more than we can do"):
        look.proposal()


def test_a_look_that_waits_for_its_turn_is_not_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("almakane.inventory.long_sheets._WORD_SECONDS", 0.1)
    monkeypatch.setattr("almakane.inventory.long_sheets._QUIET_SECONDS", 2)
    told = b"Titre;Prix\nBol;20\n", Known("", "", {}, {}, {}, [], {}), tmp_path
    with _AT_ONCE:  # another file is looked at
        look = look_into(*told)
        begun = (look.folder / "known").stat().st_mtime_ns
        sleep(3)
        assert look_into(*told).folder == look.folder
        assert (look.folder / "known").stat().st_mtime_ns == begun
    while not look.is_done:
        sleep(0.05)
    assert look.proposal().adds == 1


def test_a_delivery_keeps_so_many_files_and_no_more(office: FlaskClient, here: str) -> None:
    for n in range(MOST_SHEETS):
        assert bring(office, here, f"Titre\nBol {n}\n").status_code == 303
    answer = bring(office, here, "Titre\nOne more\n")
    assert (answer.status_code, "files already" in answer.text) == (422, True)


def test_the_empty_file_can_be_read_by_what_reads_files(
    app: Flask, office: FlaskClient, here: str
) -> None:
    for language in ("fr", "ar", "en"):
        office.set_cookie("language", language)
        reading = read_sheet(office.get("/deliveries/sheet.csv").data)
        assert not reading.strangers
        assert not reading.wrong
        [row] = reading.rows
        assert (row.quantity, row.price, row.floor) == (6, mad(180), mad(150))
        assert row.tax_class == "standard"


def test_what_is_not_said_is_as_it_was_the_last_time(app: Flask, here: str) -> None:
    with app.app_context(), transaction() as session:
        hub, maker = session.query(Hub).one(), session.query(Maker).one()
        make_lot(session, hub, maker, mad(90), tax_class=TaxClass.REDUCED, category="rug")
        intake: Any = session.query(Intake).one()
        known = known_to(session, intake)
        told = propose(read_sheet(b"Titre;Sorte\nBol;\nTapis;tapis\n"), known).proposal
        assert [(line.category, line.tax_class) for line in told.fresh] == [
            ("pottery", None),
            ("rug", TaxClass.REDUCED),
        ]
        assert told.untaxed == 1
