"""Documents to look at: one of each kind in French and in Arabic, the same each time."""

from datetime import UTC, date, datetime

from almakane.cooperatives.agreement import Bearer, Discounts, PaidTo, Regime
from almakane.gateways.sheet import Data, Letterhead, Party
from almakane.inventory.ean13 import lot_code
from almakane.inventory.labels import Label, label_sheets
from almakane.inventory.paper import (
    Back,
    Count,
    Delivery,
    GivenBack,
    Left,
    OnHand,
    Terms,
    count_sheet,
    delivery_slip,
    return_slip,
)
from almakane.payouts.paper import Drawn, Member, Sealed, Waiting, statement_paper
from almakane.payouts.statement import Row, Totals
from almakane.pos.invoice import invoice
from almakane.web.voices import voice
from tests.papers import ARABIC_SELLERS, MIXED, SELLERS

DAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 15, 5, tzinfo=UTC)  # the shop's own clock is at UTC that autumn
HEADS = {
    "fr": Letterhead(
        "Almakane",
        ("Association Almakane", "12, rue du Consulat d’Espagne", "20250 Casablanca"),
        (("ICE", "001234567000089"), ("IF", "12345678"), ("TP", "34567890"), ("RC", "")),
    ),
    "ar": Letterhead("المكان", ("جمعية المكان", "12، زنقة قنصلية إسبانيا", "20250 الدار البيضاء")),
}
MAKERS = {
    "fr": Party("Coopérative Tifaouine n'Souss", ("Taliouine", "+212661000009", "ARG")),
    "ar": Party("تعاونية تيفاوين ن سوس", ("تالوين", "+212661000009", "ARG")),
}
VOICES = {language: voice(language) for language in ("fr", "ar")}

ROWS = (
    Row(
        7,
        DAY,
        "T1-000102",
        "sale",
        "Huile d’argan",
        2,
        200_00,
        0,
        50_00,
        10_00,
        2_00,
        40,
        0,
        0,
        137_60,
    ),
    Row(8, DAY, "T1-000103", "refund", "Savon", -1, -45_00, 0, -11_25, -2_25, 0, 0, 0, -31_50),
    Row(9, DAY, "V-000004", "payout", "", 0, 0, 0, 0, 0, 0, 0, 0, -1_500_00),
)
DRAWN = {
    "number": "REL-000007",
    "day": DAY,
    "opening": 1_600_00,
    "closing": 68_50,
    "waiting": 12_00,
    "available": 56_50,
    "totals": Totals(
        *(3, 155_00, 0, 38_75, 7_75, 2_00, 40, 0, -1_531_50, 137_60),
        frozenset(
            {"gross", "commission", "commission_vat", "fees", "fees_vat", "amount", "onward"}
        ),
    ),
    "before": (date(2026, 10, 31), "REL-000003"),
    "waits": [Waiting(date(2026, 11, 27), 10_00), Waiting(None, 2_00)],
    "seal": Sealed(132, date(2026, 11, 19), "c41e7d0289ab3f56" * 4),
}
MEMBERS = {"fr": ("Fadma Oubella", "Mina Ouhmad"), "ar": ("فاضمة أوبلا", "مينة أوحماد")}

LEFT = (
    Left(
        "2000000000015", "Huile d’argan, 250 ml", 32, 105_00, 0, 3000, date(2027, 3, 20), ("F. O.",)
    ),
    Left("2000000000022", "#*Savon*", 1, 0, 0, 2500, date(2027, 3, 20)),
)
TERMS = Terms(
    *(2, date(2026, 1, 1), Regime.MANDATE, 3000, Discounts.SHARED, Bearer.HUB, PaidTo.MEMBERS),
    *(7, 14, 120),
)
BACK = (Back("2000000000015", "Huile d’argan, 250 ml", 3, "BD-000001", date(2026, 5, 31)),)
ON_HAND = (
    OnHand("reserve", "2000000000022", "Savon", 1, date(2026, 5, 31)),
    OnHand("shelf", "2000000000015", "Huile d’argan, 250 ml", 29, date(2026, 5, 31)),
)


def sheets(language: str) -> dict[str, tuple[str, Data]]:
    """Name to template and data of every kind of document in a language."""
    say, head, maker = VOICES[language], HEADS[language], MAKERS[language]
    members = [Member(name, f"REL-{n:06d}", 68_80) for n, name in enumerate(MEMBERS[language], 8)]
    drawn = Drawn(**DRAWN, holder=maker, members=members)  # type: ignore[arg-type]
    delivery = Delivery("BD-000001", DAY, "Médina", "Salma", maker, TERMS, LEFT, is_own=False)
    back = GivenBack("BR-000001", DAY, "Médina", "Salma", maker, BACK)
    count = Count(maker, "ARG", "Médina", AT, "Africa/Casablanca", ON_HAND)
    return {
        "statement": ("statement", statement_paper(drawn, ROWS, head, language, say)),
        "deposit": ("slip", delivery_slip(delivery, head, language, say)),
        "return": ("slip", return_slip(back, head, language, say)),
        "count": ("count", count_sheet(count, head, language, say)),
        "invoice": (
            "invoice",
            invoice(
                MIXED,
                head,
                language,
                VOICES,
                site="Médina de Casablanca",
                sellers=ARABIC_SELLERS if language == "ar" else SELLERS,
            ),
        ),
    }


def some_labels() -> Data:
    """A label of each kind: both scripts, one alone, and a title that is too long."""
    titles = (
        ("Savon", "صابون"),
        ("Babouches", ""),
        ("Grand plat de service " * 8, "طبق كبير " * 9),
    )
    labels = [
        Label(lot_code(n), *both, 45_00, "Atelier", "ورشة", "https://almakane.example/m/casa/ATE")
        for n, both in enumerate(titles, 1)
    ]
    return label_sheets([(label, 1) for label in labels], "a4-24", DAY)
