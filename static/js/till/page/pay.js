// The payment: by what, how much was given, and what goes back. Nothing is taken before the journal
// holds it.

import { dueInCash } from "../basket.js";
import { desk, keep } from "./desk.js";
import { sentence } from "./errors.js";
import { drawLines } from "./lines.js";
import { keyOf, pad, typed } from "./pad.js";
import { choose, make, onCome, onLeave, part, roving, screen, show, tell } from "./screens.js";
import { tellMessage } from "./sell.js";
import { figure, money, putMoney, say } from "./words.js";

const section = screen("pay");
const kinds = [...section.querySelectorAll("[data-kind]")];
const CARDS = ["gift_card", "credit"]; // spent by a code, which the server is asked for at once
const slip = part(section, "slip");
const ref = part(section, "ref");
const takes = part(section, "take");
const paperLanguage = part(section, "lang");

let kind = "cash";
let given = ""; // digits as they were typed; none: just what is due
let noted = []; // tenders that are certain already, of a mixed payment
let isBusy = false;

onCome("pay", () => {
  given = "";
  noted = isOut() ? backTheWayItCame() : [];
  isBusy = false;
  kinds.find((one) => one.dataset.kind === "gift_card").hidden = isOut(); // money comes back to a card by itself
  const { advance } = desk.basket;
  part(section, "advance").hidden = !advance;
  if (advance) part(section, "advance").textContent = say("advance_here", { paid: money(advance) });
  ref.value = "";
  paperLanguage.value = desk.basket.lang;
  tell(section);
  choose_("cash");
  section.removeAttribute("aria-busy");
});

function total() {
  return desk.till.reckon({ ...desk.basket, tenders: [] }).totals.total;
}

function isOut() {
  return total() < 0;
}

/** Whether money changed hands already that only this screen knows of. */
export function isHalfPaid() {
  return isBusy || noted.some((tender) => tender.kind !== "cash");
}

/** What is still open: exact for all but cash, which is rounded. */
function open() {
  const others = noted.reduce((sum, tender) => sum + tender.amount, 0);
  const whole = total();
  if (kind !== "cash") return whole - others;
  const inCash = noted.filter((tender) => tender.kind === "cash").reduce((sum, tender) => sum + tender.amount, 0);
  return dueInCash(whole, others - inCash, desk.till.settings.cash_step).due - others;
}

/** Money goes back as it came: other tenders first, the rest in cash. */
function backTheWayItCame() {
  const came = new Map();
  for (const back of desk.basket.returns) {
    for (const tender of back.came ?? []) {
      if (tender.kind !== "cash" && tender.amount > 0) came.set(`${back.of.number} ${tender.kind} ${tender.ref}`, tender);
    }
  }
  let left = -total();
  const tenders = [];
  for (const { kind: one, amount, ref: told = "", left: rest_ = amount } of came.values()) {
    const part_ = Math.min(left, rest_);
    const isCard = CARDS.includes(one);
    if (!part_ || !(isCard ? told : ["terminal", "cheque", "transfer"].includes(one))) continue;
    tenders.push({ kind: one, amount: -part_, ref: isCard ? told : "", auth: null });
    left -= part_;
  }
  return tenders;
}

function amount() {
  const sign = isOut() ? -1 : 1;
  return given ? sign * Number(given) : open();
}

/** What the basket is if this tender is taken as it stands. */
function tenders() {
  const now = amount();
  if (!now) return noted;
  return [...noted, { kind, amount: now, ref: kind === "cash" ? "" : ref.value.trim(), auth: null }];
}

export function choose_(wanted) {
  kind = wanted;
  given = "";
  choose(kinds, kinds.find((one) => one.dataset.kind === wanted));
  const asks = wanted !== "cash" && !(wanted === "credit" && isOut());
  slip.hidden = !asks;
  if (asks) {
    part(section, "slip-word").textContent = say(`ref_${wanted}`);
    ref.value = "";
    ref.focus();
  } else if (document.activeElement === ref) ref.blur();
  tell(section);
  draw();
}

