"""A letter goes once for each piece of news, in the language of the order, and deceives nobody."""

import email
import socketserver
import threading
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import text, update

from almakane.db import db, transaction
from almakane.gateways.mail import FilePost, Letter, MailFailed, Sender, SmtpPost, compose
from almakane.hubs.services import set_opening
from almakane.inventory.models import ProductText
from almakane.settings import Settings
from almakane.shop.fulfilling import (
    Act,
    act_on,
    cancel,
    deliver,
    pack,
    pick,
    refund,
    see_transfer,
    send_back,
    ship,
)
from almakane.shop.mailing import NEWS, send_mails
from almakane.shop.models import Payment
from almakane.shop.ordering import tell
from tests.factories import NOW, TODAY, Sold, a_deed, a_line, mad, sell
from tests.shop.orders import BROUGHT, a_shop, a_wish, order

LATER = NOW + timedelta(minutes=1)


def post_of(app: Flask) -> FilePost:
    settings: Settings = app.extensions["almakane"]
    return FilePost(settings.data_dir / "mail")


def send(app: Flask, now: datetime = LATER) -> int:
    return send_mails(app.extensions["almakane"], post_of(app), now=lambda: now)


def letters(app: Flask) -> list[EmailMessage]:
    found = sorted(post_of(app).folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [email.message_from_bytes(path.read_bytes(), policy=default) for path in found]


def part(letter: EmailMessage, kind: str) -> str:
    body = letter.get_body((kind,))
    assert body
    return str(body.get_content())


@pytest.mark.parametrize(
    ("language", "word"), [("fr", "chez nous"), ("ar", "توصلنا"), ("en", "us")]
)
def test_a_buyer_reads_in_their_language_what_they_ordered(
    books: Flask, language: str, word: str
) -> None:
    with transaction() as session:
        shop = a_shop(session)
        wish = a_wish(session, shop, language=language, email="nadia@exemple.ma", **BROUGHT)
        placed = order(session, wish)
    assert send(books) == 1
    assert send(books) == 0
    [letter] = letters(books)
    assert letter["To"] == "nadia@exemple.ma"
    assert "W-000001" in letter["Subject"]
    assert word in letter["Subject"]
    for kind in ("plain", "html"):
        told = part(letter, kind)
        assert f"/o/{placed.key}" in told
        assert "020" in told
    assert f'lang="{language}"' in part(letter, "html")


def test_each_piece_of_news_is_told_once(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        made = order(session, a_wish(session, shop, email="nadia@exemple.ma")).order
        for news in NEWS:
            tell(session, made, news, now=NOW)
            tell(session, made, news, now=NOW)
    for _ in range(3):
        send(books)
    assert len(letters(books)) == len(NEWS)
    assert len({letter["Message-ID"] for letter in letters(books)}) == len(NEWS)


def test_money_that_was_sent_back_is_told_by_letter_each_time_with_its_sum(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        wish = a_wish(session, shop, email="nadia@exemple.ma", payment=Payment.TRANSFER)
        order(session, wish)

        def on() -> Act:
            return act_on(session, a_deed(session, shop.hub), "W-000001")

        see_transfer(on(), mad(1000), "VIR 1")
        cancel(on(), "changed their mind")
        send_back(on(), mad(400), "VIR 2")
        send_back(on(), mad(600), "VIR 3")
    while send(books):
        pass
    back = [one for one in letters(books) if "rendu" in one["Subject"]]
    sums = [part(one, "plain").replace("\u00a0", " ") for one in back]
    assert len(back) == 2
    assert sorted("400,00 MAD" in told for told in sums) == [False, True]
    assert sorted("600,00 MAD" in told for told in sums) == [False, True]
    assert len({one["Message-ID"] for one in back}) == 2


def test_what_was_given_back_after_the_sale_is_confirmed_by_letter(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        to_be_paid = {**BROUGHT, "payment": Payment.TRANSFER, "email": "nadia@exemple.ma"}
        order(session, a_wish(session, shop, **to_be_paid))

        def on() -> Act:
            return act_on(session, a_deed(session, shop.hub), "W-000001")

        see_transfer(on(), mad(1020), "VIR 1")
        pick(on(), shop.lot.code)
        pack(on())
        ship(on(), "amana", "CP 1 MA")
        deliver(on())
        refund(on(), {1: 1}, "too small")
    while send(books):
        pass
    told = [one["Subject"].partition(" · ")[2] for one in letters(books)]
    assert len(told) == len(set(told)) == 5  # placed, confirmed, shipped, delivered, taken back
    shipped = next(one for one in letters(books) if "en route" in one["Subject"])
    assert "Amana CP 1 MA" in part(shipped, "plain")
    assert "RIB" not in part(shipped, "plain")  # it is paid


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_a_letter_says_where_and_when_to_fetch_and_of_whose_hands_it_is(
    books: Flask, language: str
) -> None:
    with transaction() as session:
        shop = a_shop(session)
        hours = {"address": "12, rue de la Skala", "city": "Casablanca", "monday": "10-19"}
        set_opening(session, shop.hub.id, TODAY, hours, today=TODAY, now=NOW, actor="hind")
        wish = a_wish(session, shop, language=language, email="nadia@exemple.ma")
        order(session, wish)
    send(books)
    for kind in ("plain", "html"):
        told = part(letters(books)[0], kind)
        assert "12, rue de la Skala" in told
        assert "10" in told
        assert "Coopérative" in told


def test_who_left_no_address_is_written_nothing(books: Flask) -> None:
    with transaction() as session:
        order(session, a_wish(session, a_shop(session)))
    send(books)
    assert letters(books) == []
    db.session.rollback()
    open_rows = text("SELECT COUNT(*) FROM outbox WHERE kind = 'mail' AND done_at IS NULL")
    assert db.session.scalar(open_rows) == 0


def test_a_buyer_whose_piece_the_till_sold_is_told(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        order(session, a_wish(session, shop, email="nadia@exemple.ma"))
        sell(session, shop.hub, a_line(1, Sold(shop.lot, mad(1000), mad(1000))))
    for _ in range(2):
        send(books)
    assert len(letters(books)) == 2
    assert "autre" in letters(books)[-1]["Subject"]


def test_what_somebody_wrote_is_text_in_a_letter(books: Flask) -> None:
    script = "<script>alert(1)</script>"
    with transaction() as session:
        shop = a_shop(session)
        session.execute(update(ProductText).values(title=script))
        order(session, a_wish(session, shop, name=script, email="nadia@exemple.ma"))
    send(books)
    assert script not in part(letters(books)[0], "html")


@pytest.mark.parametrize(
    "strange", ["a\r\nBcc: x@y.ma", "a\nSubject: x", "\u202eabc", "é" * 10_000, "=?utf-8?q?x?="]
)
def test_no_header_can_be_made_of_what_is_written(strange: str) -> None:
    letter = Letter("u", "a@b.ma", strange, "text", "<p>html</p>", "fr", NOW)
    wire = bytes(compose(letter, Sender(strange, "boutique@almakane.example")))
    read = email.message_from_bytes(wire, policy=default)
    assert read["Bcc"] is None
    assert read["To"] == "a@b.ma"
    assert len(read.get_all("Subject", [])) == 1
    assert max(map(len, wire.split(b"\r\n"))) < 999


def test_a_letter_that_could_not_go_goes_later(books: Flask) -> None:
    with transaction() as session:
        order(session, a_wish(session, a_shop(session), email="nadia@exemple.ma"))
    settings: Settings = books.extensions["almakane"]
    assert send_mails(settings, SmtpPost("smtp://127.0.0.1:1"), now=lambda: LATER) == 0
    assert send(books) == 0  # whoever tried may still be at it
    assert send(books, LATER + timedelta(minutes=11)) == 1
    assert len(letters(books)) == 1


def test_a_letter_that_cannot_be_written_lets_the_others_go_and_is_named(
    books: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction() as session:
        shop = a_shop(session, quantity=2)
        first = order(session, a_wish(session, shop, email="samira@exemple.ma")).order
        order(session, a_wish(session, shop, email="nadia@exemple.ma"))
        first.contact.email = "no address at all"

    assert send(books) == 1
    assert [letter["To"] for letter in letters(books)] == ["nadia@exemple.ma"]
    assert f"mail {first.uid} placed" in caplog.text
    assert send(books, LATER + timedelta(minutes=11)) == 0, "it is tried again"
    assert caplog.text.count(f"mail {first.uid} placed") == 2


class _Server(socketserver.StreamRequestHandler):
    """As much of a mail server as a letter needs."""

    def handle(self) -> None:
        kept: list[bytes] = self.server.kept  # type: ignore[attr-defined]
        self.wfile.write(b"220 hello\r\n")
        is_data = False
        for line in self.rfile:
            if is_data:
                kept.append(line)
                if line != b".\r\n":
                    continue
                is_data = False
                self.wfile.write(b"250 ok\r\n")
            elif line.upper().startswith(b"DATA"):
                is_data = True
                self.wfile.write(b"354 go on\r\n")
            elif line.upper().startswith(b"QUIT"):
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


def test_a_mail_server_gets_the_letter_as_it_is() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), _Server) as server:
        kept: list[bytes] = []
        cast(Any, server).kept = kept
        threading.Thread(target=server.handle_request, daemon=True).start()
        letter = Letter("u", "a@b.ma", "Bonjour", "text", "<p>html</p>", "fr", datetime.now(UTC))
        port = server.server_address[1]
        SmtpPost(f"smtp://127.0.0.1:{port}").send(letter, Sender("Almakane", "b@c.ma"))
    assert b"Bonjour" in b"".join(kept)
    with pytest.raises(MailFailed):
        SmtpPost(f"smtp://127.0.0.1:{port}").send(letter, Sender("Almakane", "b@c.ma"))


def test_a_password_goes_to_no_mail_server_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), _Server) as server:
        kept: list[bytes] = []
        cast(Any, server).kept = kept
        threading.Thread(target=server.handle_request, daemon=True).start()
        letter = Letter("u", "a@b.ma", "Bonjour", "text", "<p>html</p>", "fr", datetime.now(UTC))
        monkeypatch.setattr("almakane.gateways.mail._HERE", ())
        post = SmtpPost(f"smtp://shop:secret@127.0.0.1:{server.server_address[1]}")
        with pytest.raises(MailFailed, match="no TLS"):
            post.send(letter, Sender("Almakane", "b@c.ma"))
    assert kept == []
