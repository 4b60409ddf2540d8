// The till's page: it opens the till, shows what its state asks for, and hears keys and buttons.

import { openTill } from "../index.js";
import { bargain } from "./bargaining.js";
import { sellCard } from "./cards.js";
import { dayAndHour } from "./clock.js";
import { beginClosing, countAgain, leaveReport, showX, tellUnsent } from "./closing.js";
import { clear, desk, layOut } from "./desk.js";
import { answer, ask, dialog, isAsking } from "./dialogs.js";
import { next, tellPrint } from "./done.js";
import { enter, lock, pinKey, signIn } from "./doors.js";
import { askDrop, moveCash, openDrawer, showPast } from "./drawer.js";
import { sentence } from "./errors.js";
import { drawNet, exportJournal, sendNow } from "./net.js";
import "./ordering.js";
import { back as leavePay, exact, isHalfPaid, payKey, rest, scannedCode, take } from "./pay.js";
import { scannedTicket } from "./refunding.js";
import { current, isFresh, part, show, tell } from "./screens.js";
import { another, pay, quantity, remove, restock, scanned, stepBack, tellMessage } from "./sell.js";
import { listen } from "./wedge.js";
import { language, say } from "./words.js";

const body = document.body;
const till = await openTill({ app: "almakane page 1" });
desk.till = till;

// What is always seen

const clock = document.querySelector("[data-clock]");

function drawClock() {
  clock.textContent = dayAndHour(Date.now());
}

function drawBar() {
  document.querySelector("[data-register]").textContent = till.register ? say("till_name", { code: till.code }) : "";
  document.querySelector("[data-cashier]").textContent = till.cashier?.name ?? "";
  document.querySelector("[data-needs=shift]").hidden = !(till.cashier && till.shift);
  document.querySelector("[data-needs=cashier]").hidden = !till.cashier;
  const isTraining = till.mode === "training";
  body.dataset.mode = till.mode ?? "live";
  document.querySelector("[data-training]").hidden = !isTraining;
  document.querySelector("[data-train]").textContent = say(isTraining ? "train_end" : "train_begin");
  part(dialog("train"), "go").textContent = say(isTraining ? "train_end" : "train_begin");
}

function redraw() {
  drawBar();
  drawNet();
}

// Buttons, by what they do

const acts = {
  again: () => location.reload(),
  people: () => show("people"),
  "sign-in": signIn,
  lock: () => afterPay(lock),
  menu: () => afterPay(() => ask("menu")),
  keys: () => ask("help"),
  pay,
  take,
  exact,
  rest,
  back: () => (current() === "pay" ? leavePay() : show("sell")),
  next,
  fewer: () => quantity(-1),
  more: () => quantity(1),
  bargain: () => bargain(false),
  "off-basket": () => bargain(true),
  remove,
  undo: stepBack,
  drop: askDrop,
  refund: () => show("refund"),
  orders: () => show("orders"),
  card: sellCard,
  "cash-in": () => moveCash("in"),
  "cash-out": () => moveCash("out"),
  drawer: openDrawer,
  past: showPast,
  x: showX,
  closing,
  "count-again": countAgain,
  "report-done": leaveReport,
  "print-page": () => window.print(),
  send: sendNow,
  export: exportJournal,
  train: () => ask("train"),
  "train-go": train,
};

// What was noted by card alone keeps its screen until it is taken out.
function afterPay(act) {
  if (current() === "pay" && isHalfPaid()) leavePay();
  return current() === "pay" && isHalfPaid() ? null : act();
}

const MONEY = ["take", "next", "report-done"]; // a double click must not do them unseen

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-act]");
  if (!button || button.disabled) return;
  if (event.detail && isFresh() && MONEY.includes(button.dataset.act)) return; // detail: no key's click
  if (button.closest("#menu")) answer("menu", true);
  try {
    await acts[button.dataset.act]();
  } catch (error) {
    tellMessage(sentence(error), "stops");
  }
});

