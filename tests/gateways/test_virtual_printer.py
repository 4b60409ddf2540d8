"""The twin behaves as a printer does, in good days and in bad ones."""

import socket
import time
from collections.abc import Iterator

import pytest
from escpos.printer import Network

from almakane.gateways.escpos_reader import UnknownCommand
from almakane.gateways.paper import KICK
from almakane.gateways.printer import NARROW, paper_of, to_escpos
from almakane.gateways.tape import draw_tape
from almakane.gateways.virtual_printer import VirtualPrinter, send
from tests.papers import papers

SALE = to_escpos(papers()["sale"])
STATUS = b"\x10\x04"


@pytest.fixture
def printer() -> Iterator[VirtualPrinter]:
    """A printer that listens on a port of its own."""
    with VirtualPrinter() as printer:
        yield printer
        printer.check()


def ask(printer: VirtualPrinter, question: int) -> int:
    with socket.create_connection((printer.host, printer.port), timeout=5) as connection:
        connection.sendall(STATUS + bytes([question]))
        return connection.recv(1)[0]


def keep_sending(printer: VirtualPrinter) -> None:
    with socket.create_connection((printer.host, printer.port), timeout=5) as connection:
        for _ in range(200):
            connection.sendall(SALE)
            time.sleep(0.005)


def as_a_client(printer: VirtualPrinter) -> Network:
    return Network(printer.host, printer.port, timeout=5, profile=printer.paper.profile)


def test_what_is_sent_comes_out(printer: VirtualPrinter) -> None:
    send(printer.host, printer.port, SALE)
    printer.wait()
    [picture] = printer.papers()
    [expected] = draw_tape(SALE, printer.paper)
    assert picture.tobytes() == expected.tobytes()


def test_the_newest_paper_comes_first(printer: VirtualPrinter) -> None:
    z = to_escpos(papers()["z"])
    send(printer.host, printer.port, SALE + z)
    printer.wait(2)
    newest, oldest = printer.papers()
    assert newest.height > oldest.height


def test_a_kick_opens_the_drawer(printer: VirtualPrinter) -> None:
    send(printer.host, printer.port, to_escpos(KICK) + SALE)
    printer.wait()
    assert [printed.picture is None for printed in printer.printed()] == [False, True]


def test_a_printer_without_a_knife_is_torn_off() -> None:
    paper = paper_of(NARROW)
    with VirtualPrinter(paper) as printer:
        send(printer.host, printer.port, to_escpos(papers()["narrow"], paper))
        printer.wait()
        assert len(printer.papers()) == 1
        assert printer.hanging() is None


def test_a_client_is_told_that_all_is_well(printer: VirtualPrinter) -> None:
    client = as_a_client(printer)
    assert client.is_online()
    assert client.paper_status() == 2
    client.close()


@pytest.mark.parametrize(
    ("fault", "online", "paper"),
    [
        ({"paper_low": True}, True, 1),
        ({"paper_out": True}, False, 0),
        ({"offline": True}, False, 2),
        ({"cover_open": True}, False, 2),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_client_is_told_what_is_wrong(
    printer: VirtualPrinter, fault: dict[str, bool], online: bool, paper: int
) -> None:
    printer.set(**fault)
    client = as_a_client(printer)
    assert (client.is_online(), client.paper_status()) == (online, paper)
    client.close()


def test_why_it_is_offline_is_told_too(printer: VirtualPrinter) -> None:
    assert ask(printer, 2) == 0x12
    printer.set(cover_open=True)
    assert ask(printer, 2) & 0x04
    printer.set(cover_open=False, paper_out=True)
    assert ask(printer, 2) & 0x20
    assert ask(printer, 3) == 0x12


@pytest.mark.parametrize("fault", ["paper_out", "offline", "cover_open"])
def test_what_was_taken_while_it_could_not_print_is_printed_afterwards(
    printer: VirtualPrinter, fault: str
) -> None:
    """The bytes were taken, and there is no paper: why nobody may take the one for the other."""
    printer.set(**{fault: True})
    send(printer.host, printer.port, SALE)
    with pytest.raises(TimeoutError):
        printer.wait(seconds=0.2)
    printer.set(**{fault: False})
    printer.wait()
    assert len(printer.papers()) == 1


def test_a_connection_that_breaks_leaves_half_a_paper(printer: VirtualPrinter) -> None:
    printer.set(cut_after=600)
    with pytest.raises(OSError, match=r"reset|Broken pipe|aborted"):
        keep_sending(printer)
    assert printer.papers() == []
    assert printer.hanging() is not None
    assert printer.received == 600


def test_a_slow_printer_takes_its_time(printer: VirtualPrinter) -> None:
    printer.set(seconds_per_chunk=0.05)
    began = time.monotonic()
    send(printer.host, printer.port, SALE)
    printer.wait()
    assert time.monotonic() - began > 0.05 * (len(SALE) // 1024)


def test_an_unknown_byte_is_kept_as_an_error() -> None:
    with VirtualPrinter() as printer:
        send(printer.host, printer.port, b"\x1b@Merci\n\x1bz")
        printer.wait()
        with pytest.raises(UnknownCommand, match="1b 7a"):
            printer.check()
        printer.errors.clear()
        send(printer.host, printer.port, SALE)  # the next one prints
        printer.wait()
        assert len(printer.papers()) == 1


def test_a_printer_that_was_switched_off_takes_nothing() -> None:
    with VirtualPrinter() as printer:
        port = printer.port
    with pytest.raises(OSError, match="refused"):
        send("127.0.0.1", port, SALE)
