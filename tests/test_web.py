"""What all doors share: locks, guards, headers, languages, and pages of failure."""

import logging
import re
from datetime import date
from typing import NoReturn

import pytest
from flask import Blueprint, Flask, flash, render_template_string
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from almakane.app import create_app
from almakane.db import db
from almakane.errors import Refusal
from almakane.settings import Settings
from almakane.users.models import Role
from almakane.users.services import UNTRIED
from almakane.web import (
    Lock,
    endpoints_without_a_lock,
    go_to,
    lock_of,
    public,
    require,
    safe_next,
)
from almakane.web.forms import Amount, Form, Text
from tests.door import browser, come_in, make_person
from tests.test_matrix import LAW, ROWS

# Doors that a till's token opens, and no cookie: tests/journal knocks at each without one.
TILL = (
    *("create_claim", "create_epoch", "create_events", "create_grant", "create_heartbeat"),
    *(
        "create_strays",
        "create_taking",
        "delete_taking",
        "retire_epoch",
        "show_heads",
        "update_customer",
    ),
)
LOOKUPS = (
    *(
        "create_sign_in",
        "create_x",
        "list_lots",
        "list_people",
        "search_lots",
        "show_lot",
        "show_ticket",
    ),
)
PUBLIC = {
    "agents.create_lease",
    "agents.create_pairing",
    "agents.create_report",
    *(
        f"basket.{name}"
        for name in ("create_checkout", "create_line", "show_basket", "update_line")
    ),
    *(f"checkout.{name}" for name in ("create_order", "show_checkout", "show_recap")),
    *(f"law.show_{page}" for page in LAW),
    *("order.create_cancellation", "order.show_order"),
    "entry.create_password",
    "entry.create_session",
    "entry.new_password",
    "entry.show_link",
    "house.show_health",
    "order_lookups.list_orders",
    "order_lookups.show_order",
    "media.show_picture",
    "shop.home",
    "shop.list_artisans",
    "shop.list_pieces",
    "shop.show_artisan",
    "shop.show_maker",
    "shop.show_map",
    "shop.show_maps",
    "shop.show_robots",
    "shop.show_sheets",
    *(
        f"lookups.{name}"
        for name in (
            "create_sign_in",
            "create_x",
            "list_lots",
            "list_people",
            "search_lots",
            "show_lot",
            "show_papers",
            "show_ticket",
        )
    ),
    "shop.show_piece",
    *(f"till.{name}" for name in TILL),
    "till.show_till",
    "tickets.show_ticket",
    "users.create_second_factor",
    "users.create_session",
    "users.create_step",
    "users.delete_session",
    "users.new_second_factor",
    "users.new_session",
    "users.new_step",
    "users.update_language",
    "users.update_theme",
}


@pytest.fixture
def app(new_app: Flask) -> Flask:
    """A shop in which these tests may build doors of their own."""
    return new_app


def door(app: Flask, lock: Lock | None, name: str = "test") -> Blueprint:
    """A blueprint whose pages fail in every way; registered before the first request."""
    bp = Blueprint(name, __name__, url_prefix=f"/{name}")
    if lock:
        bp.before_request(lock)

    @bp.get("/page")
    def page() -> str:
        return render_template_string(
            "{% extends 'office.html' %}"
            "{% block main %}{{ -85000|money }}{{ day|day }}{% endblock %}",
            day=date(2026, 11, 27),
        )

    @bp.post("/refusal")
    def refusal() -> NoReturn:
        raise Refusal(
            "This text is too long: at most %(longest)s characters.", field="name", longest=7
        )

    @bp.get("/busy")
    def busy() -> NoReturn:
        raise OperationalError("SELECT 1", {}, Exception("database is locked"))

    @bp.get("/bug")
    def bug() -> NoReturn:
        raise ZeroDivisionError

    @bp.get("/full")
    def full() -> NoReturn:
        raise OSError(28, "No space left on device")

    @bp.get("/broken")
    def broken() -> NoReturn:
        db.session.execute(text("SELECT nothing FROM nowhere"))
        raise AssertionError

    @bp.get("/row/<int:row_id>")
    def row(row_id: int) -> str:
        return str(row_id)

    @bp.post("/note")
    def note() -> Response:
        flash("Noted.")
        return go_to("/test/page")

    app.register_blueprint(bp)
    return bp


# Locks


def test_every_door_has_a_lock(app: Flask) -> None:
    assert endpoints_without_a_lock(app) == []


def test_only_these_doors_stand_open(app: Flask) -> None:
    open_doors = {
        rule.endpoint for rule in app.url_map.iter_rules() if lock_of(app, rule.endpoint) is public
    }
    assert open_doors == PUBLIC


