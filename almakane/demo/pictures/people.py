"""Who makes things, as paper would be cut: a scarf, a hood, a cap, and no face that is anybody's."""

from collections.abc import Sequence
from random import Random

from almakane.demo.pictures.brush import (
    BRASS,
    COBALT,
    GREEN,
    HENNA,
    INDIGO,
    INK,
    IVORY,
    MADDER,
    MIDDLE,
    SAFFRON,
    TALL,
    WOOL,
    kite,
    line,
    mixed,
    oval,
    path,
    put,
    scene,
    shade,
)

_SKINS = ("#b98258", "#a8714a", "#c9966b", "#8f5d3b", "#d3a57c")
_CLOTHS = (GREEN, MADDER, INDIGO, HENNA, COBALT, "#6b4a63", "#3d5a41", "#7a6a4f")
_SCARVES = (SAFFRON, IVORY, MADDER, "#7fa093", "#c98f86", INDIGO, "#d8c6a0", GREEN)
_WALLS = ("#ded9cc", "#d9dcd4", "#e3d9ca", "#d5dad9")


def draw_people(code: str, genders: Sequence[str]) -> str:
    """The people of a maker, up to three of them, as SVG; the same each time."""
    rng = Random(f"people:{code}")  # noqa: S311 - it draws pictures
    shown = list(genders[:3]) or ["f"]
    cloths, scarves = rng.sample(_CLOTHS, 3), rng.sample(_SCARVES, 3)
    places = {1: [(0.0, 0.0, 1.5)], 2: [(-84.0, -30.0, 1.14), (80.0, 10.0, 1.22)]}.get(
        len(shown), [(-112.0, -76.0, 1.0), (112.0, -62.0, 1.02), (0.0, 20.0, 1.24)]
    )
    body = [
        put(
            MIDDLE + x,
            TALL + y,
            _bust(rng, gender, rng.choice(_SKINS), cloths[i], scarves[i]),
            sx=size,
            sy=size,
        )
        for i, (gender, (x, y, size)) in enumerate(zip(shown, places, strict=False))
    ]
    return scene(rng.choice(_WALLS), *body, floor=False, glare=0.6)


def _bust(rng: Random, gender: str, skin: str, cloth: str, scarf: str) -> str:
    """One of them, the middle of the shoulders' foot at nothing."""
    shoulders = (
        "M-108 110C-116 -30 -96 -92 -52 -108C-30 -116 30 -116 52 -108C96 -92 116 -30 108 110z"
    )
    shadow = path(
        shoulders, "#1a1410", opacity=".22", filter="url(#soft)", transform="translate(12 8)"
    )
    robe = path(shoulders, cloth) + path(shoulders, "url(#round)", opacity=".45")
    neck = path(
        "M-24 -96C-22 -112 -24 -132 -24 -146H24C24 -132 22 -112 24 -96C10 -84 -10 -84 -24 -96z",
        shade(skin, -0.07),
    )
    head = oval(0, -190, 46, 58, skin) + path(_cheek(), shade(skin, -0.06), opacity=".8")
    collar = _collar(rng, cloth)
    dressed = _scarf if gender == "f" else rng.choice((_cap, _hood, _turban))
    behind, before = dressed(rng, scarf, cloth, skin)
    return shadow + behind + robe + neck + collar + head + before


def _cheek() -> str:
    """The side of a face that the light leaves."""
    return "M10 -247C40 -240 48 -214 46 -188C43 -156 24 -134 4 -132C26 -150 34 -170 33 -196C32 -218 24 -238 10 -247z"


def _collar(rng: Random, cloth: str) -> str:
    """Braid down the front of a robe, or a few stitches at the neck."""
    thread = rng.choice((BRASS, IVORY, SAFFRON, mixed(cloth, IVORY, 0.6)))
    braid = line("M-30 -104C-14 -76 14 -76 30 -104", thread, 5)
    if rng.random() < 0.5:
        return (
            braid
            + line("M0 -82V110", thread, 4)
            + "".join(oval(0, y, 4.5, 4.5, thread) for y in range(-66, 110, 22))
        )
    return braid + "".join(kite(x, -62 + abs(x) * -0.25, 5, 9, thread) for x in (-24, -8, 8, 24))


