// A ticket comes back: which lines, how many of each, why; for an exchange new pieces follow.

import { approval } from "./approving.js";
import { dayAndHour } from "./clock.js";
import { change, desk } from "./desk.js";
import { sentence } from "./errors.js";
import { heard, make, onCome, part, screen, show, tell } from "./screens.js";
import { tellMessage } from "./sell.js";
import { figure, putMoney, say } from "./words.js";

const section = screen("refund");
const finding = section.querySelector("[data-form=ticket]");
const giving = section.querySelector("[data-form=return]");

let ticket = null;
let counts = new Map();

onCome("refund", (told) => {
  ticket = null;
  giving.hidden = true;
  giving.reset();
  tell(section);
  finding.elements.number.value = told?.number ?? "";
  if (told?.number) find();
});
finding.elements.number.dataset.begin = "";

finding.addEventListener("submit", (event) => {
  event.preventDefault();
  find();
});

/** A ticket's code was scanned while this screen is open. */
export function scannedTicket(text) {
  finding.elements.number.value = text;
  find();
}

async function find() {
  const number = finding.elements.number.value.trim();
  if (!number) return tell(section, say("type_a_number"));
  tell(section);
  giving.hidden = true;
  try {
    ticket = await desk.till.ticket(number);
  } catch (error) {
    return tell(section, sentence(error));
  }
  if (!ticket) return tell(section, say("no_such_ticket", { number }));
  counts = new Map(ticket.lines.map((line) => [line.n, 0]));
  const open = ticket.lines.filter((line) => line.left_qty > 0);
  for (const back of desk.basket.returns) {
    if (back.of.uid === ticket.uid) counts.delete(back.of.line);
  }
  if (!open.length) return tell(section, say("all_back", { number: ticket.number }));
  if (open.length === 1 && counts.has(open[0].n)) counts.set(open[0].n, open[0].left_qty);
  part(section, "ticket").textContent = say(ticket.here ? "ticket_here" : "ticket_of", { number: ticket.number, hour: dayAndHour(ticket.at) });
  giving.hidden = false;
  draw();
  part(giving, "backs").querySelector("button:not([disabled])")?.focus();
}

function draw() {
  part(giving, "backs").replaceChildren(...ticket.lines.map(row));
  drawTotal();
}

function row(line) {
  const item = make("back");
  item.querySelector("bdi").textContent = line.title || line.code;
  const inBasket = !counts.has(line.n);
  item.querySelector("small").textContent = inBasket ? say("in_basket") : line.what === "gift_card" && ticket.here ? say("card_needs_server") : line.left_qty ? say("left_of", { left: line.left_qty, qty: line.qty }) : say("line_back");
  const [fewer, more] = item.querySelectorAll("[data-step]");
  const count = item.querySelector("output");
  const price = item.querySelector(".price");
  const fill = () => {
    const qty = counts.get(line.n) ?? 0;
    count.textContent = qty;
    putMoney(price, qty ? worth(line, qty) : 0, { bare: true });
    fewer.disabled = inBasket || qty === 0;
    more.disabled = inBasket || qty >= line.left_qty;
    item.classList.toggle("is-chosen", qty > 0);
  };
  for (const button of [fewer, more]) {
    button.addEventListener("click", () => {
      counts.set(line.n, counts.get(line.n) + Number(button.dataset.step));
      fill();
      drawTotal();
    });
  }
  fill();
  return item;
}

function worth(line, qty) {
  return desk.till.returnOf(ticket, line.n, qty).total;
}

function chosen() {
  return ticket.lines.filter((line) => counts.get(line.n) > 0);
}

function drawTotal() {
  const total = chosen().reduce((sum, line) => sum + worth(line, counts.get(line.n)), 0);
  putMoney(part(giving, "total"), total);
  const go = part(giving, "go");
  go.textContent = say("take_back", { amount: figure(total) });
  go.disabled = !total;
}

// What is damaged does not go back on the shelf, but for somebody who says so.
giving.addEventListener("change", (event) => {
  if (event.target.name === "why") giving.elements.restock.checked = !("damaged" in event.target.dataset);
});

giving.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!ticket || !chosen().length) return tell(section, say("choose_a_line"));
  const { till, basket } = desk;
  const why = new FormData(giving).get("why") ?? "";
  const restock = giving.elements.restock.checked;
  try {
    const needed = till.cashier.role !== "manager" && !basket.approvals.some((given) => given.right === "refund");
    const given = needed ? await approval("refund") : null;
    if (needed && !given) return tell(section, say("not_allowed"));
    const backs = chosen().map((line) => ({
      ...till.returnOf(ticket, line.n, counts.get(line.n), { why, restock }),
      came: ticket.tenders,
    }));
    change((changed) => {
      changed.returns.push(...backs);
      if (given) changed.approvals.push(given);
    });
    show("sell");
    const words = say("comes_back");
    tellMessage(words, "informs");
    heard(words);
  } catch (error) {
    tell(section, sentence(error));
  }
});
