"""A shop where those who are near money need a second factor, as it is unless somebody says."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from almakane.settings import Settings
from tests.houses import Houses


@pytest.fixture
def strict(houses: Houses, settings: Settings) -> Iterator[Flask]:
    """The shop as it is served."""
    with houses.open(replace(settings, requires_second_factor=True)) as app:
        yield app
