"""From a sale to its paper."""

from tests.agent.site import Counter
from tests.journal.shop import ask, broken


def test_a_sale_comes_out_once_after_the_drawer(counter: Counter) -> None:
    uid = counter.sell(cash=True)

    counter.rounds()

    assert counter.state(uid) == "confirmed"
    assert [one.picture is None for one in reversed(counter.printer.printed())] == [True, False]
    assert ask("SELECT COUNT(*) FROM print_job WHERE data <> ?", b"") == [(0,)]
    counter.work()
    counter.rounds()
    assert len(counter.printer.papers()) == 1
    assert broken() == []
