// A discount on a line or on the whole basket: as a rate, as an amount, or as a new price.

import { parseAmount, rate } from "../money.js";
import { approveAll } from "./approving.js";
import { change, desk, undo } from "./desk.js";
import { answer, ask, dialog } from "./dialogs.js";
import { choose, part, roving, tell } from "./screens.js";
import { tellMessage } from "./sell.js";
import { figure, money, percent, putMoney, say } from "./words.js";

const BASIS = 10_000;
const asked = dialog("bargain");
const form = asked.querySelector("form");
const ways = [...form.querySelectorAll("[data-way]")];
const field = form.elements.value;

let way = "percent";
let onBasket_ = false;

/** Open the question for the marked line, or for all of the basket. */
export function bargain(isForBasket) {
  const { basket, marked } = desk;
  if (!basket.lines.length) return null;
  onBasket_ = isForBasket || !basket.lines[marked];
  const asked_ = onBasket_ ? basket.lines : [basket.lines[marked]];
  if (asked_.some((line) => line.what === "gift_card")) return tellMessage(say("card_no_discount"), "informs");
  ways.find((one) => one.dataset.way === "price").hidden = onBasket_;
  form.querySelector("[role=radiogroup]").classList.toggle("kinds-two", onBasket_);
  part(form, "what").textContent = onBasket_ ? say("on_basket") : basket.lines[marked].title;
  const { band_bp: band, role } = desk.till.cashier;
  part(form, "band").textContent = role === "manager" ? "" : say("band", { rate: percent(band) });
  field.value = "";
  ask("bargain");
  pick("percent");
  return null;
}

function pick(wanted) {
  way = wanted;
  choose(ways, ways.find((one) => one.dataset.way === wanted));
  part(form, "way-word").textContent = say(`way_${wanted}`);
  field.focus();
  field.select();
  draw();
}

for (const one of ways) one.addEventListener("click", () => pick(one.dataset.way));
roving(form.querySelector("[role=radiogroup]"));

function from() {
  const { basket, marked } = desk;
  if (onBasket_) return basket.lines.reduce((sum, line) => sum + line.unit * line.qty, 0);
  return basket.lines[marked].list;
}

/** What it would come to; null where nothing that can be read was typed. */
function wanted() {
  const text = field.value.trim().replace("%", "");
  if (!text) return null;
  try {
    if (way !== "percent") {
      const amount = parseAmount(text);
      return way === "price" ? { to: amount, bp: 0 } : { to: from() - amount, bp: 0 };
    }
    const bp = parseAmount(text); // 12,5 is 1250 hundredths of a percent
    return bp > BASIS ? null : { to: from() - rate(from(), bp), bp };
  } catch {
    return null;
  }
}

function draw() {
  const now = wanted();
  part(form, "from").textContent = say(onBasket_ ? "from_basket" : "from_list", { amount: money(from()) });
  putMoney(part(form, "to"), now ? Math.max(now.to, 0) : from());
}

field.addEventListener("input", () => {
  tell(form);
  draw();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const now = wanted();
  if (!now || now.to < 0 || (!onBasket_ && now.to > from())) {
    tell(form, say("bad_discount"));
    field.select();
    return;
  }
  answer("bargain", true);
  change((basket) => {
    if (onBasket_) {
      basket.off_bp = now.bp;
      basket.discount = from_(basket) - now.to;
    } else {
      basket.lines[desk.marked].unit = now.to;
    }
  });
  const allowed = await approveAll(desk.till.reckon(desk.basket));
  if (allowed) return tellMessage(say("discount_given", { amount: figure(now.to) }), "informs");
  undo();
  tellMessage(say("discount_refused"), "waits");
});

function from_(basket) {
  return basket.lines.reduce((sum, line) => sum + line.unit * line.qty, 0);
}
