"""
What waits for somebody, room by room: each source is one function, and reads a bounded number of
times. Whoever adds a room adds its function here, at the place of its kind in the day.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from flask_babel import gettext, lazy_gettext

from almakane.db import Query, rows, rows_of
from almakane.inventory.models import ON_HAND
from almakane.money import LARGEST
from almakane.office.proof import last_proof
from almakane.office.tasks import Scene, Source, Task, Urgency, way
from almakane.payouts.months import month_of, months_from
from almakane.pos.needs import Grade, Need, What, needs_of
from almakane.pos.queries import Board
from almakane.shop.standing import Hand, Standing, open_orders
from almakane.web.formats import day as day_words
from almakane.web.formats import month as month_words
from almakane.web.formats import number

_AHEAD = timedelta(days=14)  # pieces that are due back by then are told of
_NAMED = 3


# The books


def broken_books(scene: Scene) -> Iterator[Task]:
    """Laws that the last quick proof found broken: pay nobody before they are mended."""
    violations = last_proof(scene.session, scene.now).violations
    url = way(("registers.list_waiting", {}), ("payouts.list_makers", {}))
    if violations and url:
        law = f"{violations[0].invariant} {violations[0].row}".strip()
        yield Task(
            Urgency.STOPS,
            gettext("To mend"),
            gettext("The books break their own laws: %(count)s", count=_n(scene, len(violations))),
            gettext(
                "Pay nobody before they are mended; sales go on. The first is of %(law)s.", law=law
            ),
            gettext("Look"),
            url,
        )


# The registers


class _Said(NamedTuple):
    what: object
    note: object
    verb: object
    endpoint: str = "registers.show_register"
    anchor: str = "devices"


_LOOK = lazy_gettext("Look")
_OVERDUE = lazy_gettext("Overdue")
_SETTLE = lazy_gettext("Settle")
_SEE = lazy_gettext("See whether the till is on and has a network.")
_NOT_BOOKED = lazy_gettext("What they tell of is not in the books yet.")
_SAID = {
    What.QUARANTINED: _Said(
        lazy_gettext("Events that wait for a person: %(count)s"),
        _NOT_BOOKED,
        _SETTLE,
        "registers.list_waiting",
        "",
    ),
    What.STRAYS: _Said(
        lazy_gettext("Strays, events without a place: %(count)s"),
        lazy_gettext("What they tell of may not be in the books."),
        _SETTLE,
        "registers.list_waiting",
        "strays",
    ),
    What.MISSING: _Said(
        lazy_gettext("The lost device had events that never came: %(count)s"),
        lazy_gettext("Look for the agent’s copy or an exported file before you close the shift."),
        _LOOK,
    ),
    What.OTHER_HEAD: _Said(
        lazy_gettext("The device’s last event is not ours"),
        lazy_gettext("Two devices may write as one. Say that it is lost, and enrol it anew."),
        _LOOK,
    ),
    What.ORPHAN_SHIFT: _Said(
        lazy_gettext("Its shift is open, and its device cannot close it"),
        lazy_gettext("Count the drawer; a manager closes the shift here."),
        lazy_gettext("Close"),
        anchor="shift",
    ),
    What.UNSENT: _Said(lazy_gettext("Not sent yet: %(count)s"), _SEE, _LOOK),
    What.SILENT: _Said(lazy_gettext("The till is silent, with a shift open"), _SEE, _LOOK),
    What.REVOKED: _Said(
        lazy_gettext("Its token was taken away"),
        lazy_gettext("The device can tell us nothing. Say that it is lost, and enrol it anew."),
        _LOOK,
    ),
    What.CLOCK: _Said(
        lazy_gettext("Its clock is wrong"),
        lazy_gettext("Let the device set its clock by itself."),
        _LOOK,
    ),
    What.NOT_KEPT: _Said(
        lazy_gettext("Its browser may throw the journal away"),
        lazy_gettext("Install the till’s page on the device, so that its storage is kept."),
        _LOOK,
    ),
    What.SPACE: _Said(
        lazy_gettext("Its disk is nearly full"),
        lazy_gettext("Make room on the device: without it no sale can be written down."),
        _LOOK,
    ),
    What.FLAGGED: _Said(
        lazy_gettext("Flagged, and no tickets: %(count)s"),
        lazy_gettext("They are in the books; somebody should see them."),
        lazy_gettext("Read"),
        "registers.list_waiting",
        "flagged",
    ),
    What.FLAGS: _Said(
        lazy_gettext("Flags of tickets: %(count)s"),
        lazy_gettext("They are in the books; somebody should see them."),
        lazy_gettext("Read"),
        "registers.list_flags",
        "",
    ),
}
_BADGES = {
    Grade.STOPS: lazy_gettext("To settle"),
    Grade.WAITS: lazy_gettext("To look at"),
}
_QUIET = (What.FLAGGED, What.FLAGS, What.NOT_KEPT)  # nothing is lost if they are read tomorrow


def tills(scene: Scene) -> Iterator[Task]:
    """What needs a hand at each register, and shifts that nobody closed last night."""
    for board in scene.boards:
        for need in needs_of(board, scene.now):
            if (task := _need(scene, board, need)) is not None:
                yield task
        shift = board.shift
        url = way(("registers.show_register", {"code": board.code, "_anchor": "shift"}))
        if shift and not shift.is_orphan and shift.shift.day < scene.today and url:
            yield Task(
                Urgency.WAITS,
                gettext("To close"),
                _at(
                    board,
                    gettext(
                        "A shift is open since %(day)s",
                        day=day_words(shift.shift.day, scene.language),
                    ),
                ),
                gettext("Count the drawer at the till, and close it there."),
                str(_LOOK),
                url,
            )


def _need(scene: Scene, board: Board, need: Need) -> Task | None:
    said = _SAID[need.what]
    code = "code" if said.endpoint == "registers.show_register" else "register"
    values: dict[str, Any] = {code: board.code}
    if said.anchor:
        values["_anchor"] = said.anchor
    url = way((said.endpoint, values))
    if url is None:
        return None
    urgency = Urgency.STOPS if need.grade is Grade.STOPS else Urgency.WAITS
    return Task(
        Urgency.INFORMS if need.what in _QUIET else urgency,
        str(_BADGES[need.grade]),
        _at(board, str(said.what) % {"count": _n(scene, need.number)}),
        str(said.note),
        str(said.verb),
        url,
    )


def _at(board: Board, words: str) -> str:
    return str(gettext("Register %(register)s: %(words)s", register=board.code, words=words))


_UNKNOWN = """
SELECT COUNT(*), MIN(title) FROM print_job WHERE hub_id = ? AND state = 'unknown'
"""


def papers(scene: Scene) -> Iterator[Task]:
    """Print jobs of which nobody knows whether they came out."""
    [(count, title)] = rows(scene.session, _UNKNOWN, (scene.hub.id,))
    url = way(("printing.list_jobs", {}))
    if count and url:
        yield Task(
            Urgency.WAITS,
            gettext("To answer"),
            gettext("Did this paper come out? %(title)s", title=title)
            if count == 1
            else gettext("Papers that may have come out or not: %(count)s", count=_n(scene, count)),
            gettext("Look into the printer’s tray, and say so."),
            gettext("Answer"),
            url,
        )


# The pieces


_OVERSOLD = """
SELECT lot.code, lot.title, -l.quantity FROM place p CROSS JOIN stock_level l CROSS JOIN lot
WHERE p.site_id IN (SELECT id FROM site WHERE hub_id = ?) AND p.kind = 'oversold'
  AND l.place_id = p.id AND l.quantity < 0 AND lot.id = l.lot_id ORDER BY lot.id LIMIT ?
