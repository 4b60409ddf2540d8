"""
The till's modules in Chromium, against a server and its books on both engines: what a browser may
lose, double or not know, a shop must not.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Route

from almakane.cooperatives.agreement import Regime, Terms
from almakane.db import transaction
from almakane.hubs.models import Hub
from almakane.settings import Settings
from tests.browser.till import Screen, give_pins, new_screen, served
from tests.factories import mad, make_lot, make_maker
from tests.journal.shop import ask, broken, open_shop


@pytest.fixture
def screen(browser: Browser, books: Flask, settings: Settings, data_dir: Path) -> Iterator[Screen]:
    """A till that is enrolled, with amina at it and her shift open."""
    shop = open_shop(books)
    give_pins()
    with served(settings, data_dir) as url:
        screen = new_screen(browser, url, shop)
        assert screen.open() == "not_enrolled"
        screen.enrol()
        screen.sign_in()
        screen.open_shift()
        yield screen
        screen.context.close()


def sales() -> list[Any]:
    """What the books have of tickets: number and what they came to."""
    return ask(
        "SELECT number, (SELECT SUM(total) FROM sale_line WHERE sale_id = sale.id) FROM sale"
        " ORDER BY number"
    )


def test_a_day_at_the_till(screen: Screen) -> None:
    pot, bowl = screen.shop.pot, screen.shop.bowl
    one = screen.sell((pot, 1), (bowl, 2))
    assert one["number"] == "T1-1-000001"
    assert one["totals"]["total"] == 47_000
    assert [part["kind"] for part in one["strip"]["parts"]][-2:] == ["barcode", "cut"]
    assert "/t/" in one["url"]
    screen.settle()

    ticket = screen.tried("till.ticket(value)", one["number"])["is"]
    assert [(line["left_qty"], line["left_total"]) for line in ticket["lines"]] == [
        (1, 28_000),
        (2, 19_000),
    ]
    back = """(async () => {
      const basket = till.newBasket("fr");
      basket.returns.push(till.returnOf(value.ticket, 2, 1, { why: "ébréché" }));
      basket.tenders.push({ kind: "cash", amount: -9500 });
      if (value.by) basket.approvals.push(await till.approve(value.by));
      return till.sell(basket);
    })()"""
    assert screen.tried(back, {"ticket": ticket})["no"] == "needs_approval"
    by = {"right": "refund", "by": "hind", "pin": "408215"}
    refund = screen.tried(back, {"ticket": ticket, "by": by})["is"]
    assert (refund["kind"], refund["number"]) == ("refund", "T1-1-000002")

    screen.tried('till.moveCash({ direction: "out", amount: 8500, why: "thé et sucre" })')
    assert screen.tried("till.closeShift({ left: 0 })")["no"] == "counts_missing"
    counted = screen.tried("till.count({ total: 79000 })")["is"]
    assert counted == {"expected": 79_000, "counted": 79_000, "difference": 0, "times": 1}
    z = screen.tried("till.closeShift({ left: 50000 })")["is"]
    assert z["figures"]["tickets"] == 2
    assert z["figures"]["closing"]["expected"] == 79_000
    assert screen.settle() == 0
    assert screen.run("return till.floatExpected()") == 50_000

    assert sales() == [("T1-1-000001", 47_000), ("T1-1-000002", None)]
    assert ask("SELECT DISTINCT outcome FROM journal_event") == [("recorded",)]
    assert broken() == []


def test_a_page_that_is_killed_after_writing_loses_nothing_and_doubles_nothing(
    screen: Screen,
) -> None:
    screen.settle()
    screen.context.set_offline(True)
    basket = screen.run("return basketOf(value)", [[screen.shop.pot, 1]])
    sold = screen.tried("till.sell(value)", basket)["is"]
    screen.page.close()  # the plug: it was written, and never sent
    screen.context.set_offline(False)

    screen.page = screen.context.new_page()
    assert screen.open() == "locked"
    screen.sign_in()
    again = screen.tried("till.sell(value)", basket)["is"]
    assert (again["number"], again["uid"]) == (sold["number"], sold["uid"])
    assert screen.settle() == 0
    assert sales() == [(sold["number"], 28_000)]
    assert broken() == []


def test_a_till_without_a_network_goes_on_selling(screen: Screen) -> None:
    assert screen.settle() == 0
    screen.context.set_offline(True)
    screen.run("till.signOut()")
    screen.sign_in()  # she passed here before
    assert screen.tried("till.signIn('hind', '408215')")["no"] == "no_pin_offline"
    for _ in range(3):
        screen.sell((screen.shop.pot, 1))
    assert screen.settle() == 3
    assert screen.run("return till.online") is False
    assert screen.run("return till.oldest_unsent_at") is not None
    exported = screen.run("return (await till.exportFile()).text()")
    assert len(exported.splitlines()) == 3

    screen.context.set_offline(False)
    assert screen.settle() == 0
    assert len(sales()) == 3
    assert broken() == []


def test_a_second_tab_says_that_another_one_is_the_till(screen: Screen) -> None:
    other = Screen(screen.context, screen.context.new_page(), screen.shop)

    assert other.open() == "elsewhere"
    assert other.tried("till.sell(till.newBasket())")["no"] == "elsewhere"
    assert screen.run("return till.state") == "ready"


def test_a_fork_is_told_and_what_was_sold_is_kept(screen: Screen) -> None:
    """Somebody has copied the browser's folder: its twin sends first."""
    screen.settle()
    screen.context.set_offline(True)
    screen.sell((screen.shop.pot, 1))
    twin = screen.run(
        """
        const { seal } = await import("/static/js/till/event.js");
        const { write } = await import("/static/js/till/canonical.js");
        const event = JSON.parse(JSON.parse(await (await till.exportFile()).text()).text);
        return await seal(write({ ...event, cashier: "hind" }), till.writer.pair.privateKey);
        """
    )
    token = screen.run("return till.enrolment.token")
    headers = {"Authorization": f"Bearer {token}"}
    answer = screen.shop.wire()(
        *("POST", "/pos/journal", {**headers, "Content-Type": "application/json"}),
        json.dumps({"events": [twin]}).encode(),
    )
    assert answer[0] == 200
    screen.context.set_offline(False)
    screen.settle()

    assert screen.run("return till.trouble")["reason"] == "fork"
    sold = screen.sell((screen.shop.bowl, 1))  # it goes on
    assert sold["number"] == "T1-1-000002"
    assert screen.settle() == 0
    texts = [json.loads(text) for (text,) in ask("SELECT text FROM stray ORDER BY id")]
    assert {one["body"]["number"] for one in texts} == {"T1-1-000001", "T1-1-000002"}
    assert broken() == []


