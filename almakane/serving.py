"""
The shop behind a socket: one process of a few threads, or several that share the socket.

Several are made of one that has everything loaded already, so that what none of them changes lies
in memory once. One that dies is followed by another; all of them end with the first.
"""

import gc
import logging
import os
import signal
import socket
from threading import Thread
from time import sleep
from typing import NoReturn

from flask import Flask
from waitress import create_server

from almakane.db import db
from almakane.web.threads import THREADS

log = logging.getLogger(__name__)

# Refused before it is read. An exported journal may have 8 MiB; every other page takes one.
_BODY_BYTES = 9 * 1024 * 1024
_BEFORE_THE_NEXT = 1  # second: a process that cannot live is not begun without end


def listen(host: str, port: int) -> socket.socket:
    """A socket at which whoever asks waits until somebody answers."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)


def answer(app: Flask, listener: socket.socket, processes: int = 1) -> None:
    """Answer whoever asks, until told to end."""
    if processes == 1:
        _run(app, listener)
        return
    db.session.remove()
    db.engine.dispose()  # a connection belongs to one process
    gc.collect()
    gc.freeze()  # so that a look for what is not needed any more copies nothing that is shared
    watched, held = os.pipe()
    signal.signal(signal.SIGTERM, _end)
    ours = {_begin(app, listener, watched, held) for _ in range(processes)}
    try:
        while True:
            gone, how = os.wait()
            if gone in ours:
                ours.remove(gone)
                log.error("Process %s ended (%s); another one begins.", gone, how)
                sleep(_BEFORE_THE_NEXT)
                ours.add(_begin(app, listener, watched, held))
    except (KeyboardInterrupt, SystemExit):
        os.close(held)
        for one in ours:
            os.waitpid(one, 0)


def _run(app: Flask, listener: socket.socket) -> None:
    server = create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        ident="almakane",
        max_request_body_size=_BODY_BYTES,
    )
    server.run()


def _begin(app: Flask, listener: socket.socket, watched: int, held: int) -> int:
    """Begin a process that answers; gives its number."""
    number = os.fork()
    if number:
        return number
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first is told, and tells us
        os.close(held)
        Thread(target=_end_with_the_first, args=(watched,), daemon=True).start()
        _run(app, listener)
        os._exit(0)
    except BaseException:
        log.exception("A process that answers failed")
        os._exit(1)


def _end_with_the_first(watched: int) -> None:
    """Wait until nobody holds the other end, however they ended; then finish what is under way."""
    os.read(watched, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _end(_number: int, _frame: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it may be told twice
    raise SystemExit