def _scarf(rng: Random, scarf: str, _cloth: str, _skin: str) -> tuple[str, str]:
    dark = shade(scarf, -0.12)
    behind = path(
        "M-66 -196C-70 -262 -34 -280 0 -280C34 -280 70 -262 66 -196C66 -150 74 -118 84 -92C40 -66 -40 -66 -84 -92C-74 -118 -66 -150 -66 -196z",
        dark,
    )
    band = "M-58 -190C-62 -258 -32 -276 0 -276C32 -276 62 -258 58 -190C52 -226 34 -244 0 -246C-34 -244 -52 -226 -58 -190z"
    front = path(band, scarf) + path(band, "url(#round)", opacity=".35")
    sides = path(
        "M-58 -192C-52 -150 -40 -124 -14 -116C-30 -104 -54 -96 -78 -92C-66 -120 -60 -150 -58 -192z",
        scarf,
    )
    sides += path(
        "M58 -192C52 -150 40 -124 14 -116C30 -104 54 -96 78 -92C66 -120 60 -150 58 -192z", dark
    )
    knots = "".join(
        kite(x, -262 + abs(x) * 0.24, 4, 7, mixed(scarf, INK if scarf != INDIGO else WOOL, 0.55))
        for x in (-36, -18, 0, 18, 36)
    )
    return behind, front + sides + (knots if rng.random() < 0.6 else "")


def _cap(_rng: Random, scarf: str, _cloth: str, _skin: str) -> tuple[str, str]:
    cap = "M-47 -206C-48 -252 -26 -262 0 -262C26 -262 48 -252 47 -206C24 -218 -24 -218 -47 -206z"
    stitches = "".join(
        kite(x, -226 + abs(x) * 0.1, 4, 6, shade(scarf, -0.25)) for x in range(-36, 37, 12)
    )
    return "", path(cap, scarf) + path(cap, "url(#round)", opacity=".4") + stitches + _beard(0.2)


def _hood(_rng: Random, _scarf: str, cloth: str, _skin: str) -> tuple[str, str]:
    hood = "M-74 -150C-78 -250 -40 -292 2 -296C46 -290 78 -248 74 -150C84 -122 92 -106 96 -92H-96C-92 -106 -84 -122 -74 -150z"
    rim = "M-60 -160C-62 -236 -36 -262 0 -262C36 -262 62 -236 60 -160C54 -216 34 -244 0 -244C-34 -244 -54 -216 -60 -160z"
    return path(hood, shade(cloth, -0.1)), path(rim, cloth) + _beard(0.3)


def _turban(_rng: Random, scarf: str, _cloth: str, _skin: str) -> tuple[str, str]:
    wound = "M-56 -206C-66 -240 -40 -276 4 -274C46 -272 64 -242 56 -206C28 -224 -28 -224 -56 -206z"
    folds = "".join(
        line(d, shade(scarf, -0.14), 3.0)
        for d in (
            "M-54 -216C-20 -250 24 -256 52 -236",
            "M-50 -238C-16 -262 22 -264 40 -258",
            "M-46 -208C-10 -232 30 -234 56 -216",
        )
    )
    return "", path(wound, scarf) + path(wound, "url(#round)", opacity=".35") + folds + _beard(0.2)


def _beard(white: float) -> str:
    """Short, a little grey."""
    tone = mixed("#3a2f29", "#cfc8bd", white)
    return path(
        "M-44 -176C-42 -146 -24 -128 0 -126C24 -128 42 -146 44 -176C34 -158 20 -152 0 -152C-20 -152 -34 -158 -44 -176z",
        tone,
    )
