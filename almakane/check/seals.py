"""
I4: every seal verifies, to the row; and I12: the totals that were kept with it are the full sums.

A sealed row is written as text by the database, hashed here, and compared with what was sealed.
The streams are written out once more, apart from the code that seals.
"""

import hashlib
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import NamedTuple

from sqlalchemy import Connection, text

from almakane.check.dialects import as_sealed, day_of, digests_of
from almakane.check.law import Broken, Rule

_FIRST = "0" * 64
_IDS_AT_ONCE = 2_000
_MARK = 4  # bytes of a row's digest that its seal keeps
_NEAR = 200  # rows within which a lost one is looked for
_ALL, _LAST = 2**31 - 1, 2  # seals of a hub that are read
_FEWEST = 44  # streams of the oldest seals


class Stream(NamedTuple):
    """
    A table as seals write it.

    `owner` has the ids that say what is new; `key` names the owner in the table; `n` tells the
    rows of one owner apart. `hub` is the way to the table that has the owner's hub, where the owner
    has none: `maker_id maker` goes to an agreement's maker. A column is a whole number unless it
    says `:kind`; one that may be empty ends in `?`.
    """

    table: str
    owner: str
    key: str
    n: str
    columns: str
    hub: tuple[str, ...] = ()

    def sql(self, what: str) -> str:
        """
        Something of each row of a hub, in a window of its owners' ids, in the order of the seal.

        The plus keeps SQLite from reading all that the hub ever had, by an index on it.
        """
        owner, source = "sealed", f"{self.table} sealed"
        if self.owner != self.table:
            owner = "owner"
            source = f"{self.owner} owner JOIN {source} ON sealed.{self.key} = owner.id"
        order = f"{owner}.id, sealed.{self.n}" if self.n else f"{owner}.id"
        whose, told = owner, ""
        for step in self.hub:
            column, table = step.split()
            source += f" CROSS JOIN {table}"
            told += f"AND {table}.id = {whose}.{column} "
            whose = table
        return f"""
        SELECT {what} FROM {source}
        WHERE +{whose}.hub_id = :hub AND {owner}.id > :after AND {owner}.id <= :upto {told}
        ORDER BY {order}
        """

    @property
    def name(self) -> str:
        """How a violation names a row."""
        name = f"'{self.table} ' || sealed.{self.key}"
        return f"{name} || '/' || sealed.{self.n}" if self.n else name


_PARTS = "gross promotion commission commission_vat fees fees_vat vat_in net"

