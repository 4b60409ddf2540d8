"""The shop's worker: letters about orders go out, in a thread or a process of its own."""

import logging
from datetime import UTC, datetime
from threading import Event, Thread

from flask import Flask

from almakane.db import db
from almakane.gateways.mail import the_post
from almakane.settings import Settings
from almakane.shop.mailing import send_mails

log = logging.getLogger(__name__)

_LOOKS_EACH = 2  # seconds: nobody waits for a letter as for a receipt
_AFTER_TROUBLE = 30


def _now() -> datetime:
    return datetime.now(UTC)


def work(app: Flask, stop: Event) -> None:
    """Do what the outbox asks about orders until told to stop; a failed round is tried again."""
    settings: Settings = app.extensions["almakane"]
    post = the_post(settings.smtp_url, settings.data_dir)
    while not stop.is_set():
        pause: float = _LOOKS_EACH
        try:
            with app.app_context():
                try:
                    if send_mails(settings, post, now=_now):
                        pause = 0
                finally:
                    db.session.remove()
        except Exception:
            log.exception("A round of the shop's worker failed")
            pause = _AFTER_TROUBLE
        stop.wait(pause)


def start_worker(app: Flask) -> Event:
    """Work in a thread that ends with the program, or when the event that is given is set."""
    stop = Event()
    Thread(target=work, args=(app, stop), name="letters", daemon=True).start()
    return stop