def test_a_clock_that_goes_back_in_the_middle_of_a_shift_changes_no_order(screen: Screen) -> None:
    """Somebody sets the device's clock: places are by seq, the trading day is the shift's."""
    first = screen.sell((screen.shop.pot, 1))
    screen.settle()
    screen.run("window.now = Date.now; Date.now = () => now() - 30 * 3_600_000")
    second = screen.sell((screen.shop.bowl, 1))
    told = screen.run("return (await till.tickets()).map((one) => one.number)")
    assert told == [second["number"], first["number"]]
    assert screen.settle() == 0
    screen.tried("till.count({ total: 87500 })")
    z = screen.tried("till.closeShift({ left: 50000 })")["is"]["figures"]
    assert (z["first"], z["last"]) == (first["number"], second["number"])
    assert z["closing"]["expected"] == 87_500
    assert screen.settle() == 0
    assert [number for number, _ in sales()] == [first["number"], second["number"]]
    assert len(set(ask("SELECT day FROM sale"))) == 1
    assert "quarantined" not in {outcome for (outcome,) in ask("SELECT outcome FROM journal_event")}
    assert broken() == []


def test_a_clock_that_is_wrong_is_told(screen: Screen) -> None:
    screen.settle()
    screen.run("const now = Date.now; Date.now = () => now() + 600_000; await till.beat()")

    assert 590_000 < screen.run("return till.skew_ms") < 610_000
    screen.sell((screen.shop.pot, 1))
    assert screen.settle() == 0
    assert screen.run("return till.waiting.map((one) => one.flags)") == [["clock_skew"]]
    assert broken() == []


