"""A till: it enrols, sells, gives back, closes, sends, and does as it is told."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.till.journal import Event, Journal, Key, base64url, moment, uuid7

# Method, path, headers and body (none for a GET) to status and JSON (none where there is none).
Wire = Callable[[str, str, dict[str, str], bytes | None], tuple[int, Any]]


@dataclass
class Till:
    """One browser at one register."""

    wire: Wire
    now: datetime = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    cashier: str = "amina"
    key: Key = field(default_factory=Key)
    token: str = ""
    register: str = ""
    epoch: int = 0
    journals: dict[str, Journal] = field(default_factory=dict)
    shift: str = ""

    # Asking

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        return self.wire(method, path, headers, data)

    def enrol(self, code: str) -> tuple[int, Any]:
        proof = self.key.sign(f"almakane-enrol-1:{code}:{self.key.public}")
        status, told = self.ask(
            "POST",
            "/pos/enrol",
            {"code": code, "key": self.key.public, "proof": proof, "app": "reference 1"},
        )
        if status in (200, 201):
            self.token, self.register = told["token"], told["register"]
            self.epoch = told["epoch"]
            self.journals = {
                mode: Journal(self.key, self.register, self.epoch, mode, text)
                for mode, text in told["genesis"].items()
            }
            self.live.sales = told["perpetual"]["sales"]
            self.live.refunds = told["perpetual"]["refunds"]
        return status, told

    @property
    def live(self) -> Journal:
        return self.journals["live"]

    def send(self, mode: str = "live", most: int = 100) -> list[tuple[int, Any]]:
        """Send what the server lacks; after a gap, from where it says."""
        journal, answers = self.journals[mode], []
        while journal.held < journal.seq:
            batch = journal.events[journal.held : journal.held + most]
            status, told = self.post(batch)
            answers.append((status, told))
            if status == 409 and told["stopped"]["reason"] == "gap":
                journal.held = told["stopped"]["expected"]["seq"] - 1
            elif status == 200:
                journal.held = told["held"]["seq"]
            else:
                break
        return answers

    def post(self, events: list[Event]) -> tuple[int, Any]:
        return self.ask("POST", "/pos/journal", {"events": events})

    # Writing

    def tick(self, seconds: int = 30) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def write(self, kind: str, body: dict[str, Any], **changed: Any) -> Event:
        changed.setdefault("cashier", self.cashier)
        mode = changed.pop("journal", "live")
        return self.journals[mode].write(kind, body, at=self.tick(), **changed)

    def open_shift(self, total: int = 50_000, day: str | None = None) -> Event:
        self.shift = uuid7(self.now)
        body = {
            "shift": self.shift,
            "day": day or f"{self.now:%Y-%m-%d}",
            "catalogue": 1,
            "float": {"total": total, "pieces": [[total, 1]]},
            "float_expected": total,
            "note": "",
        }
        return self.write("shift_opened", body, uid=self.shift)

    def sell(self, *lines: dict[str, Any], **changed: Any) -> Event:
        """A sale in cash, rounded to ten centimes, of lines as `line` makes them."""
        return self.ticket("sale", list(lines), [], **changed)

    def give_back(self, *returns: dict[str, Any], **changed: Any) -> Event:
        changed.setdefault("approvals", [self.approval("refund")])
        return self.ticket("refund", [], list(returns), **changed)

    def ticket(
        self, kind: str, lines: list[dict[str, Any]], returns: list[dict[str, Any]], **changed: Any
    ) -> Event:
        mode = changed.pop("journal", "live")
        journal, uid = self.journals[mode], changed.pop("uid", None)
        goods = sum(line["total"] for line in lines)
        returned = sum(line["total"] for line in returns)
        tax = sum(line["tax"] for line in lines) - sum(line["tax"] for line in returns)
        total = goods - returned
        rounding = cash_rounding(total)
        due = total + rounding
        if mode == "live":
            journal.sales, journal.refunds = journal.sales + goods, journal.refunds + returned
        body = {
            "shift": self.shift,
            "number": journal.next_number(),
            "key": base64url(secrets.token_bytes(16)),
            "lang": "fr",
            "customer": None,
            "catalogue": 1,
            "lines": [{"n": n, **line} for n, line in enumerate(lines, 1)],
            "returns": [{"n": n, **back} for n, back in enumerate(returns, 1)],
            "totals": {
                "goods": goods,
                "returned": returned,
                "tax": tax,
                "total": total,
                "rounding": rounding,
                "due": due,
            },
            "tenders": [{"kind": "cash", "amount": due, "ref": "", "auth": None}] if due else [],
            "change": 0,
            "approvals": [],
            "note": "",
            "perpetual": {"sales": journal.sales, "refunds": journal.refunds},
            **changed,
        }
        return self.write(kind, body, journal=mode, uid=uid)

    def close_shift(self, expected: int, counted: int | None = None, left: int = 50_000) -> Event:
        counted = expected if counted is None else counted
        body = {
            "shift": self.shift,
            "counts": [
                {"at": moment(self.now), "by": self.cashier, "total": counted, "pieces": []}
            ],
            "expected": expected,
            "difference": counted - expected,
            "left": min(left, counted),
            "by_tender": [],
            "tickets": {"count": self.live.tickets, "first": None, "last": None},
            "why": "",
            "note": "",
            "perpetual": {"sales": self.live.sales, "refunds": self.live.refunds},
            "approvals": [],
        }
        return self.write("shift_closed", body)

    def approval(self, right: str, by: str = "hind", grant: str | None = None) -> dict[str, Any]:
        mode = "online" if grant else "offline"
        at = moment(self.now)
        return {"right": right, "by": by, "mode": mode, "grant": grant, "at": at, "why": ""}

    def heartbeat(self, **changed: Any) -> tuple[int, Any]:
        heads = {
            mode: {"seq": journal.seq, "hash": journal.head}
            for mode, journal in self.journals.items()
        }
        told = {
            "heads": heads,
            "unsent": self.live.seq - self.live.held,
            "oldest_unsent_at": None,
            "at": moment(datetime.now(UTC)),
            "app": "reference 1",
            "persisted": True,
            "free_bytes": None,
            **changed,
        }
        return self.ask("POST", "/pos/heartbeat", told)

    def retire(self) -> tuple[int, Any]:
        heads = {
            mode: {"seq": journal.seq, "hash": journal.head}
            for mode, journal in self.journals.items()
        }
        message = f"almakane-retire-1:{self.register}:{self.epoch}:{self.live.head}"
        return self.ask("POST", "/pos/retire", {"heads": heads, "proof": self.key.sign(message)})


def cash_rounding(total: int, step: int = 10) -> int:
    """To the nearest step, a tie toward zero."""
    size = abs(total) % step
    moved = -size if size * 2 <= step else step - size
    return moved if total >= 0 else -moved


def line(code: str, unit: int, **changed: Any) -> dict[str, Any]:
    """A line of a ticket, but for its number; regime B of a maker without VAT."""
    told = {
        "what": "lot",
        "code": code,
        "title": "Théière « Fès » إبريق",
        "qty": 1,
        "list": unit,
        "unit": unit,
        "discount": 0,
        "tax_bp": 0,
        "tax": 0,
        "tax_code": "art91",
        **changed,
    }
    return {"total": told["unit"] * told["qty"] - told["discount"], **told}


def back_of(sale: Event, n: int = 1, qty: int | None = None, **changed: Any) -> dict[str, Any]:
    """A return of a line of a sale that this till wrote, whole or so many of its units."""
    told = json.loads(sale["text"])
    sold = next(line for line in told["body"]["lines"] if line["n"] == n)
    qty = sold["qty"] if qty is None else qty
    return {
        "of": {"uid": told["uid"], "number": told["body"]["number"], "line": n},
        "code": sold["code"],
        "qty": qty,
        "total": sold["total"] * qty // sold["qty"],
        "tax": sold["tax"] * qty // sold["qty"],
        "restock": True,
        "why": "",
        "claim": None,
        **changed,
    }
