"""Who ordered is forgotten when they ask, and nothing of the books moves (law 09-08)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from almakane.check import prove
from almakane.cli import main
from almakane.db import db, transaction
from almakane.errors import Refusal
from almakane.gateways.mail import kept_letters
from almakane.journal.customers import customer_of, put_customer
from almakane.shop.forgetting import forget_buyer
from almakane.shop.fulfilling import act_on, cancel, confirm, pack, pick, remit, ship
from almakane.shop.mailing import send_mails
from almakane.shop.models import OrderContact
from tests.door import browser
from tests.factories import NOW, a_deed
from tests.shop.orders import BROUGHT, Counter, a_shop, a_wish, another_lot, order

NAME, PHONE, EMAIL, PLACE = "Zineb Tazi", "06 61 98 76 54", "Zineb@exemple.ma", "7 rue des Iris"
TRACES = ("Zineb", "zineb", "661987654", "exemple.ma", "Iris")


def sold_to_zineb(session: Session) -> tuple[Counter, str]:
    """An order that was brought, paid and is at its end; and the key of its page."""
    shop = a_shop(session)
    who = {"name": NAME, "phone": PHONE, "email": EMAIL, "address": PLACE}
    placed = order(session, a_wish(session, shop, **BROUGHT | who))
    for act in (confirm, lambda a: pick(a, shop.lot.code), pack, lambda a: ship(a, "amana", "X1")):
        act(act_on(session, a_deed(session, shop.hub), "W-000001"))
    remit(act_on(session, a_deed(session, shop.hub), "W-000001"))
    return shop, placed.key


def everything() -> dict[str, list[str]]:
    """Every row of every table, as text."""
    db.session.rollback()
    connection = db.session.connection()
    tables = inspect(connection).get_table_names()
    return {
        name: sorted(str(row) for row in connection.execute(text(f'SELECT * FROM "{name}"')))
        for name in tables
    }


@pytest.mark.parametrize("whom", [PHONE, "+212661987654", "zineb@EXEMPLE.ma", "W-000001"])
def test_nothing_anywhere_names_who_was_forgotten_and_the_books_are_as_they_were(
    books: Flask, whom: str
) -> None:
    with transaction() as session:
        shop, key = sold_to_zineb(session)
        uid = session.query(OrderContact).one().order_id
        put_customer(session, shop.hub.id, order_uid(session), NAME, "+212661987654", now=NOW)
    before = everything()
    assert any(trace in row for rows in before.values() for row in rows for trace in TRACES)
    with transaction() as session:
        told = forget_buyer(session, shop.hub.id, whom, now=NOW)
    assert (told.numbers, told.waiting) == (["W-000001"], [])
    after = everything()
    for table, found in after.items():
        for row in found:
            assert not any(trace in row for trace in TRACES), (table, row)
    changed = {table for table in before if before[table] != after[table]}
    assert changed == {"order_contact", "customer"}
    with transaction() as session:
        contact = session.get_one(OrderContact, uid)
        assert (contact.erased_at, contact.link, contact.body_hash) == (NOW, "", "")
        customer = customer_of(session, shop.hub.id, order_uid(session))
        assert customer is not None
        assert customer.erased_at == NOW
    assert prove(db.session.connection()) == []
    db.session.rollback()
    page = browser(books).get(f"/o/{key}")
    assert page.status_code == 200
    assert "oublié" in page.get_data(as_text=True)


def order_uid(session: Session) -> str:
    return str(session.execute(text("SELECT uid FROM web_order")).scalar_one())


def test_an_order_that_needs_a_hand_still_names_its_buyer(books: Flask) -> None:
    with transaction() as session:
        shop, _key = sold_to_zineb(session)
        more = another_lot(session, shop)
        order(session, a_wish(session, more, name=NAME, phone=PHONE))
        told = forget_buyer(session, shop.hub.id, PHONE, now=NOW)
        assert (told.numbers, told.waiting) == (["W-000001"], ["W-000002"])
        names = session.execute(text("SELECT name FROM order_contact ORDER BY order_id"))
        assert [name for (name,) in names] == ["", NAME]
        cancel(act_on(session, a_deed(session, shop.hub), "W-000002"), "no longer wanted")
        assert forget_buyer(session, shop.hub.id, PHONE, now=NOW).numbers == ["W-000002"]


def test_an_order_sent_again_by_a_browser_that_remembers_makes_no_second_one(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session, 2)
        wish = a_wish(session, shop, name=NAME, phone=PHONE)
        order(session, wish)
        cancel(act_on(session, a_deed(session, shop.hub), "W-000001"), "no longer wanted")
        forget_buyer(session, shop.hub.id, PHONE, now=NOW)
    before = everything()
    with pytest.raises(Refusal), transaction() as session:
        order(session, wish)
    assert everything() == before


def erase(whom: str, url: str, data_dir: Path) -> Result:
    environ = {"ALMAKANE_DATABASE_URL": url, "ALMAKANE_DATA_DIR": str(data_dir)}
    return CliRunner().invoke(main, ["order", "erase", whom], env=environ)


def test_the_command_forgets_and_throws_away_what_lies_in_the_outbox_of_files(
    books: Flask, database_url: str, data_dir: Path
) -> None:
    with transaction() as session:
        sold_to_zineb(session)
    post = kept_letters(data_dir)
    while send_mails(books.extensions["almakane"], post, now=lambda: datetime.now(UTC)):
        pass
    assert len(list(post.folder.glob("*.eml"))) == 4  # placed, confirmed, shipped, delivered
    done = erase(PHONE, database_url, data_dir)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "W-000001" in done.stdout
    assert list(post.folder.glob("*.eml")) == []
    again = erase(PHONE, database_url, data_dir)
    assert again.exit_code == 2
    assert "typing mistake" in again.stderr


def test_the_command_says_what_it_could_not_forget_yet(
    books: Flask, database_url: str, data_dir: Path
) -> None:
    with transaction() as session:
        order(session, a_wish(session, a_shop(session), phone=PHONE, **BROUGHT), now=NOW)
    done = erase(PHONE, database_url, data_dir)
    assert done.exit_code == 1
    assert "Still needed: W-000001" in done.stdout


def test_who_nobody_knows_cannot_be_forgotten(books: Flask) -> None:
    with transaction() as session:
        shop, _key = sold_to_zineb(session)
    for whom in ("0661000000", "nobody@exemple.ma", "W-000009", "", "Zineb", "%"):
        with pytest.raises(Refusal) as refused, transaction() as session:
            forget_buyer(session, shop.hub.id, whom, now=NOW)
        assert refused.value.field == "whom"
    with pytest.raises(Refusal), transaction() as session:
        forget_buyer(session, shop.hub.id + 1, PHONE, now=NOW)