@pytest.mark.engines("sqlite")
def test_nobody_guesses_a_pin_without_a_network(screen: Screen) -> None:
    screen.context.set_offline(True)
    screen.run("till.signOut()")
    for _ in range(5):
        assert screen.tried("till.signIn('amina', '9999')")["no"] == "wrong_pin"
    assert screen.tried("till.signIn('amina', '4082')")["no"] == "too_many_attempts"
    screen.page.close()  # another page does not begin to count anew
    screen.context.set_offline(False)
    screen.page = screen.context.new_page()
    assert screen.open() == "locked"
    screen.context.set_offline(True)
    assert screen.tried("till.signIn('amina', '4082')")["no"] == "too_many_attempts"
    screen.context.set_offline(False)
    screen.sign_in()
    screen.context.set_offline(True)
    screen.run("till.signOut()")
    screen.run("window.now = Date.now; Date.now = () => now() + 15 * 86_400_000")
    assert screen.tried("till.signIn('amina', '4082')")["no"] == "no_pin_offline"


@pytest.mark.engines("sqlite")
def test_a_piece_that_came_back_is_here_again_before_the_server_says_so(screen: Screen) -> None:
    pot = screen.shop.pot
    sold = screen.sell((pot, 2))
    screen.settle()
    there = "return till.catalogue.find(value).qty"
    screen.run("await till.catalogue.refresh()")
    screen.context.set_offline(True)
    before = screen.run(there, pot)
    back = """(async () => {
      const basket = till.newBasket("fr");
      basket.returns.push(till.returnOf(value.ticket, 1, 1, { restock: value.restock }));
      basket.tenders.push({ kind: "cash", amount: -28000 });
      basket.approvals.push({ right: "refund", by: "hind", mode: "offline", grant: null });
      basket.approvals[0].at = new Date().toISOString();
      basket.approvals[0].why = "";
      return till.sell(basket);
    })()"""
    ticket = screen.tried("till.ticket(value)", sold["number"])["is"]
    screen.tried(back, {"ticket": ticket, "restock": True})
    assert screen.run(there, pot) == before + 1
    screen.tried(back, {"ticket": ticket, "restock": False})  # it is broken
    assert screen.run(there, pot) == before + 1


@pytest.mark.parametrize(("error", "word"), [("QuotaExceededError", "no_room"), ("", "no_write")])
@pytest.mark.engines("sqlite")
def test_a_sale_that_the_disk_does_not_take_is_not_sold(
    screen: Screen, error: str, word: str
) -> None:
    """A full disk, or one that fails, ends the transaction from below."""
    screen.run(
        """
        const { add } = IDBObjectStore.prototype;
        window.mend = () => Object.assign(IDBObjectStore.prototype, { add });
        IDBObjectStore.prototype.add = function (...row) {
          const asked = add.apply(this, row);
          const told = value ? new DOMException("", value) : null;
          Object.defineProperty(this.transaction, "error", { value: told });
          this.transaction.abort();
          return asked;
        };
        """,
        error,
    )
    basket = screen.run("return basketOf(value)", [[screen.shop.pot, 1]])
    assert screen.tried("till.sell(value)", basket)["no"] == word
    assert screen.run("return (await till.tickets()).length") == 0

    screen.run("mend()")
    assert screen.tried("till.sell(value)", basket)["is"]["number"] == "T1-1-000001"
    assert screen.settle() == 0
    assert len(sales()) == 1
    assert broken() == []