"""


def oversold(scene: Scene) -> Iterator[Task]:
    """Lots of which more was sold than the house had."""
    found = rows(scene.session, _OVERSOLD, (scene.hub.id, _NAMED + 1))
    for code, title, count in found[:_NAMED]:
        url = way(("stock.show_lot", {"code": code}), ("registers.list_flags", {}))
        if url:
            yield Task(
                Urgency.STOPS,
                gettext("To settle"),
                gettext("%(title)s was sold beyond the books", title=title),
                gettext(
                    "Lot %(code)s, pieces too many: %(count)s. Count it, or find its delivery.",
                    code=code,
                    count=_n(scene, int(count)),
                ),
                str(_SETTLE),
                url,
            )
    url = way(("registers.list_flags", {}))
    if len(found) > _NAMED and url:
        yield Task(
            Urgency.STOPS,
            gettext("To settle"),
            gettext("More lots were sold beyond the books"),
            gettext("The flags of their tickets name each of them."),
            str(_SETTLE),
            url,
        )


_INTAKES = """
SELECT id, state, expected_on, maker_id, COALESCE((
    SELECT SUM(COALESCE(line.announced, line.counted)) FROM intake_line line
    WHERE line.intake_id = intake.id AND line.dropped_at IS NULL), 0)
FROM intake WHERE hub_id = ? AND (state = 'arriving' OR (state = 'announced' AND expected_on <= ?))
ORDER BY expected_on, id LIMIT ?
"""
_MOST_DELIVERIES = 8


def deliveries(scene: Scene) -> Iterator[Task]:
    """Deliveries that were announced for today, and those that somebody began to write down."""
    told = (scene.hub.id, scene.today.isoformat(), _MOST_DELIVERIES)
    found = rows(scene.session, _INTAKES, told)
    for intake_id, state, expected, maker_id, pieces in found:
        url = way(("intake.show_delivery", {"intake_id": intake_id}))
        if url is None:
            return
        on = date.fromisoformat(expected) if isinstance(expected, str) else expected
        name = scene.makers[maker_id]
        if state == "arriving":
            yield Task(
                Urgency.WAITS,
                gettext("To finish"),
                gettext("The delivery of %(maker)s is being written down", maker=name),
                gettext(
                    "Pieces so far: %(count)s. They are not on sale yet.",
                    count=_n(scene, int(pieces)),
                ),
                gettext("Go on"),
                url,
            )
        else:
            late = on is not None and on < scene.today
            yield Task(
                Urgency.WAITS,
                gettext("To receive"),
                gettext(
                    "%(maker)s brings pieces: %(count)s", maker=name, count=_n(scene, int(pieces))
                ),
                gettext("Announced for %(day)s.", day=day_words(on, scene.language))
                if late
                else gettext("Announced for today."),
                gettext("Receive"),
                url,
            )


_DUE = """
SELECT lot.maker_id, SUM(CASE WHEN lot.due_back_on <= ? THEN l.quantity ELSE 0 END),
    SUM(l.quantity), MIN(lot.due_back_on)
