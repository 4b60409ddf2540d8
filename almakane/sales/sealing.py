"""A day is sealed: both books and the tickets, in one chain."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from almakane.ledger.models import Seal
from almakane.ledger.sealing import MONEY, Stream, write_seal

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
BOOKS = (*MONEY, *STOCK, *TICKETS)


def seal_day(session: Session, hub_id: int, day: date, *, now: datetime, actor: str) -> Seal:
    """Seal all that was recorded since the last seal, whatever day it tells of; once a day."""
    return write_seal(session, hub_id, day, BOOKS, now=now, actor=actor)
