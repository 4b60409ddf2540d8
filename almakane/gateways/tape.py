"""
What a printer makes of its commands: paper with ink on it, as a picture.

It draws what a real one would, its letters, codes and dots in their places, so that a test may look
at a receipt as a customer does and read its codes back. What would go wrong on paper raises.
"""

from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFont

from almakane.gateways import FONTS
from almakane.gateways.codes import bar_modules, qr_modules
from almakane.gateways.drawing import Picture, draw_bars, from_bits
from almakane.gateways.escpos_reader import Command, UnknownCommand, codec_of, read
from almakane.gateways.paper import Barcode, Symbology
from almakane.gateways.printer import Paper

MARGIN = 24  # dots of white at both sides, where no printer prints

_LETTERS = FONTS / "jetbrains-mono-0.4.1" / "JetBrainsMono_400Regular.ttf"
_CELLS = {0: (12, 24, 19, 20), 1: (9, 17, 14, 15)}  # font: width, height, baseline, size
_LINE = 30  # dots from line to line, until it is told otherwise
_LEVELS = {b"0": "L", b"1": "M"}
_WIDE, _HIGH = 0x20, 0x10
_BELOW = 2
_WITHIN_A_LINE = ("text", "line", "bold", "inverse", "init")  # the last forgets the line

# What a command sets until it is set anew.
_AT_FIRST = {
    "size": 0,
    "bold": 0,
    "font": 0,
    "align": 0,
    "inverse": 0,
    "line spacing": _LINE,
    "bar height": 162,
    "bar width": 3,
    "bar text": 0,
    "bar text font": 0,
}


