"""
What somebody is about to buy, kept by their own browser for thirty days.

A basket claims nothing. The cookie is signed, so that a page can believe which prices it showed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from flask import Response, request
from itsdangerous import BadSignature, URLSafeSerializer

from almakane.shop.ordering import Asked
from almakane.shop.stock import MOST_LINES, MOST_OF_ONE
from almakane.vault import derive
from almakane.web import settings

KEPT_FOR = timedelta(days=30)
_LARGEST_ID = 2**63 - 1


class Kept(NamedTuple):
    """A product in the basket, how many of it, and the price that was shown last."""

    product_id: int
    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class Basket:
    """What is wanted, in the order in which it was put there."""

    lines: tuple[Kept, ...] = ()

    @property
    def count(self) -> int:
        """How many pieces."""
        return sum(line.quantity for line in self.lines)

    def find(self, product_id: int) -> Kept | None:
        """The line of a product."""
        return next((line for line in self.lines if line.product_id == product_id), None)

    def put(self, product_id: int, quantity: int, price: int) -> "Basket":
        """With so many of a product; without it where that is none."""
        quantity = min(quantity, MOST_OF_ONE)
        others = [line for line in self.lines if line.product_id != product_id]
        if quantity < 1:
            return Basket(tuple(others))
        line = Kept(product_id, quantity, price)
        if self.find(product_id) is None:
            return Basket((*others, line))
        return Basket(tuple(line if one.product_id == product_id else one for one in self.lines))

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another product."""
        return len(self.lines) >= MOST_LINES


@dataclass(frozen=True, slots=True)
class Opened:
    """A checkout that this browser opened: its uid, and what it asked for at which prices."""

    uid: str
    lines: tuple[Asked, ...]


def read_basket() -> Basket:
    """The basket that came with the request; an unreadable one is empty."""
    return Basket(tuple(_lines(_unsigned("basket"), Kept)))


def basket_count() -> int:
    """How many pieces the visitor's basket has: for the way to it."""
    return read_basket().count


def keep_basket(response: Response, basket: Basket) -> Response:
    """Let the browser keep it for thirty days from now."""
    if not basket.lines:
        response.delete_cookie(_name("basket"), **_flags())
        return response
    text = _signer("basket").dumps([list(line) for line in basket.lines])
    response.set_cookie(_name("basket"), str(text), max_age=KEPT_FOR, **_flags())
    return response


def read_checkout() -> Opened | None:
    """The checkout that this browser opened last."""
    told = _unsigned("checkout")
    if not isinstance(told, dict) or not isinstance(told.get("uid"), str):
        return None
    lines = tuple(_lines(told.get("lines"), Asked))
    return Opened(told["uid"], lines) if lines else None


def keep_checkout(response: Response, opened: Opened) -> Response:
    """Let the browser keep which checkout is its own."""
    told = {"uid": opened.uid, "lines": [list(line) for line in opened.lines]}
    text = _signer("checkout").dumps(told)
    response.set_cookie(_name("checkout"), str(text), max_age=KEPT_FOR, **_flags())
    return response


def _lines(told: Any, kind: Any) -> Iterable[Any]:
    if not isinstance(told, list):
        return
    for line in told[:MOST_LINES]:
        if (
            isinstance(line, list)
            and len(line) == len(kind._fields)
            and all(isinstance(value, int) and 0 <= value <= _LARGEST_ID for value in line)
        ):
            yield kind(*line)


def _unsigned(name: str) -> Any:
    text = request.cookies.get(_name(name))
    if not text:
        return None
    try:
        return _signer(name).loads(text)
    except BadSignature:
        return None


def _signer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(derive(settings().secret_key, f"cookie/{purpose}"), salt=purpose)


def _name(name: str) -> str:
    return f"__Host-{name}" if settings().is_secure else name


def _flags() -> dict[str, Any]:
    return {"secure": settings().is_secure, "httponly": True, "samesite": "Lax", "path": "/"}
