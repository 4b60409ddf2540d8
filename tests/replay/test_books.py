"""The books of a replay equal the oracle's figures, whole, in parts, cut short and resumed."""

import os
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from almakane import replay
from almakane.db import transaction
from almakane.errors import Refusal
from almakane.replay import Summary
from almakane.replay.rules import Skip
from almakane.settings import ROOT
from tests.factories import make_hub, make_lot, make_maker
from tests.replay.files import shop_file, write
from tests.replay.killing import run_and_kill
from tests.replay.oracle import Figures, work_out
from tests.replay.proof import differences
from tests.replay.test_file import changed
from tests.scale import FAULTS, count

REAL = Path(os.environ.get("ALMAKANE_RETAIL_CSV", ROOT.parent / "shared/data/online-retail.csv.gz"))


class Quiet:
    """A progress bar that shows nothing, and may be told when to cut the run short."""

    def __init__(self, total: int, cut_after: int | None = None) -> None:
        self.total, self.done, self.cut_after = total, 0, cut_after

    def update(self, n: int, /) -> None:
        self.done += n
        if self.cut_after is not None and self.done >= self.cut_after:
            raise KeyboardInterrupt

    def close(self) -> None:
        pass


def trade(path: Path, days: int | None = None) -> Summary:
    return replay.run(path, days=days, progress=Quiet)


def proven(summary: Summary, told: Figures) -> list[str]:
    with transaction() as session:
        return differences(session, summary, told)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop_file(tmp_path_factory.mktemp("replay") / "shop.csv.gz", packed=True)


def test_the_made_up_file_has_every_case(path: Path) -> None:
    told = work_out(path)

    assert told.skipped.keys() == {str(reason) for reason in Skip}
    assert min(told.refunds, told.refund_lines, told.over_short) > 0
    assert all(told.tenders[kind] for kind in ("cash", "terminal", "cheque", "transfer"))


@pytest.mark.usefixtures("books")
def test_the_books_equal_the_oracle_to_the_centime(path: Path) -> None:
    summary = trade(path)

    assert proven(summary, work_out(path)) == []
    assert summary.run_lines == summary.lines
    assert summary.statements > 0
    assert summary.flags.keys() == {"price_old", "below_floor"}
    with transaction() as session:
        assert session.scalar(text("SELECT COUNT(*) FROM seal")) == 6
        assert session.scalar(text("SELECT COUNT(*) FROM shift_closing")) == 18
        assert (
            session.scalar(text("SELECT MIN(quantity) FROM stock_level WHERE unbounded = false"))
            >= 0
        )
    again = trade(path)
    assert again.run_lines == 0
    assert proven(again, work_out(path)) == []


@pytest.mark.skipif(not FAULTS, reason="the one file above is enough in `make test`")
@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("seed", range(100, 130))
def test_any_such_file_equals_the_oracle(tmp_path: Path, seed: int) -> None:
    path = shop_file(tmp_path / "shop.csv", seed=seed)

    assert proven(trade(path), work_out(path)) == []


@pytest.mark.usefixtures("books")
def test_a_run_stops_after_some_days_beside_another_hub_and_goes_on(path: Path) -> None:
    with transaction() as session:
        hub = make_hub(session)
        make_lot(session, hub, make_maker(session, hub), 100_000)

    assert proven(trade(path, 2), work_out(path, 2)) == []
    assert proven(trade(path, 1), work_out(path, 2)) == []  # never less than what the books hold
    assert proven(trade(path), work_out(path)) == []

    with transaction() as session:
        sales = text("SELECT COUNT(*) FROM sale WHERE hub_id = :hub")
        assert session.scalar(sales, {"hub": hub.id}) == 0


@pytest.mark.usefixtures("books")
def test_a_run_cut_short_goes_on_where_it_ended(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("almakane.replay.trading._TICKETS", 3)
    for cut_after in (10, 60, 400):
        with pytest.raises(KeyboardInterrupt):
            replay.run(path, progress=partial(Quiet, cut_after=cut_after))

    assert proven(trade(path), work_out(path)) == []


@pytest.mark.usefixtures("books")
def test_a_run_that_is_killed_goes_on_where_it_ended(path: Path, database_url: str) -> None:
    kills = (
        (20, "booking.record_sale"),
        (1, "trading.draw_statements"),
        (1, "trading.seal_day"),
        (7, "shop.receive_consignment"),
        (2, "booking.open_shift"),
        (2, "booking.close_shift"),
        (5, "booking.record_sale"),
    )
    for after, what in kills[: count(3, len(kills))]:
        run_and_kill(database_url, path, after, f"almakane.replay.{what}")

    assert proven(trade(path), work_out(path)) == []


@pytest.mark.usefixtures("books")
def test_a_file_that_cannot_be_read_books_nothing(path: Path, tmp_path: Path) -> None:
    bad = write(tmp_path / "bad.csv", [changed(), changed(quantity="1e9")])

    with pytest.raises(Refusal, match="Line 3, quantity"):
        trade(bad)

    with transaction() as session:
        assert session.scalar(text("SELECT COUNT(*) FROM hub")) == 0
    with pytest.raises(Refusal, match="one day at least"):
        trade(path, 0)


@pytest.mark.usefixtures("books")
def test_a_file_cut_later_leaves_what_was_booked(path: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(path.read_bytes())
    trade(cut, 2)
    cut.write_bytes(path.read_bytes()[:-200])

    with pytest.raises(Refusal, match="cut or damaged"):
        trade(cut)

    assert proven(trade(path, 2), work_out(path, 2)) == []


@pytest.mark.usefixtures("books")
def test_books_of_another_file_are_refused_and_a_changed_one_is_told(
    path: Path, tmp_path: Path
) -> None:
    small = [changed(), changed(invoice="536366", invoiced_at="2010-12-02 08:26:00")]
    trade(write(tmp_path / "small.csv", small))

    with pytest.raises(Refusal, match="the replay of another file"):
        trade(path)


@pytest.mark.skipif(not REAL.exists(), reason=f"the real file is not at {REAL}")
@pytest.mark.usefixtures("books")
def test_five_days_of_the_real_file_equal_the_oracle() -> None:
    summary = trade(REAL, 5)

    assert proven(summary, work_out(REAL, 5)) == []
    assert summary.lines == 14_022
