"""The day so far: what was sold and whose it is, and the tills."""

from typing import NamedTuple

from almakane.db import Query, rows_of
from almakane.ledger import chart
from almakane.ledger.queries import balances
from almakane.office.tasks import Scene
from almakane.payouts.shares import Split, add_splits, days_of_trade
from almakane.pos.needs import Grade, What, needs_of
from almakane.pos.queries import Board


class Till(NamedTuple):
    """A till at a glance; `unsent` are the events that it says it still holds."""

    board: Board
    tickets: int
    drawer: int  # in centimes, by the books
    unsent: int
    is_silent: bool
    stops: bool

    @property
    def look(self) -> str:
        """The state that a page draws it as."""
        if self.stops:
            return "stops"
        if self.board.shift is None:
            return ""
        return "waits" if self.unsent or self.is_silent else "done"


class Day(NamedTuple):
    """What was sold today, whose it is, on how many tickets, and the tills."""

    split: Split
    tickets: int
    tills: list[Till]


_TICKETS = """
SELECT register_id, COUNT(*) FROM sale WHERE hub_id = ? AND day = ? GROUP BY register_id
"""


def day_so_far(scene: Scene) -> Day:
    """Today, from both books and the registers' journals."""
    hub_id, today = scene.hub.id, scene.today
    found = days_of_trade(scene.session, hub_id, today, today)
    [counted] = rows_of(scene.session, Query(_TICKETS, (hub_id, today.isoformat())))
    tickets: dict[int, int] = {register: int(count) for register, count in counted}
    drawers = balances(scene.session, hub_id, "cash:")
    tills = [
        _till(scene, board, tickets.get(board.id, 0), drawers.get(chart.cash_of(board.code), 0))
        for board in scene.boards
        if not board.is_server
    ]
    return Day(
        add_splits([Split(), *(day.split for day in found.values())]),
        sum(tickets.values()),
        tills,
    )


def _till(scene: Scene, board: Board, tickets: int, drawer: int) -> Till:
    needs = {need.what: need for need in needs_of(board, scene.now)}
    unsent = needs.get(What.UNSENT)
    return Till(
        board,
        tickets,
        drawer,
        unsent.number if unsent else 0,
        What.SILENT in needs,
        any(need.grade is Grade.STOPS for need in needs.values()),
    )
