"""A till is killed in the middle of its day, comes back, and closes it: the books are right."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

from almakane.settings import ROOT
from tests.factories import mad
from tests.journal.shop import Shop, ask, broken
from tests.journal.test_kills import Server, serving
from tests.scale import count
from tests.till.__main__ import Disk, come_back

KILLS = count(4, 100)


def test_a_till_that_is_killed_comes_back_and_has_lost_no_sale(
    shop: Shop, database_url: str, data_dir: Path
) -> None:
    chance = random.Random(1912)  # noqa: S311 - when to pull the plug is no secret
    folder, code, server = data_dir / "till", shop.code(), Server(database_url, data_dir)
    folder.mkdir()
    printed: list[str] = []
    with serving(server):
        for _ in range(KILLS):
            printed += run_and_kill(server.port, folder, code, shop, chance)

        till = come_back(Disk(folder), server.port, code)
        numbers = [
            told["body"]["number"]
            for told in (json.loads(event["text"]) for event in till.live.events)
            if "number" in told["body"]
        ]
        assert printed == [number for number in numbers if number in set(printed)]
        till.close_shift(mad(500) + till.live.sales - till.live.refunds)
        answers = till.send()

    assert {status for status, _ in answers} == {200}
    assert ask("SELECT number FROM sale ORDER BY id") == [(number,) for number in numbers]
    assert numbers == [f"T1-1-{n:06d}" for n in range(1, len(numbers) + 1)]
    assert ask("SELECT expected, counted FROM shift_closing") == [
        (mad(500) + till.live.sales - till.live.refunds,) * 2
    ]
    assert ask("SELECT DISTINCT flag FROM sale_flag") == [("approved_offline",)]
    assert ask("SELECT COUNT(*) FROM stray") == [(0,)]
    assert broken() == []


def run_and_kill(
    port: int, folder: Path, code: str, shop: Shop, chance: random.Random
) -> list[str]:
    """Let a till sell for a moment, then kill it; gives the numbers that customers hold."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.till", str(port), str(folder), code, shop.pot, shop.bowl],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        told = [process.stdout.readline() for _ in range(chance.randint(1, 8))]
        time.sleep(chance.random() * 0.05)
        process.kill()
        told += process.stdout.readlines()
    assert process.returncode == -9, told
    return [one.strip() for one in told if one.endswith("\n")]