FROM place p CROSS JOIN stock_level l CROSS JOIN lot
WHERE p.site_id IN (SELECT id FROM site WHERE hub_id = ?) AND p.kind IN (??)
  AND l.place_id = p.id AND l.quantity <> 0 AND lot.id = l.lot_id AND lot.due_back_on <= ?
GROUP BY lot.maker_id ORDER BY MIN(lot.due_back_on), lot.maker_id
"""


def returns(scene: Scene) -> Iterator[Task]:
    """Pieces that did not sell in the time that was agreed, and are to go back."""
    today, until = scene.today.isoformat(), (scene.today + _AHEAD).isoformat()
    kinds = [kind.value for kind in ON_HAND]
    found = rows(scene.session, _DUE, (today, scene.hub.id, kinds, until))
    if not found:
        return
    first = found[0][3]
    due = date.fromisoformat(first) if isinstance(first, str) else first
    now = sum(int(count) for _maker, count, _all, _due in found)
    soon = sum(int(count) for _maker, _now, count, _due in found) - now
    url = way(("returns.list_due", {}), ("payouts.list_makers", {}))
    if url:
        # While something is due, the makers who are named are those whose pieces are.
        whose = [maker for maker, count, *_rest in found if count or not now]
        some = [scene.makers[maker] for maker in whose[:_NAMED]]
        yield Task(
            Urgency.WAITS if due <= scene.today else Urgency.INFORMS,
            gettext("To give back"),
            gettext("Pieces due to go back to their makers: %(count)s", count=_n(scene, now))
            if now
            else gettext(
                "Pieces to go back to their makers within two weeks: %(count)s",
                count=_n(scene, soon),
            ),
            _due_note(scene, due, soon if now else 0, _names(some, len(whose))),
            gettext("Prepare"),
            url,
        )


def _due_note(scene: Scene, due: date, soon: int, makers: str) -> str:
    """Since when or from when the first is due, whose they are, and how many follow soon."""
    day = day_words(due, scene.language)
    if due > scene.today:
        return str(gettext("The first on %(day)s. %(makers)s", day=day, makers=makers))
    note = str(gettext("The first since %(day)s. %(makers)s", day=day, makers=makers))
    if soon:
        note += " " + str(gettext("Within two weeks: %(count)s more.", count=_n(scene, soon)))
    return note


_COUNTS = """
SELECT c.number, c.day FROM stock_count c LEFT JOIN count_end e ON e.count_id = c.id
WHERE c.hub_id = ? AND e.count_id IS NULL ORDER BY c.id LIMIT ?
"""


def counts(scene: Scene) -> Iterator[Task]:
    """Counts that somebody opened and nobody closed."""
    for number_, day in rows(scene.session, _COUNTS, (scene.hub.id, _NAMED)):
        url = way(("counts.show_count", {"number": number_}))
        on = _as_date(day)
        if url and on:
            yield Task(
                Urgency.WAITS if on < scene.today else Urgency.INFORMS,
                gettext("To finish"),
                gettext("The count %(number)s is open", number=number_),
                gettext(
                    "Since %(day)s. Until a manager closes it, what it found is not booked.",
                    day=day_words(on, scene.language),
                ),
                gettext("Go on"),
                url,
            )


_LACKS = """
SELECT SUM(CASE WHEN p.tax_class IS NULL THEN 1 ELSE 0 END),
       SUM(CASE WHEN photo.there IS NULL THEN 1 ELSE 0 END),
       SUM(CASE WHEN words.there < 3 OR words.there IS NULL THEN 1 ELSE 0 END)
