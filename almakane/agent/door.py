"""
The agent's door on this machine: a till prints and leaves its events here, network or not.

Any page that a browser of this machine shows could knock. So the door opens for JSON alone, with
the pairing secret, from an origin on its list, and under a name of this machine: a name of
somebody's own that was made to lead here is refused as everything else is.
"""

import base64
import binascii
import hmac
import json
import logging
import re
import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_WR
from threading import Thread
from time import monotonic
from typing import Any, ClassVar, NamedTuple

from almakane.agent.copies import Copies, NotAnEvent
from almakane.agent.disk import append
from almakane.agent.elements import NotPaper, read_strip
from almakane.agent.press import NotBegun, Press
from almakane.gateways.escpos_reader import read
from almakane.gateways.paper import DrawerKick
from almakane.gateways.printer import Paper, to_escpos

log = logging.getLogger(__name__)

SECRET_HEADER = "X-Almakane-Pairing"  # noqa: S105 - the name of the header, not what it holds
PORT = 9109
_MOST_BYTES = 1024 * 1024
_MOST_UNREAD = 16 * _MOST_BYTES  # of a refused body, read and forgotten
_LINGER = 2  # seconds
_UID = re.compile(
    r"(receipt|report|drawer)-"
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}-([0-9]|[1-9][0-9])"
)