function draw() {
  const { basket } = desk;
  const out = isOut();
  const reckoned = desk.till.reckon({ ...basket, tenders: noted });
  drawLines(part(section, "lines"), reckoned);
  const all = dueInCash(total(), noted.filter((one) => one.kind !== "cash").reduce((sum, one) => sum + one.amount, 0), desk.till.settings.cash_step);
  const due = kind === "cash" ? all.due : total();
  part(section, "due-word").textContent = say(out ? "to_give_back" : "due");
  putMoney(part(section, "due"), Math.abs(due));
  const rounding = kind === "cash" ? all.rounding : 0;
  part(section, "rounding").textContent = rounding ? say("rounded", { amount: money(rounding), total: money(Math.abs(total())) }) : "";
  const left = open();
  part(section, "given-word").textContent = say(out ? "given_back" : "received");
  putMoney(part(section, "given"), Math.abs(amount()));
  const change = kind === "cash" && !out ? Math.max(amount() - left, 0) : 0;
  const missing = Math.abs(left) - Math.abs(amount());
  const isShort = given !== "" && missing > 0;
  const box = part(section, "change-box");
  box.classList.toggle("is-short", isShort);
  part(section, "change-word").textContent = say(isShort ? "missing" : "change");
  putMoney(part(section, "change"), isShort ? missing : change);
  box.hidden = out && !isShort;
  const rest = part(section, "rest");
  const other = kind === "cash" ? "terminal" : "cash";
  rest.textContent = say(`rest_by_${other}`, { amount: figure(isShort ? missing : 0) });
  rest.disabled = !isShort;
  part(section, "left-word").textContent = say(noted.length ? (out ? "left_back" : "left_due") : out ? "to_give_back" : "due");
  putMoney(part(section, "left"), Math.abs(left));
  drawNoted();
  const taken = Math.abs(isShort ? amount() : due);
  const isPart = isShort && kind !== "cash";
  takes.textContent = isPart ? say("note_part", { amount: figure(taken) }) : say(takesBy(left, out), { amount: figure(Math.abs(left || due)) });
  takes.disabled = isBusy;
}

function takesBy(left, out) {
  if (out) return left && kind === "credit" ? "give_credit" : "give_back";
  return "take";
}

function drawNoted() {
  part(section, "tenders").replaceChildren(
    ...noted.map((tender, place) => {
      const row = make("tender");
      row.firstElementChild.textContent = [say(`kind_${tender.kind}`), CARDS.includes(tender.kind) ? "" : tender.ref].filter(Boolean).join(" ");
      putMoney(row.querySelector(".price"), tender.amount, { bare: true });
      row.querySelector("button").addEventListener("click", () => takeOut(place));
      return row;
    }),
  );
}

async function takeOut(place) {
  if (isBusy) return;
  const [tender] = noted.splice(place, 1);
  tell(section);
  draw();
  if (!(await desk.till.giveBackToCard(tender))) tell(section, say("card_later"));
}

// Typing

function press(key) {
  tell(section);
  given = typed(given, key);
  draw();
}

pad("pay", press, (worth) => {
  tell(section);
  given = String(Number(given || 0) + worth);
  draw();
});

for (const one of kinds) one.addEventListener("click", () => choose_(one.dataset.kind));
roving(section.querySelector("[role=radiogroup]"));
ref.addEventListener("input", () => tell(section));

// The ticket speaks the customer's language, and names the pieces in it.
paperLanguage.addEventListener("change", () => {
  const lang = paperLanguage.value;
  desk.basket.lang = lang;
  for (const line of desk.basket.lines) {
    const lot = desk.till.catalogue.find(line.code);
    if (lot?.title[lang]) line.title = lot.title[lang];
    else if (line.what === "gift_card") line.title = desk.till.cardTitle(lang);
  }
  keep();
  draw();
  paperLanguage.blur();
});

export function exact() {
  given = "";
  tell(section);
  draw();
}

/** The part that was typed is noted, the rest comes by the other. */
export function rest() {
  if (isByCode()) return take();
  if (note()) choose_(kind === "cash" ? "terminal" : "cash");
  return null;
}

/** Whether the chosen kind is paid by a card's code, or given back under a new one. */
function isByCode() {
  return CARDS.includes(kind);
}

/** A card or a label was scanned while money is taken. */
export function scannedCode(text, digits) {
  if (!isByCode() || slip.hidden) return tell(section, say("scan_after"));
  ref.value = digits || text;
  return take();
}

