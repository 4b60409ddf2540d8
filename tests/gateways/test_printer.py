"""What is sent to a printer: the right letters, the right dots, and no command that was typed."""

import pytest
import zxingcpp

from almakane.errors import Refusal
from almakane.gateways.drawing import Picture
from almakane.gateways.escpos_reader import listing, read
from almakane.gateways.paper import (
    KICK,
    Align,
    Barcode,
    Cut,
    Part,
    Qr,
    Row,
    Size,
    Strip,
    Symbology,
    Text,
)
from almakane.gateways.printer import NARROW, WIDE, paper_of, to_escpos
from almakane.gateways.tape import MARGIN, draw_tape
from almakane.inventory.ean13 import lot_code
from tests.papers import URL, papers

PROFILES = (WIDE, NARROW, "TM-T20II", "ZJ-5870", "Sunmi-V2")


def print_parts(*parts: Part, profile: str = WIDE, language: str = "fr") -> Picture:
    paper = paper_of(profile)
    [picture] = draw_tape(to_escpos(Strip(language, (*parts, Cut())), paper), paper)
    return picture


def words(*parts: Part, profile: str = WIDE) -> list[str]:
    """The lines of letters that are printed."""
    paper = paper_of(profile)
    told = listing(to_escpos(Strip("fr", parts), paper), paper)
    return [line[6:-1] for line in told.splitlines() if line.startswith("text |")]


def read_back(picture: Picture) -> dict[str, str]:
    """The codes that a reader finds on a paper: format to text."""
    found = zxingcpp.read_barcodes(picture.convert("L"))
    return {str(code.format): code.text for code in found}


def ink_of(picture: Picture) -> tuple[int, int, int, int]:
    """Where the ink is: left, top, right, bottom."""
    box = picture.convert("L").point([255 - shade for shade in range(256)]).getbbox()
    assert box
    return box


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", ["makers", "arabic", "mixed", "z", "z-arabic"])
def test_every_paper_fits_every_printer(name: str, profile: str) -> None:
    paper = paper_of(profile)
    [picture] = draw_tape(to_escpos(papers()[name], paper), paper)
    left, _, right, _ = ink_of(picture)
    assert left >= MARGIN
    assert right <= picture.width - MARGIN


@pytest.mark.parametrize("name", ["default", "TUP500", "AF-240", "unheard of"])
def test_a_printer_without_a_width_is_refused(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        paper_of(name)
    assert refused.value.field == "profile"


def test_a_title_cannot_open_the_drawer() -> None:
    evil = "Tapis\x1bp\x00\x19\xfa\x10\x04\x01\x1dV\x00\u009b"
    for text in (evil, f"{evil} زربية"):
        parts = (Text(text), Row(text, (text,)))
        sent = read(to_escpos(Strip("fr", parts), paper_of()))
        assert not {"drawer", "cut", "status"} & {command.name for command in sent}


def test_a_kick_is_a_kick_and_nothing_else() -> None:
    names = [command.name for command in read(to_escpos(KICK))]
    assert names == ["init", "code page", "drawer"]


def test_french_goes_out_as_letters() -> None:
    assert words(Text("Œuvre d’Aït, 3\u202f400,00\u00a0€")) == ["Œuvre d’Aït, 3 400,00 €"]


def test_an_amount_stands_at_the_end_of_the_last_line() -> None:
    title = "Tapis Azilal, laine naturelle, motif losanges, 120 × 180"
    printed = words(Row(title, ("3 400,00",)))
    assert len(printed) == 2
    assert printed[-1].endswith(" 3 400,00")
    assert all(len(line) <= 42 for line in printed)
    assert len(printed[-1]) == 42


def test_an_amount_that_leaves_no_room_stands_under_its_words() -> None:
    amounts = ("1 000 000,00", "200 000,00", "1 200 000,00")
    printed = words(Row("Taxe de tout", amounts), profile=NARROW)
    assert printed[0] == "Taxe de tout"
    assert printed[1].split("  ")[-3:] == list(amounts)


def test_large_letters_that_do_not_fit_are_tall_ones() -> None:
    assert words(Text("Z, fin de session", size=Size.LARGE), profile=NARROW) == [
        "Z, fin de session"
    ]
    fits = print_parts(Row("Total", ("1,00",), size=Size.LARGE))
    tall = print_parts(Row("Total à payer", ("1 000 000,00",), size=Size.LARGE))
    assert fits.height == tall.height


def test_arabic_begins_at_the_right_and_french_at_the_left() -> None:
    text = Text("زربية")
    _, _, right, _ = ink_of(print_parts(text, language="ar"))
    left, _, _, _ = ink_of(print_parts(text, language="fr"))
    paper = paper_of()
    assert right > MARGIN + paper.dots - 6
    assert left < MARGIN + 6


def test_a_row_in_arabic_is_a_row_in_a_mirror() -> None:
    left, _, right, _ = ink_of(print_parts(Row("المجموع", ("1,00",)), language="ar"))
    assert left < MARGIN + 6
    assert right > MARGIN + paper_of().dots - 6


def test_the_middle_is_the_middle() -> None:
    for language in ("fr", "ar"):
        box = ink_of(print_parts(Text("Merci", Align.CENTRE), language=language))
        assert abs((box[0] + box[2]) // 2 - (MARGIN + paper_of().dots // 2)) <= 8


@pytest.mark.parametrize("profile", PROFILES)
def test_an_ean_is_read_back_from_the_paper(profile: str) -> None:
    code = lot_code(1042)
    picture = print_parts(Barcode(code, Symbology.EAN13), profile=profile)
    assert read_back(picture) == {"EAN-13": code}


def test_an_ean_with_a_wrong_digit_is_never_printed() -> None:
    with pytest.raises(ValueError, match="check digit"):
        print_parts(Barcode("2000000010422", Symbology.EAN13))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("data", ["https://almakane.example/t/abc", URL])
def test_a_qr_code_is_read_back_from_the_paper(data: str, profile: str) -> None:
    assert read_back(print_parts(Qr(data), profile=profile)) == {"QR Code": data}


@pytest.mark.parametrize("name", ["makers", "arabic", "arabic-titles", "narrow", "narrow-arabic"])
def test_the_codes_of_a_receipt_are_read_back_from_the_paper(name: str) -> None:
    paper = paper_of(NARROW if name.startswith("narrow") else WIDE)
    [picture] = draw_tape(to_escpos(papers()[name], paper), paper)
    assert read_back(picture) == {"QR Code": URL, "Code 128": "T1-2-000123"}


def test_a_code_that_is_too_much_for_the_paper_is_left_out() -> None:
    sent = read(to_escpos(Strip("fr", (Qr("x" * 2_000), Barcode("X" * 40))), paper_of(NARROW)))
    assert [command.name for command in sent] == ["init", "code page"]
