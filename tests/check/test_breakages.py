"""Every law is broken on purpose, and the prover names it with its row."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from almakane.check import RULES, prove, report, seals
from almakane.check.guards import APPEND_ONLY
from almakane.check.seals import STREAMS
from almakane.db import db, transaction
from almakane.guards import expected_guards, guarded_tables
from almakane.ledger.sealing import write_seal
from almakane.sales.sealing import BOOKS, seal_day
from tests.check.conftest import TOMORROW, Trade
from tests.factories import NOW, TODAY
from tests.shop.orders import a_shop, a_wish, order


class Break(NamedTuple):
    """A rule, what breaks it, and a query for the row that must be named."""

    rule: str
    row: str
    tampering: str


def first(table: str, where: str = "1 = 1", key: str = "id") -> str:
    """A query for the name of the first row of a table."""
    return f"SELECT '{table} ' || MIN({key}) FROM {table} WHERE {where}"


def of_line(table: str, owner: str, where: str) -> str:
    """The same for a table without an id of its own."""
    return (
        f"SELECT '{table} ' || {owner} || '/' || n FROM {table} WHERE {where} "
        f"ORDER BY {owner}, n LIMIT 1"
    )


BATCH = "(SELECT MIN(id) FROM lot WHERE kind = 'batch')"
PIECE = "(SELECT MIN(id) FROM lot WHERE kind = 'piece')"
SHELF = "(SELECT id FROM place WHERE kind = 'shelf')"
BUYER = "(SELECT id FROM place WHERE kind = 'buyer')"
SOLD = "(SELECT MIN(id) FROM sale)"
FIRST_ENTRY = "(SELECT MIN(entry_id) FROM sale)"
LINE = f"(SELECT uid || '/1' FROM sale WHERE id = {SOLD})"
REFUND = "(SELECT MIN(sale_id) FROM refund_line)"
BACK = f"(SELECT uid || '/r1' FROM sale WHERE id = {REFUND})"
MEMBERS = "(SELECT MIN(id) FROM earning WHERE paid_to = 'members' AND kind = 'sale')"
REVERSAL = "(SELECT MIN(id) FROM entry WHERE reverses_id IS NOT NULL)"
LAST_SEAL = "(SELECT MAX(id) FROM seal)"
FIRST_TICKET = "(SELECT MIN(id) FROM journal_event WHERE kind = 'sale')"
LIVE = "(SELECT MIN(chain_id) FROM journal_event)"
WEB_SALE = "SELECT 'sale ' || MIN(sale_id) FROM tender WHERE kind = 'deposit' AND amount > 0"
CUT_OFF = "DELETE FROM seal WHERE id = 2"

BREAKS = (
    # The registers' journals, of I4, I5 and I9.
    *(
        Break("journals_verify", f"SELECT 'journal_event ' || {FIRST_TICKET}", tampering)
        for tampering in (
            f"UPDATE journal_event SET {tampered} WHERE id = {FIRST_TICKET}"
            for tampered in (
                "text = REPLACE(text, '20000', '20001')",
                "hash = SUBSTR(hash, 2) || '0'",
                "sig = SUBSTR(sig, 2) || SUBSTR(sig, 1, 1)",
            )
        )
    ),
    Break(
        "journals_verify",
        f"SELECT 'chain ' || {LIVE}",
        f"UPDATE chain SET hash = SUBSTR(hash, 2) || '0' WHERE id = {LIVE}",
    ),
    Break(
        "heads_are_the_last_events",
        f"SELECT 'chain ' || {LIVE}",
        f"UPDATE chain SET seq = seq + 1 WHERE id = {LIVE}",
    ),
    Break(
        "heads_are_the_last_events",
        f"SELECT 'chain ' || {LIVE}",
        f"UPDATE chain SET seq = seq - 1 WHERE id = {LIVE}",
    ),
    Break(
        "an_event_had_its_effect",
        f"SELECT 'journal_event ' || {FIRST_TICKET}",
        f"DELETE FROM effect WHERE event_id = {FIRST_TICKET}",
    ),
    Break(
        "an_effect_has_its_event",
        "SELECT 'effect ' || MIN(uid) FROM effect",
        "UPDATE effect SET event_id = 999999 WHERE uid = (SELECT MIN(uid) FROM effect)",
    ),
    Break(
        "a_ticket_of_a_journal_is_in_the_books",
        f"SELECT 'journal_event ' || {FIRST_TICKET}",
        "UPDATE sale SET uid = 'x' WHERE uid = "
        f"(SELECT uid FROM journal_event WHERE id = {FIRST_TICKET})",
    ),
    Break(
        "a_shift_of_a_journal_is_in_the_books",
        "SELECT 'journal_event ' || MIN(id) FROM journal_event WHERE kind = 'shift_opened'",
        "UPDATE shift SET uid = 'x' WHERE uid = (SELECT uid FROM journal_event WHERE id = "
        "(SELECT MIN(id) FROM journal_event WHERE kind = 'shift_opened'))",
    ),
    Break(
        "a_taking_is_spent_by_its_ticket",
        "SELECT 'used ' || MAX(used.id) FROM used JOIN taking ON taking.uid = used.uid",
        "UPDATE used SET event_uid = 'nobody'",
    ),
    # Stock, of I1.
    Break(
        "papers_are_moves",
        f"SELECT 'lot ' || {BATCH}",
        f"UPDATE lot SET quantity = quantity + 1 WHERE id = {BATCH}",
    ),
    Break(
        "papers_are_moves",
        "SELECT 'lot ' || lot_id FROM loss WHERE id = 1",
        "UPDATE loss SET quantity = 9 WHERE id = 1",
    ),
    Break(
        "papers_are_moves",
        first("lot", "id IN (SELECT lot_id FROM return_slip_line)"),
        "DELETE FROM return_slip_line",
    ),
    Break(
        "papers_are_moves",
        first("lot", "id IN (SELECT lot_id FROM refund_line WHERE NOT restock)"),
        "UPDATE refund_line SET restock = NOT restock WHERE NOT restock",
    ),
    Break(
        "levels_are_sums",
        f"SELECT 'stock_level ' || {BATCH} || '/' || {SHELF}",
        f"UPDATE stock_level SET quantity = quantity + 1 WHERE lot_id = {BATCH} "
        f"AND place_id = {SHELF}",
    ),
    Break(
        "levels_are_sums",
        f"SELECT 'stock_level ' || {BATCH} || '/' || {SHELF}",
        f"DELETE FROM stock_level WHERE lot_id = {BATCH} AND place_id = {SHELF}",
    ),
    Break(
        "levels_are_sums",
        f"SELECT 'stock_level ' || {PIECE} || '/' || {BUYER}",
        f"DELETE FROM stock_move WHERE lot_id = {PIECE} AND target_id = {BUYER}",
    ),
    Break(
        "places_are_real",
        f"SELECT 'stock_level ' || {PIECE} || '/' || {SHELF}",
        f"UPDATE stock_level SET quantity = -1 WHERE lot_id = {PIECE} AND place_id = {SHELF}",
    ),
    Break(
        "no_more_goes_back_than_came",
        f"SELECT 'lot ' || {PIECE}",
        "UPDATE stock_level SET quantity = 9 "
        f"WHERE lot_id = {PIECE} AND place_id = (SELECT id FROM place WHERE kind = 'maker')",
    ),
    Break(
        "moves_stay_in_the_hub",
        first("stock_move"),
        "UPDATE stock_move SET source_id = target_id WHERE id = (SELECT MIN(id) FROM stock_move)",
    ),
    Break(
        "oversold_is_flagged",
        f"SELECT 'lot ' || {PIECE}",
        "INSERT INTO flag_end (sale_id, flag, line, actor, how, at) SELECT sale_id, flag, line, "
        "'hind', 'forgotten', '2026-11-20 10:00:00.000000' FROM sale_flag "
        "WHERE flag = 'stock_short' AND sale_id NOT IN (SELECT sale_id FROM flag_end)",
    ),
    Break(
        "a_piece_is_sold_once",
        f"SELECT 'lot ' || {PIECE}",
        "DELETE FROM sale_flag WHERE flag = 'stock_short'",
    ),
    Break(
        "no_more_is_found_than_was_lost",
        "SELECT 'loss ' || loss_id FROM finding WHERE id = 1",
        "UPDATE finding SET quantity = 9 WHERE id = 1",
    ),
    Break(
        "papers_are_moves",
        "SELECT 'lot ' || lot_id FROM loss JOIN finding ON loss_id = loss.id WHERE finding.id = 1",
        "DELETE FROM finding WHERE id = 1",
    ),
    Break(
        "a_finding_takes_back_what_was_owed",
        first("finding"),
        "DELETE FROM earning_change WHERE line = (SELECT uid || '/1' FROM finding WHERE id = 1)",
    ),
    # Counts, of I1 and I5.
    *(
        Break(
            "a_count_posts_what_it_says",
            first("count_line", f"outcome = '{outcome}'"),
            f"UPDATE count_line SET {tampered} WHERE outcome = '{outcome}'",
        )
        for outcome in ("lost", "settled", "moved", "found")
        for tampered in ("quantity = quantity + 1", "document = ''", "missing = NOT missing")
    ),
    Break(
        "a_count_posts_what_it_says",
        first("count_line", "outcome = 'left'"),
        "UPDATE count_line SET document = 'PV-000001' WHERE outcome = 'left'",
    ),
    Break(
        "only_a_closed_count_has_lines",
        first("count_line"),
        "UPDATE count_end SET how = 'cancelled'",
    ),
    Break(
        "a_scan_is_of_its_count",
        first("count_scan"),
        "UPDATE count_scan SET scanned_at = '2027-01-01 00:00:00.000000' WHERE id = 1",
    ),
    Break(
        "a_scan_is_of_its_count",
        first("count_scan"),
        "UPDATE count_scan SET place_id = (SELECT id FROM place WHERE kind = 'reserve')",
    ),
    Break(
        "an_undone_scan_was_there",
        first("count_scan", "undoes_id IS NOT NULL"),
        "UPDATE count_scan SET quantity = quantity + 1 WHERE undoes_id IS NOT NULL",
    ),
    # Moves and lines, of I6.
    Break(
        "a_sale_line_moves_its_pieces",
        f"SELECT 'sale_line ' || {LINE}",
        f"UPDATE stock_move SET quantity = quantity - 1 WHERE uid = {LINE}",
    ),
    Break(
        "a_sale_line_moves_its_pieces",
        "SELECT 'sale_line nobody/1'",
        f"UPDATE stock_move SET uid = 'nobody/1' WHERE uid = {LINE}",
    ),
    Break(
        "a_sale_line_moves_its_pieces",
        f"SELECT 'sale_line ' || {LINE}",
        f"UPDATE stock_move SET lot_id = {PIECE} WHERE uid = {LINE}",
    ),
    Break(
        "a_refund_line_moves_its_pieces",
        f"SELECT 'refund_line ' || {BACK}",
        f"DELETE FROM stock_move WHERE uid = {BACK}",
    ),
    Break(
        "a_consigned_line_earns_once",
        f"SELECT 'sale_line ' || {LINE}",
        f"DELETE FROM earning WHERE line = {LINE}",
    ),
    # The money book, of I2.
    Break(
        "postings_are_pairs",
        of_line("posting", "entry_id", f"entry_id = {FIRST_ENTRY}"),
        f"UPDATE posting SET amount = -amount WHERE entry_id = {FIRST_ENTRY} AND n = 1",
    ),
    Break(
        "postings_are_pairs",
        of_line("posting", "entry_id", f"entry_id = {FIRST_ENTRY}"),
        f"UPDATE posting SET credit_id = debit_id WHERE entry_id = {FIRST_ENTRY} AND n = 1",
    ),
    Break(
        "postings_are_pairs",
        of_line("posting", "entry_id", f"entry_id = {FIRST_ENTRY}"),
        f"UPDATE posting SET currency = 'EUR' WHERE entry_id = {FIRST_ENTRY} AND n = 1",
    ),
    Break(
        "postings_are_pairs",
        of_line("posting", "entry_id", f"entry_id = {FIRST_ENTRY}"),
        f"DELETE FROM entry WHERE id = {FIRST_ENTRY}",
    ),
    Break(
        "an_entry_is_whole",
        f"SELECT 'entry ' || {FIRST_ENTRY}",
        f"UPDATE posting SET amount = amount + 1 WHERE entry_id = {FIRST_ENTRY} AND n = 1",
    ),
    Break(
        "an_entry_is_whole",
        f"SELECT 'entry ' || {FIRST_ENTRY}",
        f"DELETE FROM posting WHERE entry_id = {FIRST_ENTRY} AND n = 3",
    ),
    Break(
        "the_trial_balance_is_zero",
        first("hub"),
        "DELETE FROM account WHERE code = 'over_short'",
    ),
    Break(
        "a_reversal_undoes_its_entry",
        f"SELECT 'entry ' || {REVERSAL}",
        f"UPDATE posting SET amount = amount + 1 WHERE entry_id = {REVERSAL}",
    ),
    # Control accounts, of I9 and I12.
    Break(
        "cards_and_credits_are_not_overspent",
        first("account", "code = 'giftcard:g1'"),
        "UPDATE posting SET amount = 90000 "
        "WHERE debit_id = (SELECT id FROM account WHERE code = 'giftcard:g1')",
    ),
    Break(
        "cards_and_credits_are_as_sold_and_spent",
        first("account", "code = 'giftcard:g1'"),
        "UPDATE tender SET amount = amount - 1 WHERE kind = 'gift_card'",
    ),
    Break(
        "cards_and_credits_are_as_sold_and_spent",
        first("account", "code = 'credit:c1'"),
        "DELETE FROM tender WHERE kind = 'credit' AND amount < 0",
    ),
    # Web orders, of I12.
    *(
        Break(
            "deposits_are_paid_and_not_handed_over",
            first("account", f"code = 'deposit:{order}'"),
            tampering,
        )
        for order, tampering in (
            ("W-000001", "DELETE FROM tender WHERE kind = 'deposit'"),
            ("W-000002", "UPDATE deposit SET amount = amount + 1 WHERE ref = 'W-000002'"),
            ("W-000003", "DELETE FROM deposit WHERE ref = 'W-000003'"),
        )
    ),
    Break(
        "no_deposit_is_overspent",
        first("account", "code = 'deposit:W-000001'"),
        "UPDATE posting SET amount = amount + 1 WHERE debit_id = "
        "(SELECT id FROM account WHERE code = 'deposit:W-000001')",
    ),
    Break(
        "couriers_hold_what_they_did_not_bring",
        first("account", "code = 'cod:amana'"),
        "UPDATE courier_slip SET banked = banked + 1 WHERE id = 1",
    ),
    Break(
        "couriers_hold_what_they_did_not_bring",
        first("account", "code = 'cod:amana'"),
        "UPDATE tender SET amount = amount - 1 WHERE kind = 'cod'",
    ),
    Break(
        "money_of_orders_is_booked_as_written",
        "SELECT 'entry ' || entry_id FROM courier_slip WHERE id = 1",
        "UPDATE courier_slip SET fee = fee + 1, fee_vat = fee_vat - 1 WHERE id = 1",
    ),
    Break(
        "money_of_orders_is_booked_as_written",
        "SELECT 'entry ' || entry_id FROM deposit WHERE id = 1",
        "UPDATE deposit SET way = 'card' WHERE id = 1",
    ),
    Break(
        "money_of_orders_has_its_entry",
        first("deposit"),
        "UPDATE deposit SET uid = 'x' WHERE id = 1",
    ),
    Break(
        "money_of_orders_has_its_entry",
        first("courier_slip"),
        "UPDATE courier_slip SET entry_id = 1 WHERE id = 1",
    ),
    Break(
        "an_entry_has_its_paper",
        "SELECT 'entry ' || entry_id FROM deposit WHERE id = 1",
        "DELETE FROM deposit WHERE id = 1",
    ),
    Break(
        "an_entry_has_its_paper",
        "SELECT 'entry ' || entry_id FROM courier_slip WHERE id = 1",
        "DELETE FROM courier_slip WHERE id = 1",
    ),
    Break(
        "a_courier_brings_his_own_money",
        "SELECT 'courier_slip_sale ' || slip_id || '/' || sale_id FROM courier_slip_sale",
        "UPDATE tender SET ref = 'poste' WHERE kind = 'cod'",
    ),
    *(
        Break(rule, row, tampering)
        for rule, row, tampering in (
            ("an_order_is_its_lines", first("web_order"), "UPDATE web_order SET goods = 1"),
            (
                "an_order_is_its_lines",
                first("web_order"),
                "UPDATE web_order SET delivery_fee = delivery_fee + 1",
            ),
            (
                "an_order_is_its_lines",
                first("web_order"),
                "DELETE FROM web_order_line WHERE order_id = 1",
            ),
            *(
                (
                    "an_order_s_line_is_of_its_lot",
                    of_line("web_order_line", "order_id", "1 = 1"),
                    f"UPDATE web_order_line SET {tampered}",
                )
                for tampered in (
                    "quantity = 2",
                    "unit = unit - 1",
                    f"lot_id = {BATCH}",
                    "product_id = product_id + 1",
                    "code = 'another'",
                    "hold_uid = hold_uid || '0'",
                )
            ),
            (
                "an_order_s_line_is_of_its_lot",
                of_line("web_order_line", "order_id", "1 = 1"),
                "DELETE FROM hold WHERE uid LIKE '%/1'",
            ),
            ("the_web_sells_what_was_ordered", WEB_SALE, "UPDATE web_order SET total = 1"),
            (
                "the_web_sells_what_was_ordered",
                WEB_SALE,
                "UPDATE web_order_line SET quantity = 2",
            ),
            (
                "a_deposit_pays_its_own_order",
                WEB_SALE,
                "UPDATE sale SET customer = NULL",
            ),
            (
                "a_courier_has_what_he_took",
                "SELECT 'sale ' || MIN(sale_id) FROM tender WHERE kind = 'cod'",
                "UPDATE web_order_step SET note = 'poste CP 1' WHERE step = 'shipped'",
            ),
            (
                "a_courier_has_what_he_took",
                "SELECT 'courier_slip ' || MAX(id) FROM courier_slip",
                "UPDATE web_order_step SET note = 'amanar' WHERE step = 'shipped'",
            ),
            (
                "a_closed_order_goes_no_further",
                "SELECT 'web_order_step ' || MAX(id) FROM web_order_step",
                "UPDATE web_order_step SET step = 'cancelled' WHERE step = 'shipped'",
            ),
            *(
                (
                    "a_step_is_of_its_order",
                    first("web_order_step", "step <> 'cancelled'"),
                    tampering,
                )
                for tampering in (
                    "UPDATE web_order_step SET actor = ' '",
                    "UPDATE web_order_step SET at = '2026-01-01 10:00:00.000000'",
                    "UPDATE web_order_step SET order_id = 999",
                )
            ),
            *(
                (
                    "a_ticket_names_whom_it_named",
                    f"SELECT 'journal_event ' || {FIRST_TICKET}",
                    f"UPDATE sale SET customer = {other} WHERE uid = "
                    f"(SELECT uid FROM journal_event WHERE id = {FIRST_TICKET})",
                )
                for other in ("'x'", "''")
            ),
            (
                "a_ticket_names_whom_it_named",
                "SELECT 'journal_event ' || MAX(event.id) FROM journal_event event "
                "JOIN sale ON sale.uid = event.uid JOIN tender ON sale_id = sale.id "
                "WHERE tender.kind = 'cod'",
                "UPDATE tender SET ref = 'poste' WHERE kind = 'cod'",
            ),
        )
    ),
    Break(
        "suspense_is_open_flags",
        first("hub"),
        "INSERT INTO flag_end (sale_id, flag, line, actor, how, at) SELECT sale_id, flag, line, "
        "'hind', 'forgotten', '2026-11-20 10:00:00.000000' FROM sale_flag "
        "WHERE flag = 'lot_unknown'",
    ),
    Break(
        "an_unknown_piece_is_flagged",
        of_line("sale_line", "sale_id", "what = 'lot' AND lot_id IS NULL"),
        "DELETE FROM sale_flag WHERE flag = 'lot_unknown'",
    ),
    Break(
        "a_float_is_in_the_drawer",
        first("shift"),
        "UPDATE shift SET float_amount = float_amount + 100 WHERE id = 1",
    ),
    Break(
        "a_count_is_booked",
        first("shift_closing"),
        "UPDATE shift_closing SET left_amount = left_amount - 100 "
        "WHERE id = (SELECT MIN(id) FROM shift_closing)",
    ),
    Break(
        "a_count_is_booked",
        first("shift_closing"),
        "UPDATE posting SET amount = amount + 100 WHERE entry_id = "
        "(SELECT MIN(id) FROM entry WHERE kind = 'float' AND document LIKE 'T2 %')",
    ),
    Break(
        "a_difference_is_booked",
        first("shift_closing"),
        "UPDATE shift_closing SET counted = counted + 100 "
        "WHERE id = (SELECT MIN(id) FROM shift_closing)",
    ),
    Break(
        "a_difference_is_booked",
        "SELECT 'shift_closing ' || MAX(id) FROM shift_closing",
        "UPDATE shift_closing SET expected = 1, counted = 1 "
        "WHERE id = (SELECT MAX(id) FROM shift_closing)",
    ),
    # Lines, earnings and makers, of I3.
    Break(
        "a_line_is_divided_as_written",
        f"SELECT 'posting ' || {FIRST_ENTRY} || ' line 1'",
        f"UPDATE posting SET amount = amount - 1 WHERE entry_id = {FIRST_ENTRY} AND n = 3",
    ),
    Break(
        "a_line_is_divided_as_written",
        f"SELECT 'posting ' || {FIRST_ENTRY} || ' line 1'",
        "UPDATE posting SET credit_id = (SELECT id FROM account WHERE code = 'income:services') "
        f"WHERE entry_id = {FIRST_ENTRY} AND n = 3",
    ),
    Break(
        "a_line_is_divided_as_written",
        f"SELECT 'posting ' || entry_id || ' line -1' FROM sale WHERE id = {REFUND}",
        "UPDATE earning_change SET net = net - 100, commission = commission + 100 "
        "WHERE id = (SELECT MIN(id) FROM earning_change)",
    ),
    Break(
        "a_line_is_divided_as_written",
        f"SELECT 'posting ' || entry_id || ' line 1' FROM earning WHERE id = {MEMBERS}",
        "UPDATE earning_share SET artisan_id = (SELECT MAX(id) FROM artisan) "
        f"WHERE earning_id = {MEMBERS} AND artisan_id = (SELECT MIN(artisan_id) "
        f"FROM earning_share WHERE earning_id = {MEMBERS})",
    ),
    Break(
        "a_line_is_divided_as_written",
        "SELECT 'posting ' || entry_id || ' line 1' FROM sale WHERE id = "
        "(SELECT MIN(sale_id) FROM sale_line WHERE cost > 0)",
        "UPDATE sale_line SET cost = cost + 1 WHERE cost > 0",
    ),
    Break(
        "a_loss_or_purchase_is_booked_as_written",
        "SELECT 'posting ' || MIN(entry_id) || ' line 1' FROM loss",
        "UPDATE posting SET amount = amount + 1 WHERE entry_id = (SELECT MIN(entry_id) FROM loss)",
    ),
    Break(
        "a_loss_or_purchase_is_booked_as_written",
        "SELECT 'posting ' || MIN(id) || ' line 1' FROM entry WHERE kind = 'purchase'",
        "UPDATE lot SET unit_cost = unit_cost + 100 WHERE regime = 'C'",
    ),
    Break(
        "a_loss_or_purchase_is_booked_as_written",
        "SELECT 'posting 0 line 1'",
        "DELETE FROM entry WHERE kind = 'purchase'",
    ),
    Break(
        "a_price_is_shared_whole",
        of_line("sale_line", "sale_id", f"sale_id = {SOLD}"),
        f"UPDATE sale_line SET total = total - 1, discount = discount + 1 WHERE sale_id = {SOLD}",
    ),
    Break(
        "an_earning_is_of_its_line",
        first("earning", f"line = {LINE}"),
        f"UPDATE earning SET maker_id = maker_id + 1 WHERE line = {LINE}",
    ),
    Break(
        "an_earning_is_of_its_line",
        first("earning", f"line = {LINE}"),
        f"UPDATE earning SET quantity = quantity + 1 WHERE line = {LINE}",
    ),
    Break(
        "no_earning_is_without_a_line",
        f"SELECT 'entry ' || {FIRST_ENTRY}",
        f"DELETE FROM earning WHERE line = {LINE}",
    ),
    Break(
        "a_loss_or_purchase_is_booked_as_written",
        "SELECT 'posting ' || MIN(id) || ' line 1' FROM entry WHERE kind = 'purchase'",
        "UPDATE posting SET amount = amount + 1 WHERE debit_id = "
        "(SELECT id FROM account WHERE code = 'vat:in')",
    ),
    Break(
        "a_loss_earns_its_maker",
        first("loss"),
        "DELETE FROM earning WHERE kind = 'loss'",
    ),
    Break(
        "a_change_is_of_its_earning",
        first("earning_change"),
        "UPDATE earning_change SET earning_id = earning_id + 1 "
        "WHERE id = (SELECT MIN(id) FROM earning_change)",
    ),
    Break(
        "shares_make_the_price",
        first("earning"),
        "UPDATE earning SET commission = commission + 1 WHERE id = (SELECT MIN(id) FROM earning)",
    ),
    Break(
        "artisans_share_the_net",
        f"SELECT 'earning ' || {MEMBERS}",
        f"UPDATE earning_share SET amount = amount + 1 WHERE earning_id = {MEMBERS}",
    ),
    Break(
        "artisans_share_the_net",
        f"SELECT 'earning ' || {MEMBERS}",
        f"DELETE FROM earning_share WHERE earning_id = {MEMBERS}",
    ),
    Break(
        "artisans_share_the_net",
        "SELECT 'earning_change ' || MIN(change_id) FROM earning_change_share",
        "DELETE FROM earning_change_share",
    ),
    Break(
        "no_more_is_taken_back_than_was_given",
        "SELECT 'earning ' || MIN(earning_id) FROM earning_change",
        "UPDATE earning_change SET net = net + 9000000 "
        "WHERE earning_id = (SELECT MIN(earning_id) FROM earning_change)",
    ),
    Break(
        "no_artisan_gives_more_than_she_got",
        f"SELECT 'earning_share ' || {MEMBERS} || '/' || MIN(artisan_id) FROM earning_share "
        f"WHERE earning_id = {MEMBERS}",
        "UPDATE earning_change_share SET amount = 9000000",
    ),
    Break(
        "no_more_comes_back_than_was_sold",
        "SELECT 'sale_line ' || MIN(of_sale_id) || '/1' FROM refund_line",
        "UPDATE refund_line SET booked_quantity = 9, quantity = 9 "
        "WHERE of_sale_id = (SELECT MIN(of_sale_id) FROM refund_line)",
    ),
    Break(
        "a_return_is_of_a_line",
        of_line("refund_line", "sale_id", f"sale_id = {REFUND}"),
        f"UPDATE refund_line SET of_n = 7 WHERE sale_id = {REFUND}",
    ),
    Break(
        "a_maker_has_what_her_lines_gave",
        first("maker"),
        "INSERT INTO earning (hub_id, entry_id, line, kind, maker_id, lot_code, title, quantity, "
        "day, document, channel, craft, regime, paid_to, list_price, gross, promotion, "
        "commission, commission_vat, fees, fees_vat, vat_in, net) SELECT hub_id, entry_id, "
        "'twice', kind, maker_id, lot_code, title, quantity, day, document, channel, craft, "
        "regime, paid_to, list_price, gross, promotion, commission, commission_vat, fees, "
        "fees_vat, vat_in, net FROM earning WHERE id = (SELECT MIN(id) FROM earning)",
    ),
    Break(
        "an_account_owed_is_somebodys",
        first("account", "code LIKE 'owed:a%'"),
        "UPDATE account SET code = 'owed:a999' "
        "WHERE id = (SELECT MIN(id) FROM account WHERE code LIKE 'owed:a%')",
    ),
    Break(
        "only_named_facts_touch_what_is_owed",
        f"SELECT 'entry ' || {FIRST_ENTRY}",
        f"UPDATE entry SET kind = 'present' WHERE id = {FIRST_ENTRY}",
    ),
    # Numbers, of I4.
    Break(
        "series_have_no_gap",
        "SELECT 'sale ' || id FROM sale WHERE number = 'T1-000003'",
        "UPDATE sale SET number = 'lost' WHERE number = 'T1-000002'",
    ),
    Break(
        "series_have_no_gap",
        "SELECT 'stock_move ' || MIN(id) FROM stock_move WHERE reason = 'transferred'",
        "UPDATE stock_move SET document = 'TR-000002' WHERE reason = 'transferred'",
    ),
    Break(
        "series_stand_at_their_last_paper",
        "SELECT 'number_series loss '",
        "UPDATE number_series SET next = next + 1 WHERE kind = 'loss'",
    ),
    Break(
        "series_stand_at_their_last_paper",
        "SELECT 'number_series lot '",
        "DELETE FROM lot WHERE id = (SELECT MAX(id) FROM lot)",
    ),
    Break(
        "the_last_ticket_is_there",
        "SELECT 'number_series ticket T1'",
        "UPDATE number_series SET next = next + 1 WHERE kind = 'ticket' AND register = 'T1'",
    ),
    # Papers, of I5, I10 and I12.
    Break(
        "a_ticket_adds_up",
        first("sale"),
        f"UPDATE sale SET due = due + 1 WHERE id = {SOLD}",
    ),
    Break(
        "a_ticket_adds_up",
        first("sale"),
        f"DELETE FROM sale_line WHERE sale_id = {SOLD}",
    ),
    Break(
        "a_ticket_takes_what_it_says",
        f"SELECT 'entry ' || {FIRST_ENTRY}",
        f"UPDATE tender SET kind = 'terminal' WHERE sale_id = {SOLD}",
    ),
    Break(
        "a_ticket_takes_what_it_says",
        "SELECT 'entry ' || entry_id FROM sale JOIN sale_flag ON sale_id = sale.id "
        "WHERE flag = 'shift_closed'",
        "DELETE FROM sale_flag WHERE flag = 'shift_closed'",
    ),
    Break(
        "a_paper_has_its_entry",
        first("sale"),
        f"UPDATE entry SET idempotency_key = 'sale/other' WHERE id = {FIRST_ENTRY}",
    ),
    Break(
        "a_paper_has_its_entry",
        first("loss", "entry_id IS NOT NULL"),
        "UPDATE loss SET uid = 'other' WHERE id = "
        "(SELECT MIN(id) FROM loss WHERE entry_id IS NOT NULL)",
    ),
    Break(
        "an_entry_has_its_paper",
        f"SELECT 'entry ' || {FIRST_ENTRY}",
        f"DELETE FROM sale WHERE id = {SOLD}",
    ),
    Break(
        "an_entry_has_its_paper",
        first("entry", "kind = 'loss'"),
        "DELETE FROM loss",
    ),
    Break(
        "an_entry_has_its_paper",
        first("entry", "kind = 'purchase'"),
        "DELETE FROM consignment",
    ),
    Break(
        "a_receipt_is_of_a_ticket",
        first("outbox"),
        "UPDATE outbox SET uid = 'receipt/other' WHERE id = (SELECT MIN(id) FROM outbox)",
    ),
    # Statements, of I7.
    Break(
        "statements_follow_each_other",
        first("statement", "from_entry_id > 0"),
        "UPDATE statement SET from_entry_id = from_entry_id + 1 WHERE from_entry_id > 0",
    ),
    Break(
        "statements_follow_each_other",
        first("statement", "opening <> 0"),
        "UPDATE statement SET opening = opening + 1, closing = closing + 1 WHERE opening <> 0",
    ),
    Break(
        "a_statement_names_a_seal_that_is_there",
        "SELECT 'statement ' || MIN(id) FROM statement WHERE seal_id IS NOT NULL",
        "UPDATE statement SET seal_id = 999 WHERE id = "
        "(SELECT MIN(id) FROM statement WHERE seal_id IS NOT NULL)",
    ),
    Break(
        "a_statement_is_the_sum_of_its_rows",
        first("statement"),
        "UPDATE statement SET closing = closing + 1, available = available + 1 "
        "WHERE id = (SELECT MIN(id) FROM statement)",
    ),
    Break(
        "a_statement_is_of_its_maker",
        first("statement"),
        "UPDATE statement SET maker_id = maker_id + 1 WHERE id = (SELECT MIN(id) FROM statement)",
    ),
    Break(
        "available_is_closing_less_waiting",
        first("statement"),
        "UPDATE statement SET waiting = waiting + 1 WHERE id = (SELECT MIN(id) FROM statement)",
    ),
    # Holds, of I8.
    Break(
        "live_holds_are_on_hand",
        f"SELECT 'lot ' || {BATCH}",
        f"UPDATE hold SET quantity = 99 WHERE lot_id = {BATCH}",
    ),
    Break(
        "an_end_has_a_reason",
        first("hold"),
        "UPDATE hold SET ended_at = placed_at",
    ),
    # What seals keep, of I12.
    Break(
        "kept_balances_are_sums",
        "SELECT 'seal_balance ' || MIN(account_id) || '/1' FROM seal_balance WHERE seal_id = 1",
        "UPDATE seal_balance SET debit = debit + 1 WHERE seal_id = 1",
    ),
    Break(
        "what_moved_is_kept",
        "SELECT 'account ' || id FROM account WHERE code = 'bank'",
        "DELETE FROM seal_balance WHERE account_id = (SELECT id FROM account WHERE code = 'bank')",
    ),
    Break(
        "kept_turnovers_are_sums",
        "SELECT 'seal_turnover ' || MIN(account_id) || '/2026-11-20/1' FROM seal_turnover",
        "UPDATE seal_turnover SET credit = credit + 1",
    ),
    Break(
        "kept_turnovers_are_sums",
        "SELECT 'seal_turnover ' || MIN(account_id) || '/2026-11-20/1' FROM seal_turnover",
        "DELETE FROM seal_turnover",
    ),
    # Seals, of I4.
    *(
        Break(
            "what_a_seal_keeps_has_its_seal",
            f"SELECT '{table} of seal 2'",
            CUT_OFF,
        )
        for table in ("seal_part", "seal_balance", "seal_turnover")
    ),
    Break(
        "a_late_ticket_tells_of_a_sealed_day",
        "SELECT 'sale ' || sale_id FROM sale_flag WHERE flag = 'late_day'",
        CUT_OFF,
    ),
    Break(
        "rows_are_as_sealed",
        first("entry"),
        "UPDATE entry SET document = 'another' WHERE id = (SELECT MIN(id) FROM entry)",
    ),
    Break(
        "rows_are_as_sealed",
        of_line("posting", "entry_id", f"entry_id = {FIRST_ENTRY} AND n = 2"),
        f"UPDATE posting SET amount = amount + 1 WHERE entry_id = {FIRST_ENTRY} AND n = 2",
    ),
    Break(
        "rows_are_as_sealed",
        "SELECT 'stock_move ' || (MIN(id) + 3) FROM stock_move",
        "DELETE FROM stock_move WHERE id = (SELECT MIN(id) + 2 FROM stock_move)",
    ),
    Break(
        "rows_are_as_sealed",
        "SELECT 'tender ' || MIN(sale_id) || '/2' FROM tender",
        "INSERT INTO tender (sale_id, n, kind, amount, ref, secured) SELECT sale_id, 2, kind, "
        "1, ref, secured FROM tender WHERE sale_id = (SELECT MIN(sale_id) FROM tender)",
    ),
    Break(
        "rows_are_as_sealed",
        f"SELECT 'seal_part ' || {LAST_SEAL} || '/sale_line'",
        "DELETE FROM sale_line WHERE sale_id = (SELECT MAX(last_id) FROM seal_part "
        "WHERE book = 'sale_line')",
    ),
    *(
        Break("rows_are_as_sealed", first(table), f"UPDATE {table} SET {tampering}")
        for table, tampering in (
            ("account", "pcge = '9999'"),
            ("release", "available_on = '2026-01-01'"),
            ("sale_flag", "amount = amount + 1"),
            ("flag_end", "actor = 'omar'"),
            ("hub_rules", "cash_limit = cash_limit + 1"),
            ("agreement", "unsold_days = unsold_days + 1"),
            ("agreement_override", "commission_bp = commission_bp + 1"),
            ("place", "kind = 'attic ' || id"),
            ("return_slip", "day = '2026-01-01'"),
            ("shift", "opened_by = 'nobody'"),
            ("shift_closing", "closed_by = 'nobody'"),
            ("statement", "drawn_at = '2026-01-01 10:00:00.000000'"),
            ("journal_event", "outcome = 'flagged'"),
            ("event_end", "actor = 'omar'"),
            ("stray", "deliverer = 'casa/T2'"),
            ("stray_end", "actor = 'omar'"),
            ("manager_grant", "actor = 'omar'"),
            ("claim", "quantity = 7"),
            ("taking", "amount = amount + 1"),
            ("used", "event_uid = 'void '"),
        )
    ),
    Break(
        "rows_are_as_sealed",
        of_line("return_slip_line", "slip_id", "1 = 1"),
        "UPDATE return_slip_line SET quantity = quantity + 1",
    ),
    Break(
        "rows_are_as_sealed",
        "SELECT 'earning_change_share ' || change_id || '/' || artisan_id "
        "FROM earning_change_share ORDER BY change_id, artisan_id LIMIT 1",
        "UPDATE earning_change_share SET amount = amount + 1",
    ),
    Break(
        "rows_are_as_sealed",
        "SELECT 'seal_part 2/flag_end'",
        "DELETE FROM flag_end",
    ),
    Break(
        "seals_are_chained",
        "SELECT 'seal 1'",
        "UPDATE seal SET day = '2026-11-01' WHERE id = 1",
    ),
    Break(
        "seals_are_chained",
        "SELECT 'seal 2'",
        "UPDATE seal SET hash = '0' WHERE id = 1",
    ),
    Break(
        "seals_are_chained",
        "SELECT 'seal 2'",
        "DELETE FROM seal_part WHERE seal_id = 2 AND book = 'sale'",
    ),
    Break(
        "seals_are_chained",
        "SELECT 'seal_part 2/entry'",
        "UPDATE seal_part SET after_id = after_id + 1 WHERE seal_id = 2 AND book = 'entry'",
    ),
    *(
        Break(
            f"somebody_did_the_{table}",
            first(table, key=key),
            f"UPDATE {table} SET {actor} = ' '",
        )
        for table, key, actor in (
            ("entry", "id", "actor"),
            ("consignment", "id", "actor"),
            ("return_slip", "id", "actor"),
            ("loss", "id", "actor"),
            ("finding", "id", "actor"),
            ("stock_count", "id", "actor"),
            ("count_scan", "id", "actor"),
            ("count_end", "id", "actor"),
            ("stock_move", "id", "actor"),
            ("sale", "id", "cashier"),
            ("shift", "id", "opened_by"),
            ("flag_end", "id", "actor"),
            ("release", "id", "actor"),
            ("deposit", "id", "actor"),
            ("courier_slip", "id", "actor"),
            ("delivery_tariff", "id", "actor"),
            ("hub_habits", "id", "actor"),
            ("shift_closing", "id", "closed_by"),
            ("seal", "id", "actor"),
            ("statement", "id", "actor"),
        )
    ),
)

# SQLite keeps a UNIQUE constraint in the table itself: broken where the fixture could drop it.
TWICE = (
    Break("one_sale_a_fact", "SELECT 'sale 2'", "UPDATE sale SET uid = 'one' WHERE id < 3"),
    Break("one_earning_a_fact", "SELECT 'earning 2'", "UPDATE earning SET line = 'x' WHERE id < 3"),
    Break(
        "one_entry_a_fact",
        "SELECT 'entry 2'",
        "UPDATE entry SET idempotency_key = 'one' WHERE id < 3",
    ),
    Break(
        "one_consignment_a_fact",
        "SELECT 'consignment 2'",
        "UPDATE consignment SET uid = 'one' WHERE id < 3",
    ),
    Break(
        "one_stock_move_a_fact",
        "SELECT 'stock_move 2'",
        "UPDATE stock_move SET uid = 'one' WHERE id < 3",
    ),
    Break("one_loss_a_fact", "SELECT 'loss 2'", "UPDATE loss SET uid = 'one' WHERE id < 3"),
    Break(
        "one_finding_a_fact", "SELECT 'finding 2'", "UPDATE finding SET uid = 'one' WHERE id < 3"
    ),
    Break(
        "one_stock_count_a_fact",
        "SELECT 'stock_count 2'",
        "UPDATE stock_count SET uid = 'one' WHERE id < 3",
    ),
    Break(
        "one_count_scan_a_fact",
        "SELECT 'count_scan 2'",
        "UPDATE count_scan SET uid = 'one' WHERE id < 3",
    ),
    Break("one_count_end_a_fact", "SELECT 'count_end 2'", "UPDATE count_end SET count_id = 1"),
    Break("one_deposit_a_fact", "SELECT 'deposit 2'", "UPDATE deposit SET uid = 'x' WHERE id < 3"),
    Break(
        "one_courier_slip_a_fact",
        "SELECT 'courier_slip 2'",
        "UPDATE courier_slip SET uid = 'x' WHERE id < 3",
    ),
    Break(
        "one_web_order_a_fact",
        "SELECT 'web_order 2'",
        "UPDATE web_order SET uid = 'x' WHERE id < 3",
    ),
    *(
        Break(
            f"one_{table}_a_fact",
            f"SELECT '{table} 999'",
            f"INSERT INTO {table} (id, {columns}) SELECT 999, {columns} FROM {table}",
        )
        for table, columns in (
            ("delivery_tariff", "hub_id, valid_from, default_grams, set_at, actor"),
            (
                "hub_habits",
                "hub_id, valid_from, cashier_band_bp, staff_band_bp, return_days, label_sheet, "
                "actor, set_at",
            ),
        )
    ),
    Break(
        "money_is_brought_once",
        "SELECT 'courier_slip_sale 2/' || sale_id FROM courier_slip_sale",
        "INSERT INTO courier_slip_sale (slip_id, sale_id) SELECT 2, sale_id FROM courier_slip_sale",
    ),
    Break("one_shift_a_fact", "SELECT 'shift 2'", "UPDATE shift SET uid = 'one' WHERE id < 3"),
    Break(
        "one_earning_change_a_fact",
        "SELECT 'earning_change 2'",
        "UPDATE earning_change SET line = 'one' WHERE id < 3",
    ),
    Break(
        "one_return_slip_a_fact",
        "SELECT 'return_slip 2'",
        "UPDATE return_slip SET uid = 'one' WHERE id < 3",
    ),
    Break("a_message_goes_once", "SELECT 'outbox 2'", "UPDATE outbox SET uid = 'x' WHERE id < 3"),
    Break("no_number_comes_twice", "SELECT 'lot 1'", "UPDATE lot SET code = '2' WHERE id < 3"),
    Break("one_hold_a_fact", "SELECT 'hold 2'", "UPDATE hold SET uid = 'x' WHERE id < 3"),
    Break(
        "a_piece_is_held_once",
        f"SELECT 'lot ' || {PIECE}",
        "INSERT INTO hold (hub_id, lot_id, quantity, piece, kind, uid, placed_at) "
        f"SELECT hold.hub_id, {PIECE}, 1, FALSE, hold.kind, uid || lot.id, placed_at "
        "FROM hold CROSS JOIN lot",
    ),
)


@contextmanager
def unguarded() -> Iterator[Connection]:
    """A transaction in which nothing is refused, and which never happened."""
    with db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw
        if connection.dialect.name == "sqlite":
            raw.execute("PRAGMA foreign_keys=OFF")
            raw.execute("PRAGMA ignore_check_constraints=ON")
            for name in expected_guards("sqlite"):
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield connection
        connection.rollback()
        if connection.dialect.name == "sqlite":
            raw.execute("PRAGMA foreign_keys=ON")
            raw.execute("PRAGMA ignore_check_constraints=OFF")


def breaks(broken: Break) -> None:
    """Tamper, and see that the prover names the rule and the row."""
    with unguarded() as connection:
        row = connection.execute(text(broken.row)).scalar_one()
        connection.execute(text(broken.tampering))
        violations = prove(connection)
    named = [violation.row for violation in violations if violation.rule == broken.rule]
    assert row in named, report(violations)


@pytest.mark.parametrize("broken", BREAKS, ids=[f"{b.rule}-{n}" for n, b in enumerate(BREAKS)])
def test_a_broken_law_is_named_with_its_row(trade: Trade, broken: Break) -> None:
    breaks(broken)


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize("broken", TWICE, ids=[b.rule for b in TWICE])
def test_what_happened_twice_is_named(trade: Trade, broken: Break) -> None:
    breaks(broken)


def test_each_sealed_column_is_missed_where_it_is_changed(trade: Trade) -> None:
    seen = {}
    for stream in STREAMS:
        for column in stream.columns.split():
            with unguarded() as connection:
                seals_ = seals.read_seals(connection, fast=False)
                parts = [seal.parts[stream.table] for seal in seals_]
                part = next((part for part in parts if part.rows), None)
                if part is None:
                    continue
                connection.execute(text(_changed(stream, column, part)))
                found = list(seals.broken_part(connection, part))
            seen[stream.table, column] = bool(found)
    assert [name for name, is_seen in seen.items() if not is_seen] == []
    assert {table for table, _column in seen} == {stream.table for stream in STREAMS}


def _changed(stream: seals.Stream, column: str, part: seals.Part) -> str:
    """Something else in a column of the first row of a table that is under a seal."""
    name, _, kind = column.removesuffix("?").partition(":")
    other = {
        "": f"COALESCE({name}, 0) + 1000003",
        "truth": f"NOT {name}",
        "day": "'2001-01-01'",
        "moment": "'2001-01-01 10:00:00.000000'",
        "words": "'?'",
    }[kind]
    one = f"{stream.key} = (SELECT MIN({stream.key}) FROM {stream.table} WHERE {stream.key} > "
    one += f"{part.after})"
    if stream.n:
        one += f" AND {stream.n} = (SELECT MIN({stream.n}) FROM {stream.table} WHERE {one})"
    return f"UPDATE {stream.table} SET {name} = {other} WHERE {one}"


def test_an_older_seal_is_whole_without_the_tables_of_today(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        order(session, a_wish(session, shop))
        told: dict[str, Any] = {"now": NOW, "actor": "hind"}
        write_seal(session, shop.hub.id, TODAY, BOOKS[:44], **told)
        seal_day(session, shop.hub.id, TOMORROW, **told)
        assert prove(session.connection()) == []
        write_seal(session, shop.hub.id, TOMORROW + timedelta(1), BOOKS[:-1], **told)
        [broken] = prove(session.connection())
    assert (broken.rule, broken.row) == ("seals_are_chained", "seal 3")


def test_no_seal_is_without_the_first_tables(books: Flask) -> None:
    with transaction() as session:
        told: dict[str, Any] = {"now": NOW, "actor": "hind"}
        write_seal(session, a_shop(session).hub.id, TODAY, BOOKS[:43], **told)
        [broken] = prove(session.connection())
    assert (broken.rule, broken.row) == ("seals_are_chained", "seal 1")


def test_every_law_is_broken_by_a_test() -> None:
    broken = {b.rule for b in (*BREAKS, *TWICE)}
    assert {rule.name for rule in RULES} <= broken


def test_the_prover_knows_every_guarded_table() -> None:
    assert sorted(APPEND_ONLY) == guarded_tables()
