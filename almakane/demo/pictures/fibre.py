"""Leather, palm and wood: babouches and bags, baskets and mats, thuya and its inlay."""

import math
from collections.abc import Callable
from random import Random

from almakane.demo.pictures.brush import (
    BRASS,
    FLOOR,
    GREEN,
    INDIGO,
    INK,
    MADDER,
    STRAW,
    Turned,
    box,
    corners,
    cut,
    dot,
    hang,
    inside,
    kite,
    knots,
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
    star,
    tag,
)

Draw = Callable[[Random, int | None], str]

# Leather

_LEATHERS = (
    ("#dcae3f", "#fff3cf"),
    ("#93402c", "#f0c9a0"),
    ("#e9e2d2", "#b08a4c"),
    ("#2f5d50", "#d9c184"),
    ("#33406b", "#d9c184"),
    ("#2b2725", "#b79a6a"),
    ("#b98a5a", "#f0dfc0"),
    ("#6f4326", "#e2c08c"),
)
_POINTED = (
    "M0 -168C30 -128 56 -88 58 -34C60 10 48 34 48 74C48 128 30 152 0 152C-30 152 -48 128 -48 74"
    "C-48 34 -60 10 -58 -34C-56 -88 -30 -128 0 -168z",
    "M0 -168C30 -128 56 -88 58 -34C59.5 -4 56 14 52 34C30 4 -30 4 -52 34C-56 14 -59.5 -4 -58 -34"
    "C-56 -88 -30 -128 0 -168z",
)
_ROUNDED = (
    "M0 -148C40 -148 60 -104 60 -50C60 4 48 34 48 74C48 128 30 152 0 152C-30 152 -48 128 -48 74"
    "C-48 34 -60 4 -60 -50C-60 -104 -40 -148 0 -148z",
    "M0 -148C40 -148 60 -104 60 -50C60 -10 56 14 52 34C30 4 -30 4 -52 34C-56 14 -60 -10 -60 -50"
    "C-60 -104 -40 -148 0 -148z",
)


def _pair(shapes: tuple[str, str], *, open_work: bool = False) -> Draw:
    sole, vamp = shapes

    def draw(rng: Random, scheme: int | None) -> str:
        leather, thread = pick(rng, _LEATHERS, scheme)
        inner, tips = "#e9d9bb", rng.choice([6, 8])
        heel = "M-44 74C-44 122 -28 145 0 145C28 145 44 122 44 74"
        if open_work:
            ornament = "".join(
                kite(x, y, 6, 9, shade(leather, -0.3))
                for y in (-96, -72, -48, -24)
                for x in (-24, 0, 24)
                if abs(x) < 60 + y * 0.2
            )
        else:
            ornament = (
                poly(star(0, -58, 25, tips, 0.6), "none", stroke=thread, stroke_width=2.2)
                + poly(star(0, -58, 13, tips, 0.6), thread)
                + "".join(dot(0, y, 2.4, thread) for y in (-98, -109, -119, -128))
            )
        one = (
            path(sole, "#1a1410", opacity=".36", filter="url(#soft)", transform="translate(9 12)")
            + path(sole, shade(leather, -0.2), transform="translate(2 4)")
            + path(sole, inner)
            + dot(0, 110, 16, "none", stroke=shade(inner, -0.2), stroke_width=1.5)
            + path("M-50 30C-30 2 30 2 50 30C40 52 -40 52 -50 30z", "#3a281b", opacity=".42")
            + path(vamp, leather)
            + path(vamp, "url(#round)", opacity=".55")
            + line("M-50 27C-30 -4 30 -4 50 27", thread, 1.8, stroke_dasharray="5 3.5")
            + line(heel, shade(leather, -0.08), 8)
            + line(heel, thread, 1.2, stroke_dasharray="4 3")
            + ornament
        )
        return scene(
            "#e2d8c4", put(128, 262, one, turn=-9), put(272, 252, one, turn=7), floor=False
        )

    return draw


