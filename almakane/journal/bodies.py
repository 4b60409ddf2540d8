"""The bodies of events: every field is there, none that is not listed (section 5)."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from almakane.journal.event import HASH, UID, Unfit, read_moment
from almakane.money import LARGEST
from almakane.texts import can_be_kept

# Takes a value, and where it stands in what holds it: paths are put together by who looks into
# lists and objects, once something is wrong, for nearly always nothing is.
Check = Callable[[Any, str], None]

_KEY = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")  # 16 bytes as base64url
_NUMBER = re.compile(r"[A-Z][A-Z0-9]{0,7}-[1-9]\d{0,5}-(X?)(\d{6})", re.ASCII)
_REASONS = 500
_MOST_LINES = 9_999  # as of a ticket; how large an event is bounds them sooner


def text(most: int, least: int = 0) -> Check:
    """A text of so many characters that a database keeps."""

    def check(value: Any, at: str) -> None:
        if not isinstance(value, str) or len(value) < least or not can_be_kept(value, most):
            raise Unfit("bad_value", at)

    return check


def whole(low: int, high: int) -> Check:
    """An integer of a range; a truth is none."""

    def check(value: Any, at: str) -> None:
        if type(value) is not int or not low <= value <= high:
            raise Unfit("bad_value", at)

    return check


def word(*words: str) -> Check:
    """One of some words."""

    def check(value: Any, at: str) -> None:
        if value not in words:
            raise Unfit("bad_value", at)

    return check


def pattern(written: re.Pattern[str]) -> Check:
    """A text that is written in one way."""

    def check(value: Any, at: str) -> None:
        if not isinstance(value, str) or not written.fullmatch(value):
            raise Unfit("bad_value", at)

    return check


def perhaps(inner: Check) -> Check:
    """The same, or `null`."""

    def check(value: Any, at: str) -> None:
        if value is not None:
            inner(value, at)

    return check


def many(inner: Check, most: int, least: int = 0) -> Check:
    """A list of so many of the same."""

    def check(value: Any, at: str) -> None:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise Unfit("bad_value", at)
        for place, item in enumerate(value):
            try:
                inner(item, "")
            except Unfit as unfit:
                raise Unfit(unfit.reason, f"{at}[{place}]{unfit.field}") from unfit

    return check


def fields(shape: Mapping[str, Check]) -> Check:
    """An object with these fields, and with no other."""

    def check(value: Any, at: str) -> None:
        if not isinstance(value, dict):
            raise Unfit("bad_value", at)
        if not value.keys() <= shape.keys():
            raise Unfit("unknown_field", f"{at}.{min(value.keys() - shape.keys())}")
        try:
            for name, inner in shape.items():
                if name not in value:
                    raise Unfit("missing_field", name)
                inner(value[name], name)
        except Unfit as unfit:
            raise Unfit(unfit.reason, f"{at}.{unfit.field}") from unfit

    return check


def truth(value: Any, at: str) -> None:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise Unfit("bad_value", at)


def trading_day(value: Any, at: str) -> None:
    """A day, `YYYY-MM-DD`."""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year < 2200 or value != day.isoformat():
        raise Unfit("bad_value", at)


def moment(value: Any, at: str) -> None:
    """A moment, `YYYY-MM-DDThh:mm:ss.mmmZ`."""
    read_moment(value, at)


money, signed = whole(0, LARGEST), whole(-LARGEST, LARGEST)
_count = whole(0, 10**9)
_cursor = whole(0, 2**53 - 1)
_uid = pattern(UID)
_pieces = many(
    many(whole(0, 10**9), 2, 2),
    40,
)
_perpetual = fields({"sales": whole(0, 2**53 - 1), "refunds": whole(0, 2**53 - 1)})
_note = text(_REASONS)
_approvals = many(
    fields(
        {
            "right": text(40, 1),
            "by": text(80, 1),
            "mode": word("online", "offline"),
            "grant": perhaps(text(64, 1)),
            "at": moment,
            "why": _note,
        }
    ),
    40,
)
_AT_A_TILL = ("cash", "terminal", "gift_card", "credit", "cheque", "transfer")
_kinds_of_tender = word(*_AT_A_TILL)
_line = fields(
    {
        "n": whole(1, 9_999),
        "what": word("lot", "gift_card", "service"),
        "code": text(64, 1),
        "title": text(200),
        "qty": whole(1, 9_999),
        **dict.fromkeys(("list", "unit", "total", "tax"), money),
        "discount": whole(0, LARGEST * 9_999),
        "tax_bp": whole(0, 10_000),
        "tax_code": text(16),
    }
)
_return = fields(
    {
        "n": whole(1, 9_999),
        "of": fields({"uid": _uid, "number": text(30), "line": whole(1, 9_999)}),
        "code": text(64),
        "qty": whole(0, 9_999),
        "total": money,
        "tax": money,
        "restock": truth,
        "why": _note,
        "claim": perhaps(text(64, 1)),
    }
)


def _tenders(*kinds: str) -> Check:
    tender = {
        **{"kind": word(*kinds), "amount": signed},
        **{"ref": text(120), "auth": perhaps(text(64, 1))},
    }
    return many(fields(tender), 40)


_ticket = {
    "shift": _uid,
    "number": pattern(_NUMBER),
    "key": pattern(_KEY),
    "lang": word("fr", "ar", "en"),
    "customer": perhaps(_uid),
    "catalogue": _cursor,
    "totals": fields(
        {
            **{"goods": money, "returned": money, "tax": signed, "total": signed},
            **{"rounding": whole(-10_000, 10_000), "due": signed},
        }
    ),
    "tenders": _tenders(*_AT_A_TILL),
    "change": money,
    "approvals": _approvals,
    "note": _note,
    "perpetual": _perpetual,
}
_SALE = {**_ticket, "lines": many(_line, _MOST_LINES, 1), "returns": many(_return, _MOST_LINES)}
_REFUND = {**_ticket, "lines": many(_line, 0), "returns": many(_return, _MOST_LINES, 1)}
_SHIFT_CLOSED = {
    "shift": _uid,
    "counts": many(
        fields({"at": moment, "by": text(80, 1), "total": money, "pieces": _pieces}), 40, 1
    ),
    "expected": signed,
    "difference": signed,
    "left": money,
    "by_tender": many(fields({"kind": _kinds_of_tender, "amount": signed}), 12),
    "tickets": fields({"count": _count, "first": perhaps(text(30)), "last": perhaps(text(30))}),
    "why": _note,
    "note": _note,
    "perpetual": _perpetual,
    "approvals": _approvals,
}
_BODIES: dict[str, Check] = {
    "shift_opened": fields(
        {
            "shift": _uid,
            "day": trading_day,
            "catalogue": _cursor,
            "float": fields({"total": money, "pieces": _pieces}),
            "float_expected": money,
            "note": _note,
        }
    ),
    "sale": fields(_SALE),
    "refund": fields(_REFUND),
    "cash_moved": fields(
        {
            "shift": _uid,
            "direction": word("in", "out"),
            "amount": whole(1, LARGEST),
            "why": text(_REASONS, 1),
            "note": _note,
            "approvals": _approvals,
        }
    ),
    "drawer_opened": fields({"shift": _uid, "why": _note, "note": _note, "approvals": _approvals}),
    "reprinted": fields(
        {
            "shift": _uid,
            "of": _uid,
            "number": pattern(_NUMBER),
            "copy": whole(1, 99),
            "approvals": _approvals,
        }
    ),
    "voided": fields(
        {"shift": _uid, "lines": many(_line, _MOST_LINES), "why": _note, "approvals": _approvals}
    ),
    "shift_closed": fields(_SHIFT_CLOSED),
}
_SERVER_TICKET = {
    "shift": perhaps(_uid),
    "order": perhaps(text(64, 1)),
    "tenders": _tenders(*_AT_A_TILL, "deposit", "cod"),
}
_SERVER_BODIES: dict[str, Check] = {
    "sale": fields({**_SALE, **_SERVER_TICKET}),
    "refund": fields({**_REFUND, **_SERVER_TICKET}),
    "shift_closed": fields({**_SHIFT_CLOSED, "counts": _SHIFT_CLOSED["counts"]}),
    "adopted": fields(
        {
            "origin": fields(
                {
                    "register": text(25, 1),
                    "epoch": whole(1, 2**53 - 1),
                    "mode": word("live"),
                    "seq": perhaps(whole(1, 2**53 - 1)),
                    "uid": _uid,
                    "hash": pattern(HASH),
                }
            ),
            "event": fields({"text": text(256 * 1024), "hash": text(64), "sig": text(86)}),
            "amended": perhaps(lambda _value, _at: None),
            "by": text(80, 1),
            "why": text(_REASONS, 1),
        }
    ),
}


def check_body(kind: str, body: dict[str, Any], *, by_server: bool = False) -> None:
    """
    Raise Unfit unless a body has the fields of its kind and adds up.

    Reasons: `unknown_kind unknown_field missing_field bad_value does_not_add_up`; the field is a
    path, `body.lines[0].colour`.
    """
    check = (_SERVER_BODIES if by_server else _BODIES).get(kind)
    if check is None:
        raise Unfit("unknown_kind", "kind")
    check(body, "body")
    if kind in ("sale", "refund"):
        _check_totals(body)
    elif kind == "shift_opened":
        _check_pieces(body["float"], "body.float")
    elif kind == "shift_closed":
        for place, count in enumerate(body["counts"]):
            _check_pieces(count, f"body.counts[{place}]")
        if body["difference"] != body["counts"][-1]["total"] - body["expected"]:
            raise Unfit("does_not_add_up", "body.difference")
        if body["left"] > body["counts"][-1]["total"]:
            raise Unfit("does_not_add_up", "body.left")


def ticket_count(body: object) -> int | None:
    """The counting part of a ticket's number, however little of the rest can be read."""
    number = body.get("number") if isinstance(body, dict) else None
    found = _NUMBER.fullmatch(number) if isinstance(number, str) else None
    return int(found[2]) if found else None


def _check_totals(body: dict[str, Any]) -> None:
    lines, returns, totals = body["lines"], body["returns"], body["totals"]
    for place, line in enumerate(lines):
        if line["total"] != line["unit"] * line["qty"] - line["discount"]:
            raise Unfit("does_not_add_up", f"body.lines[{place}].total")
    told = {
        "goods": sum(line["total"] for line in lines),
        "returned": sum(line["total"] for line in returns),
        "tax": sum(line["tax"] for line in lines) - sum(line["tax"] for line in returns),
        "total": totals["goods"] - totals["returned"],
        "due": totals["total"] + totals["rounding"],
    }
    for name, amount in told.items():
        if totals[name] != amount:
            raise Unfit("does_not_add_up", f"body.totals.{name}")
    if sum(tender["amount"] for tender in body["tenders"]) - body["change"] != totals["due"]:
        raise Unfit("does_not_add_up", "body.tenders")


def _check_pieces(counted: dict[str, Any], at: str) -> None:
    pieces = counted["pieces"]
    if pieces and sum(value * count for value, count in pieces) != counted["total"]:
        raise Unfit("does_not_add_up", f"{at}.pieces")