class Refused(Exception):
    """A knock that the door does not open for: its status, and a word for why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Keys(NamedTuple):
    """What opens the door."""

    secret: str
    origins: frozenset[str]


class Door(ThreadingHTTPServer):
    """The door, listening on this machine alone; port 0 takes any that is free."""

    daemon_threads = True

    def __init__(self, port: int, keys: Keys, press: Press, copies: Copies, paper: Paper) -> None:
        super().__init__(("127.0.0.1", port), _Knock)
        self.keys, self.press, self.copies, self.paper = keys, press, copies, paper
        self.port = int(self.server_address[1])
        self.hosts = {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}

    def open(self) -> None:
        """Listen in a thread that ends with the program."""
        Thread(target=self.serve_forever, args=(0.1,), name="door", daemon=True).start()

    def shut(self) -> None:
        """Listen no more."""
        self.shutdown()
        self.server_close()


def kept_secret(folder: Path) -> str:
    """The pairing secret of this machine, made on the first start and kept."""
    path = folder / "pairing-secret"
    if not path.exists():
        fresh = folder / "pairing-secret.new"
        fresh.unlink(missing_ok=True)
        append(fresh, [secrets.token_urlsafe(24)])
        fresh.rename(path)
    return path.read_text("ascii").strip()


class _Knock(BaseHTTPRequestHandler):
    """One request; whatever does not open the door is 403 and learns nothing."""

    server: Door
    server_version = "almakane"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 10  # seconds: nobody keeps the door open

    _ACTS: ClassVar[dict[tuple[str, str], str]] = {
        ("GET", "/status"): "_status",
        ("POST", "/print"): "_print",
        ("POST", "/events"): "_events",
    }

    def finish(self) -> None:
        if self.close_connection and not self.wfile.closed:
            self._linger()
        super().finish()

    def do_GET(self) -> None:
        self._come_in("GET")

    def do_POST(self) -> None:
        self._come_in("POST")

    def do_PUT(self) -> None:
        self._come_in("PUT")

    do_DELETE = do_PATCH = do_HEAD = do_PUT  # noqa: N815 - the library's names

    def do_OPTIONS(self) -> None:
        """A browser asks first; only pages of a listed origin are told that they may."""
        try:
            self._look_at(*("Host", "Origin"))
        except Refused as refused:
            self._say(refused.status, {"reason": refused.reason}, is_open=False)
            return
        self.send_response(204)
        self._headers_of_origin()
        self.send_header("Access-Control-Allow-Methods", "GET, POST")
        self.send_header("Access-Control-Allow-Headers", f"Content-Type, {SECRET_HEADER}")
        self.send_header("Access-Control-Allow-Private-Network", "true")
        self.send_header("Access-Control-Max-Age", "600")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _come_in(self, method: str) -> None:
        try:
            self._look_at("Host", "Origin", SECRET_HEADER)
            if method == "POST" and self.headers.get_content_type() != "application/json":
                raise Refused(403, "shut")
        except Refused as refused:
            self.close_connection = True  # its body was not read
            self._say(refused.status, {"reason": refused.reason}, is_open=False)
            return
        try:
            act = self._ACTS.get((method, self.path))
            if act is None:
                raise Refused(404, "nothing_here")
            status, told = getattr(self, act)()
        except Refused as refused:
            self.close_connection = True
            status, told = refused.status, {"reason": refused.reason}
        except Exception:
            log.exception("The door failed at %s", self.path)
            self.close_connection = True
            status, told = 500, {"reason": "broke"}
        self._say(status, told)

    def _look_at(self, *names: str) -> None:
        """Raise Refused unless each of these headers is there once and is right."""
        keys = self.server.keys
        for name in names:
            values = self.headers.get_all(name) or []
            value = values[0] if len(values) == 1 else ""
            is_right = {
                "Host": value.lower() in self.server.hosts,
                "Origin": value in keys.origins,
                SECRET_HEADER: hmac.compare_digest(value.encode(), keys.secret.encode()),
            }[name]
            if not is_right:
                raise Refused(403, "shut")

    def _json(self) -> Any:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or self.headers.get("Transfer-Encoding"):
            raise Refused(411, "no_length")
        if int(length) > _MOST_BYTES:
            raise Refused(413, "too_large")
        try:
            return json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise Refused(400, "not_json") from error

    def _status(self) -> tuple[int, Any]:
        condition = self.server.press.condition()
        held = {
            register: [[chain.epoch, chain.mode, seq] for chain, seq in last.items()]
            for register in self.server.copies.registers()
            for last in [self.server.copies.last(register)]
        }
        return 200, {"printer": condition.value, "prints": condition.prints, "held": held}

    def _print(self) -> tuple[int, Any]:
        told = self._json()
        uid = told.get("uid") if isinstance(told, dict) else None
        found = _UID.fullmatch(uid) if isinstance(uid, str) else None
        if uid is None or found is None:
            raise Refused(400, "no_uid")
        data = self._bytes(told, is_drawer=found[1] == "drawer")
        try:
            outcome = self.server.press.print(uid, data)
        except NotBegun as error:
            return 503, {"reason": "not_begun", "printer": error.condition.value}
        return 200, {"uid": uid, "said": outcome.said.value, "told": outcome.told}

    def _bytes(self, told: dict[str, Any], *, is_drawer: bool) -> bytes:
        """What is to be printed; a drawer opens by a job of its own alone."""
        try:
            if told.keys() == {"uid", "paper"}:
                strip = read_strip(told["paper"])
                kicks = any(isinstance(part, DrawerKick) for part in strip.parts)
                data = to_escpos(strip, self.server.paper)
            elif told.keys() == {"uid", "bytes"} and isinstance(told["bytes"], str):
                data = base64.b64decode(told["bytes"], validate=True)
                kicks = any(command.name == "drawer" for command in read(data))
            else:
                raise Refused(400, "no_paper")
        except (NotPaper, binascii.Error, ValueError, LookupError) as error:
            raise Refused(400, "no_paper") from error
        if kicks != is_drawer:
            raise Refused(400, "drawer_apart")
        return data

    def _events(self) -> tuple[int, Any]:
        event = self._json()
        try:
            self.server.copies.keep(event)
        except NotAnEvent as error:
            raise Refused(400, "no_event") from error
        return 201, {"kept": event["hash"]}

    def _say(self, status: int, told: Any, *, is_open: bool = True) -> None:
        data = json.dumps(told).encode()
        self.send_response(status)
        if is_open:
            self._headers_of_origin()
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def _linger(self) -> None:
        """
        Let a refused till finish what it says, so that it reads the answer.

        To close on bytes that were not read breaks the connection, and the answer is lost with it.
        """
        until, unread = monotonic() + _LINGER, _MOST_UNREAD
        try:
            self.connection.shutdown(SHUT_WR)
            while unread > 0 and (left := until - monotonic()) > 0:
                self.connection.settimeout(left)
                if not (data := self.connection.recv(min(unread, 65_536))):
                    return
                unread -= len(data)
        except OSError:  # the till has gone, or says no more
            return

    def _headers_of_origin(self) -> None:
        self.send_header("Access-Control-Allow-Origin", self.headers["Origin"])
        self.send_header("Vary", "Origin")

    def log_message(self, format: str, *args: Any) -> None:
        """What comes and goes is no news; what fails is told above."""