function note() {
  const now = amount();
  if (kind !== "cash" && !slipIsThere()) return false;
  if (kind === "cash" && now % desk.till.settings.cash_step) {
    tell(section, say("no_step", { step: money(desk.till.settings.cash_step) }));
    return false;
  }
  noted.push({ kind, amount: now, ref: kind === "cash" ? "" : ref.value.trim(), auth: null });
  ref.value = "";
  return true;
}

function slipIsThere() {
  if (ref.value.trim() || isOut()) return true;
  tell(section, say(`no_ref_${kind}`));
  ref.focus();
  return false;
}

export function payKey(event) {
  if (event.target === paperLanguage) return;
  const inField = event.target === ref;
  const key = inField ? null : keyOf(event);
  if (key) press(key);
  else if (event.key === "F2") choose_("cash");
  else if (event.key === "F4") choose_("terminal");
  else if (event.key === "F6") choose_(isOut() ? "credit" : "gift_card");
  else if (event.key === "F9") take();
  else if (event.key === "Escape") back();
  else if (event.key === "Enter" && (inField || !event.target.closest("button"))) take();
  else return;
  event.preventDefault();
}

export function back() {
  if (isBusy) return;
  if (noted.some((tender) => tender.kind === "terminal") && !isOut()) {
    tell(section, say("card_noted"));
    return;
  }
  show("sell");
}

// Nothing was sold: a card that gave something has it back.
onLeave("pay", async () => {
  const gave = noted.filter((tender) => tender.auth);
  noted = [];
  for (const tender of gave) {
    if (!(await desk.till.giveBackToCard(tender))) tellMessage(say("card_later"), "waits");
  }
});

// The money

/** Take it, or give it back: durable in the journal first, then on the screen. */
export async function take() {
  if (isBusy) return;
  const out = isOut();
  const left = open();
  const now = amount();
  tell(section);
  const isPart = Math.abs(now) < Math.abs(left);
  if (isByCode() && now && Math.abs(now) <= Math.abs(left)) {
    if (!(await byCode(Math.abs(now), out))) return;
    if (isPart) return choose_("cash");
    return sell();
  }
  if (isPart) {
    if (kind === "cash") return tell(section, say(out ? "short_back" : "short", { amount: money(Math.abs(left) - Math.abs(now)) }));
    if (note()) choose_("cash");
    return;
  }
  if (kind !== "cash" && now && !slipIsThere()) return;
  if ((kind !== "cash" || out) && Math.abs(now) > Math.abs(left)) return tell(section, say(out ? "no_pays_out_exactly" : "no_only_cash_gives_change"));
  await sell();
}

async function sell() {
  const basket = { ...desk.basket, tenders: tenders() };
  await busily(async () => {
    const done = await desk.till.sell(basket);
    noted = [];
    show("done", { done, tenders: basket.tenders });
  });
}

/** Have a card give an amount, or the house owe it under a new code; whether it is noted. */
async function byCode(asked, out) {
  const code = ref.value.trim();
  if (!out && !slipIsThere()) return false;
  return busily(async () => {
    const { till, basket } = desk;
    noted.push(out ? await till.creditOf(asked) : await till.takeFromCard(basket, { kind, code, amount: asked }));
    ref.value = "";
    given = "";
    draw();
  });
}

/** Do what must not be asked for twice; whether it was done. */
async function busily(act) {
  isBusy = true;
  takes.disabled = true;
  section.setAttribute("aria-busy", "true");
  try {
    await act();
    return true;
  } catch (error) {
    refuse(error);
    keep();
    return false;
  } finally {
    isBusy = false;
    takes.disabled = false;
    section.removeAttribute("aria-busy");
  }
}

// A card that has not so much: what it has is typed already, so that one more key takes it.
function refuse(error) {
  const { reason, left } = error.values ?? {};
  if (reason === "not_enough" && left) {
    given = String(left);
    draw();
    tell(section, say("card_holds", { amount: money(left) }));
    ref.focus();
  } else if (reason === "not_enough") tell(section, say("card_empty"));
  else if (error.reason === "offline" && isByCode()) tell(section, say("card_offline"));
  else tell(section, sentence(error));
}