# The order of the streams is that of the seal.
STREAMS = (
    Stream(
        *("entry", "entry", "id", ""),
        "id site_id? kind:words document:words happened_at:moment day:day recorded_at:moment "
        "actor:words idempotency_key:words body_hash:words reverses_id?",
    ),
    Stream(
        *("posting", "entry", "entry_id", "n"),
        "entry_id n debit_id credit_id amount currency:words line",
    ),
    Stream(
        *("earning", "earning", "id", ""),
        "id entry_id line:words kind:words maker_id lot_code:words title:words quantity day:day "
        "document:words site_id? channel:words craft:words regime:words paid_to:words list_price "
        f"{_PARTS} available_on:day?",
    ),
    Stream(
        *("earning_share", "earning", "earning_id", "artisan_id"), "earning_id artisan_id amount"
    ),
    Stream(
        *("earning_change", "entry", "entry_id", "id"),
        f"id entry_id earning_id line:words quantity day:day document:words {_PARTS}",
    ),
    Stream(
        *("consignment", "consignment", "id", ""),
        "id site_id maker_id agreement_id uid:words number:words day:day happened_at:moment "
        "actor:words",
    ),
    Stream(
        *("lot", "lot", "id", ""),
        "id consignment_id n product_id agreement_id maker_id code:words kind:words regime:words "
        "quantity floor unit_cost commission_bp",
    ),
    Stream(*("lot_artisan", "lot", "lot_id", "artisan_id"), "lot_id artisan_id weight"),
    Stream(
        *("stock_move", "stock_move", "id", ""),
        "id lot_id quantity source_id target_id reason:words document:words uid:words "
        "happened_at:moment day:day actor:words",
    ),
    Stream(
        *("loss", "loss", "id", ""),
        "id lot_id uid:words number:words kind:words quantity bearer:words entry_id? day:day "
        "actor:words",
    ),
    Stream(
        *("sale", "sale", "id", ""),
        "id register_id entry_id uid:words body_hash:words number:words kind:words "
        "happened_at:moment told_day:day day:day recorded_at:moment cashier:words shift:words? "
        "goods returned tax rounding due change",
    ),
    Stream(
        *("sale_line", "sale", "sale_id", "n"),
        "sale_id n what:words lot_id? code:words title:words quantity list_price unit discount "
        "total tax_bp tax tax_code:words booked_tax cost",
    ),
    Stream(
        *("refund_line", "sale", "sale_id", "n"),
        "sale_id n of_sale_id? of_n? lot_id? code:words quantity total tax restock:truth "
        "booked_quantity booked booked_tax booked_cost",
    ),
    Stream(*("tender", "sale", "sale_id", "n"), "sale_id n kind:words amount secured:truth"),
    Stream(*("account", "account", "id", ""), "id code:words kind:words currency:words pcge:words"),
    Stream(
        *("earning_change_share", "earning_change", "change_id", "artisan_id"),
        "change_id artisan_id amount",
        hub=("entry_id entry",),
    ),
    Stream(
        *("release", "release", "id", ""),
        "id earning_id available_on:day actor:words recorded_at:moment",
        hub=("earning_id earning",),
    ),
    Stream(
        *("sale_flag", "sale_flag", "id", ""),
        "id sale_id flag:words line amount",
        hub=("sale_id sale",),
    ),
    Stream(
        *("flag_end", "flag_end", "id", ""),
        "id sale_id flag:words line actor:words at:moment",
        hub=("sale_id sale",),
    ),
    Stream(
        *("hub_rules", "hub_rules", "id", ""),
        "id valid_from:day vat_liable:truth vat_bp vat_reduced_bp cash_step cash_limit "
        "till_wait_days web_wait_days",
    ),
    Stream(
        *("agreement", "agreement", "id", ""),
        "id maker_id version valid_from:day regime:words commission_bp discounts:words card_fee_bp "
        "card_fee_maker_bp maker_vat_liable:truth paid_to:words loss_bearer:words return_days "
        "unsold_days",
        hub=("maker_id maker",),
    ),
    Stream(
        *("agreement_override", "agreement_override", "id", ""),
        "id agreement_id category:words commission_bp",
        hub=("agreement_id agreement", "maker_id maker"),
    ),
    Stream(*("place", "place", "id", ""), "id site_id kind:words", hub=("site_id site",)),
    Stream(
        *("return_slip", "return_slip", "id", ""),
        "id site_id maker_id uid:words number:words day:day recorded_at:moment actor:words",
    ),
    Stream(*("return_slip_line", "return_slip", "slip_id", "n"), "slip_id n lot_id quantity"),
    Stream(
        *("shift", "shift", "id", ""),
        "id register_id uid:words day:day opened_at:moment opened_by:words float_amount",
    ),
    Stream(
        *("shift_closing", "shift_closing", "id", ""),
        "id shift_id closed_at:moment closed_by:words expected counted left_amount",
        hub=("shift_id shift",),
    ),
    Stream(
        *("statement", "statement", "id", ""),
        "id account_id maker_id artisan_id? number:words day:day from_entry_id to_entry_id opening "
        "closing waiting available seal_id? drawn_at:moment actor:words",
    ),
    Stream(
        *("hub_identity", "hub_identity", "id", ""),
        "id valid_from:day legal_name:words address:words city:words phone:words ice:words "
        "tax_id:words patente:words rc:words cnss:words exchange_days withdrawal_days",
    ),
    Stream(
        *("journal_event", "journal_event", "id", ""),
        "id chain_id seq uid:words kind:words hash:words outcome:words flags:words reason:words? "
        "received_at:moment deliverer:words",
    ),
    Stream(
        *("event_end", "event_end", "id", ""),
        "id event_id how:words actor:words at:moment flags:words adopted_id?",
        hub=("event_id journal_event",),
    ),
    Stream(
        *("stray", "stray", "id", ""),
        "id register_id mark:words verifies:truth received_at:moment deliverer:words",
    ),
    Stream(
        *("stray_end", "stray_end", "id", ""),
        "id stray_id how:words actor:words at:moment adopted_id?",
        hub=("stray_id stray",),
    ),
    Stream(
        *("manager_grant", "manager_grant", "id", ""),
        "id register_id uid:words allows:words actor:words at:moment",
    ),
    Stream(
        *("claim", "claim", "id", ""),
        "id register_id uid:words of_sale_id of_n quantity ends_at:moment",
    ),
    Stream(
        *("taking", "taking", "id", ""),
        "id register_id uid:words kind:words ref:words amount at:moment",
    ),
    Stream(*("used", "used", "id", ""), "id uid:words event_uid:words at:moment"),
    Stream(
        *("consignment_signature", "consignment_signature", "id", ""),
        "id consignment_id way:words mark_hash:words lines_hash:words signed_at:moment "
        "recorded_at:moment actor:words",
    ),
    Stream(
        *("finding", "finding", "id", ""),
        "id site_id loss_id uid:words number:words quantity entry_id? day:day recorded_at:moment "
        "actor:words",
    ),
    Stream(
        *("stock_count", "stock_count", "id", ""),
        "id site_id place_id? maker_id? craft:words? blind:truth uid:words number:words "
        "after_move_id opened_at:moment day:day actor:words",
    ),
    Stream(
        *("count_scan", "count_scan", "id", ""),
        "id count_id lot_id place_id quantity uid:words undoes_id? scanned_at:moment actor:words",
        hub=("count_id stock_count",),
    ),
    Stream(
        *("count_end", "count_end", "id", ""),
        "id count_id how:words held_by:words at:moment actor:words",
        hub=("count_id stock_count",),
    ),
    Stream(
        *("count_line", "count_line", "id", ""),
        "id count_id n lot_id place_id missing:truth quantity outcome:words document:words",
        hub=("count_id stock_count",),
    ),
    Stream(
        *("return_signature", "return_signature", "id", ""),
        "id slip_id way:words mark_hash:words signed_at:moment actor:words",
    ),
    Stream(
        *("deposit", "deposit", "id", ""),
        "id site_id entry_id uid:words ref:words way:words amount day:day recorded_at:moment "
        "actor:words",
    ),
    Stream(
        *("courier_slip", "courier_slip", "id", ""),
        "id site_id entry_id uid:words courier:words banked fee fee_vat ref:words day:day "
        "recorded_at:moment actor:words",
    ),
    Stream(*("courier_slip_sale", "courier_slip", "slip_id", "sale_id"), "slip_id sale_id"),
    Stream(
        *("web_order", "web_order", "id", ""),
        "id site_id uid:words number:words key_hash:words language:words way:words city:words "
        "payment:words goods delivery_fee total weight_grams placed_at:moment day:day",
    ),
    Stream(
        *("web_order_line", "web_order", "order_id", "n"),
        "order_id n lot_id product_id code:words title:words quantity list_price unit total tax_bp "
        "tax_code:words hold_uid:words",
    ),
    Stream(
        *("web_order_step", "web_order_step", "id", ""),
        "id order_id step:words at:moment actor:words",
        hub=("order_id web_order",),
    ),
    Stream(
        *("delivery_tariff", "delivery_tariff", "id", ""),
        "id valid_from:day default_grams set_at:moment actor:words",
    ),
    Stream(
        *("delivery_fee", "delivery_fee", "id", ""),
        "id tariff_id city:words up_to_grams fee",
        hub=("tariff_id delivery_tariff",),
    ),
    Stream(
        *("hub_habits", "hub_habits", "id", ""),
        "id valid_from:day cashier_band_bp staff_band_bp return_days label_sheet:words "
        "actor:words set_at:moment",
    ),
)
_BY_TABLE = {stream.table: stream for stream in STREAMS}