def _bag(shape: str, flap: str, handle: str) -> Draw:
    def draw(rng: Random, scheme: int | None) -> str:
        leather, thread = pick(rng, _LEATHERS, scheme)
        tips = rng.choice([8, 12])
        mark = (
            poly(star(200, 330, 38, tips, 0.7), "none", stroke=thread, stroke_width=2.2)
            + poly(star(200, 330, 22, tips, 0.7), shade(leather, 0.1), stroke=thread)
            + dot(200, 330, 7, thread)
        )
        over = (
            path(flap, shade(leather, -0.06)) + line(flap, thread, 1.6, stroke_dasharray="5 4")
            if flap
            else ""
        )
        clasp = dot(200, 300, 9, BRASS, stroke=shade(BRASS, -0.2)) if flap else mark
        fringe = (
            ""
            if flap == ""
            else "".join(
                line(
                    f"M{x} 436v{n(rng.uniform(12, 20))}",
                    shade(leather, -0.05),
                    3,
                    stroke_linecap="round",
                )
                for x in range(132, 272, 12)
            )
        )
        return scene(
            "#d9d3c6",
            rest(200, 440, 118),
            line(handle, shade(leather, -0.16), 13, stroke_linecap="round"),
            line(handle, thread, 1.3, stroke_dasharray="5 4"),
            path(shape, leather),
            path(shape, "url(#round)", opacity=".55"),
            path(
                shape,
                "none",
                stroke=thread,
                stroke_width=1.5,
                stroke_dasharray="5 4",
                transform="translate(12 16) scale(.94)",
            ),
            over,
            clasp,
            fringe,
        )

    return draw


_SATCHEL = (
    "M112 226H288Q302 226 304 244L312 416Q312 440 290 440H110Q88 440 88 416L96 244Q98 226 112 226z"
)
_TOTE = "M92 190H308L326 426Q326 440 312 440H88Q74 440 74 426z"
_TRAVEL = "M78 270Q78 236 112 236H288Q322 236 322 270V420Q322 440 302 440H98Q78 440 78 420z"
_POUCH = "M110 268H290L304 420Q304 440 284 440H116Q96 440 96 420z"


# Palm, reed and rush

_DYES = (MADDER, INDIGO, GREEN, "#2d2a28", "#c07a2a")


def _weaves(dye: str, straw: str = STRAW) -> str:
    return "".join(
        f'<pattern id="{name}" width="16" height="15" patternUnits="userSpaceOnUse"'
        f' patternTransform="rotate(-2)"><path d="M0 0H16V15H0z" fill="{shade(c, -0.17)}"/>'
        f'<rect x=".7" y=".6" width="14.6" height="6.4" rx="3.2" fill="{c}"/>'
        f'<path d="M3 2.5H12" stroke="{shade(c, 0.16)}"/>'
        f'<rect x="-7.3" y="8.1" width="14.6" height="6.4" rx="3.2" fill="{shade(c, -0.03)}"/>'
        f'<rect x="8.7" y="8.1" width="14.6" height="6.4" rx="3.2" fill="{shade(c, -0.03)}"/></pattern>'
        for name, c in (("plain", straw), ("dyed", dye))
    )


def _bands(rng: Random) -> str:
    style = rng.choice(["bands", "teeth", "kites"])
    if style == "bands":
        return "".join(
            path(f"M50 {y}Q200 {y + 24} 350 {y}v{h}Q200 {y + h + 24} 50 {y + h}z", "url(#dyed)")
            for y, h in ((250, 16), (282, 46), (344, 16))
        )
    if style == "teeth":
        return "".join(
            poly([(72 + i * 32, 268), (88 + i * 32, 306), (104 + i * 32, 268)], "url(#dyed)")
            + poly([(72 + i * 32, 368), (88 + i * 32, 330), (104 + i * 32, 368)], "url(#dyed)")
            for i in range(8)
        )
    return "".join(kite(x, 316, 32, 54, "url(#dyed)") for x in (72, 136, 200, 264, 328))


