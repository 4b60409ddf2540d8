"""Day, night or as the device: chosen by a form, kept by the browser, shown by the next page."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.door import browser


def root(client: FlaskClient) -> str:
    page = client.get("/").get_data(as_text=True)
    return page[page.index("<html") :].split(">")[0]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_is_shown_from_then_on(app: Flask, theme: str) -> None:
    client = browser(app)
    sent = client.post("/theme", data={"theme": theme, "next": "/"})
    assert (sent.status_code, sent.location) == (303, "/")
    assert f'data-theme="{theme}"' in root(client)


def test_as_the_device_takes_the_choice_back(app: Flask) -> None:
    client = browser(app)
    assert "data-theme" not in root(client)
    client.post("/theme", data={"theme": "dark"})
    client.post("/theme", data={"theme": "device"})
    assert "data-theme" not in root(client)


def test_no_other_theme_is_taken(app: Flask) -> None:
    client = browser(app)
    assert client.post("/theme", data={"theme": 'dark" onload="x'}).status_code == 400
    client.set_cookie("theme", 'dark" onload="x')
    assert "data-theme" not in root(client)


def test_a_choice_leads_to_no_other_site(app: Flask) -> None:
    sent = browser(app).post("/theme", data={"theme": "dark", "next": "//elsewhere.example"})
    assert sent.location == "/"
