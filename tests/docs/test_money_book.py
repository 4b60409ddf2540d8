"""Every table of docs/money-book.md, tried on the real services."""

import ast
import hashlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Session

from almakane.check.guards import APPEND_ONLY
from almakane.cooperatives.agreement import Discounts, PricedLine, Regime, Terms, share
from almakane.db import Model, db, rows, transaction
from almakane.ledger import chart
from almakane.ledger.models import Earning, EarningChange, EarningChangeShare, EarningShare
from almakane.ledger.queries import balances
from almakane.money import allocate, inside, rate, to_step
from almakane.payouts.models import Statement
from almakane.payouts.queries import hub_share, statement_rows
from almakane.sales.models import Flag
from almakane.sales.sealing import BOOKS, seal_day
from almakane.settings import ROOT
from tests.docs.pages import Row, basis_points, centimes, day, example, table
from tests.docs.story import (
    ANOTHER_SALE,
    BOOK,
    THE_DELIVERY,
    THE_LAST_REFUND,
    THE_LOSS,
    THE_PAYOUT,
    THE_REFUND,
    THE_SALE,
    Story,
    at,
)
from tests.factories import Sold, a_line, a_ticket, make_hub, make_lot, make_maker, tell

SHARES = {
    "gross": "gross",
    "promotion": "promotion",
    "commission": "commission",
    "commission_vat": "VAT",
    "fees": "fees",
    "net": "net",
}


@pytest.fixture
def story(books: Flask) -> Iterator[Story]:
    """The whole story, told in one transaction."""
    with transaction() as session:
        story = Story(session)
        story.tell()
        yield story


def postings(session: Session, entry_id: int) -> list[tuple[int, str, str, int]]:
    """An entry's rows in their order: line, debit, credit, centimes."""
    found = rows(
        session,
        "SELECT p.line, d.code, c.code, p.amount FROM posting p JOIN account d ON d.id = "
        "p.debit_id JOIN account c ON c.id = p.credit_id WHERE p.entry_id = ? ORDER BY p.n",
        (entry_id,),
    )
    return [tuple(row) for row in found]


def told_postings(story: Story, section: str) -> list[tuple[int, str, str, int]]:
    return [
        (
            int(row["line"]),
            story.named(row["debit"]),
            story.named(row["credit"]),
            centimes(row["amount"]),
        )
        for row in table(BOOK, section, "line", "debit", "credit", "amount")
    ]


# The story


def test_a_delivery_has_the_numbers_of_the_page_and_writes_no_entry(books: Flask) -> None:
    with transaction() as session:
        story = Story(session)
        consignment = story.deliver()
        for row in table(BOOK, THE_DELIVERY, "delivery", "lot"):
            lot = story.lots[row["piece"]]
            assert (consignment.number, lot.code) == (row["delivery"], row["lot"])
            assert consignment.day == day(row["day"])
        assert rows(session, "SELECT * FROM entry") == []


def test_each_document_writes_the_rows_of_its_section(story: Story) -> None:
    for section in (THE_SALE, THE_REFUND, THE_LOSS, ANOTHER_SALE, THE_LAST_REFUND):
        named = "report" if section == THE_LOSS else "ticket"
        [document] = {row[named] for row in table(BOOK, section, named, "piece")}
        entry_id = story.entry_of(document)
        assert postings(story.session, entry_id) == told_postings(story, section), section


def test_no_ticket_of_the_story_is_flagged(story: Story) -> None:
    assert {recorded.outcome for recorded in story.recorded.values()} == {"recorded"}


def test_the_sale_gives_its_maker_the_earnings_of_the_page(story: Story) -> None:
    told = table(BOOK, THE_SALE, "line", "net", "may be paid from")
    for row in told:
        earning = earning_of(story, "T1-000001", row["line"])
        assert {part: getattr(earning, part) for part in SHARES} == amounts(row)
        assert earning.list_price == centimes(row["list"])
        assert earning.available_on == day(row["may be paid from"])
        parts = story.session.query(EarningShare).filter_by(earning_id=earning.id)
        assert {part.artisan_id: part.amount for part in parts} == members(story, row)
    assert story.session.query(Earning).count() == len(told) + 2  # the loss and the later sale


