"""`almakane printer` is a printer on a port, for trying a till without one."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from almakane.gateways.paper import KICK
from almakane.gateways.printer import to_escpos
from almakane.gateways.virtual_printer import send
from almakane.settings import ROOT
from tests.papers import papers

Running = subprocess.Popen[str]


@pytest.fixture
def command(tmp_path: Path) -> Iterator[tuple[Running, int, Path]]:
    """The running command, its port and its folder."""
    tape = tmp_path / "tape"
    words = [sys.executable, "-u", "-m", "almakane.cli", "printer"]
    words += ["--port", "0", "--tape", str(tape)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        found = re.search(r"listens on 127\.0\.0\.1:(\d+)", running.stdout.readline())
        assert found
        yield running, int(found[1]), tape
        running.terminate()


def test_each_paper_is_a_picture_in_the_folder(command: tuple[Running, int, Path]) -> None:
    running, port, tape = command
    send("127.0.0.1", port, to_escpos(KICK) + to_escpos(papers()["sale"]))
    assert running.stdout
    assert running.stdout.readline() == "The drawer sprang open.\n"
    assert running.stdout.readline().startswith("Printed ")
    [path] = tape.iterdir()
    with Image.open(path) as picture:
        assert picture.width == 560


def test_what_is_misread_is_said(command: tuple[Running, int, Path]) -> None:
    running, port, _ = command
    send("127.0.0.1", port, b"\x1bz")
    assert running.stdout
    assert running.stdout.readline() == "Misread: Byte 0: 1b 7a is no command.\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--profile", "nothing"), 2, "No receipt printer"),
        (("--host", "203.0.113.7"), 3, "203.0.113.7:0"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    words: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "almakane.cli", "printer", "--port", "0", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert said in done.stderr
