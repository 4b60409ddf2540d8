"""Lanterns, engraved brass and jewellery: metal that is cut, beaten and set."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from random import Random

from almakane.demo.pictures.brush import (
    BRASS,
    COPPER,
    FLOOR,
    SILVER,
    Turned,
    box,
    corners,
    cut,
    dot,
    hang,
    inside,
    kite,
    line,
    n,
    on_ring,
    oval,
    path,
    pick,
    poly,
    put,
    rest,
    ring,
    scene,
    shade,
    sheen,
    star,
    tag,
)

Draw = Callable[[Random, int | None], str]
Profile = tuple[tuple[float, float], ...]

# Lanterns

_METALS = (BRASS, "#b5803f", "#a9896a", COPPER, "#5b5f60")
_LIT = "#ffe3a3"
_GLASS = ("#ffe3a3", "#e7895f", "#8fc7a8", "#8fb0e0", "#e9c35c")
_GLOW = (
    '<radialGradient id="glow"><stop offset="0" stop-color="#ffd987" stop-opacity=".5"/>'
    '<stop offset="1" stop-color="#ffd987" stop-opacity="0"/></radialGradient>'
)


def _night(*parts: str, defs: tuple[str, ...] = ()) -> str:
    glow = dot(200, 275, 250, "url(#glow)")
    return scene("#23423b", glow, *parts, floor=False, defs=[_GLOW, *defs], glare=0.08)


def _chain(metal: str, foot: float) -> str:
    return line(f"M200 0V{n(foot - 18)}", shade(metal, -0.1), 3, stroke_dasharray="7 3") + dot(
        200, foot - 10, 9, "none", stroke=metal, stroke_width=4
    )


def _faced(stands: bool) -> Draw:
    """A lantern of six sides: three are seen."""

    def draw(rng: Random, scheme: int | None) -> str:
        metal = pick(rng, _METALS, scheme)
        tips, rows = rng.choice([6, 8, 10]), rng.choice([3, 4])
        glass = rng.sample(_GLASS, 3) if rng.random() < 0.5 else [_LIT] * 3
        top, foot, half, flank = 172, 372, 46, 42
        left, right = 200 - half - flank, 200 + half + flank
        dome = f"M{left} {top}C{left + 6} 128 176 128 192 98H208C224 128 {right - 6} 128 {right} {top}z"
        parts = [path(dome, metal)]
        for x, w in ((-58, 0.5), (-30, 0.8), (0, 1.0), (30, 0.8), (58, 0.5)):
            parts.append(put(200 + x, 152, poly(star(0, 0, 8, 4, 0.45), _LIT), sx=w))
        parts.append(path(dome, "url(#round)", opacity=".8"))
        faces = (
            (
                [(left, top + 8), (200 - half, top), (200 - half, foot), (left + 8, foot - 14)],
                -0.1,
                -half - flank / 2 + 1,
                0.42,
            ),
            (
                [(right, top + 8), (200 + half, top), (200 + half, foot), (right - 8, foot - 14)],
                -0.16,
                half + flank / 2 - 1,
                0.42,
            ),
            (
                [(200 - half, top), (200 + half, top), (200 + half, foot), (200 - half, foot)],
                0.0,
                0.0,
                1.0,
            ),
        )
        gap = (foot - top) / rows
        for points, tone, at, squeeze in faces:
            parts.append(
                poly(points, shade(metal, tone - 0.05), stroke=shade(metal, 0.16), stroke_width=2)
            )
            for row in range(rows):
                lit = glass[row % 3]
                window = (
                    poly(star(0, 0, gap * 0.44, tips, 0.62), lit)
                    + poly(
                        star(0, 0, gap * 0.25, tips, 0.62, math.pi / tips),
                        shade(metal, tone - 0.08),
                    )
                    + dot(0, 0, gap * 0.09, lit)
                    + "".join(
                        dot(sx * 38, sy * gap * 0.36, 3, _LIT) for sx in (-1, 1) for sy in (-1, 1)
                    )
                )
                parts.append(put(200 + at, top + gap * (row + 0.5), window, sx=squeeze))
        rim = f"M{left + 4} {top + 4}Q200 {top - 14} {right - 4} {top + 4}"
        parts.append(line(rim, shade(metal, 0.2), 5))
        dark = shade(metal, -0.24)
        if stands:
            base = f"M{left + 8} {foot - 14}L{200 - half} {foot}H{200 + half}L{right - 8} {foot - 14}L{right} {foot + 22}H{left}z"
            parts += [path(base, dark), dot(200, 88, 15, "none", stroke=metal, stroke_width=5)]
            return scene(
                "#2a3f3a",
                rest(200, 398, 116),
                dot(200, 275, 250, "url(#glow)"),
                *parts,
                floor=True,
                defs=[_GLOW],
                glare=0.08,
            )
        base = f"M{left + 8} {foot - 14}L{200 - half} {foot}H{200 + half}L{right - 8} {foot - 14}L220 {foot + 34}H180z"
        parts += [
            path(base, dark),
            poly([(190, foot + 34), (210, foot + 34), (200, foot + 56)], metal),
        ]
        return _night(_chain(metal, 96), *parts)

    return draw


def _turned_away(part: str, x: float, y: float, narrow: float) -> str:
    return put(x, y, part, sx=max(0.12, narrow))


def _pierced(profile: Profile, wide: float, high: float, foot: float, *, hangs: bool) -> Draw:
    """Beaten round and pierced: a globe, a dome, a column, a cup for a candle."""

    def draw(rng: Random, scheme: int | None) -> str:
        metal = pick(rng, _METALS, scheme)
        body = Turned(profile, wide, high, foot=foot)
        tips = rng.choice([6, 8])
        holes: list[str] = []
        levels = 5 if high > 150 else 3
        for k in range(levels):
            at = 0.16 + 0.7 * k / (levels - 1)
            hole = poly(star(0, 0, 12 if k % 2 == 0 else 5, tips, 0.55), _LIT)
            holes += body.around(at, 13 if k % 2 == 0 else 19, partial(_turned_away, hole))
            holes.append(body.belt(at + 0.35 / levels, shade(metal, -0.18), 1.6))
        drawn = body.drawn(metal, *holes, hollow=None if hangs else "#5a3a12")
        if hangs:
            cap = path(
                f"M188 {n(body.top + 3)}Q200 {n(body.top - 24)} 212 {n(body.top + 3)}z",
                shade(metal, -0.12),
            )
            return _night(_chain(metal, body.top - 12), cap, drawn, defs=(body.defs(),))
        return scene(
            "#2a3f3a",
            dot(200, 300, 240, "url(#glow)"),
            rest(200, foot + 4, wide * 0.45),
            drawn,
            defs=[_GLOW, body.defs()],
            glare=0.08,
        )

    return draw


def _star_lamp(rng: Random, scheme: int | None) -> str:
    metal = pick(rng, _METALS, scheme)
    tips = rng.choice([8, 12])
    lit = rng.choice(_GLASS)
    parts = []
    for i in range(tips):
        a, step = i * math.tau / tips, math.tau / tips / 2
        tip, left, right = (
            on_ring(200, 262, 138, a),
            on_ring(200, 262, 62, a - step),
            on_ring(200, 262, 62, a + step),
        )
        parts.append(
            poly([tip, left, (200, 262)], shade(lit, -0.1), stroke=metal, stroke_width=2.4)
        )
        parts.append(
            poly([tip, right, (200, 262)], shade(lit, 0.02), stroke=metal, stroke_width=2.4)
        )
    heart = poly(star(200, 262, 40, tips, 0.7), shade(lit, 0.08), stroke=metal, stroke_width=2.4)
    return _night(_chain(metal, 126), *parts, heart, dot(200, 262, 8, metal))


def _rosette(half: bool) -> Draw:
    """A light that lies flat on a ceiling, or half a moon on a wall."""

    def draw(rng: Random, scheme: int | None) -> str:
        metal = pick(rng, _METALS, scheme)
        tips, r = rng.choice([12, 16]), 140
        parts = [dot(200, 260, r, shade(metal, -0.05), stroke=shade(metal, 0.16), stroke_width=5)]
        for k, far in enumerate((0.82, 0.58, 0.34)):
            for i in range(tips):
                x, y = on_ring(200, 260, r * far, i * math.tau / tips + (k % 2) * math.pi / tips)
                turn = 360 * i / tips + (k % 2) * 180 / tips + 90
                parts.append(put(x, y, kite(0, 0, 9 - 2 * k, 19 - 3 * k, _LIT), turn=turn))
        parts += [poly(star(200, 260, r * 0.2), _LIT), dot(200, 260, r * 0.07, metal)]
        if half:
            cover = cut("moon", "M40 260H360V440H40z")
            rail = line("M54 258H346", shade(metal, 0.15), 9, stroke_linecap="round")
            return _night(put(0, -40, inside("moon", *parts), rail), defs=(cover,))
        return _night(*parts)

    return draw


# Brass, copper and nickel silver

_PLATES = (BRASS, "#b98a4a", "#b7b9b6", COPPER)


def _disc(rng: Random, scheme: int | None) -> str:
    metal, cx, cy, r = pick(rng, _PLATES, scheme), 200, 246, 152
    engraved = shade(metal, -0.2)
    parts = [
        dot(cx, cy, r, "url(#sheen)"),
        dot(cx, cy, r - 8, "none", stroke=engraved, stroke_width=1.2),
        dot(cx, cy, r - 26, "none", stroke=engraved, stroke_width=2),
    ]
    count = rng.choice([48, 60, 72])
    parts += [
        dot(*on_ring(cx, cy, r - 17, i * math.tau / count), 3.2, "none", stroke=engraved)
        for i in range(count)
    ]
    parts += _engraved(rng, metal, cx, cy, r)
    rim = dot(cx, cy, r - 2, "none", stroke=shade(metal, 0.28), stroke_width=3)
    return scene("#ddd5c3", hang(ring(cx, cy, r)), *parts, rim, floor=False, defs=[sheen(metal)])


def _engraved(rng: Random, metal: str, cx: float, cy: float, r: float) -> Iterator[str]:
    engraved, tips = shade(metal, -0.2), rng.choice([12, 16, 20])
    step = math.tau / tips / 2
    for far, near in ((r - 30, r - 66), (r - 66, r - 104)):
        for i in range(tips):
            a = 2 * i * step
            middle = (far + near) / 2
            leaf = [
                on_ring(cx, cy, far, a),
                on_ring(cx, cy, middle, a + step * 0.8),
                on_ring(cx, cy, near, a),
                on_ring(cx, cy, middle, a - step * 0.8),
            ]
            yield poly(leaf, shade(metal, 0.07 if i % 2 else -0.06), stroke=engraved)
            yield dot(*on_ring(cx, cy, far - 7, a + step), 2.6, engraved)
    yield dot(cx, cy, r - 104, "none", stroke=engraved, stroke_width=2)
    skip = rng.choice([5, 7])
    web = [on_ring(cx, cy, 44, i * skip * math.tau / 16) for i in range(16)]
    yield poly(web, "none", stroke=engraved, stroke_width=1.3)
    yield poly(star(cx, cy, 17), shade(metal, 0.14), stroke=engraved)
    yield dot(cx, cy, 5, engraved)


def _square(rng: Random, scheme: int | None) -> str:
    metal = pick(rng, _PLATES, scheme)
    shape = "M72 110H328Q340 110 340 122V378Q340 390 328 390H72Q60 390 60 378V122Q60 110 72 110z"
    dents = "".join(
        dot(
            78 + 20 * i + rng.uniform(-3, 3),
            128 + 20 * j + rng.uniform(-3, 3),
            9,
            "#fff" if (i + j) % 2 else "#000",
            opacity=".06",
        )
        for i in range(13)
        for j in range(13)
    )
    lines = box(82, 132, 236, 236)
    return scene(
        "#ddd5c3",
        hang(shape),
        path(shape, "url(#sheen)"),
        dents,
        path(lines, "none", stroke=shade(metal, -0.2), stroke_width=2),
        put(200, 250, *_engraved(rng, metal, 0, 0, 118)),
        path(shape, "none", stroke=shade(metal, 0.24), stroke_width=5),
        floor=False,
        defs=[sheen(metal)],
    )


def _beaten(
    profile: Profile,
    wide: float,
    high: float,
    *,
    spout: str = "",
    handle: str = "",
    lid: bool = True,
) -> Draw:
    """A pot of beaten metal, with what pours and what is held."""

    def draw(rng: Random, scheme: int | None) -> str:
        metal = pick(rng, _PLATES, scheme)
        pot, engraved = Turned(profile, wide, high), shade(metal, -0.2)
        marks = [pot.belt(at, engraved, 1.8) for at in (0.3, 0.33, 0.72, 0.75)]
        size = rng.choice([14, 18])
        marks += pot.around(
            0.53,
            rng.choice([9, 13]),
            lambda x, y, k: kite(x, y, size * 0.6 * k, size, shade(metal, 0.1), stroke=engraved),
        )
        marks += pot.around(0.86, 17, lambda x, y, k: dot(x, y, 2.6 * max(0.3, k), engraved))
        more = []
        if spout:
            more.append(
                line(spout, shade(metal, -0.12), 24, stroke_linecap="round")
                + line(spout, metal, 17, stroke_linecap="round")
                + line(spout, "#fff", 4, opacity=".35", stroke_linecap="round")
            )
        if handle:
            more.append(
                line(handle, shade(metal, -0.24), 15, stroke_linecap="round")
                + line(handle, shade(metal, -0.06), 9, stroke_linecap="round")
            )
        top = ""
        if lid:
            m = pot.mouth
            top = path(
                f"M{n(200 - m)} {n(pot.top)}Q200 {n(pot.top - m * 1.15)} {n(200 + m)} {n(pot.top)}A{n(m)} {n(m * 0.16)} 0 0 1 {n(200 - m)} {n(pot.top)}z",
                shade(metal, 0.05),
            )
            top += path(
                f"M{n(200 - m)} {n(pot.top)}Q200 {n(pot.top - m * 1.15)} {n(200 + m)} {n(pot.top)}A{n(m)} {n(m * 0.16)} 0 0 1 {n(200 - m)} {n(pot.top)}z",
                "url(#round)",
            )
            top += dot(200, pot.top - m * 0.62 - 8, 9, metal, stroke=engraved)
        body = pot.drawn(metal, *marks, hollow=None if lid else "#2b1a10")
        return scene("#d9d3c5", rest(200, 440, wide * 0.48), *more, body, top, defs=[pot.defs()])

    return draw


_BELLY: Profile = (
    (0.17, 0),
    (0.19, 0.08),
    (0.36, 0.3),
    (0.46, 0.56),
    (0.4, 0.82),
    (0.26, 0.94),
    (0.3, 1),
)
_TALL: Profile = (
    (0.14, 0),
    (0.11, 0.12),
    (0.13, 0.3),
    (0.34, 0.54),
    (0.38, 0.72),
    (0.24, 0.92),
    (0.3, 1),
)
_WIDE: Profile = ((0.5, 0), (0.5, 0.1), (0.54, 0.5), (0.5, 0.86), (0.4, 1))
_STRAIGHT: Profile = ((0.34, 0), (0.33, 0.2), (0.3, 0.8), (0.29, 1))
_SLIM: Profile = (
    (0.05, 0),
    (0.045, 0.2),
    (0.06, 0.46),
    (0.24, 0.66),
    (0.26, 0.78),
    (0.14, 0.9),
    (0.22, 1),
)
_BURNER: Profile = (
    (0.03, 0),
    (0.2, 0.1),
    (0.34, 0.34),
    (0.35, 0.5),
    (0.33, 0.62),
    (0.12, 0.82),
    (0.3, 1),
)
_STEAMER: Profile = (
    (0.46, 0),
    (0.44, 0.3),
    (0.34, 0.46),
    (0.4, 0.52),
    (0.52, 0.74),
    (0.46, 0.94),
    (0.42, 1),
)


# Jewellery

_ENAMELS = ("#1f7a63", "#2a4fa0", "#d8a437", "#a8402c")
_EDGE = "#6f767b"
_SILVER = (
    '<linearGradient id="silver" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#f4f6f7"/>'
    f'<stop offset=".45" stop-color="{SILVER}"/><stop offset=".6" stop-color="#eceff0"/>'
    '<stop offset="1" stop-color="#8f979c"/></linearGradient>'
)


def _on_velvet(*parts: str, shadow: str = "") -> str:
    soft = (
        tag(
            "g",
            path(shadow, "#060a14"),
            opacity=".5",
            filter="url(#soft)",
            transform="translate(7 12)",
        )
        if shadow
        else ""
    )
    return scene("#2b3653", soft, *parts, floor=False, defs=[_SILVER], glare=0.12)


def _enamels(rng: Random, scheme: int | None) -> list[str]:
    mixed = rng.sample(_ENAMELS, 3)
    if scheme is not None:
        first = _ENAMELS[scheme % len(_ENAMELS)]
        mixed = [first, *(colour for colour in mixed if colour != first)]
    return mixed


def _set(x: float, y: float, r: float, colour: str) -> str:
    return (
        dot(x, y, r, "#dfe2e4", stroke=_EDGE)
        + dot(x, y, r * 0.6, colour)
        + dot(x - r * 0.2, y - r * 0.2, r * 0.16, "#fff", opacity=".7")
    )


def _brooch(x: float, y: float, enamel: list[str], count: int) -> str:
    out = [
        dot(x, y - 82, 18, "none", stroke="url(#silver)", stroke_width=6),
        line(f"M{n(x + 17)} {n(y - 90)}L{n(x + 2)} {n(y - 34)}", "#d9dcde", 3.5),
    ]
    out.append(
        poly(
            [(x, y - 66), (x + 60, y + 40), (x - 60, y + 40)],
            "url(#silver)",
            stroke=_EDGE,
            stroke_linejoin="round",
        )
    )
    out.append(poly([(x, y - 40), (x + 42, y + 30), (x - 42, y + 30)], enamel[0], stroke=_EDGE))
    out += [
        _set(x + dx, y + dy, r, enamel[c])
        for dx, dy, r, c in ((0, -14, 9, 1), (-17, 16, 9, 2), (17, 16, 9, 2), (0, 8, 8, 1))
    ]
    out += [
        dot(x + side * 10 * k, y - 66 + 106 * (k / 6), 3, "#eceeef", stroke=_EDGE, stroke_width=0.6)
        for k in range(1, 6)
        for side in (-1, 1)
    ]
    for k in range(count):
        at, drop = x - 48 + k * 96 / (count - 1), 7 * (k % 2)
        out.append(line(f"M{n(at)} {n(y + 42)}v{9 + drop}", "#c3c8cb", 2))
        out.append(
            poly(
                star(at, y + 61 + drop, 9, 4, 0.62), "url(#silver)", stroke=_EDGE, stroke_width=0.6
            )
        )
    return "".join(out)


def _beads(d: str, width: float = 4.2) -> str:
    return line(
        d, "#d5d9db", width, stroke_dasharray=f"1 {width * 1.55:.1f}", stroke_linecap="round"
    )


def _fibulae(rng: Random, scheme: int | None) -> str:
    enamel, count = _enamels(rng, scheme), rng.choice([5, 7])
    chain = "".join(
        _beads(f"M106 {a}C140 {b} 260 {b} 294 {a}") for a, b in ((256, 372), (262, 412))
    )
    tall = (
        poly(star(200, 372, 34), "url(#silver)", stroke=_EDGE)
        + poly(star(200, 372, 23), enamel[1])
        + _set(200, 372, 10, enamel[2])
    )
    drops = "".join(
        line(f"M{200 + x} {n(400 - abs(x) * 0.35)}v14", "#c3c8cb", 2)
        + dot(200 + x, 420 - abs(x) * 0.35, 6, "url(#silver)", stroke=_EDGE, stroke_width=0.6)
        for x in (-22, 0, 22)
    )
    shadow = "M106 134L166 262H46zM294 134L354 262H234zM200 338l34 34-34 34-34-34z"
    return _on_velvet(
        chain,
        _brooch(106, 200, enamel, count),
        _brooch(294, 200, enamel, count),
        tall,
        drops,
        shadow=shadow,
    )


def _earrings(rng: Random, scheme: int | None) -> str:
    enamel, count = _enamels(rng, scheme), rng.choice([3, 5])

    def one(x: float) -> str:
        out = [line(f"M{n(x)} 130q-16 -40 6 -48q22 6 8 34", "#d9dcde", 4)]
        out += [
            dot(x, 176, 44, "none", stroke="url(#silver)", stroke_width=6),
            poly(star(x, 176, 36, 8, 0.6), "none", stroke="#dfe2e4", stroke_width=2.6),
        ]
        out += [
            dot(
                *on_ring(x, 176, 44, k * math.tau / 16),
                3.4,
                "#eceeef",
                stroke=_EDGE,
                stroke_width=0.5,
            )
            for k in range(16)
        ]
        out.append(_set(x, 176, 14, enamel[0]))
        for k in range(count):
            at = x - 30 + 60 * k / (count - 1)
            low = 300 - abs(at - x) * 0.9
            out += [
                _beads(f"M{n(at)} 222V{n(low - 14)}", 3.4),
                kite(at, low, 10, 18, "url(#silver)", stroke=_EDGE),
                dot(at, low + 2, 4, enamel[1]),
            ]
        return "".join(out)

    return _on_velvet(one(126), one(274), shadow=ring(126, 180, 46) + ring(274, 180, 46))


def _finger_ring(rng: Random, scheme: int | None) -> str:
    enamel = _enamels(rng, scheme)
    band = "M200 200a96 104 0 1 0 .1 0"
    stone = corners(200, 178, 62) if rng.random() < 0.5 else ring(200, 178, 56)
    dents = "".join(
        dot(*on_ring(200, 304, 100, k * math.tau / 44), 2.2, _EDGE, opacity=".6") for k in range(44)
    )
    return _on_velvet(
        line(band, _EDGE, 34),
        line(band, "url(#silver)", 30),
        dents,
        path(stone, "url(#silver)", stroke=_EDGE, stroke_width=2),
        "".join(
            dot(
                *on_ring(200, 178, 50, k * math.tau / 24),
                3.6,
                "#eef0f1",
                stroke=_EDGE,
                stroke_width=0.6,
            )
            for k in range(24)
        ),
        path(ring(200, 178, 38), enamel[0], stroke=_EDGE),
        poly(star(200, 178, 22), shade(enamel[0], 0.12)),
        oval(188, 162, 12, 7, "#fff", opacity=".4"),
        shadow=ring(200, 300, 108),
    )


def _cuff(rng: Random, scheme: int | None) -> str:
    enamel, tips = _enamels(rng, scheme), 16
    back = "M74 196A126 40 0 0 1 326 196L316 236A118 34 0 0 0 84 236z"
    front = "M74 196A126 52 0 0 0 326 196V306A126 52 0 0 1 74 306z"
    motifs = []
    for k in range(7):
        angle = math.pi * ((k + 0.5) / 7 - 0.5)
        x, y, w = (
            200 + 126 * math.sin(angle),
            251 + 52 * math.cos(angle),
            max(0.15, math.cos(angle)),
        )
        motifs.append(
            put(
                x,
                y,
                poly(star(0, 0, 30, tips, 0.8), "#e7eaeb", stroke=_EDGE),
                poly(star(0, 0, 20), enamel[k % 3]),
                dot(0, 0, 7, "#e7eaeb", stroke=_EDGE),
                sx=w,
            )
        )
    edges = "".join(_beads(f"M74 {y}A126 52 0 0 0 326 {y}", 4.6) for y in (204, 298))
    return _on_velvet(
        path(back, "#828a8f"),
        path(front, "url(#silver)"),
        *motifs,
        edges,
        path(front, "url(#round)", opacity=".5"),
        shadow=front,
    )


def _necklace(rng: Random, scheme: int | None) -> str:
    enamel, strands = _enamels(rng, scheme), rng.choice([3, 5])
    out = []
    for k in range(strands):
        low = 250 + 42 * k
        out.append(
            _beads(f"M{92 - 6 * k} 84C{84 - 8 * k} {low} {316 + 8 * k} {low} {308 + 6 * k} 84", 7)
        )
        for t in (0.25, 0.5, 0.75):
            u = 1 - t
            x = (
                u**3 * (92 - 6 * k)
                + 3 * u * u * t * (84 - 8 * k)
                + 3 * u * t * t * (316 + 8 * k)
                + t**3 * (308 + 6 * k)
            )
            y = (u**3 + t**3) * 84 + 3 * u * t * low
            out.append(
                dot(
                    x,
                    y,
                    11,
                    rng.choice(["#d8a437", "#a8402c", enamel[0]]),
                    stroke=_EDGE,
                    stroke_width=0.8,
                )
                + dot(x - 3, y - 3, 3, "#fff", opacity=".6")
            )
    lowest = 84 * 0.25 + 0.75 * (250 + 42 * (strands - 1))
    out.append(
        put(
            200,
            lowest + 24,
            poly(star(0, 0, 40), "url(#silver)", stroke=_EDGE),
            poly(star(0, 0, 28), enamel[0]),
            _set(0, 0, 12, enamel[1]),
        )
    )
    return _on_velvet(*out)


def _pendant(hand: bool) -> Draw:
    def draw(rng: Random, scheme: int | None) -> str:
        enamel = _enamels(rng, scheme)
        chain = _beads("M84 40C110 180 180 190 200 200C220 190 290 180 316 40", 5)
        if hand:
            shape = "M200 212c10 0 14 8 14 18v48h6v-42c0-18 22-18 22 0v50c4-22 34-26 34-4c0 20-18 26-22 50c-6 46-24 68-54 68s-48-22-54-68c-4-24-22-30-22-50c0-22 30-18 34 4v-50c0-18 22-18 22 0v42h6v-48c0-10 4-18 14-18z"
            inner = poly(star(200, 332, 28), enamel[0], stroke=_EDGE) + _set(
                200, 332, 13, enamel[1]
            )
        else:
            shape = "M200 208C262 208 276 300 252 352C238 384 222 396 200 396C178 396 162 384 148 352C124 300 138 208 200 208z"
            inner = "".join(
                line(f"M{n(200 - w)} {y}Q200 {y + 16} {n(200 + w)} {y}", enamel[k % 3], 9)
                for k, (y, w) in enumerate(((244, 50), (276, 60), (308, 60), (340, 50)))
            )
            inner += poly(star(200, 300, 26), "url(#silver)", stroke=_EDGE) + _set(
                200, 300, 12, enamel[0]
            )
        drops = "".join(
            line(f"M{200 + x} {n(398 - abs(x) * 0.3)}v14", "#c3c8cb", 2)
            + kite(200 + x, 424 - abs(x) * 0.3, 7, 12, "url(#silver)", stroke=_EDGE)
            for x in (-26, 0, 26)
        )
        return _on_velvet(
            chain,
            path(shape, "url(#silver)", stroke=_EDGE, stroke_width=2),
            inner,
            drops,
            shadow=shape,
        )

    return draw


def _rosette_brooch(rng: Random, scheme: int | None) -> str:
    enamel, tips = _enamels(rng, scheme), rng.choice([8, 10, 12])
    out = []
    for k in range(tips):
        curl = "M0 -40C30 -60 30 -118 0 -128C-30 -118 -30 -60 0 -40z"
        out.append(
            put(
                200,
                250,
                path(curl, "none", stroke="url(#silver)", stroke_width=5),
                _beads("M0 -52V-112", 4),
                turn=360 / tips * k,
            )
        )
        out.append(
            dot(
                *on_ring(200, 250, 132, k * math.tau / tips - math.pi / 2),
                7,
                "url(#silver)",
                stroke=_EDGE,
            )
        )
    heart = (
        poly(star(200, 250, 46, tips, 0.8), "url(#silver)", stroke=_EDGE)
        + poly(star(200, 250, 33), enamel[0])
        + _set(200, 250, 15, enamel[1])
    )
    return _on_velvet(*out, heart, shadow=ring(200, 250, 120))


def _silver_box(rng: Random, scheme: int | None) -> str:
    enamel = _enamels(rng, scheme)
    pot = Turned(
        ((0.1, 0), (0.14, 0.05), (0.3, 0.2), (0.4, 0.4), (0.4, 0.8), (0.34, 0.96), (0.36, 1)),
        225,
        232,
        foot=400,
    )
    marks = [pot.belt(at, _EDGE, 1.6) for at in (0.36, 0.4, 0.84, 0.88)]
    marks += pot.around(
        0.62,
        9,
        lambda x, y, k: put(
            x,
            y,
            poly(star(0, 0, 24), "#e7eaeb", stroke=_EDGE),
            poly(star(0, 0, 15), enamel[0]),
            dot(0, 0, 5, "#fff"),
            sx=max(0.12, k),
        ),
    )
    wand = line("M200 176V120", "#d9dcde", 6, stroke_linecap="round") + _set(
        200, 112, 12, enamel[1]
    )
    return scene(
        "#2b3653",
        rest(200, 404, 100),
        wand,
        pot.drawn("#cfd3d6", *marks, hollow=None),
        defs=[pot.defs()],
        glare=0.12,
    )


LANTERN: dict[str, Draw] = {
    "hanging": _faced(False),
    "standing": _faced(True),
    "globe": _pierced(
        ((0.1, 0), (0.36, 0.14), (0.55, 0.4), (0.55, 0.62), (0.36, 0.88), (0.12, 1)),
        225,
        250,
        372,
        hangs=True,
    ),
    "dome": _pierced(((0.09, 0), (0.3, 0.16), (0.48, 0.46), (0.62, 1)), 225, 190, 350, hangs=True),
    "column": _pierced(
        ((0.3, 0), (0.31, 0.1), (0.3, 0.5), (0.31, 0.9), (0.34, 1)), 225, 290, FLOOR, hangs=False
    ),
    "candle": _pierced(
        ((0.36, 0), (0.37, 0.2), (0.4, 0.5), (0.36, 0.86), (0.3, 1)), 225, 170, FLOOR, hangs=False
    ),
    "star": _star_lamp,
    "rosette": _rosette(False),
    "moon": _rosette(True),
}
TRAY: dict[str, Draw] = {
    "tray": _disc,
    "square": _square,
    "teapot": _beaten(
        _BELLY,
        250,
        230,
        spout="M296 372Q336 340 344 262",
        handle="M112 280Q40 284 58 350Q74 400 118 396",
    ),
    "kettle": _beaten(
        _BELLY,
        270,
        220,
        spout="M304 366Q344 344 352 276",
        handle="M134 250C120 120 280 120 266 250",
    ),
    "ewer": _beaten(
        _TALL, 270, 300, spout="M284 372Q326 320 330 204", handle="M170 196Q70 210 112 352"
    ),
    "sprinkler": _beaten(_SLIM, 260, 330, lid=False),
    "cauldron": _beaten(
        _WIDE,
        250,
        210,
        handle="M78 262Q40 262 44 300Q48 326 74 322M322 262Q360 262 356 300Q352 326 326 322",
    ),
    "beaker": _beaten(_STRAIGHT, 260, 230, lid=False),
    "coffee": _beaten(_STRAIGHT, 230, 190, handle="M268 270L362 226", lid=False),
    "burner": _beaten(_BURNER, 260, 280, lid=False),
    "steamer": _beaten(_STEAMER, 240, 300),
    "sugar": _beaten(((0.4, 0), (0.44, 0.2), (0.46, 0.5), (0.42, 0.86), (0.36, 1)), 250, 160),
}
JEWELLERY: dict[str, Draw] = {
    "fibulae": _fibulae,
    "earrings": _earrings,
    "ring": _finger_ring,
    "cuff": _cuff,
    "necklace": _necklace,
    "egg": _pendant(False),
    "khamsa": _pendant(True),
    "rosette": _rosette_brooch,
    "box": _silver_box,
}