def test_the_refund_takes_the_change_of_the_page(story: Story) -> None:
    [row] = table(BOOK, THE_REFUND, "line", "net", "Aïcha")
    entry_id = story.entry_of("T1-000002")
    change = story.session.query(EarningChange).filter_by(entry_id=entry_id).one()
    assert {part: getattr(change, part) for part in SHARES} == amounts(row)
    assert change.earning_id == earning_of(story, "T1-000001", row["line"]).id
    parts = story.session.query(EarningChangeShare).filter_by(change_id=change.id)
    assert {part.artisan_id: part.amount for part in parts} == members(story, row)


def earning_of(story: Story, document: str, line: str) -> Earning:
    uid = story.tickets[document].uid
    return story.session.query(Earning).filter_by(line=f"{uid}/{line}").one()


def amounts(row: Row) -> dict[str, int]:
    return {part: centimes(row[title]) for part, title in SHARES.items()}


def members(story: Story, row: Row) -> dict[int, int]:
    return {one.id: centimes(row[name]) for name, one in story.artisans.items() if row[name]}


def test_statements_have_the_figures_and_rows_of_the_page(story: Story) -> None:
    for section, statement in story.statements.items():
        [told] = table(BOOK, section, "statement", "closing")
        assert (statement.number, statement.day) == (told["statement"], day(told["day"]))
        for figure in ("opening", "closing", "waiting", "available"):
            assert getattr(statement, figure) == centimes(told[figure]), figure
        assert drawn(story, statement) == [
            (
                *(day(row["day"]), row["document"], row["kind"], int(row["quantity"])),
                *(centimes(row[title]) for title in ("gross", "commission", "VAT", "amount")),
            )
            for row in table(BOOK, section, "document", "kind", "gross")
        ]


def drawn(story: Story, statement: Statement) -> list[tuple[object, ...]]:
    return [
        (r.day, r.document, r.kind, r.quantity, r.gross, r.commission, r.commission_vat, r.amount)
        for r in statement_rows(story.session, statement)
    ]


def test_a_payout_is_taken_by_the_book_as_the_page_says(story: Story) -> None:
    told = table(BOOK, THE_PAYOUT, "kind", "debit", "credit")
    found = rows(
        story.session,
        "SELECT e.kind, e.day, e.document, d.code, c.code, p.amount FROM entry e "
        "JOIN posting p ON p.entry_id = e.id JOIN account d ON d.id = p.debit_id "
        "JOIN account c ON c.id = p.credit_id WHERE e.kind LIKE 'payout%' ORDER BY e.id",
    )
    assert [(*row[:1], str(row[1]), *row[2:]) for row in found] == [
        (
            *(row["kind"], row["day"], row["document"], story.named(row["debit"])),
            *(story.named(row["credit"]), centimes(row["amount"])),
        )
        for row in told
    ]


def test_the_last_refund_leaves_nothing_of_its_line(story: Story) -> None:
    earning = earning_of(story, "T1-000001", "1")
    changes = story.session.query(EarningChange).filter_by(earning_id=earning.id).all()
    for part in SHARES:
        assert sum(getattr(change, part) for change in changes) == getattr(earning, part), part


def test_the_house_has_the_share_of_the_page(story: Story) -> None:
    section = "What the house has of it"
    shares = hub_share(story.session, story.hub.id, date(2026, 11, 1), date(2026, 12, 31))
    assert {
        on: (share.commission, share.promotion, share.total) for on, share in shares.items()
    } == {
        day(row["day"]): tuple(centimes(row[t]) for t in ("commission", "promotion", "share"))
        for row in table(BOOK, section, "day", "share")
    }