def test_every_endpoint_has_a_row_in_the_matrix_and_every_row_an_endpoint(app: Flask) -> None:
    found = {rule.endpoint: rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"}
    missing = [
        f'    "{name}": row(OFFICE{"".join(f", {part}=..." for part in sorted(rule.arguments))}),'
        for name, rule in sorted(found.items())
        if name not in ROWS
    ]
    told = "Say in ROWS of tests/test_matrix.py who may come in:\n" + "\n".join(missing)
    assert not missing, told
    assert not ROWS.keys() - found.keys(), "Rows of endpoints that are no more"
    for name, rule in found.items():
        assert set(ROWS[name].parts) == rule.arguments, f"{name}: which things are these?"


def test_a_door_without_a_lock_is_found(app: Flask) -> None:
    door(app, None)
    assert "test.page" in endpoints_without_a_lock(app)


def test_a_lock_names_somebody() -> None:
    with pytest.raises(ValueError, match="no role"):
        require()


def test_a_stranger_is_sent_to_the_door_and_back_again(app: Flask) -> None:
    door(app, require(Role.HUB_STAFF))
    make_person(app)
    client = browser(app)

    sent = client.get("/test/page?a=1")
    assert sent.status_code == 303
    assert sent.location == "/sign-in?next=/test/page?a%3D1"

    form = client.get(sent.location).get_data(as_text=True)
    assert 'name="next" type="hidden" value="/test/page?a=1"' in form


def test_a_stranger_who_sends_something_is_told_that_nothing_was_done(app: Flask) -> None:
    door(app, require(Role.HUB_STAFF))
    answer = browser(app).post("/test/refusal")
    assert answer.status_code == 401
    assert "Rien n’a changé" in answer.get_data(as_text=True)


@pytest.mark.parametrize("role", [Role.CASHIER, Role.MANAGER, Role.ACCOUNTANT])
def test_a_lock_opens_for_its_roles_only(app: Flask, role: Role) -> None:
    door(app, require(Role.MANAGER, Role.CASHIER))
    make_person(app, role=role)
    client = browser(app)
    come_in(client)
    assert client.get("/test/page").status_code == (403 if role is Role.ACCOUNTANT else 200)


# Guards


@pytest.mark.parametrize(
    ("headers", "cookie", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True, 400),
        ({"Sec-Fetch-Site": "cross-site"}, True, 403),
        ({"Sec-Fetch-Site": "same-site"}, True, 403),
        ({"Sec-Fetch-Site": "none"}, True, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"}, True, 403),
        ({"Origin": "http://127.0.0.1:8000"}, True, 400),
        ({"Origin": "http://127.0.0.1:8000.evil.example"}, True, 403),
        ({"Origin": "null"}, True, 403),
        ({"Origin": "https://127.0.0.1:8000"}, True, 403),
        ({}, True, 403),
        ({}, False, 400),
        ({"Sec-Fetch-Site": "cross-site"}, False, 403),  # or it could sign people in as another
        ({"Origin": "https://evil.example"}, False, 403),
    ],
)
def test_only_our_own_pages_may_send(
    client: FlaskClient, headers: dict[str, str], cookie: bool, status: int
) -> None:
    """A 400 is the answer of the page itself: it was let through."""
    if cookie:
        client.set_cookie("almakane", "x")
    assert client.post("/language", headers=headers).status_code == status


def test_reading_is_never_refused_for_where_it_came_from(client: FlaskClient) -> None:
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "evil",
        " //evil.example",
        "///evil.example",
        "http:evil.example",
        "/a\0b",
        "",
        None,
    ],
)
def test_nobody_is_sent_to_another_site(target: str | None) -> None:
    assert safe_next(target, "/home") == "/home"


@pytest.mark.parametrize("target", ["/", "/makers?q=a&b=//c", "/ar/فخار", "/a/https://b"])
def test_a_path_of_ours_is_gone_to(target: str) -> None:
    assert safe_next(target, "/home") == target


def test_each_answer_has_its_headers(client: FlaskClient) -> None:
    for path in ("/", "/nowhere", "/static/css/base.css", "/-/health"):
        with client.get(path) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_a_page_of_somebody_is_kept_nowhere(app: Flask) -> None:
    make_person(app)
    client = browser(app)
    assert client.get("/").headers["Cache-Control"] == "private, no-cache"
    come_in(client)
    assert client.get("/").headers["Cache-Control"] == "no-store"
    assert client.get("/nowhere").headers["Cache-Control"] == "no-store"