FROM product p
LEFT JOIN (SELECT product_id, 1 AS there FROM photo
    WHERE hub_id = ? AND product_id IS NOT NULL AND retired_at IS NULL GROUP BY product_id) photo
  ON photo.product_id = p.id
LEFT JOIN (SELECT product_id, COUNT(*) AS there FROM product_text
    WHERE title <> '' AND story <> '' GROUP BY product_id) words
  ON words.product_id = p.id
WHERE p.hub_id = ? AND p.disabled_at IS NULL AND p.off_web_at IS NULL
"""


def pages(scene: Scene) -> Iterator[Task]:
    """Products that nobody could buy on the web as they stand: no tax, no picture, no story."""
    [counts] = rows(scene.session, _LACKS, (scene.hub.id, scene.hub.id))
    said = (
        (
            *("tax_class", gettext("To complete"), gettext("Complete")),
            gettext("Products whose tax nobody has named: %(count)s"),
            gettext("They cannot go on sale."),
        ),
        (
            *("photo", gettext("To photograph"), gettext("Photograph")),
            gettext("Products without a photograph: %(count)s"),
            gettext("Nobody buys what cannot be seen."),
        ),
        (
            *("story", gettext("To tell"), gettext("Write")),
            gettext("Products without a story in all three languages: %(count)s"),
            gettext("Who made it, how, and of what."),
        ),
    )
    for count, (lacks, badge, verb, what, note) in zip(counts, said, strict=True):
        url = way(("products.list_products", {"state": "on_sale", "lacks": lacks}))
        if count and url:
            words = what % {"count": _n(scene, int(count))}
            yield Task(Urgency.INFORMS, badge, words, note, verb, url)


# The orders


_ORDERS_NAMED = 3
_ORDER_TASKS = {
    Hand.LOST: (Urgency.STOPS, lazy_gettext("To call")),
    Hand.SEND_BACK: (Urgency.STOPS, lazy_gettext("To give back")),
    Hand.CONFIRM: (Urgency.WAITS, lazy_gettext("To call")),
    Hand.PICK: (Urgency.WAITS, lazy_gettext("To pick")),
    Hand.PACK: (Urgency.WAITS, lazy_gettext("To pack")),
    Hand.READY: (Urgency.WAITS, lazy_gettext("To finish")),
    Hand.SHIP: (Urgency.WAITS, lazy_gettext("To send")),
    Hand.PUT_BACK: (Urgency.WAITS, lazy_gettext("To put back")),
}
_ORDER_NOTES = {
    Hand.LOST: lazy_gettext("Its piece was sold at a till. Call the buyer today."),
    Hand.SEND_BACK: lazy_gettext("The buyer’s money goes back; the law gives fifteen days."),
    Hand.CONFIRM: lazy_gettext("Cash on delivery: confirm by phone within 24 hours."),
    Hand.PICK: lazy_gettext("Take its pieces from the shelf, and scan them."),
    Hand.PACK: lazy_gettext("Its pieces are picked and wait to be packed."),
    Hand.READY: lazy_gettext("All is picked: tell the buyer that it is ready."),
    Hand.SHIP: lazy_gettext("It is packed and waits for the courier."),
    Hand.PUT_BACK: lazy_gettext("Nobody came for it in time."),
}
_STRANDED = lazy_gettext("The courier has had it for very long: ask for the money or the parcel.")


def orders(scene: Scene) -> Iterator[Task]:
    """Orders of the web that need a hand, those that stop first; many of a kind are one line."""
    of_hand: dict[Hand, list[Standing]] = {}
    for one in open_orders(scene.session, scene.hub.id, scene.now):
        if one.hand in _ORDER_TASKS or one.is_late:
            of_hand.setdefault(one.hand, []).append(one)
    for hand, some in of_hand.items():
        urgency, badge = _ORDER_TASKS.get(hand, (Urgency.WAITS, _OVERDUE))
        note = _ORDER_NOTES.get(hand, _STRANDED)
        for one in some[:_ORDERS_NAMED]:
            url = way(("orders.show_order", {"number": one.order.number}))
            if url:
                yield Task(
                    Urgency.STOPS if one.is_late else urgency,
                    str(_OVERDUE if one.is_late else badge),
                    gettext(
                        "Order %(number)s of %(name)s",
                        number=one.order.number,
                        name=one.order.contact.name,
                    ),
                    str(note),
                    str(_LOOK),
                    url,
                )
        url = way(("orders.list_orders", {"_anchor": hand.value}))
        if len(some) > _ORDERS_NAMED and url:
            yield Task(
                urgency,
                str(badge),
                gettext("More orders: %(count)s", count=_n(scene, len(some) - _ORDERS_NAMED)),
                str(note),
                str(_LOOK),
                url,
            )


# The money


def statements(scene: Scene) -> Iterator[Task]:
    """Months that are over and whose statements nobody drew, though something was earned."""
    hub_id, this_month = scene.hub.id, month_of(scene.today)
    [last], [first] = (
        found or [(None,)]
        for found in rows_of(
            scene.session,
            Query("SELECT MAX(day), MAX(to_entry_id) FROM statement WHERE hub_id = ?", (hub_id,)),
            Query(
                "SELECT MIN(e.day) FROM earning e WHERE e.hub_id = ? AND e.entry_id > COALESCE("
                "(SELECT MAX(to_entry_id) FROM statement WHERE hub_id = ?), 0)",
                (hub_id, hub_id),
            ),
        )
    )
    drawn, since = _as_date(last[0]), _as_date(first[0])
    url = way(("payouts.list_statements", {}))
    # Money that was earned in a month that is over, and stands on no statement yet.
    if url and since and since < this_month and (drawn is None or drawn < this_month):
        month = months_from(this_month, -1)
        yield Task(
            Urgency.INFORMS,
            gettext("To draw"),
            gettext(
                "The statements up to the end of %(month)s were not drawn yet",
                month=month_words(month, scene.language),
            ),
            gettext("Until then nobody can be paid for what was sold."),
            gettext("Draw"),
            url,
        )


_COSTS = "SELECT COUNT(*) FROM operating_cost WHERE hub_id = ? AND month = ?"
_COSTS_LATE = 10  # of a month that is over, from this day of the next


def costs(scene: Scene) -> Iterator[Task]:
    """The costs of the last month, where nobody entered any by the tenth."""
    month = months_from(month_of(scene.today), -1)
    url = way(("payouts.list_costs", {"month": f"{month:%Y-%m}"}))
    if scene.today.day < _COSTS_LATE or url is None:
        return
    [(count,)] = rows(scene.session, _COSTS, (scene.hub.id, month.isoformat()))
    [(since,)] = rows(scene.session, "SELECT MIN(day) FROM entry WHERE hub_id = ?", (scene.hub.id,))
    opened = _as_date(since)
    if not count and opened and opened < month_of(scene.today):
        yield Task(
            Urgency.INFORMS,
            gettext("To enter"),
            gettext(
                "The costs of %(month)s were not entered yet",
                month=month_words(month, scene.language),
            ),
            gettext("The path to autonomy leaves that month out."),
            gettext("Enter"),
            url,
        )


SOURCES: tuple[Source, ...] = (
    broken_books,
    oversold,
    tills,
    papers,
    orders,
    deliveries,
    returns,
    counts,
    statements,
    pages,
    costs,
)


def _n(scene: Scene, count: int) -> str:
    return number(min(count, LARGEST), scene.language)


def _names(some: list[str], count: int) -> str:
    comma = str(gettext(", "))
    return comma.join(some) + (" …" if count > len(some) else "")


def _as_date(day: date | str | None) -> date | None:
    return date.fromisoformat(day) if isinstance(day, str) else day
