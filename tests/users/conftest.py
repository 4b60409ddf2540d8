"""A shop where those who are near money need a second factor, as it is unless somebody says."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from almakane.app import create_app
from almakane.db import db
from almakane.settings import Settings


@pytest.fixture
def strict(settings: Settings) -> Iterator[Flask]:
    """The shop as it is served."""
    app = create_app(replace(settings, requires_second_factor=True))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
