"""
Labels for printers that speak ZPL: bytes, and nothing that somebody wrote becomes a command.

Words go out as dots, for a label printer's own Arabic comes out unjoined; codes are the printer's
own, so that their bars are whole dots.
"""

from collections.abc import Iterable

from PIL import Image

from almakane.gateways.typesetting import Cell, set_words

_FIELD = {ord(sign): f"_{ord(sign):02X}" for sign in "^~_"}


def zpl_label(width: int, height: int, fields: Iterable[str], copies: int = 1) -> bytes:
    """A label of so many dots, printed so many times; fields are of the functions below."""
    parts = [f"^XA^CI28^PW{width}^LL{height}^LH0,0", *fields, f"^PQ{copies}^XZ"]
    return "\n".join(parts).encode("ascii") + b"\n"


def zpl_words(
    x: int,
    y: int,
    text: str,
    dots: int,
    room: tuple[int, int],
    *,
    bold: bool = False,
    rtl: bool = False,
) -> str:
    """Words of letters up to `dots` high, in so much room; at its right where they run left."""
    if not text.strip():
        return ""
    limit, height = room
    sizes = (dots, dots * 5 // 6, dots * 2 // 3)
    cells = [Cell(text=text, dots=size, limit=limit, bold=bold, rtl=rtl) for size in sizes]
    [line, *pictures] = set_words([Cell(text="x", dots=sizes[-1], limit=limit), *cells])
    picture = next((one for one in pictures if one.height <= height), pictures[-1])
    tall = picture.height if picture.height <= height else line.height  # then its first line alone
    picture = picture.crop((0, 0, min(picture.width, limit), tall))
    at = x + limit - picture.width if rtl else x
    return f"^FO{at},{y}{_graphic(picture)}^FS"


def zpl_ean13(x: int, y: int, code: str, bar: int, height: int) -> str:
    """An EAN-13 with its digits; the printer writes the check digit itself."""
    return f"^FO{x},{y}^BY{bar}^BEN,{height},Y,N^FD{code[:12]}^FS"


def zpl_qr(x: int, y: int, data: str, dot: int) -> str:
    """A QR code of level M; a sign that would begin a command is written by its number."""
    return f"^FO{x},{y}^BQN,2,{dot}^FH^FDMA,{data.translate(_FIELD)}^FS"


def _graphic(picture: Image.Image) -> str:
    row = (picture.width + 7) // 8
    padded = Image.new("1", (row * 8, picture.height), 0)
    padded.paste(picture, (0, 0))
    dots = padded.tobytes()
    return f"^GFA,{len(dots)},{len(dots)},{row},{dots.hex().upper()}"