def test_what_the_server_cannot_book_is_told_and_stops_nothing(screen: Screen) -> None:
    screen.run(
        """
        const basket = await basketOf(value);
        basket.tenders[0].kind = "shells";
        await till.sell(basket);
        """,
        [[screen.shop.pot, 1]],
    )
    screen.sell((screen.shop.pot, 1))
    assert screen.settle() == 0
    [waits] = screen.run("return till.waiting")
    assert (waits["outcome"], waits["number"]) == ("quarantined", "T1-1-000001")
    assert (waits["reason"], waits["field"]) == ("bad_value", "body.tenders[0].kind")
    figures = screen.tried("till.x()")["is"]["figures"]
    assert figures["quarantined"] == [{"number": "T1-1-000001", "total": 28_000}]
    assert (figures["tickets"], figures["goods"]) == (1, 28_000)
    assert [number for number, _ in sales()] == ["T1-1-000002"]
    assert broken() == []


@pytest.mark.parametrize("regime", list(Regime))
def test_a_receipt_names_the_maker_where_we_sell_in_their_name_and_nowhere_else(
    screen: Screen, regime: Regime
) -> None:
    with transaction() as session:
        hub = session.get_one(Hub, screen.shop.hub_id)
        maker = make_maker(session, hub, Terms(regime, 0 if regime is Regime.FIRM else 2_500))
        maker.ice, name = "002345678000045", maker.name
        code = make_lot(session, hub, maker, mad(120), unit_cost=mad(60)).code
    screen.tried("till.lookUp(value)", code)
    told = json.dumps(screen.sell((code, 1))["strip"], ensure_ascii=False)
    assert (name in told, "002345678000045" in told) == ((regime is Regime.MANDATE,) * 2)


def test_an_event_that_the_server_cannot_read_holds_up_no_other(screen: Screen) -> None:
    """A disk spoilt one: found by halves, it stays and is told; what follows comes as strays."""
    screen.settle()
    screen.context.set_offline(True)
    before = screen.sell((screen.shop.pot, 1))
    screen.run(
        """
        await till.moveCash({ direction: "out", amount: 500, why: "thé" });
        const { eventsOf, keep } = await import("/static/js/till/store.js");
        const [row] = await eventsOf(till.journal, till.head.chain, 3, 3);
        await keep(till.journal, ["events", { ...row, sig: "\\ud800" }, [row.chain, 3]]);
        """
    )
    after = [screen.sell((screen.shop.bowl, 1)) for _ in range(3)]
    screen.context.set_offline(False)

    assert screen.settle() == 0
    assert [number for number, _ in sales()] == [before["number"]]
    texts = [json.loads(text) for (text,) in ask("SELECT text FROM stray ORDER BY id")]
    assert [one["body"]["number"] for one in texts] == [one["number"] for one in after]
    assert screen.run("return till.trouble") == {"reason": "misshapen", "seq": 3}
    [waits] = screen.run("return till.waiting")
    assert (waits["seq"], waits["outcome"], waits["reason"]) == (3, "refused", "misshapen")
    assert broken() == []


# Gift cards and store credit

_SELL_CARD = """(async () => {
  const basket = till.newBasket("fr");
  basket.lines.push(await till.cardLine(value));
  basket.tenders.push({ kind: "cash", amount: value });
  return till.sell(basket);
})()"""
_PAY_BY_CARD = """(async () => {
  const basket = await basketOf([[value.lot, 1]], []);
  basket.tenders.push(await till.takeFromCard(basket, { kind: "gift_card", ...value.card }));
  const { missing } = till.reckon(basket);
  if (missing) basket.tenders.push({ kind: "cash", amount: missing });
  return till.sell(basket);
})()"""
_TAKE = """till.takeFromCard(window.paying = till.newBasket("fr"), value)"""


