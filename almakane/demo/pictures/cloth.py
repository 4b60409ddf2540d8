"""Rugs, embroidery and clothes: things of thread, which hang on the wall or lie on a table."""

import math
from collections.abc import Callable
from random import Random

from almakane.demo.pictures.brush import (
    GREEN,
    HENNA,
    INDIGO,
    INK,
    MADDER,
    MIDDLE,
    SAFFRON,
    WOOL,
    box,
    cut,
    dot,
    hang,
    inside,
    kite,
    knots,
    line,
    n,
    path,
    pick,
    poly,
    put,
    scene,
    shade,
    star,
    tag,
)

Draw = Callable[[Random, int | None], str]

# Rugs

_WOOLS = (
    (WOOL, INK, MADDER, SAFFRON),
    (MADDER, SAFFRON, INK, WOOL),
    (SAFFRON, MADDER, INK, WOOL),
    (WOOL, HENNA, INK, "#b9a27c"),
    (INDIGO, WOOL, SAFFRON, MADDER),
    (WOOL, INK, "#5a5048", "#c9bda6"),
    ("#3d5a41", WOOL, SAFFRON, INK),
)
Rule = Callable[[int, int, int, int], int]  # across, down, half width, half height -> colour


def _lozenges(rng: Random) -> Rule:
    period, ring = rng.choice([16, 21, 32]), rng.choice([3, 4, 5])
    lean = rng.choice([0.75, 1, 1.25])

    def colour(across: int, down: int, _wide: int, _high: int) -> int:
        fold = abs((down + period // 2) % period - period // 2)
        far = across * lean + fold
        if far < 1.5:
            return 3
        tone = (0, 2, 0, 1, 0, 3)[int(far // ring) % 6]
        return 2 if fold == period // 2 and across % 4 == 1 and tone == 0 else tone

    return colour


def _bands(rng: Random) -> Rule:
    widths = [rng.choice([2, 3, 5, 7]) for _ in range(24)]
    tones = [rng.choice([0, 0, 1, 2, 3]) for _ in range(24)]
    edges = [sum(widths[: i + 1]) for i in range(24)]

    def colour(across: int, down: int, _wide: int, _high: int) -> int:
        band = next((i for i, edge in enumerate(edges) if down < edge), 0)
        tone = tones[band]
        if widths[band] >= 5 and abs(down - edges[band] + widths[band] // 2 + 1) <= 1:
            return 3 if (across // 2) % 2 else tone
        return tone

    return colour


def _chevrons(rng: Random) -> Rule:
    step, tall = rng.choice([6, 9, 18]), rng.choice([3, 4])

    def colour(across: int, down: int, _wide: int, _high: int) -> int:
        return (0, 1, 0, 2, 0, 3)[(abs(across % (2 * step) - step) + down) // tall % 6]

    return colour


def _quiet(rng: Random) -> Rule:
    gap = rng.choice([7, 9, 11])

    def colour(across: int, down: int, wide: int, high: int) -> int:
        if wide - across in (6, 7) or high - down in (6, 7):
            return 1
        return 2 if (across + down) % (2 * gap) == 0 and abs(across - down) % gap < 3 else 0

    return colour


def _woven(rng: Random, wide: int, high: int, rule: Rule, *, edged: bool) -> list[list[int]]:
    rows = []
    for y in range(high):
        row = []
        for x in range(wide):
            across, down = abs(x - wide // 2), abs(y - high // 2)
            edge = min(wide // 2 - across, high // 2 - down)
            if edged and edge < 2:
                row.append(1)
            elif edged and edge < 4:
                row.append(3 if (across + down) // 2 % 2 else 1)
            elif edged and edge < 5:
                row.append(0)
            else:
                row.append(rule(across, down, wide // 2, high // 2))
        rows.append(row)
    return rows


_PILE = (
    '<pattern id="pile" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<path d="M0 .5H6M.5 0V6" stroke="#000" stroke-opacity=".13"/>'
    '<path d="M2 3.5H5" stroke="#fff" stroke-opacity=".16"/></pattern>'
)


def _rug(rule: Callable[[Random], Rule], wide: int, high: int, *, edged: bool = True) -> Draw:
    def draw(rng: Random, scheme: int | None) -> str:
        colours = pick(rng, _WOOLS, scheme)
        size = min(244 / wide, 416 / high)
        x, y, tall = MIDDLE - wide * size / 2, 34.0, round(high * size)
        outline = box(x, y, wide * size, tall)
        fringe = "".join(
            f"M{n(x + 3 + i * 5.5)} {n(y + tall)}q{n(rng.uniform(-2, 2))} 8 "
            f"{n(rng.uniform(-3, 3))} {n(rng.uniform(15, 20))}"
            for i in range(int(wide * size / 5.5))
        )
        fade = "".join(
            path(
                box(x, y + rng.randrange(tall - 40), wide * size, rng.randrange(8, 34)),
                rng.choice(["#fff", "#000"]),
                opacity=".05",
            )
            for _ in range(9)
        )
        rod = f"M{n(x - 12)} 30h{n(wide * size + 24)}"
        return scene(
            "#dedbd0",
            hang(outline),
            line(rod, HENNA, 6, stroke_linecap="round"),
            line(fringe, shade(WOOL, -0.06), 2),
            knots(_woven(rng, wide, high, rule(rng), edged=edged), colours, x, y, size),
            fade,
            path(outline, "url(#pile)"),
            path(outline, "url(#light)", opacity=".22"),
            floor=False,
            defs=[_PILE],
        )

    return draw


def _pillow(cx: float, cy: float, w: float) -> str:
    return (
        f"M{cx - w} {cy - w}Q{cx} {cy - w + 16} {cx + w} {cy - w}Q{cx + w - 16} {cy} {cx + w} "
        f"{cy + w}Q{cx} {cy + w - 16} {cx - w} {cy + w}Q{cx - w + 16} {cy} {cx - w} {cy - w}z"
    )


_PUFF = (
    '<radialGradient id="puff" cx=".4" cy=".36" r=".75"><stop offset="0" stop-color="#fff"'
    ' stop-opacity=".22"/><stop offset=".6" stop-color="#fff" stop-opacity="0"/>'
    '<stop offset="1" stop-color="#2a1c10" stop-opacity=".26"/></radialGradient>'
)


def _rug_cushion(rng: Random, scheme: int | None) -> str:
    colours = pick(rng, _WOOLS, scheme)
    rule = rng.choice([_lozenges, _bands])(rng)
    many, size = 47, 6.4
    shape, start = _pillow(200, 262, 146), 200 - many * size / 2
    return scene(
        "#d9d5c9",
        hang(shape),
        inside(
            "pillow",
            knots(_woven(rng, many, many, rule, edged=False), colours, start, start + 62, size),
        ),
        path(shape, "url(#pile)"),
        path(shape, "url(#puff)"),
        floor=False,
        defs=[_PILE, _PUFF, cut("pillow", shape)],
    )


# Embroidery

_THREADS = (
    (INDIGO, "#f3efe4"),
    (MADDER, "#f2ede0"),
    (GREEN, "#f2ede0"),
    ("#5a2b4a", "#f1ebe0"),
    ("#b4761f", "#f4efe2"),
)
_STITCH = (
    '<pattern id="stitch" width="5.4" height="5.4" patternUnits="userSpaceOnUse">'
    '<path d="M0 0L5.4 5.4M5.4 0L0 5.4" stroke="#fff" stroke-opacity=".25" stroke-width=".8"/>'
    "</pattern>"
)


def _rosette(rng: Random, half: int) -> list[list[int | None]]:
    """A pattern of crosses that is the same from eight sides."""
    cells = [[False] * (half + 1) for _ in range(half + 1)]
    arms, step, gap = rng.choice([6, 7, 8]), rng.choice([3, 4]), rng.choice([5, 6])
    for far in range(half + 1):
        for near in range(far + 1):
            rim = half - far
            solid = (
                near + far < arms
                or ((far + near) % (2 * gap) == gap and rim > 5)
                or (far - near == step and rim > 6)
                or (near == 0 and far % 3 == 1 and rim > 4)
                or rim == 3
                or (rim == 1 and near % 3 != 1)
                or (rim == 2 and near % 4 == 0)
                or (rim == 4 and near % 4 == 2)
            )
            cells[far][near] = cells[near][far] = solid
    span = range(-half, half + 1)
    return [[0 if cells[abs(x)][abs(y)] else None for x in span] for y in span]


def _cushion(rng: Random, scheme: int | None) -> str:
    thread, ground = pick(rng, _THREADS, scheme)
    half, size, w = 23, 5.4, 146
    shape, start = _pillow(200, 262, w), 200 - (half + 0.5) * size
    tassel = path("M0 0V10M-6 12Q0 6 6 12L9 36Q0 40 -9 36z", thread, stroke=thread)
    tassels = [
        put(200 + sx * w, 262 + sy * w, tassel, turn=turn)
        for sx, sy, turn in ((-1, -1, 135), (1, -1, -135), (1, 1, -45), (-1, 1, 45))
    ]
    return scene(
        "#cfd5d6",
        hang(shape),
        *tassels,
        path(shape, ground),
        knots(_rosette(rng, half), [thread], start, start + 62, size),
        path(shape, "url(#stitch)"),
        path(shape, "url(#puff)"),
        floor=False,
        defs=[_STITCH, _PUFF],
    )


def _border(rng: Random, wide: int, high: int) -> list[list[int | None]]:
    """A frieze along the edge and a motif in the corners, the middle left free."""
    step, deep = rng.choice([4, 6]), rng.choice([5, 6])
    rows: list[list[int | None]] = []
    for y in range(high):
        row: list[int | None] = []
        for x in range(wide):
            across, down = min(x, wide - 1 - x), min(y, high - 1 - y)
            rim, along = min(across, down), max(across, down)
            corner = across < 14 and down < 14
            on = rim in (1, deep + 1) or (
                1 < rim <= deep and abs(along % step - step // 2) == rim % 3
            )
            on = on or (corner and rim > deep + 1 and (across + down) % 5 == 0)
            row.append(0 if on else None)
        rows.append(row)
    return rows


def _linen(wide: int, high: int, *, folded: bool) -> Draw:
    """A cloth that lies: a napkin, a runner, a tablecloth with its fold."""

    def draw(rng: Random, scheme: int | None) -> str:
        thread, ground = pick(rng, _THREADS, scheme)
        size = min(300 / wide, 400 / high)
        x, y = 200 - wide * size / 2, 250 - high * size / 2
        shape = box(x, y, wide * size, high * size)
        under = [
            path(box(x + 7 * k, y + 7 * k, wide * size, high * size), shade(ground, -0.04 * k))
            for k in (2, 1)
        ]
        fold = f"M200 {n(y)}V{n(y + high * size)}M{n(x)} 250H{n(x + wide * size)}"
        creases = line(fold, "#000", 1.4, opacity=".1") if folded else ""
        return scene(
            "#cdd3d2",
            hang(shape),
            *(under if folded else ()),
            path(shape, ground),
            knots(_border(rng, wide, high), [thread], x, y, size),
            path(shape, "url(#stitch)"),
            creases,
            path(shape, "url(#light)", opacity=".4"),
            floor=False,
            defs=[_STITCH],
        )

    return draw


def _framed(rng: Random, scheme: int | None) -> str:
    thread, ground = pick(rng, _THREADS, scheme)
    petals, leaf = rng.choice([6, 8]), shade(GREEN, 0.08)
    outer = box(82, 84, 236, 316)
    stems, heads = [], []
    for x, y, r in ((200, 190, 34), (150, 236, 24), (252, 240, 26), (176, 292, 18), (230, 300, 17)):
        stems.append(line(f"M200 372Q{n((200 + x) / 2 + (x - 200) * 0.4)} 320 {x} {y}", leaf, 3))
        petal = f"M0 -4q{n(r * 0.34)} {n(-r * 0.5)} 0 {n(-r)}q{n(-r * 0.34)} {n(r * 0.5)} 0 {n(r)}"
        heads += [
            put(x, y, path(petal, thread if k % 2 else shade(thread, 0.12)), turn=360 / petals * k)
            for k in range(petals)
        ]
        heads.append(dot(x, y, r * 0.2, SAFFRON))
    return scene(
        "#d5d8d2",
        hang(outer),
        path(outer, "#5d3b22"),
        path(box(92, 94, 216, 296), "#f6f2e8"),
        path(box(112, 114, 176, 256), ground),
        path(box(112, 114, 176, 256), "url(#stitch)"),
        *stems,
        *heads,
        path(outer, "url(#light)", opacity=".4"),
        floor=False,
        defs=[_STITCH],
    )


# Clothes

_CLOTHS = (
    ("#0f5348", "#d9b869"),
    ("#7e2b2c", "#e2bf78"),
    ("#e8e0cf", "#a9772f"),
    ("#2b3a69", "#d9c08a"),
    ("#c08a2c", "#f6e8c6"),
    ("#9fc0b4", "#8c6a2c"),
    ("#f4f1ea", "#c9b98f"),
    ("#46607f", "#e6d7ae"),
)
_FLIP = "matrix(-1 0 0 1 400 0)"


def _garment(half: str, *, belt: bool, hem: float, sleeve: str) -> Draw:
    """A garment on its rod: one half, and the same from the other side."""

    def draw(rng: Random, scheme: int | None) -> str:
        cloth, braid = pick(rng, _CLOTHS, scheme)
        tips, rows = rng.choice([6, 8]), rng.choice([2, 3, 4])
        both = [path(half, cloth), path(half, cloth, transform=_FLIP)]
        folds = [
            path(
                f"M{x} {y}C{x - 4} {n(y + 80)} {x - 12} {n(hem - 50)} {x - 16} {n(hem - 8)}l12 2"
                f"C{x + 2} {n(hem - 50)} {x + 6} {n(y + 80)} {x} {y}",
                tone,
                opacity=".12",
            )
            for x, y, tone in (
                (158, 240, "#000"),
                (178, 250, "#fff"),
                (252, 240, "#000"),
                (232, 256, "#fff"),
            )
        ]
        trim = [
            line(f"M200 92V{n(hem - 3)}", braid, 8),
            line(f"M200 92V{n(hem - 3)}", shade(cloth, -0.08), 1.4),
            line("M172 84Q200 112 228 84", braid, 5),
        ]
        knot = shade(braid, 0.1)
        trim += [
            dot(200, y, 4.2, knot, stroke=shade(braid, -0.2), stroke_width=0.8)
            for y in range(118, 226, 12)
        ]
        one_side = [line(sleeve, braid, 6)]
        for k in range(rows):
            x, y, r = 178 - k * 1.5, 128 + 28 * k, 10 - k
            one_side.append(
                poly(star(x, y, r, tips, 0.6), "none", stroke=braid, stroke_width=1.3)
                + dot(x, y, 2.4, braid)
            )
        trim += [tag("g", *one_side), tag("g", *one_side, transform=_FLIP)]
        waist = ""
        if belt:
            shape = "M131 226Q200 240 269 226V250Q200 264 131 250z"
            marks = [
                kite(x, 246 - abs(x - 200) * 0.06, 6, 8, shade(cloth, -0.03))
                for x in range(140, 268, 15)
            ]
            waist = path(shape, braid) + "".join(marks)
            waist += dot(200, 246, 15, knot, stroke=shade(braid, -0.22))
            waist += poly(star(200, 246, 10), cloth)
        shadow = tag(
            "g",
            path(half, "#000"),
            path(half, "#000", transform=_FLIP),
            opacity=".3",
            filter="url(#soft)",
            transform="translate(10 14)",
        )
        rod = line("M200 28C214 28 214 48 200 48V62", "#4b4f50", 3.5) + line(
            "M136 92Q200 44 264 92", HENNA, 7, stroke_linecap="round"
        )
        return scene(
            "#d8d6ce",
            shadow,
            rod,
            *both,
            *folds,
            tag("g", path(half, "url(#light)"), opacity=".5"),
            *trim,
            waist,
            floor=False,
        )

    return draw


_LONG = (
    "M200 92C186 92 176 88 170 82L120 102C98 150 70 214 48 268L98 294C108 270 122 240 132 216"
    "C130 290 108 372 84 446Q140 460 200 460z"
)
_SHORT = (
    "M200 92C186 92 176 88 170 82L122 102C104 146 84 196 68 244L112 262C120 240 128 222 134 206"
    "C132 260 122 330 112 384Q156 394 200 394z"
)


def _scarf(rng: Random, scheme: int | None) -> str:
    ground, thread = pick(rng, _CLOTHS, scheme)
    left, wide, top, foot = 128, 144, 52, 420
    fall = (
        f"M{left} {top}Q{left - 10} 240 {left + 4} {foot}H{left + wide - 4}"
        f"Q{left + wide + 10} 240 {left + wide} {top}z"
    )
    bands = []
    y = top + 20
    while y < foot:
        high = rng.choice([4, 8, 14])
        if rng.random() < 0.6:
            tone = rng.choice([thread, shade(ground, -0.08), shade(ground, 0.08)])
            bands.append(path(box(100, y, 200, high), tone, opacity=".85"))
        y += high + rng.choice([8, 18, 30])
    fringe = "".join(
        f"M{left + 8 + i * 8} {foot}q{n(rng.uniform(-2, 2))} 14 {n(rng.uniform(-3, 3))} 30"
        for i in range(17)
    )
    folds = [
        path(
            f"M{x} {top}Q{x - 8} 240 {x + 2} {foot}h10Q{x + 8} 240 {x + 12} {top}z",
            tone,
            opacity=".1",
        )
        for x, tone in ((148, "#000"), (178, "#fff"), (206, "#000"), (238, "#fff"))
    ]
    return scene(
        "#d6d2c8",
        hang(fall),
        line("M92 50H308", HENNA, 8, stroke_linecap="round"),
        line(fringe, shade(ground, -0.05), 2.4),
        path(fall, ground),
        inside("fall", *bands, *folds),
        path(fall, "url(#light)", opacity=".3"),
        floor=False,
        defs=[cut("fall", fall)],
    )


def _belt(rng: Random, scheme: int | None) -> str:
    cloth, braid = pick(rng, _CLOTHS, scheme)
    ring = "M84 250A116 78 0 1 1 316 250A116 78 0 1 1 84 250z"
    studs = []
    for k in range(26):
        angle = k * math.tau / 26
        x, y = 200 + 116 * math.cos(angle), 250 + 78 * math.sin(angle)
        studs.append(put(x, y, kite(0, 0, 7, 10, shade(cloth, 0.04)), turn=math.degrees(angle)))
    buckle = (
        poly(star(200, 328, 46), braid, stroke=shade(braid, -0.25))
        + poly(star(200, 328, 32), cloth)
        + poly(star(200, 328, 18), shade(braid, 0.12))
        + dot(200, 328, 6, shade(braid, -0.2))
    )
    return scene(
        "#ddd7cc",
        line(ring, "#1a1410", 30, opacity=".3", filter="url(#soft)", transform="translate(8 14)"),
        line(ring, shade(braid, -0.12), 32),
        line(ring, braid, 26),
        line(ring, shade(braid, -0.2), 1.4, stroke_dasharray="4 3"),
        *studs,
        buckle,
        floor=False,
    )


def _drape(rng: Random, scheme: int | None) -> str:
    """A veil or a pair of curtains, gathered at a rod, embroidered where it falls."""
    thread, ground = pick(rng, _THREADS, scheme)
    panel = "M78 60C84 200 74 320 70 436H190C196 320 188 200 190 60z"
    cells, size = _border(rng, 30, 100), 4.0
    one = (
        path(panel, ground)
        + inside("panel", knots(cells, [thread], 70, 40, size))
        + "".join(
            path(
                f"M{x} 60C{x + 4} 200 {x - 6} 320 {x - 4} 436h9C{x + 4} 320 {x + 12} 200 {x + 8} 60z",
                tone,
                opacity=".1",
            )
            for x, tone in ((92, "#000"), (118, "#fff"), (146, "#000"), (170, "#fff"))
        )
    )
    return scene(
        "#cfd3cd",
        hang(panel),
        one,
        tag("g", one, transform=_FLIP),
        line("M56 58H344", "#6b5030", 8, stroke_linecap="round"),
        dot(54, 58, 8, SAFFRON),
        dot(346, 58, 8, SAFFRON),
        floor=False,
        defs=[cut("panel", panel)],
    )


RUG: dict[str, Draw] = {
    "lozenges": _rug(_lozenges, 37, 63),
    "kilim": _rug(_bands, 41, 67, edged=False),
    "chevrons": _rug(_chevrons, 37, 61),
    "quiet": _rug(_quiet, 41, 65),
    "runner": _rug(_bands, 23, 75, edged=False),
    "cushion": _rug_cushion,
}
EMBROIDERY: dict[str, Draw] = {
    "cushion": _cushion,
    "napkin": _linen(61, 61, folded=True),
    "tablecloth": _linen(71, 95, folded=True),
    "runner": _linen(35, 91, folded=False),
    "drape": _drape,
    "framed": _framed,
}
CAFTAN: dict[str, Draw] = {
    "caftan": _garment(_LONG, belt=True, hem=460, sleeve="M51 262L101 288"),
    "gown": _garment(_LONG, belt=False, hem=460, sleeve="M51 262L101 288"),
    "tunic": _garment(_SHORT, belt=False, hem=394, sleeve="M70 238L114 256"),
    "scarf": _scarf,
    "belt": _belt,
}
