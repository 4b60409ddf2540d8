"""Money of web orders around their sale: it came before, went back, or is with a courier."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.db import insert_rows, locking, rows
from almakane.errors import Refusal
from almakane.hubs.queries import rules_on
from almakane.inventory.deed import Deed, booked, check_deed, check_same, deed_hash
from almakane.ledger import chart
from almakane.ledger.accounts import account_ids
from almakane.ledger.book import Posting
from almakane.ledger.queries import balance
from almakane.ledger.services import Fact, find_entry, post, release_earnings
from almakane.money import LARGEST, inside
from almakane.sales.models import CourierSlip, CourierSlipSale, Deposit, DepositWay, Sale
from almakane.sales.postings import courier_postings, deposit_postings
from almakane.texts import can_be_kept

_ACCOUNTS = {DepositWay.BANK: chart.BANK, DepositWay.CARD: chart.PSP}
_LONGEST_EVIDENCE = 120
_LONGEST_COURIER = 40


def deposited(session: Session, hub_id: int, order: str) -> int:
    """What is on an order's deposit now, in centimes: paid, not handed over and not given back."""
    return -balance(session, hub_id, chart.deposit(order))


def lock_deposit(session: Session, hub_id: int, order: str) -> int:
    """The same, its account's row locked until the commit: who takes from it queues here."""
    code = chart.deposit(order)
    account_ids(session, hub_id, {code})
    lock = "SELECT account.id FROM account WHERE account.hub_id = ? AND account.code = ?"
    rows(session, locking(session, lock, "account"), (hub_id, code))
    return deposited(session, hub_id, order)


def take_deposit(
    session: Session,
    deed: Deed,
    order: str,
    amount: int,
    *,
    way: DepositWay = DepositWay.BANK,
    evidence: str = "",
) -> Deposit:
    """Money of an order was seen on our account; the same deed again is the same money."""
    if not 0 < amount <= LARGEST:
        raise Refusal("An amount is out of range.", field="amount")
    return _write_deposit(session, deed, order, amount, way, evidence)


def give_deposit_back(
    session: Session,
    deed: Deed,
    order: str,
    amount: int,
    *,
    way: DepositWay = DepositWay.BANK,
    evidence: str = "",
) -> Deposit:
    """Money of an order was sent back to its buyer: at most what is on its deposit."""
    if not 0 < amount <= LARGEST:
        raise Refusal("An amount is out of range.", field="amount")
    return _write_deposit(session, deed, order, -amount, way, evidence)


def _write_deposit(
    session: Session, deed: Deed, order: str, amount: int, way: DepositWay, evidence: str
) -> Deposit:
    check_deed(deed)
    if not order or not can_be_kept(order, 64) or not can_be_kept(evidence, _LONGEST_EVIDENCE):
        raise Refusal("A text is missing or too long.", field="evidence")
    body = deed_hash("deposit", order, amount, way.value, evidence.strip())
    left = lock_deposit(session, deed.hub_id, order)
    there = session.scalar(select(Deposit).where(Deposit.uid == deed.uid))
    if there:
        check_same(_hash_of(session, there.entry_id), body)
        return there
    if amount < 0 and left < -amount:
        raise Refusal("There is not so much left of what was paid for this order.", field="amount")
    deed = booked(session, deed)
    kind = "deposit" if amount > 0 else "deposit_back"
    entry_id = _post(
        session, deed, kind, order, body, deposit_postings(order, _ACCOUNTS[way], amount)
    )
    deposit = Deposit(
        **_of(deed, entry_id),
        ref=order,
        way=way,
        amount=amount,
        evidence=evidence.strip(),
    )
    session.add(deposit)
    session.flush()
    return deposit


class Brought(NamedTuple):
    """What a courier brought: the tickets it is for, the bank's amount and his fee with its VAT."""

    sale_ids: tuple[int, ...]
    banked: int
    fee: int
    evidence: str = ""


def with_courier(session: Session, hub_id: int, courier: str) -> int:
    """What a courier holds of ours, in centimes; below zero where we owe him fees."""
    return balance(session, hub_id, chart.cash_with(courier))


def bank_courier(session: Session, deed: Deed, courier: str, brought: Brought) -> CourierSlip:
    """
    A courier brought what he took at the doors, less his fee; the makers' money waits no longer.

    Refuses tickets that are not his or that he brought before, and more than he holds.
    """
    if not brought.sale_ids:
        raise Refusal("Say which parcels this money is for.", field="sales")
    slip = _write_slip(session, deed, courier, brought, "")
    if session.scalar(select(CourierSlipSale.sale_id).where(CourierSlipSale.slip_id == slip.id)):
        return slip
    sale_ids = sorted(set(brought.sale_ids))
    his = rows(session, _HIS, (deed.hub_id, courier, sale_ids))
    if len(his) != len(sale_ids):
        raise Refusal("He has brought the money of one of these already.", field="sales")
    insert_rows(
        session,
        "courier_slip_sale",
        ("slip_id", "sale_id"),
        [(slip.id, sale_id) for sale_id in sale_ids],
    )
    _release(session, deed, sale_ids)
    return slip


