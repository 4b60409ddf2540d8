"""The one pipeline of pictures: what comes in, what is kept of it, and everything that is not."""

import io
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from almakane.errors import Refusal
from almakane.gateways import media
from almakane.gateways.media import WIDTHS, keep_drawing, kept_size, take_in

_RED, _GREEN = (180, 30, 30), (20, 120, 60)


def a_picture(width: int = 900, height: int = 600, mode: str = "RGB") -> Image.Image:
    """Red at its left, green at its right, so that a turned one shows."""
    image = Image.new("RGB", (width, height), _RED)
    ImageDraw.Draw(image).rectangle((width // 2, 0, width, height), fill=_GREEN)
    return image.convert(mode)


def as_bytes(image: Image.Image, kind: str = "JPEG", **how: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def reddish(dot: Any) -> bool:
    return bool(dot[0] > 120 and dot[1] < 90)


def greenish(dot: Any) -> bool:
    return bool(dot[0] < 90 and dot[1] > 80)


def refused(data: bytes, folder: Path) -> str:
    with pytest.raises(Refusal) as refusal:
        take_in(data, folder)
    assert refusal.value.field == "picture"
    assert not list(folder.iterdir())
    return str(refusal.value)


def png_of(width: int, height: int, rows: bytes = b"") -> bytes:
    """A PNG that says any size, whatever it holds."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + crc

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows, 1))
        + chunk(b"IEND", b"")
    )


# What is kept


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("JPEG", mode) for mode in ("RGB", "L", "CMYK")),
        *(("PNG", mode) for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")),
        *(("WEBP", mode) for mode in ("RGB", "RGBA")),
    ],
)
def test_a_photograph_is_kept_in_each_width_and_never_larger_than_it_came(
    tmp_path: Path, kind: str, mode: str
) -> None:
    image = a_picture(900, 600, "I" if mode == "I;16" else mode)
    if mode == "I;16":
        image = image.point(lambda dot: dot * 256).convert("I;16")
    picture = take_in(as_bytes(image, kind), tmp_path)
    assert (picture.width, picture.height) == (900, 600)
    sizes = {}
    for path in tmp_path.iterdir():
        with Image.open(path) as kept:
            sizes[path.name.removeprefix(picture.key)] = kept.size
            assert (kept.format, kept.mode) == ("JPEG" if path.suffix == ".jpg" else "WEBP", "RGB")
    assert sizes == {
        "-400.webp": (400, 267),
        "-800.webp": (800, 533),
        "-800.jpg": (800, 533),
        "-1600.webp": (900, 600),
    }


def test_the_same_photograph_twice_is_one_picture(tmp_path: Path) -> None:
    data = as_bytes(a_picture())
    first = take_in(data, tmp_path)
    stamps = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert take_in(data, tmp_path) == first
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == stamps


def test_a_transparent_ground_becomes_white(tmp_path: Path) -> None:
    picture = take_in(as_bytes(Image.new("RGBA", (400, 400), (0, 0, 0, 0)), "PNG"), tmp_path)
    with Image.open(tmp_path / f"{picture.key}-400.webp") as kept:
        assert kept.getpixel((200, 200)) == (255, 255, 255)


def test_a_tall_strip_is_bounded_too(tmp_path: Path) -> None:
    picture = take_in(as_bytes(a_picture(500, 4000), "PNG"), tmp_path)
    assert (picture.width, picture.height) == (400, 3200)
    assert kept_size((picture.width, picture.height), 800) == (200, 1600)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_stands_upright_however_the_telephone_was_held(
    tmp_path: Path, orientation: int
) -> None:
    image = a_picture(800, 600)
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = image.transpose(back[orientation]) if orientation in back else image
    picture = take_in(as_bytes(turned, exif=exif, quality=95), tmp_path)
    assert (picture.width, picture.height) == (800, 600)
    with Image.open(tmp_path / f"{picture.key}-800.webp") as kept:
        assert reddish(kept.getpixel((100, 300)))
        assert greenish(kept.getpixel((700, 300)))
        assert not kept.getexif()


def test_nothing_but_dots_is_kept_no_place_no_camera_no_comment(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "CAMERA-OF-HIND"
    exif.get_ifd(0x8825)[2] = (33.0, 35.0, 53.0)  # where the workshop is
    data = as_bytes(
        a_picture(), exif=exif, comment=b"WRITTEN-BY-HIND", icc_profile=b"PROFILE-OF-HIND" * 9
    )
    assert data.count(b"HIND") > 5
    take_in(data, tmp_path)
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        for trace in (b"HIND", b"Exif", b"EXIF", b"ICCP", b"ICC_PROFILE", b"XMP"):
            assert trace not in content, path.name


def test_what_hangs_behind_a_picture_is_left_behind(tmp_path: Path) -> None:
    """A file that is a picture to one program and a page or an archive to another."""
    script = b"<script>alert(document.cookie)</script><?php system($_GET['x']); ?>PK\x03\x04"
    for kind in ("JPEG", "PNG"):
        picture = take_in(as_bytes(a_picture(), kind) + script, tmp_path)
        for path in tmp_path.glob(f"{picture.key}*"):
            content = path.read_bytes()
            assert b"<script" not in content
            assert b"<?php" not in content
            assert content.startswith((b"RIFF", b"\xff\xd8\xff"))


def test_a_telephones_wide_colours_become_those_of_every_screen(tmp_path: Path) -> None:
    from PIL import ImageCms  # noqa: PLC0415 - only here

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = take_in(as_bytes(a_picture(), icc_profile=profile, quality=95), tmp_path)
    with Image.open(tmp_path / f"{picture.key}-800.webp") as kept:
        assert reddish(kept.getpixel((100, 300)))


def test_a_second_picture_in_a_jpeg_is_left_out(tmp_path: Path) -> None:
    """Telephones append the light or the depth as a second one: that is no film."""
    both = as_bytes(a_picture(), "MPO", save_all=True, append_images=[a_picture(400, 300)])
    assert (take_in(both, tmp_path).width, take_in(both, tmp_path).height) == (900, 600)


# What is refused


@pytest.mark.parametrize(
    "data",
    [
        b"<!doctype html><script>alert(1)</script>" + b" " * 600,
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b'<?xml version="1.0"?><!DOCTYPE svg SYSTEM "http://x"><svg/>',
        b"\xef\xbb\xbf<svg/>",
        as_bytes(a_picture(), "GIF"),
        as_bytes(a_picture(), "BMP"),
        as_bytes(a_picture(), "TIFF"),
        as_bytes(a_picture(), "ICO"),
        as_bytes(a_picture(), "PDF"),
        as_bytes(a_picture(), "AVIF"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"PK\x03\x04" + b"\0" * 99,
        b"MZ" + b"\0" * 999,
        b"GIF89a" + as_bytes(a_picture()),
        b"\n" + as_bytes(a_picture()),
        b"",
        b"\0",
    ],
    ids=lambda data: data[:12].hex() or "empty",
)
def test_what_is_no_photograph_is_refused(tmp_path: Path, data: bytes) -> None:
    assert refused(data, tmp_path)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.01, 0.5, 0.95])
def test_a_file_that_was_cut_short_is_refused(tmp_path: Path, kind: str, part: float) -> None:
    whole = as_bytes(Image.effect_noise((400, 400), 80).convert("RGB"), kind)
    assert "cut short" in refused(whole[: max(16, int(len(whole) * part))], tmp_path)


def test_a_header_that_says_a_giant_is_refused_before_a_dot_is_read(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # as in the shop
        for width, height in ((65_000, 65_000), (2**31 - 1, 2**31 - 1), (40_000_000, 1)):
            assert refused(png_of(width, height), tmp_path)
        assert "40 million" in refused(png_of(8_000, 8_000), tmp_path)
        assert "40 million" in refused(png_of(20_000, 200), tmp_path)


def test_a_bomb_of_few_bytes_and_many_dots_is_refused(tmp_path: Path) -> None:
    rows = b"\0" * ((6_500 * 3 + 1) * 6_500)
    bomb = png_of(6_500, 6_500, rows)
    assert len(bomb) < 600_000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        assert "40 million" in refused(bomb, tmp_path)


def test_text_that_unpacks_to_more_than_the_picture_is_refused(tmp_path: Path) -> None:
    whole = as_bytes(a_picture(), "PNG")
    text = b"Comment\0\0" + zlib.compress(b"A" * 20_000_000, 6)
    chunk = struct.pack(">I", len(text)) + b"zTXt" + text
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + text))
    assert refused(whole[:33] + chunk + whole[33:], tmp_path)


def test_a_jpeg_of_endless_scans_is_refused(tmp_path: Path) -> None:
    whole = as_bytes(a_picture(), progressive=True)
    at = whole.rindex(b"\xff\xda")
    scan = whole[at:-2]
    assert "damaged" in refused(whole[:-2] + scan * 2_000 + b"\xff\xd9", tmp_path)


def test_a_picture_that_moves_is_refused(tmp_path: Path) -> None:
    for kind in ("PNG", "WEBP"):
        film = as_bytes(
            a_picture(), kind, save_all=True, append_images=[a_picture(900, 600).rotate(90)]
        )
        assert "moves" in refused(film, tmp_path)


def test_too_many_bytes_and_too_few_dots_are_refused(tmp_path: Path) -> None:
    assert "12 MB" in refused(b"\xff\xd8\xff" + b"\0" * media.MOST_BYTES, tmp_path)
    assert "too small" in refused(as_bytes(a_picture(199, 900)), tmp_path)


def test_a_telephones_own_format_is_told_by_name(tmp_path: Path) -> None:
    assert "HEIC" in refused(b"\0\0\0\x24ftypheic" + b"\0" * 99, tmp_path)


_WHOLE = {kind: as_bytes(a_picture(240, 220), kind) for kind in ("JPEG", "PNG", "WEBP")}


@given(
    kind=st.sampled_from(sorted(_WHOLE)),
    changes=st.lists(st.tuples(st.integers(0, 400_000), st.integers(0, 255)), max_size=12),
    cut=st.none() | st.integers(0, 20_000),
)
def test_a_damaged_file_is_a_picture_or_a_refusal_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    changes: list[tuple[int, int]],
    cut: int | None,
) -> None:
    data = bytearray(_WHOLE[kind])
    for at, value in changes:
        data[at % len(data)] = value
    folder = tmp_path_factory.mktemp("media")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            picture = take_in(bytes(data[:cut]), folder)
        except Refusal:
            assert not list(folder.iterdir())
        else:
            assert len(list(folder.iterdir())) == len(WIDTHS) + 1
            assert max(picture.width, picture.height) <= media.LONGEST_SIDE


@given(width=st.integers(1, 16_000), height=st.integers(1, 16_000))
def test_a_kept_size_is_within_its_bounds_and_kept_again_the_same(width: int, height: int) -> None:
    for most in WIDTHS:
        wide, high = kept_size((width, height), most)
        assert 1 <= wide <= min(most, width)
        assert 1 <= high <= min(2 * most, height)


def test_no_half_of_a_file_stands_under_its_name(tmp_path: Path) -> None:
    """A folder that takes nothing leaves nothing: the error is told, for the shop to say 503."""
    folder = tmp_path / "full"
    folder.write_text("a file where the folder should be")
    with pytest.raises(OSError, match="exists"):
        take_in(as_bytes(a_picture()), folder)


# Drawings of the house


def test_a_drawing_of_the_house_is_kept_as_it_is(tmp_path: Path) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 5"/>'
    picture = keep_drawing(svg, tmp_path, 400, 500)
    assert (picture.width, picture.height) == (400, 500)
    assert (tmp_path / f"{picture.key}.svg").read_text() == svg
    assert keep_drawing(svg, tmp_path, 400, 500) == picture