def test_a_style_sheet_is_kept_under_an_address_that_tells_its_content(client: FlaskClient) -> None:
    page = client.get("/sign-in").get_data(as_text=True)  # the street's sheets are one file
    found = re.search(r'href="(/static/css/base\.css\?v=\w+)"', page)
    assert found
    with client.get(found[1]) as named, client.get("/static/css/base.css") as unnamed:
        assert "immutable" in named.headers["Cache-Control"]
        assert "immutable" not in unnamed.headers["Cache-Control"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost:80@evil"])
def test_an_address_that_is_not_ours_is_refused(client: FlaskClient, host: str) -> None:
    answer = client.get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/sign-in?next=%00", "/%00", "/?%00=1", "/?lang=%00"])
def test_a_nul_in_an_address_is_refused(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in (400, 404)


def test_over_https_cookies_are_for_https_and_this_host_alone(settings: Settings) -> None:
    secure = Settings(
        database_url=settings.database_url,
        data_dir=settings.data_dir,
        secret_key="test",
        base_url="https://almakane.example",
        argon2_cost=UNTRIED,
    )
    app = create_app(secure)
    make_person(app)
    client = browser(app)
    answer = client.post(
        "/sign-in",
        data={"login": "salma", "password": "zellige vert 8"},
        base_url="https://almakane.example",
    )
    cookies = answer.headers.getlist("Set-Cookie")
    assert any(cookie.startswith("__Host-almakane=") for cookie in cookies)
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_the_health_of_the_house(client: FlaskClient) -> None:
    answer = client.get("/-/health")
    assert answer.status_code == 200
    assert answer.json["database"] is True  # type: ignore[index]


# Languages


@pytest.mark.parametrize(
    ("path", "accepts", "language", "direction"),
    [
        ("/", None, "fr", "ltr"),
        ("/", "ar-MA,ar;q=0.9,fr;q=0.8", "ar", "rtl"),
        ("/", "de,en-GB;q=0.7", "en", "ltr"),
        ("/", "zgh", "fr", "ltr"),
        ("/?lang=ar", "fr", "ar", "rtl"),
        ("/?lang=xx", "en", "en", "ltr"),
    ],
)
def test_a_page_speaks_the_readers_language(
    client: FlaskClient, path: str, accepts: str | None, language: str, direction: str
) -> None:
    page = client.get(path, headers={"Accept-Language": accepts} if accepts else {})
    assert f'<html lang="{language}" dir="{direction}">' in page.get_data(as_text=True)
    assert "Accept-Language" in page.headers["Vary"]


def test_a_language_once_chosen_stays(app: Flask) -> None:
    client = browser(app)
    answer = client.post("/language", data={"language": "ar", "next": "/sign-in"})
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert 'dir="rtl"' in client.get("/").get_data(as_text=True)

    client.get("/?lang=en")
    assert 'lang="en"' in client.get("/").get_data(as_text=True)


@pytest.mark.parametrize(
    ("site", "stays"),
    [("same-origin", True), ("none", True), ("same-site", False), ("cross-site", False)],
)
def test_a_link_of_another_site_chooses_a_language_for_its_page_alone(
    client: FlaskClient, site: str, stays: bool
) -> None:
    page = client.get("/?lang=ar", headers={"Sec-Fetch-Site": site})
    assert '<html lang="ar"' in page.get_data(as_text=True)
    assert ('<html lang="ar"' in client.get("/").get_data(as_text=True)) is stays


def test_the_switch_comes_back_to_the_same_page_without_the_old_wish(client: FlaskClient) -> None:
    page = client.get("/sign-in?next=/a&lang=ar").get_data(as_text=True)
    assert '<input type="hidden" name="next" value="/sign-in?next=%2Fa">' in page
    assert "Français" in page
    assert "English" in page


def test_a_person_reads_their_own_language_anywhere(app: Flask) -> None:
    make_person(app)
    here, there = browser(app), browser(app)
    come_in(here)
    here.post("/language", data={"language": "ar"})
    come_in(there)
    assert 'lang="ar"' in there.get("/").get_data(as_text=True)


def test_a_language_that_we_do_not_speak_is_refused(app: Flask) -> None:
    assert browser(app).post("/language", data={"language": "../fr"}).status_code == 400


# Pages and filters


def test_a_page_of_the_office_has_no_threshold_and_says_who_is_there(app: Flask) -> None:
    door(app, require(Role.HUB_STAFF))
    make_person(app)
    client = browser(app)
    come_in(client)
    page = client.get("/test/page").get_data(as_text=True)
    assert "threshold" not in page
    assert "Salma" in page
    assert '<bdi dir="ltr">−850,00</bdi>&nbsp;<span class="unit">MAD</span>' in page
    assert "vendredi\u00a027\u00a0novembre" in page


def test_a_word_left_for_the_next_page_is_said_there(app: Flask) -> None:
    door(app, require(Role.HUB_STAFF))
    make_person(app)
    client = browser(app)
    come_in(client)
    client.post("/test/note")
    assert "Noted." in client.get("/test/page").get_data(as_text=True)
    assert "Noted." not in client.get("/test/page").get_data(as_text=True)


def test_the_front_of_the_house(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    assert "Sur 100 dirhams, 70 vont à qui a fait la pièce." in page
    assert page.count('class="piece"') == 12
    assert page.count("<h1") == 1


# Failures


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/sign-out", 405),
        ("GET", "/test/row/99999999999999999999", 404),
    ],
)
def test_a_failure_has_its_page_in_the_readers_language(
    app: Flask, method: str, path: str, status: int
) -> None:
    door(app, public)
    client = browser(app)
    for language, word in (("fr", "Retour à l’accueil"), ("ar", "إلى الصفحة الأولى")):
        answer = client.open(f"{path}?lang={language}", method=method)
        assert answer.status_code == status
        assert word in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("role", "home"),
    [(Role.HUB_STAFF, "/today"), (Role.CASHIER, "/pos/"), (None, "/")],
)
def test_a_failure_leads_back_to_where_ones_work_begins(
    app: Flask, role: Role | None, home: str
) -> None:
    client = browser(app)
    if role:
        make_person(app, role=role)
        come_in(client)
    page = client.get("/nowhere").get_data(as_text=True)
    assert f'<a class="button" href="{home}">' in page