function closing() {
  const { basket } = desk;
  if (basket.lines.length || basket.returns.length) return tellMessage(say("close_with_basket"), "waits");
  return beginClosing();
}

async function train() {
  const { basket } = desk;
  if (basket && (basket.lines.length || basket.returns.length)) return tell(dialog("train"), say("train_with_basket"));
  try {
    await till.train(till.mode !== "training");
  } catch (error) {
    return tell(dialog("train"), sentence(error));
  }
  answer("train", true);
  desk.basket = null;
  redraw();
  if (till.shift) {
    layOut();
    clear();
  }
  return enter();
}

// The keyboard

const keys = {
  sell: (event) => {
    const isTyping = event.target.closest("input");
    const isButton = event.target.closest("button:not(.till-line)");
    if (event.key === "F2") return bargain(event.shiftKey);
    if (event.key === "F4") return show("refund");
    if (event.key === "F8") return ask("menu");
    if (event.key === "F9") return pay();
    if (isTyping) return false;
    if (event.key === "/") return document.querySelector("[data-search]").focus();
    if (event.key === "?") return ask("help");
    if (event.key === "+") return quantity(1);
    if (event.key === "-") return quantity(-1);
    if (event.key === "Delete" || event.key === "Backspace") return remove();
    if (event.key === "ArrowUp") return another(1); // the newest is on top
    if (event.key === "ArrowDown") return another(-1);
    if (event.key === "Enter" && !isButton) return pay();
    return false;
  },
  done: (event) => {
    if (event.key !== "Enter" || event.target.closest("button")) return false;
    return next();
  },
  refund: leave,
  orders: leave,
  closing: leave,
  report: (event) => (event.key === "Escape" || (event.key === "Enter" && !event.target.closest("button")) ? leaveReport() : false),
};

function leave(event) {
  if (event.key === "Escape") return show("sell");
  return false;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || isAsking()) return;
  if (event.repeat && event.key === "Enter") return event.preventDefault(); // a key held down pays once
  if (current() === "sell" && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !event.target.closest("input")) {
    event.preventDefault();
    return stepBack();
  }
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (current() === "pin") return pinKey(event);
  if (current() === "pay") return payKey(event);
  const heardKey = keys[current()];
  if (heardKey && heardKey(event) !== false) event.preventDefault();
});

listen((text, digits) => {
  if (isAsking()) return;
  if (current() === "done") next();
  if (current() === "sell") scanned(text, digits);
  else if (current() === "refund") scannedTicket(text);
  else if (current() === "pay") scannedCode(text, digits);
}, () => !["enrol", "starting", "opening", "closing", "pin"].includes(current()) && !isAsking());

// A till that nobody touches: whoever comes next says who they are. Not while a card was charged.

let touched = Date.now();
for (const name of ["keydown", "pointerdown"]) {
  document.addEventListener(name, () => {
    touched = Date.now();
  }, { capture: true, passive: true });
}

function lockIdle() {
  const minutes = till.settings?.idle_minutes;
  if (!minutes || !till.cashier || Date.now() - touched < minutes * 60_000) return;
  if (current() === "pay" && isHalfPaid()) return;
  for (const open of document.querySelectorAll("dialog[open]")) open.close(); // what was asked is not allowed
  lock(say("locked_idle"));
}

// What the till tells

till.on("state", () => {
  redraw();
  if (["insecure", "elsewhere", "no_store", "not_enrolled", "keyless", "ended"].includes(till.state)) enter();
});
till.on("online", drawNet);
till.on("clock", drawNet);
till.on("sent", () => {
  drawNet();
  if (current() === "done") tellPrint();
  if (current() === "report") tellUnsent();
});
till.on("waiting", drawNet);
till.on("trouble", drawNet);
till.on("shift", redraw);
till.on("catalogue", restock);

// A list of languages goes through the server; the basket waits in the window.
for (const link of document.querySelectorAll(".till-languages a")) {
  if (link.lang === language) link.removeAttribute("href");
}

setInterval(drawClock, 10_000);
setInterval(lockIdle, 10_000);
drawClock();
redraw();
restock();
enter();
