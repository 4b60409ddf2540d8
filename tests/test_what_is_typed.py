"""What somebody typed is text wherever it is read back: on pages, in files, on papers and maps."""

import csv
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from almakane.db import db
from almakane.guards import expected_guards
from almakane.users.models import Role
from tests.door import browser, come_in
from tests.test_matrix import EVERYBODY, ROWS, TOKEN
from tests.world import OWN, World, open_world

EVIL = "=1+<xss>\"' onxss='1' {{7*7}}</script>"  # of forty letters at most, as some columns have
TYPED = {
    "app_user": "name",
    "artisan": "name name_ar",
    "count_end": "why",
    "courier_slip": "evidence",
    "customer": "name",
    "deposit": "evidence",
    "earning": "title",
    "event_end": "why",
    "finding": "how",
    "flag_end": "how",
    "hub": "name",
    "hub_identity": "legal_name address city",
    "intake": "note why",
    "intake_line": "title title_ar reference note",
    "intake_sheet": "name",
    "loss": "cause",
    "lot": "title",
    "maker": "name place",
    "maker_text": "name story place",
    "operating_cost": "note",
    "order_contact": "name address",
    "photo": "alt_fr alt_ar alt_en",
    "print_agent": "name",
    "print_job": "title",
    "product_text": "title story technique materials",
    "refund_line": "why",
    "return_signature": "signer",
    "sale": "note",
    "sale_line": "title",
    "shift_closing": "why",
    "site": "name",
    "stray": "why",
    "stray_end": "why",
    "user_session": "device",
    "web_order_line": "title",
    "web_order_step": "note",
}
_FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?", re.ASCII)
_AS_KEPT = {"inventory.show_label_commands", "sheets.show_empty_sheet"}


class Marks(HTMLParser):
    """The elements and attributes that a browser would see, and what engines are told."""

    def __init__(self) -> None:
        super().__init__()
        self.ours: list[str] = []
        self.told: list[str] = []
        self._is_told = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "xss" or any(name == "onxss" for name, _value in attrs):
            self.ours.append(self.get_starttag_text() or tag)
        if tag == "script" and dict(attrs).get("type") == "application/ld+json":
            self.told.append("")
            self._is_told = True

    def handle_endtag(self, tag: str) -> None:
        self._is_told = False

    def handle_data(self, data: str) -> None:
        if self._is_told:
            self.told[-1] += data


def write_evil() -> None:
    """Let every text that people type say what a page would run, and a spreadsheet too."""
    with db.engine.begin() as connection:
        for name in expected_guards(connection.dialect.name):
            on = f" ON {name.rsplit('_no_', 1)[0]}" if connection.dialect.name != "sqlite" else ""
            connection.execute(text(f"DROP TRIGGER {name}{on}"))
        for table, columns in TYPED.items():
            for column in columns.split():
                sql = f"UPDATE {table} SET {column} = :evil"
                connection.execute(text(sql), {"evil": EVIL})


def pages(app: Flask, world: World) -> Iterator[tuple[str, str, Role | None]]:
    """Every address that is read, in each role to which it may look another way."""
    for rule in app.url_map.iter_rules():
        asked = ROWS.get(rule.endpoint)
        if asked is None or "GET" not in (rule.methods or ()) or asked.roles == TOKEN:
            continue
        roles = (None,) if asked.roles == EVERYBODY else (Role.MANAGER, Role.MAKER, Role.ARTISAN)
        for role in (role for role in roles if role in asked.roles):
            things = world.things[OWN]

            def of(kind: str, role: Role | None = role, things: dict[str, Any] = things) -> Any:
                thing = things[kind]
                return thing.get(role, thing[Role.MAKER]) if isinstance(thing, dict) else thing

            parts = {part: of(kind) for part, kind in asked.parts.items()}
            query = {name: of(kind) for name, kind in asked.query.items()}
            with app.test_request_context():
                yield rule.endpoint, app.url_for(rule.endpoint, **query, **parts), role


def test_what_is_typed_is_text_wherever_it_is_read(app: Flask, engine_name: str) -> None:
    language = "fr" if engine_name == "sqlite" else "ar"
    world = open_world(app)
    with app.app_context():
        write_evil()
    clients = {
        role: _client(app, world, role) for role in (None, Role.MANAGER, Role.MAKER, Role.ARTISAN)
    }
    read, wrong = {"text/html": 0, "text/csv": 0, "application/pdf": 0, "application/xml": 0}, []
    for endpoint, path, role in pages(app, world):
        answer = clients[role].get(path, headers={"Accept-Language": language})
        if answer.status_code >= 500:
            wrong.append(f"{answer.status_code} {path} as {role}")
        elif answer.status_code == 200:
            kind = answer.mimetype or ""
            read[kind] = read.get(kind, 0) + 1
            wrong += [
                f"{path} as {role}: {fault}" for fault in _faults(endpoint, kind, answer.get_data())
            ]
        answer.close()
    assert not wrong, "\n".join(wrong)
    assert read["text/html"] > 90, read
    assert min(read["text/csv"], read["application/pdf"], read["application/xml"]) > 1, read


def _faults(endpoint: str, kind: str, data: bytes) -> Iterator[str]:
    if kind == "text/html":
        marks = Marks()
        marks.feed(data.decode())
        yield from marks.ours
        if b"49&amp;" in data or (b"{{7*7}}" not in data and b"&lt;xss" in data):
            yield "a template within a text was run"
        for told in marks.told:
            json.loads(told)
    if kind == "text/csv" and endpoint not in _AS_KEPT:
        for row in csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"):
            for cell in row:
                if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
                    yield f"a formula: {cell}"
    if kind.endswith("xml"):
        ET.fromstring(data)  # noqa: S314 - our own
    if kind == "application/pdf" and not data.startswith(b"%PDF-"):
        yield "no PDF"


def _client(app: Flask, world: World, role: Role | None) -> FlaskClient:
    client = browser(app)
    if role is not None:
        come_in(client, world.people[role])
    return client
