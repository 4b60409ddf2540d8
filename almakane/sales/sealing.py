"""A day is sealed: both books, the tickets and what they rest on, in one chain."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from almakane.ledger.models import Seal
from almakane.ledger.sealing import BESIDE, MONEY, Stream, write_seal

STOCK = (
    Stream(
        "consignment",
        (
            "id",
            "site_id",
            "maker_id",
            "agreement_id",
            "uid",
            "number",
            "day",
            "happened_at",
            "actor",
        ),
        "consignment",
    ),
    Stream(
        "lot",
        (
            *(
                "id",
                "consignment_id",
                "n",
                "product_id",
                "agreement_id",
                "maker_id",
                "code",
                "kind",
            ),
            *("regime", "quantity", "floor", "unit_cost", "commission_bp"),
        ),
        "lot",
    ),
    Stream("lot_artisan", ("lot_id", "artisan_id", "weight"), "lot", "lot_id", "artisan_id"),
    Stream(
        "stock_move",
        (
            *("id", "lot_id", "quantity", "source_id", "target_id", "reason", "document", "uid"),
            *("happened_at", "day", "actor"),
        ),
        "stock_move",
    ),
    Stream(
        "loss",
        ("id", "lot_id", "uid", "number", "kind", "quantity", "bearer", "entry_id", "day", "actor"),
        "loss",
    ),
)
TICKETS = (
    Stream(
        "sale",
        (
            *("id", "register_id", "entry_id", "uid", "body_hash", "number", "kind", "happened_at"),
            *("told_day", "day", "recorded_at", "cashier", "shift", "goods", "returned", "tax"),
            *("rounding", "due", "change"),
        ),
        "sale",
    ),
    Stream(
        "sale_line",
        (
            *("sale_id", "n", "what", "lot_id", "code", "title", "quantity", "list_price", "unit"),
            *("discount", "total", "tax_bp", "tax", "tax_code", "booked_tax", "cost"),
        ),
        "sale",
        "sale_id",
        "n",
    ),
    Stream(
        "refund_line",
        (
            *("sale_id", "n", "of_sale_id", "of_n", "lot_id", "code", "quantity", "total", "tax"),
            *("restock", "booked_quantity", "booked", "booked_tax", "booked_cost"),
        ),
        "sale",
        "sale_id",
        "n",
    ),
    Stream("tender", ("sale_id", "n", "kind", "amount", "secured"), "sale", "sale_id", "n"),
)
FLAGS = (
    Stream(
        "sale_flag",
        ("id", "sale_id", "flag", "line", "amount"),
        "sale_flag",
        way=(("sale_id", "sale"),),
    ),
    Stream(
        "flag_end",
        ("id", "sale_id", "flag", "line", "actor", "at"),
        "flag_end",
        way=(("sale_id", "sale"),),
    ),
)
TERMS = (
    Stream(
        "hub_rules",
        (
            *("id", "valid_from", "vat_liable", "vat_bp", "vat_reduced_bp", "cash_step"),
            *("cash_limit", "till_wait_days", "web_wait_days"),
        ),
        "hub_rules",
    ),
    Stream(
        "agreement",
        (
            *("id", "maker_id", "version", "valid_from", "regime", "commission_bp", "discounts"),
            *("card_fee_bp", "card_fee_maker_bp", "maker_vat_liable", "paid_to", "loss_bearer"),
            *("return_days", "unsold_days"),
        ),
        "agreement",
        way=(("maker_id", "maker"),),
    ),
    Stream(
        "agreement_override",
        ("id", "agreement_id", "category", "commission_bp"),
        "agreement_override",
        way=(("agreement_id", "agreement"), ("maker_id", "maker")),
    ),
)
SLIPS = (
    Stream("place", ("id", "site_id", "kind"), "place", way=(("site_id", "site"),)),
    Stream(
        "return_slip",
        ("id", "site_id", "maker_id", "uid", "number", "day", "recorded_at", "actor"),
        "return_slip",
    ),
    Stream(
        "return_slip_line",
        ("slip_id", "n", "lot_id", "quantity"),
        "return_slip",
        "slip_id",
        "n",
    ),
)
# The rooms of these know this one and not it them; a seal asks for no more than their tables.
SHIFTS = (
    Stream(
        "shift",
        ("id", "register_id", "uid", "day", "opened_at", "opened_by", "float_amount"),
        "shift",
    ),
    Stream(
        "shift_closing",
        ("id", "shift_id", "closed_at", "closed_by", "expected", "counted", "left_amount"),
        "shift_closing",
        way=(("shift_id", "shift"),),
    ),
)
STATEMENTS = (
    Stream(
        "statement",
        (
            *("id", "account_id", "maker_id", "artisan_id", "number", "day", "from_entry_id"),
            *("to_entry_id", "opening", "closing", "waiting", "available", "seal_id", "drawn_at"),
            "actor",
        ),
        "statement",
    ),
)
JOURNALS = (
    Stream(
        "hub_identity",
        (
            *("id", "valid_from", "legal_name", "address", "city", "phone", "ice", "tax_id"),
            *("patente", "rc", "cnss", "exchange_days", "withdrawal_days"),
        ),
        "hub_identity",
    ),
    Stream(
        "journal_event",
        (
            *("id", "chain_id", "seq", "uid", "kind", "hash", "outcome", "flags", "reason"),
            *("received_at", "deliverer"),
        ),
        "journal_event",
    ),
    Stream(
        "event_end",
        ("id", "event_id", "how", "actor", "at", "flags", "adopted_id"),
        "event_end",
        way=(("event_id", "journal_event"),),
    ),
    Stream("stray", ("id", "register_id", "mark", "verifies", "received_at", "deliverer"), "stray"),
    Stream(
        "stray_end",
        ("id", "stray_id", "how", "actor", "at", "adopted_id"),
        "stray_end",
        way=(("stray_id", "stray"),),
    ),
    Stream("manager_grant", ("id", "register_id", "uid", "allows", "actor", "at"), "manager_grant"),
    Stream(
        "claim",
        ("id", "register_id", "uid", "of_sale_id", "of_n", "quantity", "ends_at"),
        "claim",
    ),
    Stream("taking", ("id", "register_id", "uid", "kind", "ref", "amount", "at"), "taking"),
    Stream("used", ("id", "uid", "event_uid", "at"), "used"),
)
SIGNATURES = (
    Stream(
        "consignment_signature",
        (
            *("id", "consignment_id", "way", "mark_hash", "lines_hash", "signed_at"),
            *("recorded_at", "actor"),
        ),
        "consignment_signature",
    ),
)
COUNTS = (
    Stream(
        "finding",
        (
            *("id", "site_id", "loss_id", "uid", "number", "quantity", "entry_id", "day"),
            *("recorded_at", "actor"),
        ),
        "finding",
    ),
    Stream(
        "stock_count",
        (
            *("id", "site_id", "place_id", "maker_id", "craft", "blind", "uid", "number"),
            *("after_move_id", "opened_at", "day", "actor"),
        ),
        "stock_count",
    ),
    Stream(
        "count_scan",
        (
            *("id", "count_id", "lot_id", "place_id", "quantity", "uid", "undoes_id"),
            *("scanned_at", "actor"),
        ),
        "count_scan",
        way=(("count_id", "stock_count"),),
    ),
    Stream(
        "count_end",
        ("id", "count_id", "how", "held_by", "at", "actor"),
        "count_end",
        way=(("count_id", "stock_count"),),
    ),
    Stream(
        "count_line",
        (
            *("id", "count_id", "n", "lot_id", "place_id", "missing", "quantity", "outcome"),
            "document",
        ),
        "count_line",
        way=(("count_id", "stock_count"),),
    ),
    Stream(
        "return_signature",
        ("id", "slip_id", "way", "mark_hash", "signed_at", "actor"),
        "return_signature",
    ),
)
ORDERS = (
    Stream(
        "deposit",
        ("id", "site_id", "entry_id", "uid", "ref", "way", "amount", "day", "recorded_at", "actor"),
        "deposit",
    ),
    Stream(
        "courier_slip",
        (
            *("id", "site_id", "entry_id", "uid", "courier", "banked", "fee", "fee_vat", "ref"),
            *("day", "recorded_at", "actor"),
        ),
        "courier_slip",
    ),
    Stream(
        "courier_slip_sale",
        ("slip_id", "sale_id"),
        "courier_slip",
        "slip_id",
        "sale_id",
    ),
)
# What buyers ordered from afar, for which price, and what the house says of itself.
WISHES = (
    Stream(
        "web_order",
        (
            *("id", "site_id", "uid", "number", "key_hash", "language", "way", "city", "payment"),
            *("goods", "delivery_fee", "total", "weight_grams", "placed_at", "day"),
        ),
        "web_order",
    ),
    Stream(
        "web_order_line",
        (
            *("order_id", "n", "lot_id", "product_id", "code", "title", "quantity", "list_price"),
            *("unit", "total", "tax_bp", "tax_code", "hold_uid"),
        ),
        "web_order",
        "order_id",
        "n",
    ),
    Stream(
        "web_order_step",
        ("id", "order_id", "step", "at", "actor"),
        "web_order_step",
        way=(("order_id", "web_order"),),
    ),
    Stream(
        "delivery_tariff",
        ("id", "valid_from", "default_grams", "set_at", "actor"),
        "delivery_tariff",
    ),
    Stream(
        "delivery_fee",
        ("id", "tariff_id", "city", "up_to_grams", "fee"),
        "delivery_fee",
        way=(("tariff_id", "delivery_tariff"),),
    ),
    Stream(
        "hub_habits",
        (
            *("id", "valid_from", "cashier_band_bp", "staff_band_bp", "return_days"),
            *("label_sheet", "actor", "set_at"),
        ),
        "hub_habits",
    ),
)
# The order is the seal's: what is new comes last, so that an older seal has the first of them.
BOOKS = (
    *(*MONEY, *STOCK, *TICKETS, *BESIDE, *FLAGS, *TERMS, *SLIPS, *SHIFTS, *STATEMENTS),
    *(*JOURNALS, *SIGNATURES, *COUNTS, *ORDERS, *WISHES),
)


def seal_day(session: Session, hub_id: int, day: date, *, now: datetime, actor: str) -> Seal:
    """Seal all that was recorded since the last seal, whatever day it tells of; once a day."""
    return write_seal(session, hub_id, day, BOOKS, now=now, actor=actor)