class Part(NamedTuple):
    """One table's rows under one seal: whose, after which id up to which, how many."""

    seal_id: int
    hub_id: int
    book: str
    after: int
    last: int
    rows: int
    hash: str

    @property
    def row(self) -> str:
        """How a violation names it."""
        return f"seal_part {self.seal_id}/{self.book}"


class Seal(NamedTuple):
    """A hub's sealed day, and its parts by table."""

    id: int
    hub_id: int
    hub: str
    day: str
    previous: str
    hash: str
    last_entry_id: int
    parts: dict[str, Part]

    @property
    def row(self) -> str:
        """How a violation names it."""
        return f"seal {self.id}"

    @property
    def hash_of_it(self) -> str:
        """What its hash has to be."""
        told = "".join(
            f"{part.book}|{part.after}|{part.last}|{part.rows}|{part.hash}|"
            for stream in STREAMS
            if (part := self.parts.get(stream.table))
        )
        told = f"{self.previous}|{self.hub}|{self.day}|{told}"
        return hashlib.sha256(told.encode()).hexdigest()


def read_seals(connection: Connection, *, fast: bool) -> list[Seal]:
    """Every seal, hub by hub in the order of the chain; or the last two of each hub."""
    many = _LAST if fast else _ALL
    chosen = "SELECT id FROM ({}) latest WHERE nth <= :many".format(
        "SELECT id, ROW_NUMBER() OVER (PARTITION BY hub_id ORDER BY id DESC) AS nth FROM seal"
    )
    seals = {
        row[0]: Seal(*[*row, {}])
        for row in connection.execute(
            text(
                f"SELECT seal.id, hub_id, code, {day_of(connection, 'day')}, previous, "
                "hash, last_entry_id FROM seal JOIN hub ON hub.id = hub_id "
                f"WHERE seal.id IN ({chosen}) ORDER BY hub_id, seal.id"
            ),
            {"many": many},
        )
    }
    for seal_id, book, *figures in connection.execute(
        text(
            "SELECT seal_id, book, after_id, last_id, count, hash FROM seal_part "
            f"WHERE seal_id IN ({chosen})"
        ),
        {"many": many},
    ):
        if seal_id in seals:
            hub_id = seals[seal_id].hub_id
            seals[seal_id].parts[book] = Part(seal_id, hub_id, book, *figures)
    return list(seals.values())


