// The counter: what is scanned or touched comes into the basket.

import { approveAll } from "./approving.js";
import { change, clear, desk, keep, mark, onBasket, undo } from "./desk.js";
import { sentence } from "./errors.js";
import { drawLines } from "./lines.js";
import { keepFocus } from "./pad.js";
import { current, heard, make, onCome, part, screen, show } from "./screens.js";
import { figure, language, money, putMoney, say, title } from "./words.js";

const MOST_TILES = 60;
const section = screen("sell");
const search = part(section, "search");
const tiles = part(section, "tiles");
const message = part(section, "message");
const list = part(section, "lines");

let craft = "";
let saidUntil = 0;

// The wall of pieces

export function drawWall() {
  const { catalogue } = desk.till;
  const words = search.value.trim();
  const lots = words ? catalogue.search(words, MOST_TILES) : catalogue.lots({ craft: craft || undefined, most: MOST_TILES });
  tiles.replaceChildren(...lots.map(tile));
  const nothing = part(section, "nothing");
  nothing.hidden = lots.length > 0;
  nothing.textContent = words ? say("nothing_found", { words }) : say("no_catalogue");
  section.classList.toggle("is-searching", Boolean(words));
}

function drawTabs() {
  const place = part(section, "tabs");
  const crafts = ["", ...desk.till.catalogue.crafts()];
  place.replaceChildren(
    ...crafts.map((one) => {
      const tab = make("tab");
      tab.textContent = one ? said(`craft_${one}`, one) : say("all_pieces");
      if (one === craft) tab.setAttribute("aria-current", "true");
      tab.addEventListener("click", () => {
        craft = one;
        search.value = "";
        drawTabs();
        drawWall();
      });
      return tab;
    }),
  );
}

function said(key, otherwise) {
  try {
    return say(key);
  } catch {
    return otherwise;
  }
}

function tile(lot) {
  const button = make("tile");
  const [frame, name, foot] = button.children;
  if (lot.picture) frame.firstElementChild.src = lot.picture;
  name.textContent = title(lot.title) || lot.code;
  putMoney(foot.firstElementChild, lot.list, { bare: true });
  foot.lastElementChild.textContent = left(lot);
  button.addEventListener("click", () => put(lot));
  return button;
}

function left(lot) {
  if (lot.qty <= 0) return say("sold_out");
  if (lot.held >= lot.qty) return say("promised");
  return lot.piece ? "" : say("left_here", { count: lot.qty });
}

search.addEventListener("input", drawWall);
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    event.preventDefault();
    const words = search.value.trim();
    if (!words) return pay();
    const exact = desk.till.catalogue.find(words.toUpperCase());
    const found = exact ? [exact] : desk.till.catalogue.search(words, 2);
    if (found.length !== 1) return tiles.querySelector("button")?.focus();
    search.value = "";
    drawWall();
    put(found[0]);
  } else if (event.key === "Escape") {
    search.value = "";
    drawWall();
    search.blur();
    event.stopPropagation();
  } else if (event.key === "ArrowDown") {
    tiles.querySelector("button")?.focus();
    event.preventDefault();
  }
});

tiles.addEventListener("keydown", (event) => {
  const turn = document.dir === "rtl" ? -1 : 1;
  const columns = getComputedStyle(tiles).gridTemplateColumns.split(" ").length;
  const step = { ArrowRight: turn, ArrowLeft: -turn, ArrowDown: columns, ArrowUp: -columns }[event.key];
  if (!step) return;
  const all = [...tiles.children];
  const next = all[all.indexOf(document.activeElement) + step];
  event.preventDefault();
  event.stopPropagation();
  if (next) next.focus();
  else if (step < 0) search.focus();
});

keepFocus(tiles);
keepFocus(list);
keepFocus(part(section, "line-acts"));
keepFocus(part(section, "tabs"));

// Into the basket

/** Something was scanned: a piece, or a ticket that comes back. */
export async function scanned(text, digits) {
  const { till } = desk;
  const lot = till.catalogue.find(text) ?? (digits ? till.catalogue.find(digits) : null);
  if (lot) return put(lot);
  if (/\/t\/|^[A-Z][A-Z0-9]{0,7}-\d+-X?\d{6}/i.test(text)) return show("refund", { number: text });
  tellMessage(say("looking_up", { code: digits || text }), "informs");
  try {
    const found = await till.lookUp(digits || text);
    if (found) return put(found);
    tellMessage(say("unknown_code", { code: text }), "stops");
  } catch (error) {
    tellMessage(error.reason === "offline" ? say("unknown_offline", { code: text }) : sentence(error), "stops");
  }
}

