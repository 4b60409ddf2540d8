"""
Pictures of craft pieces, drawn by rules: the same craft and seed always give the same piece.

A picture is a wall of plaster, one light from above at the start side, one soft shadow, and the
piece, built as its craft builds it: knots, turned profiles, cut tiles, pierced brass, stitches.
"""

from random import Random

from almakane.demo.pictures.cloth import CAFTAN, EMBROIDERY, RUG, Draw
from almakane.demo.pictures.fibre import BABOUCHE, BASKET, THUYA
from almakane.demo.pictures.fire import POTTERY, TERROIR, ZELLIGE
from almakane.demo.pictures.metal import JEWELLERY, LANTERN, TRAY

CRAFTS: dict[str, dict[str, Draw]] = {
    "babouche": BABOUCHE,
    "basket": BASKET,
    "caftan": CAFTAN,
    "embroidery": EMBROIDERY,
    "jewellery": JEWELLERY,
    "lantern": LANTERN,
    "pottery": POTTERY,
    "rug": RUG,
    "terroir": TERROIR,
    "thuya": THUYA,
    "tray": TRAY,
    "zellige": ZELLIGE,
}


def draw_picture(craft: str, seed: int, form: str = "", scheme: int | None = None) -> str:
    """
    A piece of a craft as SVG, 4:5. The seed chooses what `form` and `scheme` leave open.

    `form` is one of the craft's own (a vase, a tagine), `scheme` the number of its colours.
    """
    forms = CRAFTS[craft]
    rng = Random(f"{craft}:{seed}")  # noqa: S311 - it draws pictures
    chosen = rng.choice(sorted(forms))
    return forms[form or chosen](rng, scheme)


def draw_piece(code: str, craft: str) -> str:
    """The picture of a piece of the demo by its code, so that it shows what its title says."""
    form, scheme = PIECES.get(code, ("", None))
    seed = int(code.rpartition("-")[2]) if code[-1:].isdigit() else 0
    return draw_picture(craft, seed, form, scheme)


# What each piece of the demo is, and the number of its colours where its title names them.
PIECES: dict[str, tuple[str, int | None]] = {
    f"{maker}-{number:03}": told
    for maker, pieces in {
        "ARG": (
            ("bottle", 0), ("bottle", 5), ("jar", 4), ("jar", 1), ("pouch", 0), ("tin", 5),
            ("jar", 0), ("jar", 5), ("soap", 1), ("soap", 3), ("jar", 3), ("pouch", 4),
            ("pouch", 1), ("pouch", 3),
        ),
        "BAB": (
            ("pointed", 0), ("round", 6), ("pointed", 1), ("round", 3), ("pointed", 5),
            ("round", 1), ("round", 7), ("pointed", 2), ("round", 4), ("openwork", 6),
            ("satchel", 1), ("tote", 7), ("travel", 6), ("pouch", 3),
        ),
        "BIJ": (
            ("fibulae", 0), ("earrings", 1), ("ring", 2), ("cuff", 0), ("necklace", 3), ("egg", 0),
            ("ring", 3), ("rosette", 1), ("khamsa", 2), ("cuff", 1), ("rosette", 0), ("box", 2),
            ("necklace", 1),
        ),
        "BRO": (
            ("tablecloth", 1), ("tablecloth", 0), ("napkin", 4), ("napkin", 0), ("drape", 3),
            ("cushion", 1), ("cushion", 0), ("cushion", 2), ("runner", 1), ("napkin", 2),
            ("drape", 2), ("cushion", 3), ("napkin", 3), ("framed", 1),
        ),
        "CAF": (
            ("caftan", 3), ("caftan", 5), ("caftan", 2), ("gown", 4), ("tunic", 6), ("tunic", 6),
            ("gown", 2), ("gown", 1), ("tunic", 7), ("scarf", 4), ("scarf", 1), ("scarf", 5),
            ("belt", 0),
        ),
        "LAN": (
            ("globe", 0), ("hanging", 1), ("candle", 0), ("moon", 0), ("hanging", 4), ("star", 0),
            ("standing", 1), ("dome", 3), ("candle", 4), ("rosette", 0), ("column", 1),
            ("globe", 2), ("standing", 4),
        ),
        "SAF": (
            ("bowl", 0), ("glass", 2), ("tiles", None), ("plate", 0), ("tagine", 1), ("jar", 2),
            ("flask", 4), ("cup", 0), ("sugar", 1), ("plate", 3), ("vase", 1), ("plate", 5),
            ("bowl", 5),
        ),
        "TAZ": (
            ("lozenges", 0), ("kilim", 5), ("lozenges", 2), ("runner", 1), ("kilim", 1),
            ("quiet", 3), ("quiet", 4), ("chevrons", 0), ("chevrons", 1), ("kilim", 4),
            ("cushion", 0), ("cushion", 6), ("cushion", 2),
        ),
        "THU": (
            ("chest", 0), ("chess", 0), ("bowl", 1), ("chest", 2), ("top", 1), ("tray", 0),
            ("tray", 2), ("backgammon", 1), ("chest", 1), ("mill", 2), ("mirror", 0), ("round", 0),
            ("table", 1),
        ),
        "TRA": (
            ("tray", 0), ("tray", 1), ("teapot", 2), ("teapot", 3), ("kettle", 0), ("ewer", 0),
            ("cauldron", 3), ("coffee", 0), ("sugar", 2), ("sprinkler", 2), ("burner", 0),
            ("square", 3), ("beaker", 2), ("steamer", 3),
        ),
        "VAN": (
            ("market", 2), ("bread", 0), ("lidded", 1), ("laundry", 3), ("shade", 4), ("mat", 0),
            ("fan", 0), ("hat", 3), ("coasters", 1), ("pot", 2), ("eggs", 0), ("demijohn", 3),
            ("cradle", 4),
        ),
        "ZEL": (
            ("star", 0), ("table", 3), ("table", 5), ("trivet", 0), ("mirror", 0), ("mirror", 2),
            ("long", 3), ("panel", 2), ("panel", 4), ("frieze", 3), ("long", 2), ("petals", 6),
            ("arch", 0),
        ),
    }.items()
    for number, told in enumerate(pieces, 1)
}  # fmt: skip
