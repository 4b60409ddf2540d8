// Web orders that wait to be fetched and paid here: such an order is a sale of this till.

import { TillError } from "../index.js";
import { change, desk } from "./desk.js";
import { sentence } from "./errors.js";
import { make, onCome, part, screen, show, tell } from "./screens.js";
import { tellMessage } from "./sell.js";
import { money, putMoney, say, title } from "./words.js";

const section = screen("orders");
const finding = section.querySelector("form");
finding.elements.q.dataset.begin = "";

onCome("orders", () => {
  finding.elements.q.value = "";
  find();
});

finding.addEventListener("submit", (event) => {
  event.preventDefault();
  find();
});

async function find() {
  tell(section);
  try {
    const number = finding.elements.q.value.trim();
    const { orders, elsewhere } = await ordersOf(number);
    part(section, "orders").replaceChildren(...orders.map(card));
    if (elsewhere) tell(section, say("order_elsewhere", { number: number.toUpperCase(), site: elsewhere }));
    else if (!orders.length) tell(section, say("no_orders"));
  } catch (error) {
    part(section, "orders").replaceChildren();
    tell(section, sentence(error));
  }
}

async function ordersOf(words) {
  const { status, told } = await desk.till.server.ask("GET", `orders?q=${encodeURIComponent(words)}`);
  if (status === 200) return told;
  if (status === 404) return { orders: [] };
  throw new TillError(status ? "refused" : "offline", { reason: told?.reason, title: told?.title });
}

function named(line) {
  return typeof line.title === "string" ? line.title : title(line.title ?? {});
}

function card(order) {
  const item = make("order");
  item.querySelector("bdi").textContent = order.number;
  part(item, "name").textContent = order.name;
  putMoney(item.querySelector(".price"), order.total);
  part(item, "pieces").textContent = order.lines.map((line) => (line.qty > 1 ? `${named(line)} × ${line.qty}` : named(line))).join(" · ");
  const button = item.querySelector("button");
  // A ticket of a till takes the whole price: what came in advance is the office's to send back, and
  // what was paid in full is handed over on the order's own page.
  const isPaid = order.paid >= order.total;
  if (order.paid) {
    part(item, "advance").textContent = isPaid ? say("hand_over_there") : say("paid_in_part", { paid: money(order.paid), total: money(order.total) });
  }
  part(item, "advance").hidden = !order.paid;
  if (isPaid) {
    button.disabled = true;
    button.textContent = say("paid_already");
  }
  button.addEventListener("click", () => fetch_(order));
  return item;
}

function fetch_(order) {
  const { till, basket } = desk;
  if (basket.lines.length || basket.returns.length) return tell(section, say("basket_is_full"));
  change((changed) => {
    changed.customer = order.uid;
    changed.order = order.number;
    changed.advance = order.paid;
    changed.lines = order.lines.map((line) => {
      const lot = till.catalogue.find(line.code);
      const made = lot ? till.lineOf(lot, line.qty) : { what: "lot", floor: 0, seller: null };
      return {
        ...made,
        code: line.code,
        title: named(line) || made.title,
        qty: line.qty,
        unit: line.unit,
        list: line.list,
        tax_bp: line.tax_bp,
        tax_code: line.tax_code,
      };
    });
  });
  show("sell");
  tellMessage(say("order_in_basket", { number: order.number, name: order.name }), "informs");
}
