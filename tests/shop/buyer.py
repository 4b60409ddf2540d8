"""A buyer with a browser: what they do on the street side, step by step."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from almakane.inventory.models import Product

NADIA = {
    "name": "Nadia Berrada",
    "phone": "0661 23 45 67",
    "way": "delivery",
    "city": "Rabat",
    "address": "Agdal, rue Oued Fès, face à la pharmacie",
    "email": "nadia@exemple.ma",
    "payment": "receipt",
}


class Buyer:
    """One browser in the shop."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def put(self, product: Product, quantity: int = 1) -> TestResponse:
        """Put so many into the basket."""
        told = {"product": str(product.id), "quantity": str(quantity)}
        return self.client.post("/basket/lines", data=told)

    def basket(self) -> str:
        """What the basket's page says."""
        return self.client.get("/basket").get_data(as_text=True)

    def open(self, **changed: str) -> TestResponse:
        """Press "order" in the basket, and look at the page that follows."""
        page = self.basket()
        shown = re.search(r'name="shown" value="(\d+)"', page)
        told = {"shown": shown[1] if shown else "0"} | changed
        return self.client.post("/basket/checkout", data=told, follow_redirects=True)

    def fill(self, page: str | None = None, **changed: str) -> dict[str, str]:
        """What a page that is filled in would send, its hidden fields included."""
        page = page or self.client.get("/checkout").get_data(as_text=True)
        found = re.findall(r'<input[^>]*name="(checkout|shown)"[^>]*value="([^"]*)"', page)
        return NADIA | dict(found) | changed

    def look(self, **changed: str) -> dict[str, str]:
        """Let the page reckon anew, and give what it would send then."""
        data = self.fill(**changed)
        page = self.client.post("/checkout/recap", data=data).get_data(as_text=True)
        return self.fill(page, **changed)

    def send(self, data: dict[str, Any]) -> TestResponse:
        """Press "order"."""
        return self.client.post("/checkout", data=data)

    def order(self, product: Product, quantity: int = 1, **changed: str) -> str:
        """All of it; gives the address of the order's page."""
        self.put(product, quantity)
        self.open()
        answer = self.send(self.look(**changed))
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return str(answer.location)
