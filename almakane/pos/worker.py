"""The worker: what was committed is told to the world, in a thread or a process of its own."""

import logging
from datetime import UTC, datetime
from threading import Event, Thread

from flask import Flask

from almakane.db import db
from almakane.pos.printing import end_what_is_overdue, print_receipts
from almakane.settings import Settings

log = logging.getLogger(__name__)

_LOOKS_EACH = 0.25  # of a second: from a sale to its paper nobody should have to wait
_AFTER_TROUBLE = 5


def work(app: Flask, stop: Event) -> None:
    """Do what the outbox asks until told to stop; a round that fails is tried again."""
    settings: Settings = app.extensions["almakane"]
    while not stop.is_set():
        pause: float = _LOOKS_EACH
        try:
            with app.app_context():
                try:
                    if print_receipts(settings.base_url, now=datetime.now(UTC)):
                        pause = 0
                    end_what_is_overdue(datetime.now(UTC))
                finally:
                    db.session.remove()
        except Exception:
            log.exception("A round of the worker failed")
            pause = _AFTER_TROUBLE
        stop.wait(pause)


def start_worker(app: Flask) -> Event:
    """Work in a thread that ends with the program, or when the event that is given is set."""
    stop = Event()
    Thread(target=work, args=(app, stop), name="worker", daemon=True).start()
    return stop
