"""Apps that stand ready, each with a test's own books: making one takes longer than most tests."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from flask import Flask
from sqlalchemy import Engine, create_engine

from almakane.app import create_app
from almakane.db import db, prepare_engine
from almakane.settings import Settings


class Houses:
    """
    The apps that nobody uses just now, by their settings but for where the books lie.

    A house keeps what a served one keeps from one request to the next: its addresses, its
    templates, its statements as the engine reads them. Whatever it was told besides is forgotten.
    One that stands has answered already, so it takes no new route: a test that adds one makes an
    app of its own.
    """

    def __init__(self) -> None:
        self._empty: defaultdict[Settings, list[_House]] = defaultdict(list)

    @contextmanager
    def open(self, settings: Settings) -> Iterator[Flask]:
        """An app with these books, until the end of the block."""
        kind = replace(
            settings, database_url=settings.database_url.partition(":")[0], data_dir=Path()
        )
        house = self._empty[kind].pop() if self._empty[kind] else _House(settings)
        house.move_in(settings)
        yield house.app
        house.move_out()
        self._empty[kind].append(house)


class _House:
    def __init__(self, settings: Settings) -> None:
        self.app = create_app(settings)
        assert self.app.test_client().get("/-/health").status_code == 200
        self._engine = self._engine_now()
        self._engine.dispose()
        self._config, self._extensions = dict(self.app.config), dict(self.app.extensions)

    def move_in(self, settings: Settings) -> None:
        self.app.extensions["almakane"] = settings
        self.app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
        engine = create_engine(
            settings.database_url, **self.app.config["SQLALCHEMY_ENGINE_OPTIONS"]
        )
        # What was read once is known by its dialect: without it each statement is compiled anew.
        engine.dialect, engine._compiled_cache = self._engine.dialect, self._engine._compiled_cache
        prepare_engine(engine)
        self._use(engine)

    def move_out(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        self._use(self._engine)
        for kept, now in ((self._config, self.app.config), (self._extensions, self.app.extensions)):
            now.clear()
            now.update(kept)

    def _use(self, engine: Engine) -> None:
        with self.app.app_context():
            cast(dict[str | None, Engine], db.engines)[None] = engine

    def _engine_now(self) -> Engine:
        with self.app.app_context():
            return db.engine
