"""
Pictures that people send: looked at with care, drawn anew, and kept under a name of their content.

The bytes that came are kept nowhere. What is kept was written by ourselves, so it holds no place,
no camera, no second file behind the first one, and no more dots than a page needs.
"""

import os
import secrets
import struct
import zlib
from collections.abc import Iterable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from threading import BoundedSemaphore
from typing import NamedTuple

from PIL import Image, ImageCms, ImageOps

from almakane.errors import Refusal

MOST_BYTES = 12 * 1024 * 1024  # what a telephone takes
MOST_DOTS = 40_000_000
LONGEST_SIDE = 16_000
SHORTEST_SIDE = 200
WIDTHS = (400, 800, 1600)

_PLAIN_WIDTH = 800  # also kept as JPEG, for mails and for the previews of other programs
_TALLEST = 2  # of a picture's widths, how high it is kept at most
_SCANS = 64  # of a JPEG; one file may ask for thousands, each as long as the whole picture
_PROFILE_BYTES = 1024 * 1024
_KEY_LENGTH = 32

Image.MAX_IMAGE_PIXELS = MOST_DOTS

_SEATS = BoundedSemaphore(2)  # decoded at once: one picture of 40 million dots takes 160 MB

_STARTS = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n"}

# What a file that is no picture, or none of ours, makes Pillow raise.
_BROKEN = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


class Picture(NamedTuple):
    """A picture that is kept: the name of its files, and the size of the largest in dots."""

    key: str
    width: int
    height: int


def take_in(data: bytes, folder: Path) -> Picture:
    """
    Keep a photograph, upright and without anything but its dots, in a few widths as WebP.

    It takes a second or so: never inside of a transaction. The same photograph again is the same
    picture. Raises Refusal for what is no JPEG, PNG or WebP, or is too large or too small.
    """
    kind = _kind_of(data)
    with _SEATS:
        image = _decoded(data, kind)
        files = _drawn(image)
    key = _key_of(files.values())
    folder.mkdir(parents=True, exist_ok=True)
    for ending, content in files.items():
        _keep(folder / f"{key}{ending}", content)
    _settle(folder)
    largest = kept_size(image.size, WIDTHS[-1])
    return Picture(key, *largest)


def keep_drawing(svg: str, folder: Path, width: int, height: int) -> Picture:
    """
    Keep a drawing that the house's own code made, as it is.

    Nothing that somebody sent may come here: an SVG can hold a program.
    """
    content = svg.encode()
    key = _key_of([content])
    folder.mkdir(parents=True, exist_ok=True)
    _keep(folder / f"{key}.svg", content)
    _settle(folder)
    return Picture(key, width, height)


def kept_size(size: tuple[int, int], width: int) -> tuple[int, int]:
    """The size at which a picture is kept for one of `WIDTHS`: never larger than it came."""
    wide, high = size
    scale = min(width / wide, width * _TALLEST / high, 1)
    return max(1, round(wide * scale)), max(1, round(high * scale))


def _kind_of(data: bytes) -> str:
    """What a file is by its first bytes, whatever it is called."""
    if not data:
        raise Refusal("This file is empty: choose the picture again.", field="picture")
    if len(data) > MOST_BYTES:
        raise Refusal(
            "This picture is larger than %(most)s MB: take it again at a lower setting.",
            field="picture",
            most=MOST_BYTES // 1024 // 1024,
        )
    for kind, start in _STARTS.items():
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        raise Refusal(
            "This telephone keeps its pictures in a format that we cannot read (HEIC or AVIF):"
            " send it as JPEG.",
            field="picture",
        )
    raise Refusal("This is no photograph: a JPEG, PNG or WebP is.", field="picture")


def _decoded(data: bytes, kind: str) -> Image.Image:
    """The dots of a file, upright, in plain red, green and blue; refused before they are read."""
    if kind == "JPEG" and data.count(b"\xff\xda") > _SCANS:
        raise _unreadable()
    try:
        image = Image.open(BytesIO(data), formats=(kind,))
        _check_size(image.size)
        # A JPEG may bring a second picture (the depth, the light), but never moves.
        if kind != "JPEG" and getattr(image, "n_frames", 1) > 1:
            raise Refusal("This picture moves: send one that stands still.", field="picture")
        # A JPEG can be read at a half or a quarter of its size, which costs as much less.
        image.draft("RGB", (WIDTHS[-1], WIDTHS[-1] * _TALLEST))
        image.load()
        return _plain(ImageOps.exif_transpose(image))
    except Refusal:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise _too_many_dots() from error
    except _BROKEN as error:
        raise _unreadable() from error


def _unreadable() -> Refusal:
    return Refusal(
        "This picture cannot be read: the file is damaged, or was cut short on its way.",
        field="picture",
    )


def _too_many_dots() -> Refusal:
    return Refusal(
        "This picture has more than %(most)s million dots: take it again at a lower setting.",
        field="picture",
        most=MOST_DOTS // 1_000_000,
    )


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MOST_DOTS or max(size) > LONGEST_SIDE:
        raise _too_many_dots()
    if min(size) < SHORTEST_SIDE:
        raise Refusal(
            "This picture is too small to show a piece: at least %(least)s dots each way.",
            field="picture",
            least=SHORTEST_SIDE,
        )


def _plain(image: Image.Image) -> Image.Image:
    """The same in the colours of every screen, on white where it was transparent, and no more."""
    profile = image.info.get("icc_profile")
    if image.mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode == "RGBA":
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        image = ground
    if profile and len(profile) <= _PROFILE_BYTES and image.mode in ("RGB", "CMYK"):
        image = _in_srgb(image, profile)
    if image.mode in ("I", "F", "I;16", "I;16B", "I;16L"):
        image = image.convert("I").point(lambda dot: dot / 256).convert("L")
    image = image.convert("RGB")
    image.info = {}
    return image


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """A telephone's wider colours brought to those of every screen, or a rug's red turns dull."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        turned = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a profile that says nothing: the colours are taken as they are
    return turned or image


def _drawn(image: Image.Image) -> dict[str, bytes]:
    """The files of a picture by the ending of their names, the largest first."""
    files: dict[str, bytes] = {}
    came = image.size
    for width in sorted(WIDTHS, reverse=True):
        size = kept_size(came, width)
        if size != image.size:
            image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        files[f"-{width}.webp"] = _written(image, "WEBP", quality=80, method=4)
        if width == _PLAIN_WIDTH:
            files[f"-{width}.jpg"] = _written(
                image, "JPEG", quality=82, optimize=True, progressive=True
            )
    return files


def _written(image: Image.Image, kind: str, **how: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def _key_of(contents: Iterable[bytes]) -> str:
    whole = sha256()
    for content in contents:
        whole.update(content)
    return whole.hexdigest()[:_KEY_LENGTH]


def _keep(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, so that its name never stands for half of it."""
    if path.exists():
        return
    made = path.with_name(f".{secrets.token_hex(8)}")
    try:
        with made.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Have the disk remember the names too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
