"""A receipt carries what the law and a customer ask for, and its amounts add up."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almakane.gateways.paper import Barcode, Cut, Part, Qr, Row, Rule, Size, Strip, Text
from almakane.gateways.printer import NARROW, paper_of, to_escpos
from almakane.gateways.tape import draw_tape
from almakane.money import to_step
from almakane.pos.house import House
from almakane.pos.receipt import Seller, receipt
from almakane.sales.ticket import Line, Return, Tender, TenderKind, Ticket, check_adds_up
from almakane.web.voices import voice
from tests.papers import (
    AT,
    BOWLS,
    CARD,
    CASH,
    DAY,
    EXCHANGE,
    GIFT,
    HOUSE,
    MIXED,
    RUG,
    SELLERS,
    SLIPPERS,
    URL,
    sale,
)

FR = voice("fr")


def told(strip: Strip) -> str:
    """All that is written on a paper, a part a line."""
    return "\n".join(_told(part) for part in strip.parts)


def _told(part: Part) -> str:
    if isinstance(part, Text):
        return part.text
    if isinstance(part, Row):
        return " | ".join((part.label, *part.amounts))
    return ""


def centimes(text: str) -> int:
    """An amount as it is printed, in any of the three languages."""
    amount = int(re.sub(r"[^0-9]", "", text))
    return -amount if "\u2212" in text else amount


def test_a_ticket_names_its_seller_with_every_number_that_is_known() -> None:
    text = told(receipt(sale(RUG), HOUSE, FR)).replace("\u00a0", " ")
    for wanted in (
        "Association Almakane",
        "12, rue du Consulat d’Espagne",
        "20250 Casablanca",
        "Tél. 05 22 20 30 40",
        "ICE 001234567000089",
        "IF 12345678",
        "TP 34567890",
    ):
        assert wanted in text
    assert "RC" not in text
    assert "CNSS" not in text


def test_what_is_not_filled_in_is_not_printed() -> None:
    strip = receipt(sale(RUG), House("Almakane"), FR)
    assert "Tél" not in told(strip)
    assert "ICE" not in told(strip)
    assert all(part.text for part in strip.parts if isinstance(part, Text))


def test_a_ticket_tells_when_where_and_by_whom() -> None:
    text = told(receipt(sale(RUG), HOUSE, FR)).replace("\u00a0", " ")
    assert "Ticket T1-2-000123" in text
    assert "20/11/2026, 15 h 05 · Médina de Casablanca" in text
    assert "Caisse T1, servi par Amina" in text


def test_a_ticket_has_the_clock_of_the_shop_on_that_day() -> None:
    ahead = replace(sale(RUG), at=datetime(2026, 6, 19, 23, 5, tzinfo=UTC))
    assert "20/06/2026, 0 h 05" in told(receipt(ahead, HOUSE, FR)).replace("\u00a0", " ")
    at_utc = replace(sale(RUG), at=datetime(2026, 11, 20, 23, 5, tzinfo=UTC))
    assert "20/11/2026, 23 h 05" in told(receipt(at_utc, HOUSE, FR)).replace("\u00a0", " ")


def test_a_line_has_its_quantity_its_price_its_discount_and_its_code() -> None:
    text = told(receipt(sale(BOWLS), HOUSE, FR))
    assert "Bol « œil de perdrix », Safi\n2 × 150,00 | 300,00\nRemise | −30,00" in text
    assert "2000000000022" in text


def test_a_bargained_price_shows_the_one_on_the_label() -> None:
    assert "prix affiché 3\u00a0600,00" in told(receipt(sale(RUG), HOUSE, FR))
    assert "prix affiché" not in told(receipt(sale(BOWLS), HOUSE, FR))


def test_the_maker_of_a_mandate_line_is_named_with_the_line() -> None:
    text = told(receipt(sale(RUG, BOWLS), HOUSE, FR, sellers=SELLERS))
    assert (
        "Vendu pour le compte de Coopérative Tissage d’Azilal (ICE\u00a0002345678000045)\nBol"
    ) in text
    assert text.count("Vendu pour le compte de") == 2
    assert "Vendu pour" not in told(receipt(sale(RUG), HOUSE, FR))


def test_tax_is_told_by_rate_and_an_exemption_in_the_words_of_the_law() -> None:
    text = told(receipt(sale(RUG, BOWLS, replace(SLIPPERS, n=3)), HOUSE, FR)).replace("\u00a0", " ")
    assert "TVA 20 % | 225,00 | 45,00 | 270,00" in text
    assert "Exonéré de TVA, art. 91-I du CGI | 3 400,00" in text
    assert "Vendeur non assujetti à la TVA | 280,00" in text


def test_an_exchange_tells_what_came_back_and_of_which_ticket() -> None:
    text = told(receipt(EXCHANGE, HOUSE, FR, returned={1: "Théière gravée"}))
    assert "Échange T1-2-000124" in text
    assert "Théière gravée\nQuantité 2 | −400,00\nDu ticket T1-2-000098" in text
    assert "Total, MAD | −120,00" in text
    assert "Rendu\u00a0: Espèces | −120,00" in text
    assert "TVA des retours | −66,67" in text


def test_money_back_without_the_goods_is_told_as_that() -> None:
    back = replace(EXCHANGE.returns[0], qty=0)
    text = told(receipt(replace(EXCHANGE, returns=(back,)), HOUSE, FR))
    assert "Réduction après l’achat | −400,00" in text


def test_tenders_rounding_and_change_are_told() -> None:
    text = told(receipt(MIXED, HOUSE, FR))
    assert "Arrondi des espèces | 0,04" in text
    assert "À payer | 3\u00a0688,40" in text
    assert "Carte bancaire 004214 | 3\u00a0000,00" in text
    assert "Monnaie rendue | −11,60" in text


def test_a_gift_card_is_not_given_away_by_its_receipt() -> None:
    text = told(receipt(MIXED, HOUSE, FR))
    assert "Carte cadeau …XW4T | 500,00" in text
    assert "7F3K" not in text


def test_a_gift_card_that_is_sold_shows_the_end_of_its_hash_alone() -> None:
    text = told(receipt(sale(GIFT), HOUSE, FR))
    assert GIFT.code not in text
    assert "\n\u20267d1a\n" in text


def test_a_reprint_and_a_paper_of_the_training_say_so_first() -> None:
    copy = receipt(sale(RUG), HOUSE, FR, copy=2).parts[0]
    assert isinstance(copy, Text)
    assert (copy.text, copy.size, copy.inverse) == ("DUPLICATA 2", Size.LARGE, True)
    training = [_told(part) for part in receipt(sale(RUG), HOUSE, FR, training=True).parts]
    assert training[0] == "FORMATION"
    assert training.count("FORMATION") == 2


def test_what_is_delivered_later_has_its_last_day() -> None:
    text = told(receipt(sale(RUG), HOUSE, FR, deliver_by=date(2026, 12, 4)))
    assert "À livrer le 04/12/2026 au plus tard" in text


def test_the_days_to_bring_it_back_are_told_where_there_are_any() -> None:
    text = told(receipt(sale(RUG), replace(HOUSE, withdrawal_days=7), FR))
    assert "Échange ou remboursement sous 7 jours" in text
    assert "rétracter sous 7 jours (loi 31-08)" in text
    assert "7 jours" not in told(receipt(sale(RUG), House("Almakane"), FR))


def test_the_codes_are_the_tickets_own() -> None:
    parts = receipt(sale(RUG), HOUSE, FR, url=URL).parts
    assert Qr(URL) in parts
    assert Barcode("T1-2-000123") in parts
    assert parts[-1] == Cut()
    without = receipt(replace(sale(RUG), number=""), HOUSE, FR).parts
    assert not [part for part in without if isinstance(part, Qr | Barcode)]


def test_an_arabic_ticket_is_in_arabic() -> None:
    strip = receipt(sale(RUG, lang="ar"), HOUSE, voice("ar"))
    assert strip.is_rtl
    assert "تذكرة \u2066T1-2-000123\u2069" in told(strip)
    assert "المجموع، درهم | 3\u00a0400,00" in told(strip)


def test_a_language_that_nobody_here_speaks_is_french() -> None:
    assert receipt(replace(sale(RUG), lang="zz"), HOUSE, FR).language == "fr"


def test_the_same_ticket_gives_the_same_paper() -> None:
    assert receipt(MIXED, HOUSE, FR, url=URL) == receipt(MIXED, HOUSE, FR, url=URL)


# Whatever was sold

texts = st.text(max_size=60)
titles = st.one_of(texts, st.sampled_from(["زربية أزيلال", "Tapis زربية", "x" * 200, "\x1bp\0"]))
amounts = st.integers(0, 10**9)


@st.composite
def tickets(draw: st.DrawFn) -> Ticket:
    """A ticket that adds up, of anything."""
    lines = []
    for n in range(1, draw(st.integers(0, 4)) + 1):
        unit, qty = draw(amounts), draw(st.integers(1, 9_999))
        discount = draw(st.integers(0, min(unit * qty, 10**9)))
        total = unit * qty - discount
        if total > 10**11:
            unit, qty, discount, total = 100, 1, 0, 100
        bp = draw(st.sampled_from([0, 0, 1000, 2000]))
        code = draw(st.sampled_from(["", "art91", "exempt_seller", "vat2000", "?"]))
        tax = draw(st.integers(0, total)) if bp else 0
        listed = draw(amounts)
        title, sold = draw(titles), draw(texts.filter(bool))
        lines.append(Line(n, sold, title, qty, listed, unit, total, discount, bp, tax, code))
    returns = [
        Return(n, "other", draw(texts), 1, draw(texts), draw(st.integers(1, 99)), draw(amounts))
        for n in range(1, draw(st.integers(0 if lines else 1, 2)) + 1)
    ]
    due = sum(line.total for line in lines) - sum(back.total for back in returns)
    rounding = to_step(due, 10) - due if draw(st.booleans()) else 0
    change = draw(st.integers(0, 500_00)) if due + rounding > 0 else 0
    card = draw(st.integers(0, due // 2)) if due > 0 else 0
    cash = due + rounding + change - card
    tenders = [Tender(kind, n) for kind, n in ((CASH, cash), (CARD, card)) if n]
    if draw(st.booleans()):
        tenders.append(Tender(TenderKind.GIFT_CARD, 100, draw(texts) + "card"))
        tenders.append(Tender(TenderKind.CHEQUE, -100, draw(texts)))
    lang = draw(st.sampled_from(["fr", "ar", "en", "zz", ""]))
    return Ticket(
        uid="u",
        register=draw(texts)[:8],
        at=draw(st.datetimes(datetime(2000, 1, 2), datetime(2199, 1, 1))).replace(tzinfo=UTC),  # noqa: DTZ001
        day=DAY,
        cashier=draw(texts) or "x",
        lines=tuple(lines),
        returns=tuple(returns),
        tenders=tuple(tenders),
        rounding=rounding,
        change=change,
        number=draw(texts)[:26],
        lang=lang,
    )


def rows_between(parts: Sequence[Part], start: int) -> list[Row]:
    """The rows up to the next line from edge to edge."""
    found: list[Row] = []
    for part in parts[start:]:
        if isinstance(part, Rule):
            return found
        if isinstance(part, Row):
            found.append(part)
    return found


@given(tickets(), st.booleans())
def test_any_ticket_is_printed_and_what_is_on_it_adds_up(ticket: Ticket, narrow: bool) -> None:
    language = ticket.lang if ticket.lang in ("ar", "en") else "fr"
    sellers = {1: Seller(ticket.cashier, ticket.number)}
    strip = receipt(ticket, HOUSE, voice(language), sellers=sellers, url=URL, copy=3)

    heavy = strip.parts.index(Rule(heavy=True))
    total_at = next(
        i for i, p in enumerate(strip.parts) if isinstance(p, Row) and p.size is Size.LARGE
    )
    total_row = strip.parts[total_at]
    assert isinstance(total_row, Row)
    total = centimes(total_row.amounts[0])
    of_lines = [part for part in strip.parts[:heavy] if isinstance(part, Row) and part.indent == 1]
    assert sum(centimes(row.amounts[0]) for row in of_lines) == total == ticket.total

    paid = rows_between(strip.parts, total_at + 2)
    if ticket.rounding:
        rounding, due, *paid = paid
        assert total + centimes(rounding.amounts[0]) == centimes(due.amounts[0]) == ticket.due
    assert sum(centimes(row.amounts[0]) for row in paid) == ticket.due

    paper = paper_of(NARROW) if narrow else paper_of()
    draw_tape(to_escpos(strip, paper), paper)


@pytest.mark.parametrize("ticket", [sale(RUG, BOWLS), MIXED, EXCHANGE], ids=lambda t: t.kind)
def test_the_papers_that_are_looked_at_are_of_tickets_that_could_be(ticket: Ticket) -> None:
    assert ticket.at == AT
    check_adds_up(ticket)