def test_every_account_ends_as_the_page_says_and_all_sum_to_zero(story: Story) -> None:
    told = {
        story.named(row["account"]): centimes(row["balance"])
        for row in table(BOOK, "What the house has of it", "account", "balance")
    }
    assert balances(story.session, story.hub.id) == told
    assert sum(told.values()) == 0


# The rules


@pytest.mark.parametrize("row", table(BOOK, "Who bears a discount", "who bears it"), ids=str)
def test_a_discount_is_borne_as_the_page_says(row: Row) -> None:
    terms = Terms(Regime.MANDATE, 2_500, Discounts(row["who bears it"]))
    shares = share(PricedLine(180_00, centimes(row["paid"])), terms, 2_000)
    told = ("the hub adds", "commission", "VAT", "the maker has")
    got = (shares.promotion, shares.commission, shares.commission_vat, shares.net)
    assert got == tuple(centimes(row[title]) for title in told)


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        (("amount", "rate", "part"), lambda amount, bp: rate(centimes(amount), basis_points(bp))),
        (("gross", "rate", "VAT inside"), lambda g, bp: inside(centimes(g), basis_points(bp))),
        (("left for cash", "step", "paid"), lambda a, step: to_step(centimes(a), centimes(step))),
    ],
)
def test_amounts_are_rounded_as_the_page_says(
    columns: tuple[str, str, str], rule: Callable[[str, str], int]
) -> None:
    for row in table(BOOK, "How it rounds", *columns):
        first, second, result = (row[column] for column in columns)
        assert rule(first, second) == centimes(result), row


def test_amounts_are_divided_as_the_page_says() -> None:
    for row in table(BOOK, "How it rounds", "amount", "weights", "parts"):
        weights = [int(weight) for weight in row["weights"].split(", ")]
        parts = [centimes(part) for part in row["parts"].split(", ")]
        assert allocate(centimes(row["amount"]), weights) == parts


def test_a_fact_is_booked_on_the_day_that_the_page_says(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), 100_00, quantity=9)
        for row in table(BOOK, "Which day a fact is booked on", "it tells of", "it is booked on"):
            if row["sealed up to"]:
                seal_day(session, hub.id, day(row["sealed up to"]), now=at(TODAY), actor="hind")
            told, arrives = day(row["it tells of"]), at(day(row["it arrives on"]))
            ticket = a_ticket(a_line(1, Sold(lot, 100_00, 100_00)), at=at(told), day=told)
            done = tell(session, hub, ticket, now=arrives)
            booked = "SELECT e.day FROM entry e JOIN sale s ON s.entry_id = e.id WHERE s.id = ?"
            [(on,)] = rows(session, booked, (done.recorded.sale_id,))
            assert str(on) == row["it is booked on"], row
            late = row["it is booked on"] != row["it tells of"]
            assert done.flags == ([Flag.LATE_DAY.value] if late else [])


TODAY = date(2026, 11, 20)


@pytest.mark.parametrize("name", [BOOK, "stock-book"])
def test_each_refusal_of_the_page_is_one_of_the_shop(name: str) -> None:
    said = set(sentences())
    for row in table(name, "What is refused", "what", "the answer"):
        assert row["the answer"] in said, row


def sentences() -> Iterator[str]:
    """What the shop's refusals say, with a `…` for each value that is put in."""
    for path in (ROOT / "almakane").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id == "Refusal" and isinstance(node.args[0], ast.Constant):
                yield re.sub(r"%\(\w+\)s", "…", str(node.args[0].value)).replace("%%", "%")


@pytest.mark.parametrize("name", [BOOK, "stock-book"])
def test_each_rule_of_the_page_is_one_of_the_database(books: Flask, name: str) -> None:
    for row in table(name, "What is refused", "rule", "table"):
        constraints = Model.metadata.tables[row["table"]].constraints
        names = {c.name for c in constraints if isinstance(c, CheckConstraint)}
        assert f"ck_{row['table']}_{row['rule']}" in names, row


