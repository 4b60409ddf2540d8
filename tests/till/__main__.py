"""
A till in a process of its own, for a test that kills it.

`python -m tests.till PORT FOLDER CODE POT BOWL` enrols with the code, or comes back from what its
disk holds; then it sells until it is killed. An event is on its disk, and synced, before the till
says its number, as a browser's is before change is given.
"""

import json
import os
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from tests.till.client import Till, back_of, line
from tests.till.journal import Event, Journal, Key


class Disk:
    """What a till keeps: its key and its papers once, and its journal, one event a line."""

    def __init__(self, folder: Path) -> None:
        self._papers, self._journal = folder / "till.json", folder / "journal"

    def keep_papers(self, papers: dict[str, Any]) -> None:
        fresh = self._papers.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(papers, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._papers)

    def papers(self) -> dict[str, Any] | None:
        if not self._papers.exists():
            return None
        papers: dict[str, Any] = json.loads(self._papers.read_text("utf-8"))
        return papers

    def append(self, event: Event) -> None:
        with self._journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def events(self) -> list[Event]:
        """The events that were written whole; half a line was never told to anybody."""
        if not self._journal.exists():
            return []
        whole = self._journal.read_text("utf-8").split("\n")
        if whole[-1]:
            self._journal.write_text("".join(f"{one}\n" for one in whole[:-1]), "utf-8")
        return [json.loads(one) for one in whole[:-1] if one]


def over_http(port: int) -> Any:
    """The till's network; an answer that does not come is no answer."""

    def send(
        method: str, path: str, headers: dict[str, str], data: bytes | None
    ) -> tuple[int, Any]:
        connection = HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, HTTPException, ValueError):
            return 0, None
        finally:
            connection.close()

    return send


def come_back(disk: Disk, port: int, code: str) -> Till:
    """A till from its disk, or a new one that enrols."""
    till, papers = Till(over_http(port)), disk.papers()
    if papers is None:
        number = int.from_bytes(os.urandom(32)) >> 1
        till.key = Key(number)
        disk.keep_papers({"key": number})  # before it asks: the answer may be lost
        papers = {"key": number}
    till.key = Key(papers["key"])
    if "token" not in papers:
        status, told = till.enrol(code)
        if status not in (200, 201):
            raise SystemExit(f"It was not enrolled: {status} {told}")
        disk.keep_papers({**papers, "token": till.token, "told": told})
        return till
    told = papers["told"]
    till.token, till.register, till.epoch = papers["token"], told["register"], told["epoch"]
    till.journals = {
        mode: Journal(till.key, till.register, till.epoch, mode, text)
        for mode, text in told["genesis"].items()
    }
    till.live.events = disk.events()
    for event in till.live.events:
        body = json.loads(event["text"])["body"]
        till.shift = body["shift"]
        if "number" in body:
            till.live.tickets += 1
            perpetual = body["perpetual"]
            till.live.sales, till.live.refunds = perpetual["sales"], perpetual["refunds"]
    return till


def main(port: str, folder: str, code: str, pot: str, bowl: str) -> None:
    """Sell until somebody pulls the plug."""
    disk = Disk(Path(folder))
    till = come_back(disk, int(port), code)
    if not till.live.events:
        disk.append(till.open_shift())
    while True:
        sale = till.sell(line(pot, 28_000), line(bowl, 9_500, qty=2))
        disk.append(sale)
        say(sale)
        if till.live.seq % 4 == 0:
            back = till.give_back(back_of(sale, 2, qty=1))
            disk.append(back)
            say(back)
        till.send()


def say(event: Event) -> None:
    """Give change and print the receipt: from here on the customer has it in her hand."""
    sys.stdout.write(f"{json.loads(event['text'])['body']['number']}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
