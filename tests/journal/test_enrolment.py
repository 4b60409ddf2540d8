"""Section 2: a device is let in by a code, proves its key, and has a chain of its own."""

from datetime import UTC, datetime, timedelta

import pytest

from almakane.db import rows, transaction, utc_text
from almakane.errors import Refusal
from almakane.journal.enrolment import open_enrolment
from almakane.pos.wrong_codes import MOST
from almakane.users.services import WINDOW
from tests.journal.shop import Shop, ask
from tests.till.client import Till
from tests.till.journal import Key, canonical, sha256


def test_a_device_learns_its_register_its_chains_and_its_place(shop: Shop) -> None:
    till = Till(shop.wire())

    status, told = till.enrol(shop.code())

    assert status == 201
    assert (told["register"], told["epoch"]) == ("casa/T1", 1)
    assert told["perpetual"] == {"sales": 0, "refunds": 0}
    assert told["site"] == {"code": "medina", "name": "medina"}
    assert told["settings"]["cash_step"] == 10
    assert len(told["token"]) == 43
    for mode in ("live", "training"):
        assert told["genesis"][mode] == canonical(
            {
                **{"v": 1, "genesis": "casa/T1", "epoch": 1, "mode": mode},
                **{"key": till.key.public, "previous": None},
            }
        )
        held = ask("SELECT hash, seq FROM chain WHERE mode = ?", mode)
        assert held == [(sha256(told["genesis"][mode]), 0)]


def test_the_token_itself_is_not_kept(shop: Shop) -> None:
    till = shop.till()
    assert ask("SELECT token_hash FROM epoch") == [(sha256(till.token),)]


def test_an_answer_that_was_lost_is_given_again_with_another_token(shop: Shop) -> None:
    code, till = shop.code(), Till(shop.wire())
    till.enrol(code)
    lost = till.token
    till.token = ""

    status, told = till.enrol(code)

    assert (status, told["epoch"]) == (200, 1)
    assert told["token"] != lost
    till.open_shift()
    assert till.send()[0][0] == 200
    till.token = lost
    assert till.ask("GET", "/pos/journal/head")[0] == 401


def test_after_the_first_event_a_code_opens_nothing_more(shop: Shop) -> None:
    code, till = shop.code(), Till(shop.wire())
    till.enrol(code)
    till.open_shift()
    till.send()
    till.token = ""

    assert till.enrol(code)[0] == 403


def test_a_code_lets_one_key_in(shop: Shop) -> None:
    code = shop.code()
    Till(shop.wire()).enrol(code)

    status, told = Till(shop.wire()).enrol(code)

    assert status == 403
    assert told["reason"] == "not_enrolled"


def test_wrong_used_and_old_codes_have_one_answer(shop: Shop) -> None:
    used = shop.code()
    Till(shop.wire()).enrol(used)
    with transaction() as session:
        old = datetime.now(UTC) - timedelta(minutes=11)
        late = open_enrolment(session, shop.hub_id, "T2", by="hind", now=old)

    answers = [Till(shop.wire()).enrol(code) for code in ("AAAAAAAA", used, late)]

    assert [status for status, _ in answers] == [403, 403, 403]
    assert len({str(told) for _, told in answers}) == 1


def test_nobody_s_wrong_tries_end_a_code_that_is_open_for_another(shop: Shop) -> None:
    code = shop.code()
    burning = Till(shop.wire("203.0.113.9"))
    for _ in range(2 * MOST):
        assert burning.enrol("AAAAAAAA")[0] in (403, 429)

    assert Till(shop.wire()).enrol(code)[0] == 201


def test_an_address_that_tries_too_many_codes_is_heard_no_more(shop: Shop) -> None:
    code = shop.code()
    for n in range(MOST):
        status, told = Till(shop.wire(f"2001:db8::{n}")).enrol("AAAAAAAA")
        assert (status, told["reason"]) == (403, "not_enrolled")

    status, told = Till(shop.wire("2001:db8::ffff")).enrol(code)

    assert (status, told["reason"]) == (429, "too_many_codes")
    assert ask("SELECT COUNT(*) FROM epoch") == [(0,)]
    assert Till(shop.wire("2001:db8:0:1::1")).enrol(code)[0] == 201


def test_a_few_wrong_tries_are_forgiven(shop: Shop) -> None:
    code = shop.code()
    for _ in range(MOST - 1):
        Till(shop.wire()).enrol("AAAAAAAA")

    assert Till(shop.wire()).enrol(code)[0] == 201


def test_after_a_quarter_of_an_hour_an_address_is_heard_again(shop: Shop) -> None:
    for _ in range(MOST):
        Till(shop.wire()).enrol("AAAAAAAA")
    with transaction() as session:
        rows(session, "UPDATE sign_in_attempt SET at = ?", (utc_text(datetime.now(UTC) - WINDOW),))

    assert Till(shop.wire()).enrol(shop.code())[0] == 201


def test_a_new_code_ends_the_one_before_it(shop: Shop) -> None:
    first, second = shop.code(), shop.code()

    assert Till(shop.wire()).enrol(first)[0] == 403
    assert Till(shop.wire()).enrol(second)[0] == 201


class Liar(Key):
    """A device that shows another's public key."""

    shown = Key().public

    @property
    def public(self) -> str:
        return self.shown


@pytest.mark.parametrize("key", ["", "A" * 87, "B" + "A" * 86])
def test_what_is_no_key_is_refused(shop: Shop, key: str) -> None:
    till = Till(shop.wire())
    body = {"code": shop.code(), "key": key or "A", "proof": "A" * 86, "app": ""}

    status, told = till.ask("POST", "/pos/enrol", body)

    assert (status, told["reason"]) == (422, "bad_proof")
    assert ask("SELECT COUNT(*) FROM epoch") == [(0,)]


def test_a_key_that_the_device_does_not_hold_is_refused(shop: Shop) -> None:
    code = shop.code()

    assert Till(shop.wire(), key=Liar()).enrol(code)[0] == 422
    assert Till(shop.wire()).enrol(code)[0] == 201


def test_a_proof_for_another_code_proves_nothing(shop: Shop) -> None:
    key, first, second = Key(), shop.code("T1"), shop.code("T2")
    proof = key.sign(f"almakane-enrol-1:{first}:{key.public}")
    body = {"code": second, "key": key.public, "proof": proof, "app": ""}

    assert Till(shop.wire()).ask("POST", "/pos/enrol", body)[0] == 422


def test_a_register_has_one_live_device(shop: Shop) -> None:
    shop.till()
    with pytest.raises(Refusal, match="A device is enrolled at T1"):
        shop.code()


def test_nobody_enrols_at_the_servers_own_registers(shop: Shop) -> None:
    with pytest.raises(Refusal, match="no register DESK"):
        shop.code("DESK")