def _market(rng: Random, scheme: int | None) -> str:
    dye = pick(rng, _DYES, scheme)
    body = "M72 214C78 300 92 380 112 428C150 446 250 446 288 428C308 380 322 300 328 214z"
    rim, near = "M72 214A128 24 0 0 0 328 214", "M116 262V226C116 40 284 40 284 226V262"
    return scene(
        "#d9dad0",
        rest(200, 436, 128),
        line("M128 212C128 52 272 52 272 212", "#7d4a2b", 9, opacity=".75"),
        oval(200, 214, 128, 24, "#6f5531"),
        oval(200, 219, 117, 17, "#4a3820"),
        path(body, "url(#plain)"),
        inside("body", _bands(rng)),
        path(body, "url(#round)", opacity=".85"),
        line(rim, shade(STRAW, -0.06), 11),
        line(rim, dye, 11, stroke_dasharray="4 9"),
        line(near, "#96592f", 11, stroke_linecap="round"),
        line(near, "#e2bd8c", 1.3, stroke_dasharray="5 4"),
        dot(116, 258, 3.4, "#e8cf9a"),
        dot(284, 258, 3.4, "#e8cf9a"),
        defs=[_weaves(dye), cut("body", body)],
    )


def _plaited(
    profile: tuple[tuple[float, float], ...],
    wide: float,
    high: float,
    *,
    lid: bool = False,
    handle: str = "",
    open_: bool = True,
) -> Draw:
    """A basket that is round."""

    def draw(rng: Random, scheme: int | None) -> str:
        dye = pick(rng, _DYES, scheme)
        pot = Turned(profile, wide, high)
        marks = [pot.belt(at, dye, rng.choice([6, 10])) for at in (0.28, 0.7)]
        marks += pot.around(0.5, 11, lambda x, y, k: kite(x, y, 12 * k, 18, "url(#dyed)"))
        parts = [pot.drawn("url(#plain)", *marks, hollow="#4a3820" if open_ and not lid else None)]
        defs = [_weaves(dye), pot.defs()]
        if lid:
            cone = Turned(
                ((0.03, 0), (0.08, 0.08), (0.34, 0.6), (0.56, 1)),
                wide,
                190,
                foot=pot.top + 12,
                name="lid",
            )
            tops = [cone.belt(at, dye, 7) for at in (0.4, 0.9)]
            tops += cone.around(0.66, 9, lambda x, y, k: kite(x, y, 11 * k, 17, "url(#dyed)"))
            parts.append(cone.drawn("url(#plain)", *tops, hollow=None))
            parts.append(dot(200, cone.top - 6, 9, dye))
            defs.append(cone.defs())
        if handle:
            parts.append(
                line(handle, "#96592f", 11, stroke_linecap="round")
                + line(handle, "#e2bd8c", 1.4, stroke_dasharray="5 4")
            )
        return scene("#d9dad0", rest(200, 440, wide * 0.5), *parts, defs=defs)

    return draw


