"""The grammar of the money book: pairs that balance because they cannot do otherwise."""

from hypothesis import given
from hypothesis import strategies as st

from almakane.ledger.book import Posting, net, pair, reverse

ACCOUNTS = ("bank", "clearing", "owed:m1", "vat:out")
accounts = st.sampled_from(ACCOUNTS)
postings = st.lists(
    st.builds(Posting, accounts, accounts, st.integers(1, 10**11), st.integers(-9, 9)), max_size=30
)


def test_a_positive_amount_debits_the_first_and_credits_the_second() -> None:
    assert pair("bank", "clearing", 100, 3) == [Posting("bank", "clearing", 100, 3)]


def test_a_negative_amount_is_turned_round() -> None:
    assert pair("bank", "clearing", -100, 3) == [Posting("clearing", "bank", 100, 3)]


def test_nothing_writes_nothing() -> None:
    assert pair("bank", "clearing", 0) == []


@given(accounts, accounts, st.integers(-(10**11), 10**11))
def test_a_signed_amount_is_what_the_first_account_gets(
    debit: str, credit: str, amount: int
) -> None:
    written = pair(debit, credit, amount)
    assert net(written, debit) == (0 if debit == credit else amount)
    assert all(posting.amount > 0 for posting in written)


@given(postings)
def test_whatever_is_posted_the_trial_balance_is_zero(written: list[Posting]) -> None:
    assert sum(net(written, account) for account in ACCOUNTS) == 0


@given(postings)
def test_what_is_turned_round_undoes_it_line_by_line(written: list[Posting]) -> None:
    both = [*written, *reverse(written)]
    assert all(net(both, account) == 0 for account in ACCOUNTS)
    assert [posting.line for posting in reverse(written)] == [posting.line for posting in written]
    assert reverse(reverse(written)) == written
