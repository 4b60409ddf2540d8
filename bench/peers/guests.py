"""A guest's way from a piece to an order, over HTTP: as Almakane has it, and as Oscar has it."""

import re
from html import unescape
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

_FIELD = re.compile(r"<input[^>]*>")
_NAME, _VALUE = re.compile(r'name="([^"]+)"'), re.compile(r'value="([^"]*)"')
_SENT = "application/x-www-form-urlencoded"


class Guest:
    """One visitor with cookies of their own, who is led on as a browser is."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._base = f"http://127.0.0.1:{port}"
        self._cookies: dict[str, str] = {}
        self.requests = 0
        self.path = ""

    def get(self, path: str) -> str:
        """The page at a path, or where it leads."""
        return self._ask("GET", path)

    def post(self, path: str, **form: str) -> str:
        """The page that answers a form, or where it leads."""
        return self._ask("POST", path, urlencode(form))

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: str = "") -> str:
        self._connection.request(method, path, body, self._headers(method))
        answer = self._connection.getresponse()
        text = answer.read().decode()
        self.requests += 1
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        if answer.status in (302, 303):
            self.path = urlsplit(answer.headers["Location"]).path
            return self._ask("GET", self.path)
        assert answer.status == 200, (method, path, answer.status, text[:2_000])
        return text

    def _headers(self, method: str) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"Cookie": cookies, "Sec-Fetch-Site": "same-origin", "Referer": self._base}
        return headers | ({"Content-Type": _SENT} if method == "POST" else {})


def hidden(page: str, *names: str) -> dict[str, str]:
    """Fields of a page's forms that a browser sends back as they are."""
    found = {}
    for field in _FIELD.findall(page):
        name, value = _NAME.search(field), _VALUE.search(field)
        if name and value and name[1] in names:
            found[name[1]] = unescape(value[1])
    return found


def order_ours(port: int, path: str) -> int:
    """From a piece's page to the order's; gives how many requests it took."""
    guest = Guest(port)
    guest.post("/basket/lines", **hidden(guest.get(path), "product"))
    page = guest.get("/basket")
    page = guest.post("/basket/checkout", **hidden(page, "checkout", "shown"))
    assert guest.path == "/checkout", guest.path
    form = {"name": "Nadia Berrada", "phone": "0661234567", "way": "pickup", "city": "Casablanca"}
    form |= {"address": "", "email": "", "payment": "receipt"}
    guest.post("/checkout", **form, **hidden(page, "checkout", "shown"))
    assert guest.path.startswith("/o/"), guest.path
    guest.close()
    return guest.requests


def order_oscars(port: int, path: str) -> int:
    """The same with Oscar, as a guest: each of its steps is a page."""
    guest = Guest(port)
    product = path.rstrip("/").rpartition("_")[2]
    token = hidden(guest.get(path), "csrfmiddlewaretoken")
    guest.post(f"/basket/add/{product}/", quantity="1", **token)
    page = guest.get("/checkout/")
    gate = {"username": "nadia@example.com", "options": "anonymous", "password": ""}
    page = guest.post("/checkout/", **gate, **hidden(page, "csrfmiddlewaretoken"))
    assert guest.path == "/checkout/shipping-address/", guest.path
    address = {"first_name": "Nadia", "last_name": "Berrada", "line1": "12 rue Tahar"}
    address |= {"line4": "Casablanca", "postcode": "20000", "phone_number": "+212661234567"}
    guest.post(guest.path, **address, **hidden(page, "csrfmiddlewaretoken"))
    assert guest.path == "/checkout/payment-details/", guest.path
    token = hidden(guest.get("/checkout/preview/"), "csrfmiddlewaretoken")
    guest.post("/checkout/preview/", action="place_order", **token)
    assert guest.path == "/checkout/thank-you/", guest.path
    guest.close()
    return guest.requests
