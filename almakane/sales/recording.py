"""A ticket on its way into the books: what its lines come to, collected line by line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from almakane.inventory.models import PlaceKind
from almakane.inventory.moves import Move
from almakane.ledger.book import Posting
from almakane.ledger.services import ChangeRow, EarningRow
from almakane.sales.models import Flag
from almakane.sales.queries import Scene
from almakane.sales.ticket import Ticket


@dataclass(slots=True)
class Recording:
    """What a ticket will write, and what differed from the rules on the way."""

    hub_id: int
    ticket: Ticket
    scene: Scene
    now: datetime
    day: date
    consented: bool
    levels: dict[tuple[int, int], int]  # as read under the lots' locks
    stock: dict[tuple[int, int], int]  # the same, less what the ticket moves
    set_aside: Mapping[int, PlaceKind] = field(default_factory=dict)  # lot to where it waits
    flags: dict[tuple[Flag, int], int] = field(default_factory=dict)
    postings: list[Posting] = field(default_factory=list)
    earnings: list[EarningRow] = field(default_factory=list)
    changes: list[ChangeRow] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    sale_lines: list[tuple[object, ...]] = field(default_factory=list)
    refund_lines: list[tuple[object, ...]] = field(default_factory=list)

    def flag(self, flag: Flag, line: int = 0, amount: int = 0) -> None:
        self.flags[flag, line] = self.flags.get((flag, line), 0) + amount

    def move(self, lot_id: int, quantity: int, source: int, target: int, uid: str) -> None:
        self.moves.append(Move(lot_id, quantity, source, target, uid))
        self.stock[lot_id, source] = self.stock.get((lot_id, source), 0) - quantity
        self.stock[lot_id, target] = self.stock.get((lot_id, target), 0) + quantity