_HIS = """
SELECT sale.id FROM sale JOIN tender ON tender.sale_id = sale.id AND tender.kind = 'cod'
LEFT JOIN courier_slip_sale brought ON brought.sale_id = sale.id
WHERE sale.hub_id = ? AND tender.ref = ? AND sale.id IN (??) AND brought.sale_id IS NULL
GROUP BY sale.id ORDER BY sale.id
"""


def _release(session: Session, deed: Deed, sale_ids: Sequence[int]) -> None:
    """Say from when each line's money may be paid: it is in, and the days to return are over."""
    found = rows(
        session,
        "SELECT earning.line, earning.day FROM earning JOIN sale ON sale.entry_id = "
        "earning.entry_id WHERE sale.id IN (??) ORDER BY earning.id",
        (list(sale_ids),),
    )
    by_day: dict[date, list[str]] = {}
    for line, day in found:
        sold = date.fromisoformat(day) if isinstance(day, str) else day
        by_day.setdefault(sold, []).append(line)
    for sold, lines in by_day.items():
        wait = rules_on(session, deed.hub_id, sold).web_wait_days
        release_earnings(
            *(session, deed.hub_id, lines, max(deed.day, sold + timedelta(days=wait))),
            because="courier",
            actor=deed.actor,
            now=deed.recorded_at,
        )


def charge_refused(
    session: Session, deed: Deed, courier: str, order: str, fee: int, *, evidence: str = ""
) -> CourierSlip:
    """A parcel was refused at the door: nothing is sold, and the courier has his fee."""
    if not order:
        raise Refusal("A text is missing or too long.", field="order")
    return _write_slip(session, deed, courier, Brought((), 0, fee, evidence), order)


def _write_slip(
    session: Session, deed: Deed, courier: str, brought: Brought, order: str
) -> CourierSlip:
    check_deed(deed)
    if not is_courier(courier):
        raise Refusal("There is no such courier.", field="courier")
    if not can_be_kept(order, 64) or not can_be_kept(brought.evidence, _LONGEST_EVIDENCE):
        raise Refusal("A text is missing or too long.", field="evidence")
    if min(brought.banked, brought.fee) < 0 or max(brought.banked, brought.fee) > LARGEST:
        raise Refusal("An amount is out of range.", field="banked")
    if brought.banked + brought.fee == 0:
        raise Refusal("Say what he brought, or what he kept.", field="banked")
    told = (courier, *brought._replace(sale_ids=tuple(sorted(set(brought.sale_ids)))), order)
    body = deed_hash("courier", *told)
    code = chart.cash_with(courier)
    account_ids(session, deed.hub_id, {code})
    lock = "SELECT account.id FROM account WHERE account.hub_id = ? AND account.code = ?"
    rows(session, locking(session, lock, "account"), (deed.hub_id, code))
    there = session.scalar(select(CourierSlip).where(CourierSlip.uid == deed.uid))
    if there:
        check_same(_hash_of(session, there.entry_id), body)
        return there
    held = with_courier(session, deed.hub_id, courier)
    if brought.banked and brought.banked + brought.fee > held:
        raise Refusal("That is more than he holds for us.", field="banked")
    deed = booked(session, deed)
    rules = rules_on(session, deed.hub_id, deed.day)
    vat = inside(brought.fee, rules.vat_bp) if rules.vat_liable else 0
    entry_id = _post(
        *(session, deed, "courier", order or courier, body),
        courier_postings(courier, brought.banked, brought.fee - vat, vat),
    )
    slip = CourierSlip(
        **_of(deed, entry_id),
        courier=courier,
        banked=brought.banked,
        fee=brought.fee - vat,
        fee_vat=vat,
        ref=order,
        evidence=brought.evidence.strip(),
    )
    session.add(slip)
    session.flush()
    return slip


def is_courier(name: str) -> bool:
    """Whether a courier's name can be that of an account: small letters, digits and hyphens."""
    plain = name.replace("-", "")
    return (
        0 < len(name) <= _LONGEST_COURIER
        and plain.isascii()
        and plain.isalnum()
        and name == name.lower()
    )


def _post(
    session: Session, deed: Deed, kind: str, document: str, body: str, postings: list[Posting]
) -> int:
    key = f"{kind}/{deed.uid}"
    if find_entry(session, deed.hub_id, key, body) is not None:
        raise ValueError(f"The entry {key} has no paper.")
    fact = Fact(
        *(deed.hub_id, deed.site_id, kind, document, deed.happened_at, deed.day),
        *(deed.recorded_at, deed.actor, key, body),
    )
    return post(session, fact, postings)


def _of(deed: Deed, entry_id: int) -> dict[str, object]:
    return {
        "hub_id": deed.hub_id,
        "site_id": deed.site_id,
        "entry_id": entry_id,
        "uid": deed.uid,
        "day": deed.day,
        "recorded_at": deed.recorded_at,
        "actor": deed.actor,
    }


def _hash_of(session: Session, entry_id: int) -> str:
    [(body,)] = rows(session, "SELECT body_hash FROM entry WHERE id = ?", (entry_id,))
    return str(body)


def sales_of_order(session: Session, hub_id: int, uid: str) -> list[Sale]:
    """The tickets that name an order by its uid, the first one first."""
    return list(
        session.scalars(
            select(Sale).where(Sale.hub_id == hub_id, Sale.customer == uid).order_by(Sale.id)
        )
    )