def parts_to_hash(seals: list[Seal], *, fast: bool) -> list[Part]:
    """The parts whose rows are hashed again: all, or those of each hub's last seal."""
    if fast:
        seals = list({seal.hub_id: seal for seal in seals}.values())
    return [
        seal.parts[stream.table]
        for seal in seals
        for stream in STREAMS
        if stream.table in seal.parts
    ]


def broken_chain(seals: list[Seal], *, fast: bool) -> Broken:
    """Each seal is the hash of its hub's day, its own parts and the seal before it."""
    broken = Broken("I4", "seals_are_chained")
    before: Seal | None = None
    for seal in seals:
        if before and before.hub_id != seal.hub_id:
            before = None
        if seal.hash != seal.hash_of_it:
            broken.add(
                "The seal of %(day)s is not the hash of what it sealed.", seal.row, day=seal.day
            )
        for book in sorted(_books_of(seal, before) ^ seal.parts.keys()):
            broken.add(
                "The seal of %(day)s should not be without or with %(book)s.",
                seal.row,
                day=seal.day,
                book=book,
            )
        if "entry" in seal.parts and seal.parts["entry"].last != seal.last_entry_id:
            broken.add(
                "The seal of %(day)s names another last entry than it covers.",
                seal.row,
                day=seal.day,
            )
        if before or not fast:
            _follow(seal, before, broken)
        before = seal
    return broken


def _books_of(seal: Seal, before: Seal | None) -> set[str]:
    """
    What a seal has to hold: all up to the last that it has, and all that the seal before it held.

    One that was made before a table came into being is whole without it; its rows are under the
    next seal, from the first one on.
    """
    held = seal.parts.keys() | (before.parts.keys() if before else set())
    books = [stream.table for stream in STREAMS]
    last = max((n for n, book in enumerate(books) if book in held), default=-1)
    return set(books[: max(last + 1, _FEWEST)])


def _follow(seal: Seal, before: Seal | None, broken: Broken) -> None:
    """A seal begins where the one before it ended, or at nothing."""
    if seal.previous != (before.hash if before else _FIRST):
        broken.add("The seal of %(day)s does not follow the one before it.", seal.row, day=seal.day)
    for part in seal.parts.values():
        ended = before.parts.get(part.book) if before else None
        cut = ended.last if ended else 0
        if part.after != cut:
            broken.add(
                "%(book)s is sealed after %(after)s, and the seal before it ended at %(cut)s.",
                part.row,
                book=part.book,
                after=part.after,
                cut=cut,
            )


