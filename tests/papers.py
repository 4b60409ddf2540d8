"""Papers of the till to look at: one of each kind, the same each time."""

from dataclasses import replace
from datetime import UTC, date, datetime

from almakane.gateways.paper import Strip
from almakane.pos.house import House
from almakane.pos.receipt import Seller, receipt
from almakane.pos.report import (
    Approved,
    CashMoved,
    Closing,
    Counted,
    Quarantined,
    ShiftFigures,
    report,
)
from almakane.sales.ticket import Line, Return, Tender, TenderKind, Ticket, What
from almakane.web.voices import voice

AT = datetime(2026, 11, 20, 15, 5, tzinfo=UTC)  # the shop's own clock is at UTC that autumn
DAY = date(2026, 11, 20)

HOUSE = House(
    "Almakane",
    "Médina de Casablanca",
    "Association Almakane",
    "12, rue du Consulat d’Espagne",
    "20250 Casablanca",
    "05 22 20 30 40",
    "001234567000089",
    "12345678",
    "34567890",
    exchange_days=7,
)
SELLERS = {
    1: Seller("Coopérative Tissage d’Azilal", "002345678000045"),
    2: Seller("Atelier Serghini, Safi"),
}
ARABIC_SELLERS = {1: Seller("تعاونية نسيج أزيلال"), 2: Seller("ورشة السرغيني، آسفي")}
URL = f"https://almakane.example/t/mJ4bq1v0Qe2cT9xw7LrK5A#{'WzEsIlQxIiwyLDEyMyw' * 22}.{'k' * 86}"

RUG = Line(
    n=1,
    code="2000000000015",
    title="Tapis Azilal, laine naturelle, 120 × 180",
    qty=1,
    list=3_600_00,
    unit=3_400_00,
    total=3_400_00,
    tax_code="art91",
)
BOWLS = Line(
    n=2,
    code="2000000000022",
    title="Bol « œil de perdrix », Safi",
    qty=2,
    list=150_00,
    unit=150_00,
    discount=30_00,
    total=270_00,
    tax_bp=2000,
    tax=45_00,
    tax_code="vat2000",
)
TEA = Line(
    n=3,
    code="2000000000039",
    title="Thé à la menthe",
    qty=1,
    list=18_36,
    unit=18_36,
    total=18_36,
    tax_bp=1000,
    tax=1_67,
    tax_code="vat1000",
    what=What.SERVICE,
)
SLIPPERS = Line(
    n=1,
    code="2000000000046",
    title="Babouches, cuir de chèvre, 39",
    qty=1,
    list=280_00,
    unit=280_00,
    total=280_00,
    tax_code="exempt_seller",
)
GIFT = Line(
    n=4,
    code="7d1a" * 16,
    title="Carte cadeau",
    qty=1,
    list=500_00,
    unit=500_00,
    total=500_00,
    what=What.GIFT_CARD,
)
CASH, CARD = TenderKind.CASH, TenderKind.TERMINAL


def sale(
    *lines: Line,
    tenders: tuple[Tender, ...] = (),
    rounding: int = 0,
    change: int = 0,
    lang: str = "fr",
) -> Ticket:
    """A ticket of those lines, paid by card where it is not said how."""
    due = sum(line.total for line in lines)
    return Ticket(
        uid="019a0000-0000-7000-8000-000000000001",
        register="T1",
        at=AT,
        day=DAY,
        cashier="أمينة" if lang == "ar" else "Amina",
        lines=lines,
        tenders=tenders or (Tender(CARD, due, "004213"),),
        rounding=rounding,
        change=change,
        number="T1-2-000123",
        lang=lang,
    )


def in_arabic(line: Line) -> Line:
    """The line as an Arabic ticket tells it."""
    return replace(line, title=_ARABIC[line.code])


_ARABIC = {
    RUG.code: "زربية أزيلال، صوف طبيعي، 120 × 180",
    BOWLS.code: "زلافة «عين الحجل»، آسفي",
    TEA.code: "أتاي بالنعناع",
    SLIPPERS.code: "بلغة من جلد الماعز، 39",
}

EXCHANGE = replace(
    sale(SLIPPERS, tenders=(Tender(CASH, -120_00),)),
    number="T1-2-000124",
    returns=(
        Return(
            n=1,
            of_uid="019a0000-0000-7000-8000-00000000000f",
            of_number="T1-2-000098",
            of_line=1,
            code="2000000000053",
            qty=2,
            total=400_00,
            tax=66_67,
        ),
    ),
)
MIXED = sale(
    RUG,
    BOWLS,
    TEA,
    tenders=(
        Tender(TenderKind.GIFT_CARD, 500_00, "7F3K-9Q2M-XW4T"),
        Tender(CARD, 3_000_00, "004214"),
        Tender(CASH, 200_00),
    ),
    rounding=4,
    change=11_60,
)