def test_more_than_a_page_can_take_is_refused(app: Flask) -> None:
    answer = browser(app).post("/sign-in", data={"login": "x" * 2_000_000})
    assert answer.status_code == 413
    assert "Rien n’a été gardé" in answer.get_data(as_text=True)


def test_a_refusal_is_a_sentence(app: Flask) -> None:
    door(app, public)
    client = browser(app)
    answer = client.post("/test/refusal")
    assert answer.status_code == 422
    assert "au plus 7 caractères" in answer.get_data(as_text=True)

    told = client.post("/test/refusal", headers={"Accept": "application/json"})
    assert told.json["field"] == "name"  # type: ignore[index]


def test_a_busy_database_is_asked_again_later(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    door(app, public)
    answer = browser(app).get("/test/busy")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Attendez dix secondes" in answer.get_data(as_text=True)
    assert "database is locked" in caplog.text


def test_a_bug_has_a_number_that_is_in_the_log(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    door(app, public)
    with caplog.at_level(logging.ERROR):
        answer = browser(app).get("/test/bug")
    assert answer.status_code == 500
    number = re.search(r'class="code" dir="ltr">(\w{8})<', answer.get_data(as_text=True))
    assert number
    assert f"Error {number[1]} on GET /test/bug" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_full_disk_is_told_apart_from_a_bug(app: Flask) -> None:
    door(app, public)
    answer = browser(app).get("/test/full")
    assert answer.status_code == 503


def test_a_page_of_failure_asks_the_database_nothing(app: Flask) -> None:
    """On PostgreSQL a failed statement leaves a transaction that answers nothing more."""
    door(app, public)
    make_person(app)
    client = browser(app)
    come_in(client)
    answer = client.get("/test/broken")
    assert answer.status_code == 500
    assert 'class="failure"' in answer.get_data(as_text=True)
    assert client.get("/").status_code == 200


def test_machines_get_failures_as_json(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.json["error"]  # type: ignore[index]


# Forms


class OneForm(Form):
    """A text and an amount."""

    name = Text("Name", longest=10)
    amount = Amount("Amount")


def fill(app: Flask, **typed: str) -> OneForm:
    with app.test_request_context("/?lang=fr"):
        form = OneForm(MultiDict(typed))
        form.validate()
        return form


def test_a_form_cleans_what_is_typed(app: Flask) -> None:
    form = fill(app, name=" Aït  Ben ", amount="1 250,5")
    assert form.data == {"name": "Aït Ben", "amount": 125050}
    assert not form.errors


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"name": "x" * 11}, "name", "au plus 10 caractères"),
        ({"name": "a\0"}, "name", "ne peut pas garder"),
        ({"amount": "12,345"}, "amount", "1250,50"),
        ({"amount": "١٢"}, "amount", "1250,50"),
    ],
)
def test_a_form_says_what_is_wrong_with_which_field(
    app: Flask, typed: dict[str, str], field: str, words: str
) -> None:
    errors = fill(app, **typed).errors
    assert list(errors) == [field]
    assert words in str(errors[field][0])


def test_a_refusal_stands_at_its_field(app: Flask) -> None:
    with app.test_request_context("/?lang=ar"):
        form = OneForm()
        form.validate()
        form.refuse(Refusal("Something is missing here.", field="name"))
        form.refuse(Refusal("This could not be done."))
        assert form.name.errors == ["ينقص شيء هنا."]
        assert form.form_errors == ["تعذر القيام بذلك."]
