"""A counter in a shop that is served."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from almakane.gateways.virtual_printer import VirtualPrinter
from tests.agent.site import Counter, bind, pair_agent, served
from tests.journal.shop import Shop, open_shop


@pytest.fixture
def shop(books: Flask) -> Shop:
    """A shop with people, stock and registers."""
    return open_shop(books)


@pytest.fixture
def port(shop: Shop) -> Iterator[int]:
    """Where it is served."""
    with served(shop.app) as port:
        yield port


@pytest.fixture
def printer() -> Iterator[VirtualPrinter]:
    """A printer that listens on a port of its own."""
    with VirtualPrinter() as printer:
        yield printer
        printer.check()


@pytest.fixture
def counter(shop: Shop, port: int, printer: VirtualPrinter, data_dir: Path) -> Iterator[Counter]:
    """A till, an agent and a printer on one counter."""
    server = pair_agent(shop, f"http://127.0.0.1:{port}")
    bind("T1")
    counter = Counter(shop, port, data_dir / "agent", printer, server)
    yield counter
    counter.press.disk.close()