SHIFT = ShiftFigures(
    register="T1",
    shift="019a0000-0000-7000-8000-000000000abc",
    day=DAY,
    at=datetime(2026, 11, 20, 20, 2, tzinfo=UTC),
    by="Amina",
    opened_at=datetime(2026, 11, 20, 9, 58, tzinfo=UTC),
    opened_by="Amina",
    float_amount=500_00,
    float_expected=500_00,
    tickets=23,
    first="T1-2-000101",
    last="T1-2-000123",
    goods=28_450_00,
    discounts=310_00,
    returned=400_00,
    refunds=1,
    tax=1_843_20,
    rounding=-12,
    by_tender=(
        (TenderKind.CASH, 8_149_88),
        (TenderKind.TERMINAL, 18_700_00),
        (TenderKind.GIFT_CARD, 1_200_00),
    ),
    cash_moved=(
        CashMoved(datetime(2026, 11, 20, 12, 30, tzinfo=UTC), -85_00, "thé et sucre"),
        CashMoved(datetime(2026, 11, 20, 16, 10, tzinfo=UTC), 300_00, "monnaie de la banque"),
    ),
    drawer_openings=1,
    reprints=2,
    approvals=(
        Approved(datetime(2026, 11, 20, 13, 14, tzinfo=UTC), "remise de 12 %", "Hind"),
        Approved(datetime(2026, 11, 20, 18, 40, tzinfo=UTC), "remboursement", "Hind", offline=True),
    ),
    quarantined=(Quarantined("T1-2-000117", 95_00),),
    perpetual_sales=1_204_330_00,
    perpetual_refunds=18_220_00,
    chain="T1-2, 341",
    head="8d4f2b6a0c51e7f39ab24c6de8f01735924bd6a8c0e3f5172849ab6cd0ef1352",
    seal_day=date(2026, 11, 19),
    seal="c41e7d0289ab3f5610de8c72f4b59a6e1d03c8f7e2a49b506d1f8e3c7a2b4d90",
    unsent=3,
)
CLOSED = replace(
    SHIFT,
    closing=Closing(
        at=datetime(2026, 11, 20, 20, 0, tzinfo=UTC),
        by="Amina",
        expected=8_864_88,
        counts=(
            Counted(datetime(2026, 11, 20, 19, 52, tzinfo=UTC), "Amina", 8_664_80),
            Counted(datetime(2026, 11, 20, 19, 58, tzinfo=UTC), "Amina", 8_854_80),
        ),
        left=500_00,
        why="dix dirhams rendus en trop, vers midi",
    ),
)


def arabic_sale() -> Strip:
    """A whole receipt in Arabic."""
    ticket = sale(*map(in_arabic, (RUG, BOWLS, TEA)), lang="ar")
    house = replace(
        HOUSE,
        name="المكان",
        site="المدينة القديمة، الدار البيضاء",
        legal_name="جمعية المكان",
        address="12، زنقة قنصلية إسبانيا",
        city="20250 الدار البيضاء",
    )
    return receipt(ticket, house, voice("ar"), sellers=ARABIC_SELLERS, url=URL)


def papers() -> dict[str, Strip]:
    """Every kind of paper, by name; those called narrow are for 58 mm."""
    fr, ar = voice("fr"), voice("ar")
    returned = {1: "Théière gravée, cuivre"}
    plain = sale(SLIPPERS)
    titles = sale(in_arabic(RUG), replace(BOWLS, title="Bol زلافة de Safi"))
    return {
        "sale": receipt(plain, HOUSE, fr),
        "makers": receipt(sale(RUG, BOWLS), HOUSE, fr, sellers=SELLERS, url=URL),
        "arabic-titles": receipt(titles, HOUSE, fr, sellers=ARABIC_SELLERS, url=URL),
        "arabic": arabic_sale(),
        "exchange": receipt(EXCHANGE, HOUSE, fr, returned=returned, url=URL),
        "mixed": receipt(MIXED, HOUSE, fr, sellers=SELLERS, deliver_by=date(2026, 12, 4)),
        "duplicate": receipt(plain, HOUSE, fr, copy=2),
        "duplicate-arabic": receipt(
            sale(in_arabic(SLIPPERS), lang="ar"), HOUSE, ar, copy=2, training=True
        ),
        "training": receipt(plain, HOUSE, fr, training=True),
        "english": receipt(sale(RUG, lang="en"), HOUSE, voice("en"), sellers=SELLERS, url=URL),
        "x": report(SHIFT, HOUSE, fr),
        "z": report(CLOSED, HOUSE, fr),
        "z-arabic": report(CLOSED, HOUSE, ar, "ar"),
        "narrow": receipt(MIXED, HOUSE, fr, sellers=SELLERS, url=URL),
        "narrow-arabic": arabic_sale(),
        "narrow-z": report(CLOSED, HOUSE, fr),
    }