def broken_part(connection: Connection, part: Part) -> Broken:
    """One table's rows under one seal; only where the hash differs is a row looked for."""
    broken, stream = Broken("I4", "rows_are_as_sealed"), _BY_TABLE[part.book]
    whole, size = hashlib.sha256(), 0
    for digests in digests_of(
        connection, stream.sql(as_sealed(connection, stream.columns)), _windows(part)
    ):
        whole.update(digests)
        size += len(digests)
    if (size // whole.digest_size, whole.hexdigest()) != (part.rows, part.hash):
        _name_rows(connection, part, broken)
    return broken


def _windows(part: Part) -> Iterator[dict[str, int]]:
    """The ids under a seal, so many at once."""
    for start in range(part.after, part.last, _IDS_AT_ONCE):
        upto = min(start + _IDS_AT_ONCE, part.last)
        yield {"hub": part.hub_id, "after": start, "upto": upto}


def _digests(connection: Connection, part: Part) -> Iterator[tuple[str, bytes]]:
    """The rows under a seal by name, each with its digest."""
    stream = _BY_TABLE[part.book]
    query = text(stream.sql(f"{stream.name}, {as_sealed(connection, stream.columns)}"))
    for window in _windows(part):
        for name, told in connection.execute(query, window):
            yield name, hashlib.sha256(told.encode()).digest()


def _name_rows(connection: Connection, part: Part, broken: Broken) -> None:
    """Follow the marks of what was sealed, and name each row that was changed, added or lost."""
    marks, at, named = _marks(connection, part), 0, False
    rows = chain(_digests(connection, part), [("", b"")])
    for (row, digest), (_next_row, next_digest) in pairwise(rows):
        lost = _distance(marks, at, digest)
        if lost == 0:
            at += 1
            continue
        named = True
        if lost:
            broken.add("%(count)s sealed rows before this one are gone.", row, count=lost)
            at += lost + 1
        elif _distance(marks, at, next_digest) == 0:
            broken.add("This row was not there when it should have been sealed.", row)
        else:
            broken.add("This row is not what was sealed.", row)
            at += 1
    gone = len(marks) // _MARK - at
    if gone > 0:
        broken.add("The last %(count)s sealed rows are gone.", part.row, count=gone)
    elif not named:
        broken.add("The rows of %(book)s are not what was sealed.", part.row, book=part.book)


def _marks(connection: Connection, part: Part) -> bytes:
    query = text("SELECT marks FROM seal_part WHERE seal_id = :seal_id AND book = :book")
    found = connection.execute(query, {"seal_id": part.seal_id, "book": part.book})
    return bytes(found.scalar_one())


def _distance(marks: bytes, at: int, digest: bytes) -> int | None:
    """How many marks lie before a row's own; None where it is not near."""
    near = range(at * _MARK, min((at + _NEAR) * _MARK, len(marks)), _MARK)
    for place in near:
        if marks[place : place + _MARK] == digest[:_MARK]:
            return place // _MARK - at
    return None


_KEPT = """
SELECT account_id, seal_id, debit, credit, last_entry_id AS cut,
       COALESCE(LAG(debit) OVER earlier, 0) AS debit_before,
       COALESCE(LAG(credit) OVER earlier, 0) AS credit_before,
       COALESCE(LAG(last_entry_id) OVER earlier, 0) AS cut_before
FROM seal_balance JOIN seal ON seal.id = seal_id
WINDOW earlier AS (PARTITION BY account_id ORDER BY seal_id)
"""
_SPANS = """
SELECT id AS seal_id, hub_id, last_entry_id AS upto_id,
       COALESCE(LAG(last_entry_id) OVER (PARTITION BY hub_id ORDER BY id), 0) AS after_id
FROM seal
"""


def _moved(side: str) -> str:
    """What was posted to an account between two cuts, on one side."""
    return (
        f"(SELECT COALESCE(SUM(amount), 0) FROM posting WHERE {side}_id = account_id "
        "AND entry_id > cut_before AND entry_id <= cut)"
    )


def _turned(side: str, debit: str, credit: str) -> str:
    """What each seal's entries posted to income and cost accounts on one side, by trading day."""
    return f"""
    SELECT account.id AS account_id, entry.day, span.seal_id, {debit} AS debit, {credit} AS credit
    FROM ({_SPANS}) span
    JOIN account ON account.hub_id = span.hub_id AND account.kind IN ('income', 'expense')
    JOIN posting ON posting.{side}_id = account.id
         AND posting.entry_id > span.after_id AND posting.entry_id <= span.upto_id
    JOIN entry ON entry.id = posting.entry_id
    """


# The newest seals could be cut off and leave a chain that is whole: who remembers them is asked.
RULES = (
    Rule(
        "what_a_seal_keeps_has_its_seal",
        "I4",
        "%(count)s rows of %(table)s are of the seal %(seal)s, which is not there.",
        " UNION ALL ".join(
            f"""
            SELECT '{table} of seal ' || seal_id AS found, '{table}' AS "table",
                   COUNT(*) AS count, seal_id AS seal
            FROM {table} WHERE NOT EXISTS (SELECT 1 FROM seal WHERE seal.id = seal_id)
            GROUP BY seal_id
            """
            for table in ("seal_part", "seal_balance", "seal_turnover")
        ),
    ),
    Rule(
        "a_late_ticket_tells_of_a_sealed_day",
        "I4",
        "The ticket %(number)s was late for %(day)s, a day that no seal covers.",
        """
        SELECT 'sale ' || sale.id AS found, sale.number, sale.told_day AS day
        FROM sale_flag
        JOIN sale ON sale.id = sale_flag.sale_id
        LEFT JOIN (SELECT hub_id, MAX(day) AS upto FROM seal GROUP BY hub_id) sealed
             ON sealed.hub_id = sale.hub_id
        WHERE sale_flag.flag = 'late_day' AND (upto IS NULL OR upto < sale.told_day)
        """,
    ),
    Rule(
        "kept_balances_are_sums",
        "I12",
        "%(account)s was kept at %(debit)s and %(credit)s, which its postings do not make.",
        f"""
        SELECT 'seal_balance ' || account_id || '/' || seal_id AS found, account.code AS account,
               debit, credit
        FROM ({_KEPT}) kept JOIN account ON account.id = account_id
        WHERE debit - debit_before <> {_moved("debit")}
           OR credit - credit_before <> {_moved("credit")}
        """,
    ),
    Rule(
        "what_moved_is_kept",
        "I12",
        "%(account)s moved before the last seal, and its balance was not kept since.",
        """
        SELECT 'account ' || account.id AS found, account.code AS account
        FROM account
        JOIN (SELECT hub_id, MAX(last_entry_id) AS cut FROM seal GROUP BY hub_id) sealed
             ON sealed.hub_id = account.hub_id
        LEFT JOIN (SELECT account_id, MAX(last_entry_id) AS cut
                   FROM seal_balance JOIN seal ON seal.id = seal_id GROUP BY account_id) kept
             ON kept.account_id = account.id
        WHERE EXISTS (SELECT 1 FROM posting WHERE debit_id = account.id
                      AND entry_id > COALESCE(kept.cut, 0) AND entry_id <= sealed.cut)
           OR EXISTS (SELECT 1 FROM posting WHERE credit_id = account.id
                      AND entry_id > COALESCE(kept.cut, 0) AND entry_id <= sealed.cut)
        """,
    ),
    Rule(
        "kept_turnovers_are_sums",
        "I12",
        "The day %(day)s of %(account)s was kept as %(debit)s and %(credit)s; its postings make "
        "%(debited)s and %(credited)s.",
        f"""
        SELECT 'seal_turnover ' || account_id || '/' || day || '/' || seal_id AS found,
               account.code AS account, day, debit, credit, debited, credited
        FROM (SELECT account_id, day, seal_id, SUM(debit) AS debit, SUM(credit) AS credit,
                     SUM(debited) AS debited, SUM(credited) AS credited
              FROM (SELECT account_id, day, seal_id, debit, credit, 0 AS debited, 0 AS credited
                    FROM seal_turnover
                    UNION ALL
                    SELECT account_id, day, seal_id, 0, 0, debit, credit
                    FROM ({_turned("debit", "posting.amount", "0")}) debits
                    UNION ALL
                    SELECT account_id, day, seal_id, 0, 0, debit, credit
                    FROM ({_turned("credit", "0", "posting.amount")}) credits) each_one
              GROUP BY account_id, day, seal_id
              HAVING SUM(debit) <> SUM(debited) OR SUM(credit) <> SUM(credited)) differ
        LEFT JOIN account ON account.id = account_id
        """,
    ),
)
