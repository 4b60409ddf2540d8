"""A shop that has opened, and a till at its door."""

import pytest
from flask import Flask

from tests.journal.shop import Shop, open_shop
from tests.till.client import Till


@pytest.fixture
def shop(books: Flask) -> Shop:
    """A shop with people, stock and registers."""
    return open_shop(books)


@pytest.fixture
def till(shop: Shop) -> Till:
    """An enrolled till whose shift is open; nothing is sent yet."""
    till = shop.till()
    till.open_shift()
    return till