def _mat(rng: Random, scheme: int | None) -> str:
    dye, wide, high = pick(rng, _DYES, scheme), 45, 69
    gap = rng.choice([9, 11])
    rows: list[list[int | None]] = []
    for y in range(high):
        row: list[int | None] = []
        for x in range(wide):
            across, down = abs(x - wide // 2), abs(y - high // 2)
            far = (across + down) % gap
            edge = min(wide // 2 - across, high // 2 - down)
            row.append(
                1
                if edge in (2, 3)
                or (far < 2 and edge > 5)
                or (far == 4 and across % 3 == 0 and edge > 5)
                else 0
            )
        rows.append(row)
    size, x0, y0 = 6.0, 65.0, 44.0
    shape = box(x0, y0, wide * size, high * size)
    weave = '<pattern id="rush" width="12" height="4" patternUnits="userSpaceOnUse"><path d="M0 .5H12" stroke="#000" stroke-opacity=".16"/><path d="M0 2.5H12" stroke="#fff" stroke-opacity=".14"/></pattern>'
    return scene(
        "#d8d8cc",
        hang(shape),
        knots(rows, [shade(STRAW, 0.06), dye], x0, y0, size),
        path(shape, "url(#rush)"),
        path(shape, "url(#light)", opacity=".3"),
        floor=False,
        defs=[weave],
    )


def _coil(brim: float, crown: float) -> Draw:
    """Coiled from the middle: a hat from above, coasters, a fan."""

    def draw(rng: Random, scheme: int | None) -> str:
        dye = pick(rng, _DYES, scheme)
        cx, cy, parts = 200, 250, []
        r = brim
        while r > 6:
            tone = dye if (brim - r) % 36 < 8 and r > crown else STRAW
            parts.append(
                dot(
                    cx,
                    cy,
                    r,
                    shade(tone, rng.gauss(0, 0.015)),
                    stroke=shade(tone, -0.16),
                    stroke_width=1.2,
                )
            )
            r -= 8
        ticks = "".join(
            line(
                f"M{n(on_ring(cx, cy, q, a)[0])} {n(on_ring(cx, cy, q, a)[1])}L{n(on_ring(cx, cy, q + 7, a + 0.03)[0])} {n(on_ring(cx, cy, q + 7, a + 0.03)[1])}",
                shade(STRAW, -0.2),
                1,
                opacity=".6",
            )
            for q in range(14, int(brim) - 8, 16)
            for a in (k * math.tau / (q // 3) for k in range(q // 3))
        )
        round_ = '<radialGradient id="puff" cx=".36" cy=".3" r=".8"><stop offset="0" stop-color="#fff" stop-opacity=".4"/><stop offset=".5" stop-color="#fff" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity=".3"/></radialGradient>'
        ribbon = (
            dot(cx, cy, crown, "none", stroke=dye, stroke_width=11)
            if crown > 20
            else poly(star(cx, cy, 30), dye)
        )
        high = path(ring(cx, cy, crown), "url(#puff)", opacity=".8") if crown > 20 else ""
        return scene(
            "#dbd8cc",
            hang(ring(cx, cy, brim)),
            *parts,
            ticks,
            path(ring(cx, cy, brim), "url(#puff)"),
            ribbon,
            high,
            floor=False,
            defs=[round_],
        )

    return draw


def _fan(rng: Random, scheme: int | None) -> str:
    dye = pick(rng, _DYES, scheme)
    blade = "M200 96C300 96 330 190 292 262C262 314 222 320 200 320C178 320 138 314 108 262C70 190 100 96 200 96z"
    marks = (
        kite(200, 206, 58, 78, "url(#dyed)")
        + kite(200, 206, 30, 42, "url(#plain)")
        + kite(200, 206, 12, 18, "url(#dyed)")
    )
    return scene(
        "#dad8cc",
        hang(blade + "M192 310H208V440H192z"),
        path("M191 300H209L206 442H194z", "#8a5a30"),
        path(blade, "url(#plain)"),
        marks,
        line(blade, dye, 9),
        line(blade, shade(STRAW, 0.05), 9, stroke_dasharray="5 9"),
        path(blade, "url(#light)", opacity=".4"),
        floor=False,
        defs=[_weaves(dye)],
    )


# Thuya

_WOODS = (("#8a4a22", "#e0b878"), ("#9a5a2b", "#ead2a0"), ("#74391c", "#d9b06c"))


def _burl(rng: Random, wood: str, left: float, top: float, right: float, foot: float) -> str:
    grain = "".join(
        line(
            f"M{n(left - 4)} {n(y)}C{n(left + (right - left) * 0.3)} {n(y + rng.uniform(-14, 14))} {n(left + (right - left) * 0.7)} {n(y + rng.uniform(-14, 14))} {n(right + 4)} {n(y + rng.uniform(-6, 6))}",
            shade(wood, rng.choice([-0.1, 0.06])),
            1,
            opacity=".6",
        )
        for y in (top + 6 * k for k in range(int((foot - top) / 6) + 1))
    )
    eyes = []
    for _ in range(int((right - left) * (foot - top) / 1100)):
        x, y, r = rng.uniform(left, right), rng.uniform(top, foot), rng.uniform(3, 13)
        eyes += [
            oval(
                x,
                y,
                r * (1 - k * 0.3),
                r * 0.7 * (1 - k * 0.3),
                "none",
                stroke=shade(wood, -0.12 if k % 2 else 0.09),
                stroke_width=0.9,
                opacity=".7",
            )
            for k in range(3)
        ]
    return grain + "".join(eyes)


def _flower(x: float, y: float, r: float, wood: str, pale: str, tips: int) -> str:
    petal = f"M0 0l{n(r * 0.17)} {n(-r * 0.52)}l{n(-r * 0.17)} {n(-r * 0.48)}l{n(-r * 0.17)} {n(r * 0.48)}z"
    out = [
        put(
            x,
            y,
            path(petal, pale if k % 2 else "#f3e6c6", stroke=shade(wood, -0.15), stroke_width=0.6),
            turn=360 / tips * k,
        )
        for k in range(tips)
    ]
    return "".join(out) + dot(x, y, r * 0.2, INK) + dot(x, y, r * 0.09, pale)


def _chest(rng: Random, scheme: int | None) -> str:
    wood, pale = pick(rng, _WOODS, scheme)
    front, lid, tips = (
        "M84 300H316V430H84z",
        "M84 300L122 226H278L316 300z",
        rng.choice([8, 10, 12]),
    )
    inlay = path(box(96, 312, 208, 106), "none", stroke=pale, stroke_width=3)
    inlay += "".join(
        path(f"M{x} 318h5v5h-5zM{x} 407h5v5h-5z", pale if x // 10 % 2 else INK)
        for x in range(102, 298, 10)
    )
    inlay += _flower(200, 365, 42, wood, pale, tips)
    inlay += "".join(kite(x, 365, 12, 17, pale) + kite(x, 365, 6, 9, INK) for x in (126, 274))
    inlay += path("M104 290L132 236H268L296 290z", "none", stroke=pale, stroke_width=2.6)
    inlay += put(
        200,
        262,
        *(poly(star(0, 0, r), tone) for r, tone in ((44, pale), (32, wood), (20, INK), (11, pale))),
        sy=0.42,
    )
    body = (
        rest(200, 434, 140),
        inside(
            "box",
            path(lid, shade(wood, 0.08)),
            path(front, wood),
            _burl(rng, wood, 84, 226, 316, 430),
        ),
        inlay,
        path(front, "url(#front)"),
        path(lid, "url(#light)"),
        line("M84 300H316", shade(wood, -0.22), 3),
        line("M84 297.5H316", shade(wood, 0.2), 1.2),
        tag("rect", x=190, y=294, width=20, height=24, rx=3, fill=BRASS),
        dot(200, 304, 3, "#3c2a10"),
    )
    shadow = '<linearGradient id="front" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#fff" stop-opacity=".1"/><stop offset=".6" stop-opacity="0"/><stop offset="1" stop-opacity=".3"/></linearGradient>'
    return scene(
        "#ddd3c4",
        tag("g", *body, transform="translate(-50 -100) scale(1.25)"),
        defs=[cut("box", front + lid), shadow],
    )


def _turned_wood(
    profile: tuple[tuple[float, float], ...],
    wide: float,
    high: float,
    *,
    hollow: bool,
    tip: bool = False,
) -> Draw:
    def draw(rng: Random, scheme: int | None) -> str:
        wood, pale = pick(rng, _WOODS, scheme)
        pot = Turned(profile, wide, high)
        marks = [_burl(rng, wood, 200 - wide * 0.7, pot.top, 200 + wide * 0.7, FLOOR)]
        marks += [pot.belt(at, pale, 3) for at in (0.3, 0.36)] + [pot.belt(0.33, INK, 2)]
        marks += pot.around(
            0.56, 9, lambda x, y, k: kite(x, y, 9 * k, 14, pale) + kite(x, y, 4 * k, 7, INK)
        )
        more = line(f"M200 {n(pot.top)}v-46", "#c9a36a", 9, stroke_linecap="round") if tip else ""
        return scene(
            "#ddd5c6",
            rest(200, 440, wide * 0.46),
            more,
            pot.drawn(wood, *marks, hollow="#3a1f0e" if hollow else None),
            defs=[pot.defs()],
        )

    return draw


def _top_view(shape: str, reach: float, *, glass: bool = False) -> Draw:
    """A table, a tray or a mirror, seen from before: burl, a border of inlay, a star."""

    def draw(rng: Random, scheme: int | None) -> str:
        wood, pale = pick(rng, _WOODS, scheme)
        tips = rng.choice([8, 12, 16])
        parts = [
            path(shape, wood),
            inside("top", _burl(rng, wood, 200 - reach, 250 - reach, 200 + reach, 250 + reach)),
        ]
        count = 40
        for k in range(count):
            x, y = on_ring(200, 250, reach * 0.82, k * math.tau / count)
            parts.append(
                put(x, y, path(box(-5, -5, 10, 10), pale if k % 2 else INK), turn=360 * k / count)
            )
        parts += [
            dot(200, 250, reach * r, "none", stroke=pale, stroke_width=2.4) for r in (0.75, 0.89)
        ]
        if glass:
            parts.append(
                dot(200, 250, reach * 0.62, "#c3ced0", stroke=shade(wood, -0.15), stroke_width=6)
            )
            parts.append(
                inside(
                    "glass",
                    poly([(120, 130), (186, 130), (120, 370), (54, 370)], "#fff", opacity=".35"),
                    poly([(228, 130), (246, 130), (180, 370), (162, 370)], "#fff", opacity=".2"),
                )
            )
        else:
            parts.append(_flower(200, 250, reach * 0.62, wood, pale, tips))
        return scene(
            "#ddd6c9",
            hang(shape),
            *parts,
            path(shape, "url(#light)", opacity=".5"),
            path(shape, "none", stroke=shade(wood, -0.16), stroke_width=6),
            floor=False,
            defs=[cut("top", shape), cut("glass", ring(200, 250, reach * 0.6))],
        )

    return draw


def _board(points: bool) -> Draw:
    """A board to play on: squares for chess, tongues for backgammon."""

    def draw(rng: Random, scheme: int | None) -> str:
        wood, pale = pick(rng, _WOODS, scheme)
        frame = box(52, 102, 296, 296)
        parts = [
            path(frame, wood),
            inside("frame", _burl(rng, wood, 52, 102, 348, 398)),
            path(box(72, 122, 256, 256), pale),
        ]
        if points:
            for k in range(12):
                x = 72 + k * 256 / 12
                tone = shade(wood, -0.06) if k % 2 else "#5a2f16"
                parts.append(poly([(x, 122), (x + 21.3, 122), (x + 10.6, 232)], tone))
                parts.append(
                    poly(
                        [(x, 378), (x + 21.3, 378), (x + 10.6, 268)],
                        shade(wood, 0.04) if k % 2 else INK,
                    )
                )
            parts.append(path(box(196, 122, 8, 256), wood))
            for x, y, tone in (
                (82.6, 136, INK),
                (82.6, 158, INK),
                (146.6, 364, "#f3e6c6"),
                (274.6, 136, "#f3e6c6"),
                (274.6, 158, "#f3e6c6"),
                (317.3, 364, INK),
            ):
                parts.append(dot(x, y, 10, tone, stroke="#7a5a34"))
        else:
            rows: list[list[int | None]] = [[(x + y) % 2 for x in range(8)] for y in range(8)]
            parts.append(knots(rows, [shade(pale, 0.06), shade(wood, -0.04)], 72, 122, 32))
            for x, y, tone in (
                (88, 138, INK),
                (184, 170, INK),
                (248, 234, "#f3e6c6"),
                (152, 330, "#f3e6c6"),
                (312, 362, "#f3e6c6"),
                (280, 138, INK),
            ):
                parts.append(
                    put(
                        x,
                        y,
                        oval(4, 9, 12, 5, "#000", opacity=".3"),
                        dot(0, 0, 11, tone, stroke="#7a5a34"),
                        dot(-2, -3, 5, "#fff", opacity=".25"),
                    )
                )
        edge = path(frame, "none", stroke=shade(wood, -0.18), stroke_width=5)
        return scene(
            "#ddd6c9",
            hang(frame),
            *parts,
            path(box(72, 122, 256, 256), "none", stroke=INK, stroke_width=2),
            edge,
            path(frame, "url(#light)", opacity=".4"),
            floor=False,
            defs=[cut("frame", frame)],
        )

    return draw


BABOUCHE: dict[str, Draw] = {
    "pointed": _pair(_POINTED),
    "round": _pair(_ROUNDED),
    "openwork": _pair(_ROUNDED, open_work=True),
    "satchel": _bag(
        _SATCHEL,
        "M96 240Q98 226 112 226H288Q302 226 304 240L300 286Q200 330 100 286z",
        "M104 236C70 40 330 40 296 236",
    ),
    "tote": _bag(_TOTE, "", "M140 200C140 70 260 70 260 200"),
    "travel": _bag(_TRAVEL, "", "M136 244C136 140 264 140 264 244"),
    "pouch": _bag(_POUCH, "M110 268H290L296 320Q200 360 104 320z", "M150 268Q200 240 250 268"),
}
BASKET: dict[str, Draw] = {
    "market": _market,
    "bread": _plaited(((0.66, 0), (0.64, 0.2), (0.52, 0.8), (0.44, 1)), 230, 104),
    "lidded": _plaited(((0.5, 0), (0.56, 0.3), (0.52, 0.8), (0.42, 1)), 240, 118, lid=True),
    "laundry": _plaited(((0.46, 0), (0.48, 0.3), (0.44, 0.8), (0.4, 1)), 250, 300),
    "pot": _plaited(((0.5, 0), (0.5, 0.3), (0.46, 0.8), (0.42, 1)), 230, 210),
    "eggs": _plaited(
        ((0.48, 0), (0.54, 0.4), (0.46, 0.84), (0.3, 1)),
        230,
        150,
        handle="M92 300C92 110 308 110 308 300",
    ),
    "shade": _plaited(((0.2, 0), (0.32, 0.2), (0.48, 0.6), (0.6, 1)), 230, 230, open_=False),
    "demijohn": _plaited(
        ((0.1, 0), (0.1, 0.14), (0.3, 0.3), (0.52, 0.52), (0.5, 0.84), (0.4, 1)), 230, 310
    ),
    "cradle": _plaited(
        ((0.72, 0), (0.7, 0.3), (0.6, 0.8), (0.52, 1)),
        230,
        150,
        handle="M70 296Q40 250 84 262M330 296Q360 250 316 262",
    ),
    "mat": _mat,
    "hat": _coil(150, 70),
    "coasters": _coil(132, 12),
    "fan": _fan,
}
THUYA: dict[str, Draw] = {
    "chest": _chest,
    "bowl": _turned_wood(
        ((0.64, 0), (0.62, 0.2), (0.5, 0.66), (0.26, 0.92), (0.28, 1)), 230, 150, hollow=True
    ),
    "mill": _turned_wood(
        (
            (0.08, 0),
            (0.15, 0.05),
            (0.17, 0.16),
            (0.1, 0.24),
            (0.2, 0.34),
            (0.14, 0.56),
            (0.24, 0.84),
            (0.25, 1),
        ),
        250,
        310,
        hollow=False,
    ),
    "round": _turned_wood(
        ((0.06, 0), (0.3, 0.1), (0.42, 0.28), (0.42, 0.5), (0.42, 0.9), (0.38, 1)),
        230,
        190,
        hollow=False,
    ),
    "top": _turned_wood(
        ((0.1, 0), (0.36, 0.16), (0.42, 0.3), (0.3, 0.62), (0.06, 0.94), (0.02, 1)),
        240,
        230,
        hollow=False,
        tip=True,
    ),
    "table": _top_view(ring(200, 250, 150), 150),
    "tray": _top_view(corners(200, 250, 160), 148),
    "mirror": _top_view(ring(200, 250, 150), 150, glass=True),
    "chess": _board(False),
    "backgammon": _board(True),
}