def test_the_chart_of_accounts_is_the_pages() -> None:
    told = {
        name: (row["kind"], row["PCGE"])
        for row in table(BOOK, "Accounts", "account", "kind", "PCGE")
        for name in row["account"].split(", ")
    }
    for name, said in told.items():
        kind, number = chart.describe(name)
        assert (kind.value, number) == said, name
    families = {name.split(":")[0] for name in told} | set(told)
    assert set(chart._FAMILIES) <= families


# The seals


def test_the_sealed_rows_of_the_page_are_those_of_the_seal(story: Story) -> None:
    texts = example(BOOK, "Seals", "rows").splitlines()
    digests = [hashlib.sha256(line.encode()).digest() for line in texts]
    part = posting_part(story, date(2026, 11, 16))
    assert b"".join(digest[:4] for digest in digests) == bytes(part[2])
    whole = hashlib.sha256(b"".join(digests)).hexdigest()
    assert (whole, len(texts)) == (part[1], part[0])
    assert example(BOOK, "Seals", "part").split() == [whole]


def posting_part(story: Story, on: date) -> tuple[int, str, bytes]:
    [part] = rows(
        story.session,
        "SELECT count, hash, marks FROM seal_part WHERE seal_id = ? AND book = 'posting'",
        (story.seals[on].id,),
    )
    return part[0], part[1], part[2]


def test_the_sealed_columns_of_the_page_are_those_of_the_seals() -> None:
    told = [
        (row["table"], tuple(row["columns, in this order"].split()))
        for row in table(BOOK, "Seals", "table", "columns, in this order")
    ]
    assert told == [(stream.table, stream.columns) for stream in BOOKS]


def test_what_never_changes_is_in_a_seal_or_the_page_says_why_not() -> None:
    why = "why it is in no seal"
    out = {row["table"]: row[why] for row in table(BOOK, "Seals", "table", why)}
    assert all(out.values())
    sealed = {stream.table for stream in BOOKS}
    assert not sealed & set(out)
    assert sealed | set(out) == set(APPEND_ONLY)


def test_a_seal_is_chained_as_the_page_says(story: Story) -> None:
    before = "0" * 64
    shape = example(BOOK, "Seals", "seal").strip().split("|")
    for on in sorted(story.seals):
        seal = story.seals[on]
        found = rows(
            story.session,
            "SELECT book, after_id, last_id, count, hash FROM seal_part WHERE seal_id = ?",
            (seal.id,),
        )
        parts = {part[0]: part for part in found}
        cells = [before, "casa", on.isoformat()]
        for stream in BOOKS:
            cells += map(str, parts.pop(stream.table))
        assert not parts
        assert hashlib.sha256(("|".join(cells) + "|").encode()).hexdigest() == seal.hash
        if before == "0" * 64:
            as_told = [cell for cell in shape if cell[:1] not in ("<", ".", "")]
            assert as_told == [cell for cell in cells[1:13] if len(cell) < 64]
        before = seal.hash


@pytest.mark.engines("sqlite")
def test_the_program_of_the_page_finds_a_row_that_somebody_changed(
    books: Flask, data_dir: Path
) -> None:
    with transaction() as session:
        Story(session).tell()
    assert verdicts(data_dir) == ["holds"] * 5

    with db.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER posting_no_update"))
        row = "entry_id = 2 AND n = 3"
        connection.execute(text(f"UPDATE posting SET amount = amount + 1 WHERE {row}"))
    assert verdicts(data_dir) == ["holds", "DOES NOT HOLD", "holds", "holds", "holds"]


def verdicts(data_dir: Path) -> list[str]:
    program = data_dir / "verify.py"
    program.write_text(example(BOOK, "Seals", "python"), "utf-8")
    run = [sys.executable, str(program), str(data_dir / "almakane.sqlite3")]
    said = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    return [line.split(": ")[1] for line in said.splitlines()]
