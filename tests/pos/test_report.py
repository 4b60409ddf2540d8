"""X and Z say what a shift came to, and an X does not spoil the count."""

from dataclasses import replace
from datetime import UTC, datetime

from almakane.gateways.paper import Row, Size
from almakane.pos.report import report
from almakane.web.voices import voice
from tests.papers import CLOSED, HOUSE, SHIFT
from tests.pos.test_receipt import centimes, told

FR = voice("fr")
X = told(report(SHIFT, HOUSE, FR)).replace("\u00a0", " ")
Z = told(report(CLOSED, HOUSE, FR)).replace("\u00a0", " ")


def test_an_x_does_not_say_what_the_drawer_should_hold() -> None:
    assert "X, session en cours" in X
    assert "Attendu" not in X
    assert "8 864,88" not in X
    assert "sans connaître le montant attendu" in X


def test_a_z_says_what_was_expected_counted_and_left() -> None:
    assert "Z, fin de session" in Z
    assert "Attendu | 8 864,88" in Z
    assert "D’abord compté à 19 h 52 par Amina | 8 664,80" in Z
    assert "Compté | 8 854,80" in Z
    assert "Manquant | −10,08" in Z
    assert "dix dirhams rendus en trop" in Z
    assert "Laissé pour le prochain fond | 500,00" in Z
    assert "Au coffre | 8 354,80" in Z


def test_over_short_and_neither_have_their_words() -> None:
    assert CLOSED.closing
    for expected, word in ((8_854_80, "Écart | 0,00"), (8_854_70, "Excédent | 0,10")):
        figures = replace(CLOSED, closing=replace(CLOSED.closing, expected=expected))
        assert word in told(report(figures, HOUSE, FR))


def test_a_shift_is_told_by_tender_and_the_tenders_add_up() -> None:
    for line in ("Espèces | 8 149,88", "Carte bancaire | 18 700,00", "Encaissé | 28 049,88"):
        assert line in Z
    parts = report(CLOSED, HOUSE, FR).parts
    rows = {part.label: part for part in parts if isinstance(part, Row)}
    total = next(row for row in rows.values() if row.size is Size.TALL)
    taken = centimes(rows["Encaissé"].amounts[0])
    assert taken == centimes(total.amounts[0]) + centimes(rows["Arrondi des espèces"].amounts[0])


def test_the_first_and_the_last_ticket_are_told() -> None:
    assert "Tickets | 23\nPremier | T1-2-000101\nDernier | T1-2-000123" in Z
    empty = replace(SHIFT, tickets=0, first="", last="")
    assert "Premier" not in told(report(empty, HOUSE, FR))


def test_cash_that_went_in_or_out_is_told_with_its_reason() -> None:
    assert "12 h 30 Retrait, thé et sucre | −85,00" in Z
    assert "16 h 10 Apport, monnaie de la banque | 300,00" in Z


def test_the_hours_are_those_of_the_shop_on_that_day() -> None:
    at = datetime(2026, 6, 19, 11, 30, tzinfo=UTC)
    moved = (replace(SHIFT.cash_moved[0], at=at),)
    text = told(report(replace(CLOSED, cash_moved=moved), HOUSE, FR)).replace("\u00a0", " ")
    assert "12 h 30 Retrait, thé et sucre | −85,00" in text


def test_a_float_that_was_not_as_expected_is_told() -> None:
    assert "Fond de caisse attendu" not in Z
    other = told(report(replace(SHIFT, float_expected=520_00), HOUSE, FR))
    assert "Fond de caisse attendu | 520,00" in other


def test_approvals_are_listed_and_those_given_offline_say_so() -> None:
    assert "13 h 14 remise de 12 %, Hind" in Z
    assert "18 h 40 remboursement, Hind, hors ligne" in Z


def test_what_is_in_quarantine_stands_apart() -> None:
    assert "En quarantaine, hors de ces sommes\nT1-2-000117 | 95,00" in Z
    assert "quarantaine" not in told(report(replace(CLOSED, quarantined=()), HOUSE, FR))


def test_a_z_carries_the_proof() -> None:
    assert "Vendu | 1 204 330,00" in Z
    assert f"Tête de la chaîne T1-2, 341\n{SHIFT.head}" in Z
    assert f"Dernier sceau des livres 19/11/2026\n{SHIFT.seal}" in Z
    assert "Événements pas encore transmis : 3" in Z
    assert "transmis" not in told(report(replace(CLOSED, unsent=0), HOUSE, FR))


def test_a_z_is_signed_and_an_x_is_not() -> None:
    assert "Signature" in Z
    assert "Signature" not in X


def test_a_reprint_and_the_training_are_marked() -> None:
    assert told(report(CLOSED, HOUSE, FR, copy=1)).startswith("DUPLICATA 1")
    assert told(report(replace(SHIFT, training=True), HOUSE, FR)).count("FORMATION") == 2
