"""
Whatever anybody sends to any door: never a 500, and never a row or a name of another hub.

The forms of the pages are filled in as a page would, and then some fields say something else: what
is no number, what is too long, what is another's. `make faults` sends very many more.
"""

import io
import random
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import String, inspect, text
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from almakane.db import db
from almakane.users.models import Role
from tests.door import browser, come_in
from tests.scale import count
from tests.test_matrix import ROWS, TOKEN
from tests.world import OTHER_HUB, OTHER_MAKER, OWN, World, open_world

ROUNDS = count(1, 30)
STRANGER = "Xquzit"  # in every name of the other hub, and in nothing that is sent

STRANGE = (
    *("", " ", "0", "-1", "1", "x", "²", "٣", "1e9", "NaN", "1,5", "1.005", "-0,01", "00", "None"),
    *("9" * 12, "9" * 19, "9" * 5_000, "2147483648", "9223372036854775808", "-9223372036854775809"),
    *("2026-13-45", "9999-12-31", "0001-01-01", "2026-11-20T25:61", "2026-02-29", "10000-01-01"),
    *("=1+1", "+212", "@SUM(A1)", "-cmd|' /C calc'!A0", "\t=1", "<script>x</script>", "\u202eabc"),
    *("a" * 5_000, "'; DROP TABLE sale;--", "%s%(x)s", "{{7*7}}", "../../etc/passwd", "\x00"),
    *("https://evil.example", "//evil.example", "\r\nBcc: x@y.ma", "[]", "{}", "true", "\ufeff"),
    *("زليج", "🧣", "a/b", "a\\b", "%00", "café", "é" * 300),
)
ADDED = (
    *(
        "hub_id",
        "hub",
        "site_id",
        "site",
        "price",
        "currency",
        "total",
        "unit",
        "maker_id",
        "maker",
    ),
    *("actor", "id", "role", "user_id", "page", "q", "next", "lang", "sort", "state", "day"),
    *("from", "to", "lot", "lots", "sale", "quantity", "uid", "number", "floor", "owner"),
)
FILES = (
    (b"", "empty.jpg"),
    (b"GIF89a<script>alert(1)</script>", "a.gif"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.svg"),
    (b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "../../a.png"),
    (b"PK\x03\x04" + b"\0" * 60, "a.xlsx"),
    (b"titre;prix;quantite\n=1+1;-5;9999999999\n\xff\xfe;;\n", "a.csv"),
    (b'{"events": [{}]}', "journal.jsonl"),
)
_ENDS_MINE = {"users.delete_session", "me.update_password", "me.create_ending"}


class Sent(NamedTuple):
    """What a form of a page would send, and where."""

    action: str
    fields: list[tuple[str, str]]
    has_file: bool


class Forms(HTMLParser):
    """The forms of a page that change something, and the queries of its links."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Sent] = []
        self.links: set[str] = set()
        self._open: Sent | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "a" and (href := said.get("href") or "").startswith("/"):
            self.links.add(href)
        if tag == "form":
            self._open = None
            if (said.get("method") or "").lower() == "post":
                self._open = Sent(said.get("action") or "", [], has_file=False)
                self.forms.append(self._open)
        name = said.get("name")
        if self._open is None or not name or tag not in ("input", "select", "textarea", "button"):
            return
        if said.get("type") == "file":
            self.forms[-1] = self._open = self._open._replace(has_file=True)
        self._open.fields.append((name, said.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


class Case(NamedTuple):
    """One request, as somebody."""

    endpoint: str
    method: str
    role: Role | None
    path: str
    data: dict[str, Any] | None


def parts_of(world: World, rule: Rule, role: Role | None, dice: random.Random) -> dict[str, Any]:
    """What stands in an address: mostly our own, now and then another's or nobody's."""
    asked, parts = ROWS[rule.endpoint], {}
    # What opens to whoever knows its address is not sent another's: nobody guesses a secret.
    whose = OWN if asked.is_open else dice.choice((OWN, OWN, OWN, OTHER_MAKER, OTHER_HUB))
    for name, kind in asked.parts.items():
        thing = world.things[whose][kind]
        if isinstance(thing, dict):
            thing = thing.get(role, thing[Role.MAKER])
        if dice.random() < 0.15:
            thing = (
                dice.choice((0, 2**31, 2**63 - 1, 2**63, 10**30))
                if isinstance(thing, int)
                else dice.choice([one for one in STRANGE if one.strip("/\\ ") and len(one) < 900])
            )
        parts[name] = thing
    return parts


def meddled(sent: Sent | None, world: World, dice: random.Random) -> dict[str, Any]:
    """A form's fields, some of which say something else than the page would."""
    data: dict[str, Any] = dict(sent.fields) if sent else {}
    names = list(data)
    for name in dice.sample(names, min(len(names), dice.choice((0, 1, 1, 2, 9)))):
        data[name] = _something(world, dice)
    for name in dice.sample(ADDED, dice.choice((0, 0, 1, 3) if names else (2, 4))):
        data.setdefault(name, _something(world, dice))
    if names and dice.random() < 0.2:
        name = dice.choice(names)
        data[name] = [data[name], _something(world, dice)]
        data[f"{name}-{dice.choice(STRANGE)[:9]}"] = _something(world, dice)
    if sent and sent.has_file:
        body, name = dice.choice(FILES)
        files = [n for n in names if n in ("photos", "photo", "file", "sheet")] or [
            "file",
            "photos",
        ]
        for one in files:
            data[one] = (io.BytesIO(body), name)
    return data


def _something(world: World, dice: random.Random) -> str:
    if dice.random() < 0.3:  # a thing of somebody else
        things = world.things[dice.choice((OTHER_MAKER, OTHER_HUB))]
        thing = dice.choice([one for one in things.values() if not isinstance(one, dict)])
        return str(thing)
    return dice.choice(STRANGE)


def mark_strangers(hub_id: int) -> None:
    """Give all that has a name in the other hub one that nobody sends."""
    for sql in (
        "UPDATE maker SET name = :name WHERE hub_id = :hub",
        "UPDATE artisan SET name = :name WHERE hub_id = :hub",
        "UPDATE app_user SET name = :name WHERE hub_id = :hub",
        "UPDATE product_text SET title = :name WHERE product_id IN "
        "(SELECT id FROM product WHERE hub_id = :hub)",
        "UPDATE order_contact SET name = :name WHERE order_id IN "
        "(SELECT id FROM web_order WHERE hub_id = :hub)",
    ):
        db.session.execute(text(sql), {"name": STRANGER, "hub": hub_id})
    db.session.commit()


def rows_of_hub(hub_id: int) -> dict[str, list[Any]]:
    """Every row that names the hub, by table."""
    there = inspect(db.engine)
    found = {}
    for table in there.get_table_names():
        if "hub_id" in {column["name"] for column in there.get_columns(table)}:
            sql = f"SELECT * FROM {table} WHERE hub_id = {hub_id}"
            found[table] = sorted(map(repr, db.session.execute(text(sql)).all()))
    db.session.rollback()
    return found


def texts_that_turn() -> list[str]:
    """Where something is kept that would turn the letters after it; a till's own word is kept."""
    there, found = inspect(db.engine), []
    for table in set(there.get_table_names()) - {"journal_event", "stray"}:
        for column in there.get_columns(table):
            if isinstance(column["type"], String):
                sql = f"SELECT 1 FROM {table} WHERE {column['name']} LIKE :turned LIMIT 1"
                if db.session.execute(text(sql), {"turned": "%\u202e%"}).first():
                    found.append(f"{table}.{column['name']}")
    return found


def pages_of(app: Flask, world: World, clients: dict[Role | None, FlaskClient]) -> dict[str, Sent]:
    """The forms that our own pages have, by the endpoint that they are sent to."""
    found: dict[str, Sent] = {}
    adapter = app.url_map.bind("127.0.0.1")
    for rule in app.url_map.iter_rules():
        asked = ROWS.get(rule.endpoint)
        if asked is None or "GET" not in (rule.methods or ()) or asked.roles == TOKEN:
            continue
        for role in (Role.MANAGER, Role.MAKER, Role.CASHIER, None):
            if role not in asked.roles:
                continue
            parts = parts_of(world, rule, role, _Own())
            with app.test_request_context():
                path = app.url_for(rule.endpoint, **parts)
            answer = clients[role].get(path)
            if answer.status_code != 200 or answer.mimetype != "text/html":
                answer.close()
                continue
            forms = Forms()
            forms.feed(answer.get_data(as_text=True))
            for sent in forms.forms:
                action = (sent.action or path).partition("?")[0]
                try:
                    endpoint, _args = adapter.match(action, method="POST")
                except HTTPException:  # no door of ours
                    continue
                if endpoint not in found or len(sent.fields) > len(found[endpoint].fields):
                    found[endpoint] = sent
            break
    return found


class _Own(random.Random):
    """Dice that always ask for one's own."""

    def choice(self, seq: Any) -> Any:
        return seq[0]

    def random(self) -> float:
        return 1.0


def cases(app: Flask, world: World, forms: dict[str, Sent], dice: random.Random) -> Iterator[Case]:
    for rule in app.url_map.iter_rules():
        asked = ROWS.get(rule.endpoint)
        if asked is None or rule.endpoint in _ENDS_MINE:
            continue
        roles = [role for role in (None, *Role) if role in asked.roles] or [None]
        others = [role for role in (None, *Role) if role not in roles]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for role in (
                *dice.sample(roles, min(len(roles), 2)),
                *dice.sample(others, others != []),
            ):
                parts = parts_of(world, rule, role, dice)
                query = {
                    name: _something(world, dice)
                    for name in dice.sample([*ADDED, *asked.query], dice.choice((0, 1, 3)))
                }
                with app.test_request_context():
                    path = f"{app.url_for(rule.endpoint, **parts)}?{urlencode(query)}"
                data = None
                if method != "GET":
                    data = meddled(forms.get(rule.endpoint), world, dice)
                yield Case(rule.endpoint, method, role, path, data)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_nothing_that_is_sent_breaks_a_door_or_reaches_another_hub(
    app: Flask, engine_name: str, seed: int
) -> None:
    dice = random.Random(f"{engine_name} {seed}")  # noqa: S311 - the same tries each time
    world = open_world(app)
    with app.app_context():
        [hub_id] = db.session.scalars(text("SELECT id FROM hub WHERE code = 'fes'")).all()
        mark_strangers(hub_id)
        before = rows_of_hub(hub_id)
    clients = {role: _client(app, world, role) for role in (None, *Role)}
    forms = pages_of(app, world, clients)
    assert len(forms) > 70, sorted(forms)
    wrong = []
    for case in cases(app, world, forms, dice):
        answer = _send(clients[case.role], case)
        if answer.status_code >= 500:
            wrong.append(f"{answer.status_code}: {case}")
        elif not ROWS[case.endpoint].is_open and STRANGER.encode() in answer.get_data():
            wrong.append(f"a stranger's: {case}")
        was_let_in = case.endpoint == "entry.create_session" and answer.status_code == 303
        if was_let_in or ((answer.location or "").startswith("/sign-in") and case.role):
            clients[case.role] = _client(app, world, case.role)
        answer.close()
    assert not wrong, "\n".join(wrong)
    with app.app_context():
        after = rows_of_hub(hub_id)
        assert texts_that_turn() == []
    changed = [table for table, found in before.items() if after[table] != found]
    assert changed == []


def _client(app: Flask, world: World, role: Role | None) -> FlaskClient:
    client = browser(app)
    if role is not None:
        come_in(client, world.people[role])
    return client


def _send(client: FlaskClient, case: Case) -> TestResponse:
    kind = "multipart/form-data" if case.data is not None else None
    return client.open(case.path, method=case.method, data=case.data, content_type=kind)