def sell_card(screen: Screen, amount: int) -> str:
    """A gift card under a code of the till's; gives the code."""
    done = screen.tried(_SELL_CARD, amount)["is"]
    [made] = done["codes"]
    assert (made["kind"], made["amount"]) == ("gift_card", amount)
    assert made["code"] in json.dumps(done["strip"])
    assert screen.settle() == 0
    return str(made["code"])


def test_a_gift_card_pays_a_part_and_the_rest_is_cash(screen: Screen) -> None:
    code = sell_card(screen, 20_000)
    paid = {"lot": screen.shop.pot, "card": {"code": code, "amount": 28_000}}
    told = screen.tried(_PAY_BY_CARD, paid)
    assert (told["no"], told["values"]["reason"], told["values"]["left"]) == (
        *("refused", "not_enough", 20_000),
    )
    paid["card"] = {"code": f" {code.lower()} ", "amount": 20_000}
    sold = screen.tried(_PAY_BY_CARD, paid)["is"]
    assert code not in json.dumps(sold["strip"])
    assert screen.settle() == 0

    told = screen.tried(_PAY_BY_CARD, paid)  # it is spent
    assert (told["values"]["reason"], told["values"]["left"]) == ("not_enough", 0)
    assert {outcome for (outcome,) in ask("SELECT outcome FROM journal_event")} == {"recorded"}
    assert [code not in text for (text,) in ask("SELECT text FROM journal_event")] == [True] * 3
    assert broken() == []


def test_a_card_that_nobody_can_ask_about_gives_nothing(screen: Screen) -> None:
    code = sell_card(screen, 20_000)
    told = screen.tried(_TAKE, {"kind": "gift_card", "code": "NOTO-URSX", "amount": 100})
    assert (told["values"]["reason"], told["values"]["left"]) == ("not_enough", 0)
    assert screen.tried(_TAKE, {"kind": "gift_card", "code": " - ", "amount": 100})["no"] == "empty"
    screen.context.set_offline(True)
    asked = {"kind": "gift_card", "code": code, "amount": 20_000}
    assert screen.tried(_TAKE, asked)["no"] == "offline"
    screen.context.set_offline(False)
    assert screen.tried(_TAKE, asked)["is"]["amount"] == 20_000


@pytest.mark.engines("sqlite")
def test_a_taking_whose_answer_is_lost_goes_back_to_its_card(screen: Screen) -> None:
    code = sell_card(screen, 20_000)
    asked = {"kind": "gift_card", "code": code, "amount": 20_000}

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    screen.page.route("**/pos/takings", lose)
    assert screen.tried(_TAKE, asked)["no"] == "offline"
    for _ in range(100):  # the server may be slower than a till has patience
        if ask("SELECT amount FROM taking") == [(20_000,)]:
            break
        screen.page.wait_for_timeout(200)
    screen.page.unroute_all()
    assert screen.tried(_TAKE, asked)["is"]["auth"]  # the whole of it, again
    assert broken() == []


@pytest.mark.engines("sqlite")
def test_a_page_that_is_killed_with_a_card_in_hand_gives_it_back(screen: Screen) -> None:
    code = sell_card(screen, 20_000)
    asked = {"kind": "gift_card", "code": code, "amount": 15_000}
    screen.tried(_TAKE, asked)
    screen.page.close()
    screen.page = screen.context.new_page()
    assert screen.open() == "locked"
    screen.sign_in()
    tender = screen.tried(_TAKE, {**asked, "amount": 20_000})["is"]

    screen.context.set_offline(True)
    assert screen.tried("till.giveBackToCard(value)", tender) == {"is": False}
    screen.context.set_offline(False)
    screen.run("await till.beat()")
    assert screen.tried(_TAKE, {**asked, "amount": 20_000})["is"]["amount"] == 20_000
    assert broken() == []