class Tape:
    """The paper in a printer, and what was cut off it."""

    def __init__(self, paper: Paper) -> None:
        self.papers: list[Picture] = []  # cut off, the oldest first
        self.kicks = 0  # how often the drawer sprang open
        self._paper = paper
        self._printed: list[Picture] = []
        self._init()

    def _init(self) -> None:
        self._codec = "cp437"
        self._state = dict(_AT_FIRST)
        self._qr_size, self._qr_level, self._qr_data = 3, "L", ""
        self._line: list[Picture] = []

    @property
    def hanging(self) -> Picture | None:
        """What was printed and not cut off yet."""
        return _stacked(self._printed, self._paper.dots) if self._printed else None

    def tear(self) -> None:
        """Take the paper off, as one does by hand where the printer has no knife."""
        self.papers.append(_stacked(self._printed, self._paper.dots))
        self._printed = []

    def print(self, command: Command) -> None:
        """Carry out one command."""
        name, numbers, data = command
        if name not in _WITHIN_A_LINE and self._line:
            raise UnknownCommand(f"{name} in the middle of a line: a printer would not obey.")
        number = numbers[0] if numbers else 0
        if name in self._state:
            self._state[name] = number
        elif name == "text":
            self._letters(data)
        elif name == "raster":
            self._ink(Image.frombytes("1", (number, numbers[1]), data))
        elif name in ("ean13", "code128"):
            self._bars(name, data.decode("ascii"))
        elif name.startswith("qr "):
            self._qr(name, data)
        else:
            self._act(name, number)

    def _act(self, name: str, number: int) -> None:
        match name:
            case "init":
                self._init()
            case "line":
                self._end_line()
            case "feed":
                self._feed(self._state["line spacing"] * number)
            case "print mode":  # the whole dress of a letter at once
                self._state |= {"bold": 0, "font": 0, "size": number}
            case "code page":
                self._codec = codec_of(self._paper, number)
            case "drawer":
                self.kicks += 1
            case "cut":
                self.tear()
            case _:
                raise UnknownCommand(f"Nobody prints {name}.")

    def _letters(self, data: bytes) -> None:
        state = self._state
        wide, high = bool(state["size"] & _WIDE), bool(state["size"] & _HIGH)
        for letter in data.decode(self._codec):
            picture = _letter(letter, state["font"], bool(state["bold"]), wide, high)
            self._line.append(ImageChops.invert(picture) if state["inverse"] else picture)

    def _end_line(self) -> None:
        if not self._line:
            self._feed(self._state["line spacing"])
            return
        line = _beside(self._line)
        self._line = []
        self._ink(line)
        self._feed(self._state["line spacing"] - line.height)

    def _bars(self, name: str, text: str) -> None:
        if name == "ean13":
            part = Barcode(text, Symbology.EAN13)
        elif text.startswith("{B"):
            part = Barcode(text[2:].replace("{{", "{"))
        else:
            raise UnknownCommand("Code 128 begins with its set, B.")
        bars, bar = bar_modules(part), self._state["bar width"]
        height = self._state["bar height"]
        self._ink(draw_bars(bars, len(bars) * bar, bar=bar, height=height))
        if self._state["bar text"] == _BELOW:
            self._ink(_beside([_letter(letter, 0, False, False, False) for letter in part.code]))

    def _qr(self, name: str, data: bytes) -> None:
        match name:
            case "qr size":
                self._qr_size = data[0]
            case "qr level":
                self._qr_level = _LEVELS[data]
            case "qr data":
                self._qr_data = data[1:].decode()
            case "qr print":
                modules = qr_modules(self._qr_data, self._qr_level)
                code = from_bits([dark for row in modules for dark in row], len(modules))
                side = len(modules) * self._qr_size
                self._ink(code.resize((side, side), Image.Resampling.NEAREST))

    def _ink(self, picture: Picture) -> None:
        """Put a picture on the paper where the alignment says; one that is too wide raises."""
        free = self._paper.dots - picture.width
        if free < 0:
            raise UnknownCommand(f"{picture.width} dots do not fit {self._paper.dots}.")
        line = Image.new("1", (self._paper.dots, picture.height), 0)
        line.paste(picture, ((0, free // 2, free)[self._state["align"]], 0))
        self._printed.append(line)

    def _feed(self, dots: int) -> None:
        if dots > 0:
            self._printed.append(Image.new("1", (self._paper.dots, dots), 0))


def draw_tape(data: bytes, paper: Paper) -> list[Picture]:
    """The papers that a whole job prints; UnknownCommand where a printer would misread it."""
    tape = Tape(paper)
    for command in read(data):
        tape.print(command)
    if tape.hanging:
        tape.tear()
    return tape.papers


def _beside(letters: list[Picture]) -> Picture:
    """Letters on one line."""
    height = max(letter.height for letter in letters)
    line = Image.new("1", (sum(letter.width for letter in letters), height), 0)
    x = 0
    for letter in letters:
        line.paste(letter, (x, height - letter.height))
        x += letter.width
    return line


def _stacked(printed: list[Picture], dots: int) -> Picture:
    """Strips of ink under one another as black on white, with the margins of the paper."""
    height = sum(picture.height for picture in printed)
    paper = Image.new("1", (dots + 2 * MARGIN, height + 2 * MARGIN), 1)
    y = MARGIN
    for picture in printed:
        paper.paste(ImageChops.invert(picture), (MARGIN, y))
        y += picture.height
    return paper


@lru_cache(maxsize=2)
def _face(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_LETTERS), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=2_000)
def _letter(letter: str, font: int, bold: bool, wide: bool, high: bool) -> Picture:
    """A letter in its cell; bold is struck twice a dot apart, larger ones have larger dots."""
    width, height, baseline, size = _CELLS[font]
    shade = Image.new("L", (width, height), 0)
    pen = ImageDraw.Draw(shade)
    for shift in (0, 1) if bold else (0,):
        pen.text((shift, baseline), letter, fill=255, font=_face(size), anchor="ls")
    cell = shade.point([255 if value > 110 else 0 for value in range(256)], mode="1")
    if wide or high:
        larger = (width * (2 if wide else 1), height * (2 if high else 1))
        cell = cell.resize(larger, Image.Resampling.NEAREST)
    return cell
