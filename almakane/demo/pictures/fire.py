"""Pottery, zellige and what the land gives: clay, glaze and glass."""

import math
from collections.abc import Callable, Iterator
from random import Random

from almakane.demo.pictures.brush import (
    BRASS,
    COBALT,
    FLOOR,
    GREEN,
    HENNA,
    IVORY,
    MADDER,
    NIGHT,
    SAFFRON,
    Point,
    Turned,
    box,
    corners,
    cut,
    dot,
    hang,
    inside,
    kite,
    line,
    mixed,
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
Profile = tuple[tuple[float, float], ...]

# Pottery

_GLAZES = (
    ("#f1eee4", COBALT, SAFFRON),
    ("#efe9da", GREEN, HENNA),
    ("#2f6b4f", "#173f2e", "#b9c77c"),
    ("#f0ead9", "#3b3430", MADDER),
    ("#2f5597", "#f0ece0", "#d6b45c"),
    ("#b5803a", "#6d4318", "#eacb8c"),
)
_VASES = (
    (
        (0.26, 0),
        (0.24, 0.06),
        (0.2, 0.13),
        (0.33, 0.25),
        (0.55, 0.42),
        (0.58, 0.56),
        (0.46, 0.76),
        (0.3, 0.93),
        (0.31, 1),
    ),
    (
        (0.34, 0),
        (0.32, 0.05),
        (0.44, 0.15),
        (0.6, 0.34),
        (0.58, 0.6),
        (0.42, 0.86),
        (0.3, 0.96),
        (0.32, 1),
    ),
    (
        (0.17, 0),
        (0.14, 0.1),
        (0.15, 0.26),
        (0.4, 0.44),
        (0.56, 0.62),
        (0.5, 0.82),
        (0.3, 0.96),
        (0.32, 1),
    ),
)
_BOWL = ((0.62, 0), (0.61, 0.08), (0.57, 0.3), (0.46, 0.62), (0.28, 0.86), (0.25, 0.92), (0.27, 1))
_CUP = ((0.4, 0), (0.39, 0.1), (0.37, 0.4), (0.34, 0.74), (0.26, 0.92), (0.26, 1))
_GLASS = ((0.33, 0), (0.32, 0.1), (0.28, 0.42), (0.27, 0.6), (0.31, 0.86), (0.29, 1))


def _motifs(
    rng: Random, mark: str, accent: str, high: float
) -> Callable[[float, float, float], str]:
    def lozenge(x: float, y: float, k: float) -> str:
        return kite(x, y, high * 0.62 * k, high, mark) + kite(
            x, y, high * 0.26 * k, high * 0.42, accent
        )

    def khatim(x: float, y: float, k: float) -> str:
        inner = poly(star(0, 0, high * 0.95), mark) + dot(0, 0, high * 0.38, accent)
        return put(x, y, inner, sx=max(0.1, k))

    def leaf(x: float, y: float, k: float) -> str:
        d = f"M{n(x)} {n(y - high)}q{n(high * k)} {n(high)} 0 {n(2 * high)}q{n(-high * k)} {n(-high)} 0 {n(-2 * high)}"
        return path(d, mark) + dot(x, y, high * 0.2 * max(0.2, k), accent)

    return rng.choice([lozenge, khatim, leaf])


def _ornament(pot: Turned, rng: Random, mark: str, accent: str, at: float = 0.515) -> Iterator[str]:
    for level in (at - 0.17, at - 0.14, at + 0.17, at + 0.2):
        yield pot.belt(level, mark, 2.2)
    high = rng.choice([15, 19, 23]) * pot.high / 290
    yield from pot.around(at, rng.choice([9, 11, 13]), _motifs(rng, mark, accent, high))
    dots = rng.choice([15, 19])
    yield from pot.around(at + 0.28, dots, lambda x, y, k: dot(x, y, 3.2 * max(0.3, k), accent))
    yield from pot.around(
        at - 0.22,
        17,
        lambda x, y, k: poly([(x - 6 * k, y + 5), (x, y - 8), (x + 6 * k, y + 5)], mark),
    )
    yield pot.belt(0.93, accent, 4)


def _vase(which: int) -> Draw:
    def draw(rng: Random, scheme: int | None) -> str:
        glaze, mark, accent = pick(rng, _GLAZES, scheme)
        pot = Turned(_VASES[which], 225, rng.uniform(270, 305))
        body = pot.drawn(glaze, *_ornament(pot, rng, mark, accent))
        return scene("#d3d8cf", rest(200, 440, 118), body, defs=[pot.defs()])

    return draw


def _vessel(profile: tuple[tuple[float, float], ...], wide: float, high: float, at: float) -> Draw:
    def draw(rng: Random, scheme: int | None) -> str:
        glaze, mark, accent = pick(rng, _GLAZES, scheme)
        pot = Turned(profile, wide, high, foot=430)
        body = pot.drawn(glaze, *_ornament(pot, rng, mark, accent, at), hollow=shade(glaze, -0.5))
        return scene("#d6d8d0", rest(200, 434, wide * 0.42), body, defs=[pot.defs()])

    return draw


def _lidded(rib: bool) -> Draw:
    """A tagine under its cone, or a bowl for sugar under its dome."""

    def draw(rng: Random, scheme: int | None) -> str:
        glaze, mark, accent = pick(rng, _GLAZES, scheme)
        dish = Turned(((0.66, 0), (0.64, 0.3), (0.5, 0.8), (0.42, 1)), 225, 76)
        lid_profile: Profile = ((0.04, 0), (0.34, 0.22), (0.54, 0.6), (0.61, 1))
        if rib:
            lid_profile = (
                (0.09, 0),
                (0.12, 0.08),
                (0.1, 0.16),
                (0.2, 0.45),
                (0.42, 0.82),
                (0.62, 1),
            )
        lid = Turned(lid_profile, 225, 216 if rib else 128, foot=dish.top + 6, name="lid")
        ribs = [lid.belt(0.24 + i * 0.1, shade(glaze, -0.16), 3) for i in range(8)] if rib else []
        marks = lid.around(0.7, 11, _motifs(rng, mark, accent, 17))
        knob = (
            ""
            if rib
            else dot(200, lid.top - 8, 15, glaze, stroke=shade(glaze, -0.2))
            + dot(196, lid.top - 12, 5, "#fff", opacity=".5")
        )
        return scene(
            "#d8d5c8",
            rest(200, 440, 134),
            dish.drawn(
                glaze,
                *dish.around(0.5, 17, lambda x, y, k: dot(x, y, 4 * max(0.3, k), mark)),
                dish.belt(0.2, accent, 3),
            ),
            lid.drawn(
                glaze,
                *ribs,
                *marks,
                lid.belt(0.95, mark, 5),
                lid.belt(0.45, accent, 2.4),
                hollow=None,
            ),
            knob,
            defs=[dish.defs(), lid.defs()],
        )

    return draw


def _plate(rng: Random, scheme: int | None) -> str:
    glaze, mark, accent = pick(rng, _GLAZES, scheme)
    cx, cy, r = 200, 250, 150
    tips = rng.choice([8, 10, 12])
    edge = rng.choice([36, 48])
    parts = [dot(cx, cy, r, glaze), dot(cx, cy, r - 5, "none", stroke=mark, stroke_width=4)]
    for i in range(edge):
        x, y = on_ring(cx, cy, r - 18, i * math.tau / edge)
        parts.append(dot(x, y, 5, mark if i % 2 else accent))
    parts.append(dot(cx, cy, r - 32, "none", stroke=mark, stroke_width=2.4))
    for i in range(tips):
        turn = i * 360 / tips
        petal = "M0 -26q24 -34 0 -84q-24 50 0 84"
        parts.append(
            put(
                cx,
                cy,
                path(petal, mark),
                path("M0 -44q10 -20 0 -44q-10 24 0 44", accent),
                turn=turn,
            )
        )
        parts.append(put(cx, cy, kite(0, -96, 7, 12, accent), turn=turn + 180 / tips))
    parts += [poly(star(cx, cy, 32, tips), mark), dot(cx, cy, 15, glaze), dot(cx, cy, 7, accent)]
    puff = '<radialGradient id="puff" cx=".36" cy=".3" r=".8"><stop offset="0" stop-color="#fff" stop-opacity=".5"/><stop offset=".5" stop-color="#fff" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity=".28"/></radialGradient>'
    whole = ring(cx, cy, r)
    well = dot(cx, cy, r - 34, "none", stroke="#000", stroke_width=10, opacity=".07")
    return scene(
        "#d6d9d2", hang(whole), *parts, well, path(whole, "url(#puff)"), floor=False, defs=[puff]
    )


# Zellige

_TILES = (
    (GREEN, "#efeade", SAFFRON),
    (COBALT, "#ece7db", GREEN),
    (NIGHT, "#e9e2d2", MADDER),
    ("#1d6f77", "#efeade", SAFFRON),
    ("#e6e0d2", "#f3f0e6", "#d8d2c2"),
    ("#26375f", "#33497a", "#1d2a49"),
    ("#c8982f", "#efeade", NIGHT),
)
_GROUT = {"stroke": "#d8d1c1", "stroke_width": 1.1, "stroke_linejoin": "round"}


def _field(
    rng: Random,
    colours: tuple[str, str, str],
    x: float,
    y: float,
    wide: float,
    high: float,
    r: float,
) -> Iterator[str]:
    """Stars of eight and the crosses between them, each tile of its own shade."""
    main, cross, heart = colours

    def tile(colour: str) -> str:
        return shade(colour, rng.gauss(0, 0.022))

    inner = r * math.cos(math.pi / 4) / math.cos(math.pi / 8)
    for i in range(math.ceil(wide / r / 2) + 1):
        for j in range(math.ceil(high / r / 2) + 1):
            cx, cy = x + i * 2 * r, y + j * 2 * r
            points: list[Point] = []
            for sx, sy, start in ((-r, -r, 0), (-r, r, 270), (r, r, 180), (r, -r, 90)):
                for k in range(4):
                    far = r if k % 2 == 0 else inner
                    points.append(on_ring(cx + sx, cy + sy, far, math.radians(start + 22.5 * k)))
            yield poly(points, tile(cross), **_GROUT)
            yield poly(star(cx, cy, r * 0.3, 4, 0.5, math.pi / 4), tile(heart), **_GROUT)
    for i in range(math.ceil(wide / r / 2)):
        for j in range(math.ceil(high / r / 2)):
            cx, cy = x + (2 * i + 1) * r, y + (2 * j + 1) * r
            yield poly(star(cx, cy, r), tile(main), **_GROUT)
            for k in range(8):
                a = k * math.pi / 4
                corner = [
                    on_ring(cx, cy, r * far, a + turn)
                    for far, turn in ((0.86, 0), (0.52, 0.35), (0.3, 0), (0.52, -0.35))
                ]
                yield poly(corner, tile(cross if k % 2 else heart), **_GROUT)
            yield poly(star(cx, cy, r * 0.26), tile(main), **_GROUT)


def _great_star(
    rng: Random, colours: tuple[str, str, str], cx: float, cy: float, r: float, tips: int
) -> Iterator[str]:
    """One star that opens in rings, as a panel or a round table has it."""
    main, cross, heart = colours

    def tile(colour: str) -> str:
        return shade(colour, rng.gauss(0, 0.02))

    step = math.tau / tips
    for k, (near, far) in enumerate(((0.74, 1.02), (0.5, 0.82), (0.26, 0.58))):
        for i in range(tips):
            a = i * step + (step / 2 if k % 2 else 0)
            points = [
                on_ring(cx, cy, r * far, a),
                on_ring(cx, cy, r * (near + far) / 2, a + step * 0.46),
                on_ring(cx, cy, r * near, a),
                on_ring(cx, cy, r * (near + far) / 2, a - step * 0.46),
            ]
            yield poly(points, tile((main, cross, heart)[(k + i * (k == 0)) % 3]), **_GROUT)
    yield poly(star(cx, cy, r * 0.3, tips, 0.7), tile(main), **_GROUT)
    yield poly(star(cx, cy, r * 0.17, tips, 0.7), tile(cross), **_GROUT)
    yield dot(cx, cy, r * 0.06, heart)


def _gloss(x: float, y: float, wide: float, high: float) -> str:
    bands = ((0.24, 0.2, 0.1), (0.64, 0.09, 0.07))
    return "".join(
        poly(
            [
                (x + wide * at, y),
                (x + wide * (at + w), y),
                (x + wide * (at + w) - 0.4 * high, y + high),
                (x + wide * at - 0.4 * high, y + high),
            ],
            "#fff",
            opacity=o,
        )
        for at, w, o in bands
    )


def _panel(
    shape: str, wide: float, high: float, frame: str, many: int = 0, glass: float = 0
) -> Draw:
    """Tiles within a shape around the middle: `many` stars across, or one great star."""

    def draw(rng: Random, scheme: int | None) -> str:
        colours = pick(rng, _TILES, scheme)
        x, y = 200 - wide / 2, 250 - high / 2
        if many:
            tiles = _field(rng, colours, x, y, wide, high, wide / many / 2)
        else:
            back = path(shape, shade(colours[1], -0.03))
            tiles = iter(
                [
                    back,
                    *_great_star(
                        rng, colours, 200, 250, max(wide, high) * 0.52, rng.choice([12, 16])
                    ),
                ]
            )
        mirror = ""
        if glass:
            look = corners(200, 250, glass, 8) if many % 2 == 0 else ring(200, 250, glass)
            shine = inside(
                "glass",
                poly([(120, 150), (190, 150), (130, 360), (60, 360)], "#fff", opacity=".35"),
                poly([(230, 150), (250, 150), (190, 360), (170, 360)], "#fff", opacity=".2"),
            )
            mirror = path(look, "#c3ced0", stroke=shade(colours[0], -0.08), stroke_width=7) + shine
        rim = path(shape, "none", stroke=frame, stroke_width=12, stroke_linejoin="round")
        defs = [cut("panel", shape)] + ([cut("glass", ring(200, 250, glass - 3))] if glass else [])
        return scene(
            "#e3e1d8",
            hang(shape),
            inside("panel", *tiles, _gloss(x, y, wide, high)),
            rim,
            mirror,
            floor=False,
            defs=defs,
        )

    return draw


_ARCH = "M76 452V206C76 150 150 116 200 62C250 116 324 150 324 206V452z"


# What the land gives

_LIQUIDS = (
    ("#c98a1d", GREEN, "#a77b4c"),
    ("#b8641a", HENNA, "#d6b98a"),
    ("#d59aa0", "#7c3a45", "#a77b4c"),
    ("#9aa03a", "#4c5a1c", "#2c2c28"),
    ("#8d5424", "#5b3414", "#c9a35a"),
    ("#e0b84a", "#8a5a12", "#3a3a34"),
)


def _label(rng: Random, leaf: str, x: float, y: float, wide: float, high: float) -> str:
    petals, middle = rng.choice([6, 8, 10]), y + high / 2
    size = min(wide, high) / 92
    flower = [
        path(
            f"M0 {n(-6 * size)}q{n(8 * size)} {n(-14 * size)} 0 {n(-26 * size)}q{n(-8 * size)} {n(12 * size)} 0 {n(26 * size)}",
            leaf,
        )
        for _ in range(petals)
    ]
    turned = [
        put(x + wide / 2, middle, petal, turn=i * 360 / petals) for i, petal in enumerate(flower)
    ]
    rules = f"M{n(x)} {n(y + 6)}h{n(wide)}M{n(x)} {n(y + high - 6)}h{n(wide)}"
    return (
        path(box(x, y, wide, high), "#f4efe2")
        + line(rules, leaf, 1.4)
        + "".join(turned)
        + dot(x + wide / 2, middle, 3.4 * size, SAFFRON)
    )


def _almonds(x: float, y: float) -> str:
    return "".join(
        put(
            x + dx,
            y + dy,
            oval(0, 0, 17, 12, colour),
            line("M-15 -1Q0 -7 15 -1", shade(colour, 0.17), 1.6),
            turn=turn,
        )
        for dx, dy, turn, colour in (
            (0, 0, -18, "#8a5a2c"),
            (28, 6, 12, "#a06a34"),
            (10, 16, 4, "#6f4622"),
        )
    )


def _bottle(rng: Random, scheme: int | None) -> str:
    liquid, leaf, cap = pick(rng, _LIQUIDS, scheme)
    high, half, neck = rng.uniform(188, 226), rng.uniform(58, 70), 19
    top = FLOOR - high
    left, right = 200 - half, 200 + half
    outline = (
        f"M{200 - neck} {n(top - 44)}V{n(top - 14)}C{200 - neck} {n(top + 10)} {n(left)} {n(top + 4)} {n(left)} {n(top + 46)}"
        f"V{FLOOR - 12}Q{n(left)} {FLOOR} {n(left + 12)} {FLOOR}H{n(right - 12)}Q{n(right)} {FLOOR} {n(right)} {FLOOR - 12}"
        f"V{n(top + 46)}C{n(right)} {n(top + 4)} {200 + neck} {n(top + 10)} {200 + neck} {n(top - 14)}V{n(top - 44)}z"
    )
    stopper = box(200 - neck - 3, top - 78, 2 * neck + 6, 38)
    bottle = (
        rest(200, 440, 84),
        path(outline, liquid),
        path(box(200 - neck, top - 44, 2 * neck, 26), "#fff", opacity=".35"),
        _label(rng, leaf, left, top + 72, 2 * half, FLOOR - 106 - top),
        path(outline, "url(#round)"),
        line(
            f"M{n(left + 13)} {n(top + 56)}V{FLOOR - 26}",
            "#fff",
            5,
            stroke_opacity=".55",
            stroke_linecap="round",
        ),
        path(stopper, cap),
        path(stopper, "url(#round)", opacity=".7"),
        _almonds(302, 430),
    )
    return scene("#e4dbc4", tag("g", *bottle, transform="translate(-58 -118) scale(1.27)"))


def _jar(rng: Random, scheme: int | None) -> str:
    liquid, leaf, cap = pick(rng, _LIQUIDS, scheme)
    jar = Turned(
        ((0.4, 0), (0.41, 0.04), (0.5, 0.14), (0.52, 0.3), (0.52, 0.86), (0.48, 0.97), (0.44, 1)),
        225,
        232,
    )
    lid = box(200 - 96, jar.top - 40, 192, 46)
    return scene(
        "#e2dac6",
        rest(200, 440, 116),
        jar.drawn(
            liquid,
            path(box(60, jar.top, 280, 26), "#fff", opacity=".2"),
            _label(rng, leaf, 82, jar.top + 70, 236, 116),
            hollow=None,
        ),
        line(
            f"M100 {n(jar.top + 50)}V{FLOOR - 30}",
            "#fff",
            6,
            stroke_opacity=".5",
            stroke_linecap="round",
        ),
        path(lid, cap),
        path(lid, "url(#round)", opacity=".8"),
        line(f"M106 {n(jar.top - 26)}H294M106 {n(jar.top - 10)}H294", shade(cap, -0.12), 1.6),
        _almonds(330, 440),
        defs=[jar.defs()],
    )


def _tin(rng: Random, scheme: int | None) -> str:
    _, leaf, cap = pick(rng, _LIQUIDS, scheme)
    tin = Turned(((0.42, 0), (0.42, 0.5), (0.42, 1)), 225, 168)
    threads = "".join(
        line(
            f"M{n(rng.uniform(60, 130))} {n(rng.uniform(432, 452))}q{n(rng.uniform(10, 24))} {n(rng.uniform(-14, 8))} {n(rng.uniform(30, 54))} {n(rng.uniform(-6, 8))}",
            rng.choice([MADDER, "#b8441f", "#7c2a18"]),
            2.4,
            stroke_linecap="round",
        )
        for _ in range(16)
    )
    return scene(
        "#e0d6c2",
        rest(200, 440, 100),
        tin.drawn(
            shade(leaf, 0.04),
            _label(rng, leaf, 122, tin.top + 44, 156, 104),
            tin.belt(0.13, cap, 4),
            hollow=None,
        ),
        oval(200, tin.top, 94, 16, shade(cap, 0.1)),
        oval(200, tin.top, 84, 12.5, "none", stroke=shade(cap, -0.14), stroke_width=1.4),
        threads,
        defs=[tin.defs()],
    )


def _soap(rng: Random, scheme: int | None) -> str:
    liquid, leaf, _ = pick(rng, _LIQUIDS, scheme)
    cake = mixed(liquid, IVORY, 0.62)

    def bar(x: float, y: float, tone: float) -> str:
        top = f"M{n(x)} {n(y)}l44 -36h150l-34 36z"
        front = f"M{n(x)} {n(y)}h160v52q0 8 -8 8h-144q-8 0 -8 -8z"
        side = f"M{n(x + 160)} {n(y)}l34 -36v50l-30 44q-4 2 -4 -6z"
        colour = shade(cake, tone)
        mark = put(
            x + 80,
            y + 29,
            poly(star(0, 0, 19), "none", stroke=shade(colour, -0.2), stroke_width=2),
            dot(0, 0, 6, shade(colour, -0.2)),
        )
        specks = "".join(
            dot(
                x + rng.uniform(12, 150),
                y + rng.uniform(8, 52),
                rng.uniform(0.8, 2),
                leaf,
                opacity=".5",
            )
            for _ in range(16)
        )
        return (
            path(side, shade(colour, -0.14))
            + path(top, shade(colour, 0.06))
            + path(front, colour)
            + specks
            + mark
        )

    wrap = path("M168 378h48v60h-48z", leaf) + path("M168 378l44 -36h46l-42 36z", shade(leaf, 0.1))
    return scene(
        "#dcd8cc",
        rest(200, 440, 130),
        bar(112, 378, 0),
        wrap,
        bar(124, 282, 0.04),
        _almonds(64, 432),
    )


def _pouch(rng: Random, scheme: int | None) -> str:
    _, leaf, _ = pick(rng, _LIQUIDS, scheme)
    paper = "#c9ae82"
    shape = "M104 152Q200 164 296 152L310 420Q312 440 292 440H108Q88 440 90 420z"
    folds = line("M104 152L126 210L118 440M296 152L276 210L284 440", shade(paper, -0.1), 1.6)
    return scene(
        "#e1dacb",
        rest(200, 440, 124),
        path(shape, paper),
        path("M104 152Q200 164 296 152L292 186Q200 198 108 186z", shade(paper, -0.08)),
        line("M110 178Q200 190 290 178", shade(leaf, 0.05), 5),
        folds,
        _label(rng, leaf, 134, 232, 132, 140),
        path(shape, "url(#round)", opacity=".5"),
        _almonds(330, 436),
    )


POTTERY: dict[str, Draw] = {
    "vase": _vase(0),
    "jar": _vase(1),
    "flask": _vase(2),
    "bowl": _vessel(_BOWL, 240, 176, 0.36),
    "cup": _vessel(_CUP, 250, 176, 0.44),
    "glass": _vessel(_GLASS, 250, 210, 0.44),
    "tagine": _lidded(True),
    "sugar": _lidded(False),
    "plate": _plate,
    "tiles": _panel(box(60, 110, 280, 280), 280, 280, "#e6dfce", many=3),
}
ZELLIGE: dict[str, Draw] = {
    "panel": _panel(box(52, 102, 296, 296), 296, 296, "#262a2b", many=2),
    "star": _panel(box(52, 102, 296, 296), 296, 296, "#262a2b"),
    "table": _panel(ring(200, 250, 150), 300, 300, "#3a332c"),
    "octagon": _panel(corners(200, 250, 152), 300, 300, "#8a6a34"),
    "trivet": _panel(corners(200, 250, 140), 280, 280, "#4b4238", many=1),
    "mirror": _panel(corners(200, 250, 160), 312, 312, "#262a2b", many=4, glass=88),
    "petals": _panel(ring(200, 250, 146), 292, 292, "#262a2b", many=5, glass=84),
    "long": _panel(box(40, 172, 320, 156), 320, 156, BRASS, many=4),
    "frieze": _panel(box(24, 190, 352, 118), 352, 118, "#2a2f30", many=6),
    "arch": _panel(_ARCH, 250, 392, "#262a2b", many=3),
}
TERROIR: dict[str, Draw] = {
    "bottle": _bottle,
    "jar": _jar,
    "tin": _tin,
    "soap": _soap,
    "pouch": _pouch,
}
