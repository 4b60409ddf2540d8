"""What an agent says to the server, over HTTPS alone: every connection is made from here."""

import json
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from almakane.errors import Refusal

WAIT_SECONDS = 25
_SECONDS = 20


class Unanswered(Exception):
    """No answer came, or one that means: not now. The same may be asked again."""


class Answer(NamedTuple):
    """A status and what was told with it."""

    status: int
    told: Any

    @property
    def is_good(self) -> bool:
        """Whether it was taken."""
        return self.status < 300


class Server:
    """The server at an address, and the token that opens it."""

    def __init__(self, url: str, token: str = "") -> None:
        parts = urlsplit(url)
        # A token that goes over a shop's network in the clear is anybody's.
        is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_here)
        if not parts.hostname or not is_safe:
            raise Refusal("The server is https://... , not %(url)s.", field="server", url=url)
        self.origin = f"{parts.scheme}://{parts.netloc}".lower()
        self._host, self._port = parts.hostname, parts.port
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._token = token

    def ask(self, method: str, path: str, body: Any = None, *, wait: float = 0) -> Answer:
        """One request on a connection of its own; raises Unanswered, also for a 5xx or 429."""
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"} if data is not None else {}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        connection = self._connection(_SECONDS + wait)
        try:
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, HTTPException) as error:
            raise Unanswered(str(error)) from error
        finally:
            connection.close()
        if response.status >= 500 or response.status == 429:
            raise Unanswered(f"The server says {response.status}.")
        try:
            return Answer(response.status, json.loads(text) if text else None)
        except ValueError as error:
            raise Unanswered("The server does not speak JSON.") from error

    def pair(self, code: str) -> str:
        """Give a code for a token; raises Refusal where it opens nothing."""
        answer = self.ask("POST", "/agent/pairing", {"code": code, "app": "almakane agent"})
        if not answer.is_good:
            raise Refusal("This code opens nothing: a manager opens a new one.", field="code")
        return str(answer.told["token"])

    def lease(self, disk: str, profile: str, printer: str, wait: int) -> Answer:
        """Ask for a job, and wait for one as long as that."""
        body = {"disk": disk, "profile": profile, "printer": printer, "wait": wait}
        return self.ask("POST", "/agent/leases", body, wait=wait)

    def report(self, uid: str, lease: str, disk: str, said: str, told: str) -> Answer:
        """Say what became of a job."""
        body = {"lease": lease, "disk": disk, "said": said, "told": told[:200]}
        return self.ask("POST", f"/agent/jobs/{quote(uid, safe='')}/reports", body)

    def _connection(self, seconds: float) -> HTTPConnection:
        if self._tls:
            return HTTPSConnection(self._host, self._port, timeout=seconds, context=self._tls)
        return HTTPConnection(self._host, self._port, timeout=seconds)