def test_money_back_as_store_credit_is_spent_by_its_code(screen: Screen) -> None:
    sold = screen.sell((screen.shop.pot, 1))
    assert screen.settle() == 0
    back = """(async () => {
      const basket = till.newBasket("fr");
      basket.returns.push(till.returnOf(await till.ticket(value), 1, 1));
      basket.approvals.push(await till.approve({ right: "refund", by: "hind", pin: "408215" }));
      basket.tenders.push(await till.creditOf(28000));
      return till.sell(basket);
    })()"""
    refund = screen.tried(back, sold["number"])["is"]
    [made] = refund["codes"]
    assert (made["kind"], made["amount"]) == ("credit", 28_000)
    again = screen.tried("till.reprint(value)", refund["number"])["is"]
    assert made["code"] in json.dumps(again["strip"])  # its buyer is still here
    assert screen.settle() == 0
    spent = {"kind": "credit", "code": made["code"], "amount": 28_000}
    assert screen.tried(_PAY_BY_CARD, {"lot": screen.shop.pot, "card": spent})["is"]["number"]

    screen.tried("till.count({ total: 78000 })")
    screen.tried("till.closeShift({ left: 0 })")
    screen.open_shift()
    assert screen.tried("till.reprint(value)", refund["number"])["is"]["codes"] == []
    assert screen.settle() == 0
    assert {outcome for (outcome,) in ask("SELECT outcome FROM journal_event")} == {"recorded"}
    assert broken() == []


@pytest.mark.engines("sqlite")
def test_money_of_a_gift_card_goes_back_to_it(screen: Screen) -> None:
    code = sell_card(screen, 20_000)
    card = {"code": code, "amount": 20_000}
    sold = screen.tried(_PAY_BY_CARD, {"lot": screen.shop.pot, "card": card})["is"]
    assert screen.settle() == 0
    ticket = screen.tried("till.ticket(value)", sold["number"])["is"]
    [tender] = [one for one in ticket["tenders"] if one["kind"] == "gift_card"]
    assert tender["ref"] not in ("", code)
    screen.context.set_offline(True)
    assert screen.tried("till.ticket(value)", sold["number"])["is"]["tenders"] == ticket["tenders"]


@pytest.mark.engines("sqlite")
def test_training_spends_no_card(screen: Screen) -> None:
    code = sell_card(screen, 20_000)
    screen.run("await till.train(true)")
    asked = {"kind": "gift_card", "code": code, "amount": 90_000}
    assert screen.tried(_TAKE, asked)["is"]["auth"] is None
    assert ask("SELECT * FROM taking") == []


def test_training_sells_nothing(screen: Screen) -> None:
    screen.run("await till.train(true)")
    assert (
        screen.tried("till.sell(await basketOf(value))", [[screen.shop.pot, 1]])["no"] == "no_shift"
    )
    screen.open_shift()
    done = screen.sell((screen.shop.pot, 1))
    assert (done["number"], done["url"]) == ("T1-1-X000001", "")
    assert done["strip"]["parts"][0]["inverse"] is True
    screen.run("await till.train(false)")
    assert screen.sell((screen.shop.pot, 1))["number"] == "T1-1-000001"
    assert screen.settle() == 0
    assert len(sales()) == 1
    assert broken() == []


def test_an_epoch_ends_in_order_and_the_next_begins(screen: Screen) -> None:
    screen.sell((screen.shop.pot, 1))
    assert screen.tried("till.retire()")["no"] == "shift_open"
    screen.tried("till.count({ total: 78000 })")
    screen.tried("till.closeShift({ left: 0 })")
    assert "no" not in screen.tried("till.retire()")
    assert screen.run("return till.state") == "ended"
    screen.enrol()
    screen.sign_in()
    screen.open_shift()
    assert screen.sell((screen.shop.pot, 1))["number"] == "T1-2-000001"
    assert screen.settle() == 0
    assert len(sales()) == 2
    assert broken() == []
