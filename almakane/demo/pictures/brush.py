"""What every picture is drawn with: colours, shapes, one light, and things that are turned."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import TypeVar

Point = tuple[float, float]
T = TypeVar("T")

WOOL, INK, MADDER, SAFFRON, INDIGO = "#efe7d6", "#22262a", "#9e3a28", "#d6a041", "#2c4070"
GREEN, HENNA, BRASS, SILVER, COBALT = "#0f5a4c", "#8b4a2b", "#c0913f", "#c9cdd0", "#25509a"
COPPER, STRAW, IVORY, NIGHT = "#b5683a", "#d3b279", "#f1ecdf", "#1f2a2e"

WIDE, TALL, MIDDLE, FLOOR = 400, 500, 200, 436


def n(value: float) -> str:
    """A number as short as it can be written."""
    return f"{value:.1f}".removesuffix(".0").replace("-0.0", "0")


def shade(colour: str, by: float) -> str:
    """The colour made lighter, or darker where `by` is below zero."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, light, full = rgb_to_hls(red, green, blue)
    parts = hls_to_rgb(hue, min(1, max(0, light + by)), full)
    return "#" + "".join(f"{round(255 * part):02x}" for part in parts)


def mixed(colour: str, other: str, part: float) -> str:
    """The colour with so much of another in it."""
    pairs = ((int(c[i : i + 2], 16) for c in (colour, other)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


# Shapes


def tag(name: str, *inside: str, **attributes: object) -> str:
    """An element; `stroke_width=2` is written stroke-width, a number as short as it can be."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{n(v) if isinstance(v, float) else v}"'
        for key, v in attributes.items()
    )
    return f"<{name}{written}>{''.join(inside)}</{name}>" if inside else f"<{name}{written}/>"


def path(d: str, fill: str = "none", **more: object) -> str:
    """A path that is filled."""
    return tag("path", d=d, fill=fill, **more)


def line(d: str, colour: str, width: float, **more: object) -> str:
    """A path that is drawn along."""
    return tag("path", d=d, fill="none", stroke=colour, stroke_width=float(width), **more)


def poly(points: Iterable[Point], fill: str, **more: object) -> str:
    """A shape with corners."""
    return path("M" + "L".join(f"{n(x)} {n(y)}" for x, y in points) + "z", fill, **more)


def dot(x: float, y: float, r: float, fill: str, **more: object) -> str:
    """A circle."""
    return tag("circle", cx=float(x), cy=float(y), r=float(r), fill=fill, **more)


def oval(x: float, y: float, rx: float, ry: float, fill: str, **more: object) -> str:
    """An ellipse that lies."""
    return tag("ellipse", cx=float(x), cy=float(y), rx=float(rx), ry=float(ry), fill=fill, **more)


def put(x: float, y: float, *parts: str, sx: float = 1, sy: float = 1, turn: float = 0) -> str:
    """Parts that were drawn around nothing, put in their place."""
    moves = f"translate({n(x)} {n(y)})"
    if turn:
        moves += f" rotate({n(turn)})"
    if (sx, sy) != (1, 1):
        moves += f" scale({sx:.3g} {sy:.3g})"
    return tag("g", *parts, transform=moves)


def on_ring(cx: float, cy: float, r: float, angle: float) -> Point:
    """A point of a circle."""
    return cx + r * math.cos(angle), cy + r * math.sin(angle)


def star(
    x: float, y: float, r: float, tips: int = 8, depth: float = 0.765, turn: float = 0
) -> list[Point]:
    """The khatim: two squares turned on each other, or its kin with more tips."""
    step = math.pi / tips
    return [on_ring(x, y, r if i % 2 == 0 else r * depth, i * step + turn) for i in range(2 * tips)]


def ring(cx: float, cy: float, r: float) -> str:
    """A circle as a path, for what is cut or shaded along it."""
    return (
        f"M{n(cx - r)} {n(cy)}a{n(r)} {n(r)} 0 1 0 {n(2 * r)} 0a{n(r)} {n(r)} 0 1 0 {n(-2 * r)} 0z"
    )


def box(x: float, y: float, wide: float, high: float) -> str:
    """A rectangle as a path."""
    return f"M{n(x)} {n(y)}h{n(wide)}v{n(high)}h{n(-wide)}z"


def corners(cx: float, cy: float, r: float, many: int = 8) -> str:
    """A shape of equal sides as a path, one of them level."""
    points = [on_ring(cx, cy, r, (i + 0.5) * math.tau / many) for i in range(many)]
    return "M" + "L".join(f"{n(x)} {n(y)}" for x, y in points) + "z"


def smooth(points: Sequence[Point]) -> str:
    """A curve through the points."""
    out = f"M{n(points[0][0])} {n(points[0][1])}"
    for i in range(len(points) - 1):
        before, here = points[max(i - 1, 0)], points[i]
        there, after = points[i + 1], points[min(i + 2, len(points) - 1)]
        bends = (
            here[0] + (there[0] - before[0]) / 6,
            here[1] + (there[1] - before[1]) / 6,
            there[0] - (after[0] - here[0]) / 6,
            there[1] - (after[1] - here[1]) / 6,
        )
        out += "C" + " ".join(n(value) for value in (*bends, *there))
    return out


def knots(
    rows: Sequence[Sequence[int | None]],
    colours: Sequence[str],
    x: float,
    y: float,
    size: float,
) -> str:
    """A picture of cells, row by row: one path for each colour."""
    drawn: dict[int, list[str]] = {}
    for j, row in enumerate(rows):
        i = 0
        while i < len(row):
            end = i
            while end < len(row) and row[end] == row[i]:
                end += 1
            colour = row[i]
            if colour is not None:
                drawn.setdefault(colour, []).append(
                    f"M{n(x + i * size)} {n(y + j * size)}h{n((end - i) * size)}"
                    f"v{n(size + 0.2)}h{n((i - end) * size)}z"
                )
            i = end
    return "".join(path("".join(cells), colours[colour]) for colour, cells in drawn.items())


# Light and shadow


def gradient(
    name: str,
    stops: Iterable[tuple[float, str, float]],
    x1: float = 0,
    y1: float = 0,
    x2: float = 1,
    y2: float = 0,
) -> str:
    """Colours that pass into each other along a line."""
    marks = "".join(
        f'<stop offset="{at}" stop-color="{colour}" stop-opacity="{opacity}"/>'
        for at, colour, opacity in stops
    )
    return tag("linearGradient", marks, id=name, x1=x1, y1=y1, x2=x2, y2=y2)


def sheen(metal: str, name: str = "sheen") -> str:
    """How metal takes the light."""
    tones = ((0, 0.24), (0.3, 0), (0.5, 0.17), (0.72, -0.06), (1, 0.1))
    return gradient(name, [(at, shade(metal, by), 1) for at, by in tones], 0, 0, 1, 1)


def cut(name: str, d: str) -> str:
    """What lies inside of a shape is seen, and nothing else."""
    return tag("clipPath", path(d, "#000"), id=name)


def inside(name: str, *parts: str) -> str:
    """Parts that are seen within a shape that `cut` named."""
    return tag("g", *parts, clip_path=f"url(#{name})")


_ROUND = gradient(
    "round",
    [
        (0, "#000", 0.28),
        (0.16, "#000", 0.06),
        (0.3, "#fff", 0.34),
        (0.46, "#fff", 0),
        (0.75, "#000", 0.12),
        (1, "#000", 0.42),
    ],
)
_SOFT = (
    '<filter id="soft" x="-30%" y="-30%" width="160%" height="160%">'
    '<feGaussianBlur stdDeviation="9"/></filter>'
)


def scene(
    wall: str, *body: str, floor: bool = True, defs: Iterable[str] = (), glare: float = 0.5
) -> str:
    """A wall of plaster, one light from above at the start side, and the piece."""
    light = tag(
        "radialGradient",
        f'<stop offset="0" stop-color="#fff" stop-opacity="{glare}"/>'
        '<stop offset=".55" stop-color="#fff" stop-opacity="0"/>'
        '<stop offset="1" stop-color="#000" stop-opacity=".1"/>',
        id="light",
        cx=0.3,
        cy=0.18,
        r=0.95,
    )
    ground = gradient("ground", [(0, "#000", 0.07), (1, "#fff", 0.12)], 0, 0, 0, 1)
    whole, low = f"M0 0H{WIDE}V{TALL}H0z", f"M0 418H{WIDE}V{TALL}H0z"
    stands = path(low, shade(wall, -0.055)) + path(low, "url(#ground)") if floor else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {TALL}">'
        f"<defs>{light}{ground}{_ROUND}{_SOFT}{''.join(defs)}</defs>"
        f"{path(whole, wall)}{path(whole, 'url(#light)')}{stands}{''.join(body)}</svg>"
    )


def rest(x: float, y: float, half: float, lift: float = 9) -> str:
    """The shadow under something that stands."""
    return oval(x + 14, y, half, lift, "#1a1410", opacity=".42", filter="url(#soft)")


def hang(d: str) -> str:
    """The shadow behind something on the wall."""
    return path(d, "#1a1410", opacity=".34", filter="url(#soft)", transform="translate(9 13)")


# Things that are turned: on a wheel, on a lathe, or beaten round


@dataclass(frozen=True)
class Turned:
    """A body of revolution, seen a little from above: its profile as (radius, depth), 0 to 1."""

    profile: tuple[tuple[float, float], ...]
    wide: float
    high: float
    foot: float = FLOOR
    middle: float = MIDDLE
    name: str = "body"

    @property
    def top(self) -> float:
        return self.foot - self.high

    @property
    def mouth(self) -> float:
        return self.wide * self.profile[0][0]

    @property
    def outline(self) -> str:
        near = [(self.middle + self.wide * r, self.top + self.high * t) for r, t in self.profile]
        far = [(2 * self.middle - x, y) for x, y in reversed(near)]
        end, base = far[0], self.wide * self.profile[-1][0]
        lip = f"A{n(self.mouth)} {n(self.mouth * 0.16)} 0 0 1 {n(near[0][0])} {n(near[0][1])}z"
        arc = f"A{n(base)} {n(base * 0.13)} 0 0 1 {n(end[0])} {n(end[1])}"
        return smooth(near) + arc + "C" + smooth(far).partition("C")[2] + lip

    def radius(self, at: float) -> float:
        for (r1, t1), (r2, t2) in pairwise(self.profile):
            if t1 <= at <= t2:
                u = (at - t1) / (t2 - t1)
                return self.wide * (r1 + (r2 - r1) * (3 * u * u - 2 * u**3))
        return self.wide * self.profile[-1][0]

    def y(self, at: float) -> float:
        return self.top + self.high * at

    def belt(self, at: float, colour: str, thick: float, **more: object) -> str:
        """A line around."""
        r, y = self.radius(at), self.y(at)
        d = f"M{n(self.middle - r)} {n(y)}A{n(r)} {n(r * 0.13)} 0 0 0 {n(self.middle + r)} {n(y)}"
        return line(d, colour, thick, **more)

    def around(
        self, at: float, count: int, draw: Callable[[float, float, float], str]
    ) -> Iterator[str]:
        """Motifs around: nearer the edge they turn away."""
        r, y = self.radius(at), self.y(at)
        for i in range(count):
            angle = math.pi * ((i + 0.5) / count - 0.5)
            narrow = math.cos(angle)
            yield draw(self.middle + r * math.sin(angle), y + r * 0.13 * narrow, narrow)

    def defs(self) -> str:
        return cut(self.name, self.outline)

    def drawn(self, fill: str, *ornament: str, hollow: str | None = "#2b211b") -> str:
        """The body with what is on it; `hollow` is the dark of its mouth, none if it has none."""
        whole = path(self.outline, fill) + inside(self.name, *ornament)
        whole += path(self.outline, "url(#round)")
        if hollow:
            lip = shade(fill, -0.12) if fill.startswith("#") else "#9c8f7c"
            depth = max(self.mouth - 6, 1)
            whole += oval(self.middle, self.top, self.mouth, self.mouth * 0.17, lip)
            whole += oval(self.middle, self.top + 2, depth, depth * 0.135, hollow, opacity=".75")
        return whole


def kite(x: float, y: float, half: float, high: float, fill: str, **more: object) -> str:
    """A lozenge that stands on its tip."""
    return poly([(x, y - high), (x + half, y), (x, y + high), (x - half, y)], fill, **more)


def pick(rng: Random, options: Sequence[T], wanted: int | None) -> T:
    """The option that is wanted, else one by chance."""
    chance = rng.randrange(len(options))
    return options[chance if wanted is None else wanted % len(options)]
