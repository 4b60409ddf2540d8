// What the drawer sees beside sales: cash in and out, an opening with its reason, a paper again.

import { parseAmount } from "../money.js";
import { approval } from "./approving.js";
import { hour } from "./clock.js";
import { desk } from "./desk.js";
import { answer, ask, dialog } from "./dialogs.js";
import { sentence } from "./errors.js";
import { choose, make, part, roving, show, tell } from "./screens.js";
import { drop, tellMessage } from "./sell.js";
import { figure, money, putMoney, say } from "./words.js";

let isBusy = false;

/** Do something once; what it is refused with is told in its form. */
async function once(form, act) {
  if (isBusy) return;
  isBusy = true;
  tell(form);
  try {
    await act();
  } catch (error) {
    tell(form, sentence(error));
  } finally {
    isBusy = false;
  }
}

// Cash in and out

const cash = dialog("cash").querySelector("form");
const directions = [...cash.querySelectorAll("[data-direction]")];
let direction = "in";

function turn(wanted) {
  direction = wanted;
  choose(directions, directions.find((one) => one.dataset.direction === wanted));
  drawCash();
}

function drawCash() {
  part(cash, "go").textContent = say(`cash_${direction}`, { amount: figure(amountOf(cash) ?? 0) });
}

function amountOf(form) {
  try {
    return parseAmount(form.elements.amount.value);
  } catch {
    return null;
  }
}

for (const one of directions) one.addEventListener("click", () => turn(one.dataset.direction));
roving(cash.querySelector("[role=radiogroup]"));
cash.elements.amount.addEventListener("input", drawCash);

export function moveCash(wanted) {
  cash.reset();
  ask("cash");
  turn(wanted);
  cash.elements.amount.focus();
}

cash.addEventListener("submit", (event) => {
  event.preventDefault();
  once(cash, async () => {
    const amount = amountOf(cash);
    const why = cash.elements.why.value.trim();
    if (!amount) return tell(cash, say("no_bad_amount"));
    if (!why) return tell(cash, say("say_why"));
    await desk.till.moveCash({ direction, amount, why });
    answer("cash", true);
    tellMessage(say(`moved_${direction}`, { amount: money(amount) }), "done");
    return null;
  });
});

// The drawer alone

const opening = dialog("drawer").querySelector("form");

export function openDrawer() {
  opening.reset();
  ask("drawer");
  opening.elements.why.focus();
}

opening.addEventListener("submit", (event) => {
  event.preventDefault();
  once(opening, async () => {
    const why = opening.elements.why.value.trim();
    if (!why) return tell(opening, say("say_why"));
    const needed = desk.till.cashier.role !== "manager";
    const given = needed ? await approval("drawer") : null;
    if (needed && !given) return tell(opening, say("not_allowed"));
    await desk.till.openDrawer({ why, approvals: given ? [given] : [] });
    answer("drawer", true);
    tellMessage(say("drawer_opened"), "done");
    return null;
  });
});

// The basket goes

const dropping = dialog("drop").querySelector("form");

export function askDrop() {
  const { basket } = desk;
  if (!basket.lines.length && !basket.returns.length) return tellMessage(say("basket_is_empty"), "informs");
  dropping.reset();
  return ask("drop");
}

dropping.addEventListener("submit", (event) => {
  event.preventDefault();
  once(dropping, async () => {
    await drop(dropping.elements.why.value.trim());
    answer("drop", true);
  });
});

// A paper again

const past = dialog("past");

export async function showPast() {
  const list = part(past, "past");
  list.replaceChildren();
  ask("past");
  const tickets = await desk.till.tickets(20);
  part(past, "nothing").hidden = tickets.length > 0;
  list.replaceChildren(
    ...tickets.map((ticket) => {
      const row = make("past");
      row.querySelector("bdi").textContent = ticket.number;
      part(row, "at").textContent = hour(ticket.at);
      putMoney(row.querySelector(".price"), ticket.due);
      row.querySelector("button").addEventListener("click", () => {
        once(past, async () => {
          const { strip } = await desk.till.reprint(ticket.number);
          answer("past", true);
          show("report", { strip, word: say("duplicate", { number: ticket.number }), said: say("duplicate_kept") });
        });
      });
      return row;
    }),
  );
}