/** Put a lot into the basket; what the books say is gone is asked once more. */
export function put(lot, { isSure = false } = {}) {
  const { basket } = desk;
  const place = basket.lines.findIndex((line) => line.code === lot.code && line.unit === line.list);
  const already = basket.lines.reduce((sum, line) => sum + (line.code === lot.code ? line.qty : 0), 0);
  if (!isSure && !lot.on_sale) return doubt(say("not_on_sale", { title: title(lot.title) }), lot);
  if (!isSure && already >= lot.qty) {
    return doubt(say(already ? "no_more" : "gone", { title: title(lot.title) }), lot);
  }
  change((changed) => {
    if (place >= 0) {
      changed.lines[place].qty += 1;
      desk.marked = place;
    } else {
      changed.lines.push({ ...desk.till.lineOf(lot, 1, language), maker: lot.maker });
      desk.marked = changed.lines.length - 1;
    }
  });
  if (lot.held >= lot.qty && !isSure) tellMessage(say("was_promised", { title: title(lot.title) }), "waits");
  else hush();
  const line = desk.basket.lines[desk.marked];
  heard(`${line.title}, ${money(line.unit)}`);
}

function doubt(words, lot) {
  tellMessage(words, "waits", say("add_anyway"), () => put(lot, { isSure: true }));
}

/** Say something over the counter; it goes with the next thing that is done. */
export function tellMessage(words, state = "informs", button = "", act = null) {
  message.className = `till-message notice ${state}`;
  const sentence_ = document.createElement("p");
  sentence_.textContent = words;
  message.replaceChildren(sentence_);
  if (act) {
    const yes = document.createElement("button");
    yes.type = "button";
    yes.className = "button";
    yes.textContent = button;
    yes.addEventListener("click", () => {
      hush();
      act();
    });
    message.append(yes);
  }
  message.hidden = false;
  saidUntil = performance.now() + 400;
}

export function hush() {
  message.hidden = true;
}

section.addEventListener("click", (event) => {
  if (!message.contains(event.target) && performance.now() > saidUntil) hush();
});

// Changing lines

export function quantity(step) {
  const line = desk.basket.lines[desk.marked];
  if (!line || (step > 0 && line.what === "gift_card")) return; // one card, one code
  const lot = desk.till.catalogue.find(line.code);
  if (step > 0 && lot && line.qty >= lot.qty) return doubt(say("no_more", { title: line.title }), lot);
  if (line.qty + step < 1) return remove();
  change((basket) => {
    basket.lines[desk.marked].qty += step;
  });
}

export function remove() {
  const { basket } = desk;
  if (!basket.lines.length && !basket.returns.length) return;
  change((changed) => {
    if (!changed.lines.length) return changed.returns.pop();
    changed.lines.splice(desk.marked, 1);
    desk.marked = Math.min(desk.marked, changed.lines.length - 1);
    if (desk.marked < 0) desk.marked = 0;
    if (!changed.lines.length) Object.assign(changed, { customer: null, order: "", advance: 0 });
    return null;
  });
  tellMessage(say("removed"), "informs", say("undo"), stepBack);
}

export function stepBack() {
  if (undo()) hush();
  else tellMessage(say("nothing_to_undo"), "informs");
}

export function another(step) {
  mark(desk.marked + step);
}

// What it comes to

onBasket(draw);

export function draw() {
  const { till, basket } = desk;
  const reckoned = till.reckon(basket);
  const { totals } = reckoned;
  drawLines(list, reckoned, (place) => {
    if (place >= 0) mark(place);
  });
  const isEmpty = !basket.lines.length && !basket.returns.length;
  part(section, "empty").hidden = !isEmpty;
  const count = basket.lines.reduce((sum, line) => sum + line.qty, 0);
  part(section, "count").textContent = count ? say("pieces_count", { count }) : "";
  part(section, "number").textContent = basket.order ? say("web_order", { number: basket.order }) : say("basket");
  const off = part(section, "off");
  off.hidden = !basket.discount;
  if (basket.discount) off.textContent = say("off_basket", { amount: money(basket.discount) });
  const isOut = totals.due < 0;
  part(section, "due-word").textContent = isOut ? say("to_give_back") : say("due");
  putMoney(part(section, "due"), Math.abs(totals.due));
  const button = part(section, "pay");
  button.textContent = isEmpty ? say("take_nothing") : say(isOut ? "give_back" : "take", { amount: figure(Math.abs(totals.due)) });
  button.disabled = isEmpty;
  for (const act of part(section, "line-acts").querySelectorAll("button")) {
    act.disabled = act.dataset.act === "undo" ? !desk.undone.length : isEmpty || (act.dataset.act !== "remove" && !basket.lines.length);
  }
}

/** To the payment; what a role may not do alone asks a manager first. */
export async function pay() {
  const { till, basket } = desk;
  if (current() !== "sell" || (!basket.lines.length && !basket.returns.length)) return;
  hush();
  if (!(await approveAll(till.reckon(basket)))) return tellMessage(say("not_allowed"), "waits");
  desk.wasTotalled = true;
  keep();
  show("pay");
}

/** The basket goes; where its total was shown, the journal keeps what was in it. */
export async function drop(why) {
  const { till, basket } = desk;
  if (desk.wasTotalled && basket.lines.length) await till.void(basket, why);
  clear();
  show("sell");
  tellMessage(say("dropped"), "informs");
}

onCome("sell", () => {
  drawTabs();
  drawWall();
  draw();
  hush();
});

/** Lots came from the server. */
export function restock() {
  document.body.dataset.lots = desk.till.catalogue?.size ?? 0; // a till that did not come up has none
  if (current() !== "sell") return;
  drawTabs();
  if (!search.value) drawWall();
}
