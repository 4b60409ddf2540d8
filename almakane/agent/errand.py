"""The agent's round: ask for a job, print it, say what became of it."""

import base64
import hashlib
import logging
import random
import time
from threading import Event
from typing import Any

from almakane.agent.disk import Known, Said
from almakane.agent.press import NotBegun, Press
from almakane.agent.server import WAIT_SECONDS, Server, Unanswered

log = logging.getLogger(__name__)

NOT_BEGUN = "not_begun"

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_PAUSE = 3.0  # until printer and server are asked again


class Errand:
    """One agent's rounds between server and printer."""

    def __init__(
        self, server: Server, press: Press, profile: str, *, wait: int = WAIT_SECONDS
    ) -> None:
        self._server, self._press, self._profile, self._wait = server, press, profile, wait
        self._pause = _FIRST_PAUSE

    def run(self, stop: Event) -> None:
        """Go round until told to stop; whatever goes wrong, the next round is tried."""
        while not stop.is_set():
            try:
                pause = self.round()
                self._pause = _FIRST_PAUSE
            except Unanswered as error:
                log.info("No answer: %s", error)
                pause = self._longer()
            except Exception:
                log.exception("A round of the agent failed")
                pause = self._longer()
            stop.wait(pause)

    def round(self) -> float:
        """One round; gives the seconds until the next. Raises Unanswered."""
        for known in self._press.disk.unheard():
            self._tell(known)
        condition = self._press.condition()
        answer = self._server.lease(
            self._press.disk.name,
            self._profile,
            condition.value,
            self._wait if condition.prints else 0,
        )
        if not answer.is_good:
            log.warning("The server refuses us: %s %s", answer.status, answer.told)
            return self._longer()
        cleared = [self._clear(one["uid"], one["lease"]) for one in answer.told["lapsed"]]
        if answer.told["job"]:
            return self._do(answer.told["job"])
        if any(cleared):
            return 0
        return 0 if condition.prints and answer.told["waited"] else _PAUSE

    def _do(self, job: dict[str, Any]) -> float:
        until = time.monotonic() + job["expires_in_ms"] / 1000
        uid, lease = job["uid"], job["lease"]
        data = base64.b64decode(job["data"])
        if hashlib.sha256(data).hexdigest() != job["sha256"]:
            self._report(uid, lease, "failed", "The bytes are not those of their hash.")
            return 0
        try:
            if time.monotonic() >= until:
                raise NotBegun(self._press.condition(), "It came too late.")
            outcome = self._press.print(uid, data, lease)
        except NotBegun as error:
            self._report(uid, lease, NOT_BEGUN, str(error))
            return _PAUSE
        self._report(uid, lease, outcome.said.value, outcome.told)
        return 0

    def _clear(self, uid: str, lease: str) -> bool:
        """Say what this disk knows of a lease that ran out; whether it knows anything."""
        known = self._press.disk.find(uid)
        said = known.said.value if known else NOT_BEGUN
        if said == Said.BEGUN:  # its end could not be written down
            return False
        self._report(uid, lease, said, "as the agent's disk tells")
        return True

    def _tell(self, known: Known) -> None:
        if known.lease:
            self._report(known.uid, known.lease, known.said.value, "after a restart")

    def _report(self, uid: str, lease: str, said: str, told: str) -> None:
        """Tell the server, whose refusal is an answer too: it knows better."""
        answer = self._server.report(uid, lease, self._press.disk.name, said, told)
        if not answer.is_good:
            log.warning("Of %s we said %s; the server: %s", uid, said, answer.told)
        known = self._press.disk.find(uid)
        if known and not known.is_heard and answer.status not in (401, 403):
            self._press.disk.heard(uid)

    def _longer(self) -> float:
        """How long to wait before it is tried again: twice as long each time, never in step."""
        pause = self._pause
        self._pause = min(_LONGEST_PAUSE, pause * 2)
        return pause * random.uniform(0.5, 1)  # noqa: S311 - no secret
