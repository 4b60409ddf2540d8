"""The reader knows what our printers are sent, and raises at anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almakane.gateways.escpos_reader import Command, Reader, UnknownCommand, listing, read
from almakane.gateways.printer import paper_of, to_escpos
from almakane.gateways.tape import draw_tape
from tests.papers import papers

JOB = to_escpos(papers()["makers"])


@pytest.mark.parametrize(
    "data",
    [
        b"\x1bz",
        b"\x00",
        b"\x07",
        b"\x7f",
        b"\x1b!\x80",
        b"\x1ba\x03",
        b"\x1dV\x42\x00",
        b"\x1dv0\x01\x01\x00\x01\x00\xff",
        b"\x1dk\x01",
        b"\x1d(A\x02\x00\x00\x00",
        b"\x1d(k\x03\x001C\x06"[:-2] + b"Z\x06",
        b"\x10\x14\x01",
        b"\x10\x04\x09",
    ],
    ids=lambda data: data.hex(" "),
)
def test_an_unknown_command_raises(data: bytes) -> None:
    with pytest.raises(UnknownCommand):
        read(b"\x1b@Merci\n" + data)


def test_the_place_of_an_unknown_command_is_told() -> None:
    with pytest.raises(UnknownCommand, match=r"^Byte 8: 1b 7a is no command"):
        read(b"\x1b@Merci\n\x1bz")


def test_a_job_that_ends_in_the_middle_raises() -> None:
    for end in (b"\x1b", b"\x1dv0\x00\x01", b"\x1dk\x02123"):
        with pytest.raises(UnknownCommand, match="middle"):
            read(b"Merci\n" + end)


@given(st.lists(st.integers(1, 200), min_size=1))
def test_a_job_reads_the_same_in_whatever_pieces_it_comes(sizes: list[int]) -> None:
    reader, rest = Reader(), JOB
    found: list[Command] = []
    for size in sizes:
        found += reader.feed(rest[:size])
        rest = rest[size:]
    found += reader.feed(rest)
    assert reader.is_whole
    text = b"".join(command.data for command in found if command.name == "text")
    assert text == b"".join(command.data for command in read(JOB) if command.name == "text")
    others = [command for command in found if command.name != "text"]
    assert others == [command for command in read(JOB) if command.name != "text"]


@given(st.binary())
def test_no_bytes_break_the_reader(data: bytes) -> None:
    try:
        read(data)
    except UnknownCommand:
        return


def test_a_line_that_is_too_long_for_the_paper_raises() -> None:
    with pytest.raises(UnknownCommand, match="do not fit"):
        draw_tape(b"\x1b@" + b"x" * 43 + b"\n", paper_of())


def test_a_picture_in_the_middle_of_a_line_raises() -> None:
    with pytest.raises(UnknownCommand, match="middle of a line"):
        draw_tape(b"\x1b@Merci\x1dv0\x00\x01\x00\x01\x00\xff", paper_of())


def test_a_code_page_that_the_printer_lacks_raises() -> None:
    with pytest.raises(UnknownCommand, match="code page"):
        listing(b"\x1bt\xc8", paper_of())
