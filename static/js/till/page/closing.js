// The shift ends: counted blind, every count kept, the difference explained; then the Z.

import { parseAmount } from "../money.js";
import { counter } from "./counting.js";
import { clear, desk } from "./desk.js";
import { enter } from "./doors.js";
import { sentence } from "./errors.js";
import { drawPaper } from "./paper.js";
import { current, onCome, part, screen, show, tell } from "./screens.js";
import { figure, language, money, putMoney, say } from "./words.js";

const section = screen("closing");
const form = section.querySelector("form");
const counting = counter("closing", (total) => putMoney(part(form, "total"), total));

let counted = null;
let isBusy = false;
let after = enter;

onCome("closing", () => {
  form.reset();
  counting.clear();
  step(null);
});

/** Begin to close; not with something in the basket. */
export function beginClosing() {
  show("closing");
  counting.begin();
}

function step(told) {
  counted = told;
  tell(form);
  counting.lock(told !== null);
  part(form, "go").textContent = say(told ? "close_shift" : "confirm_count");
  const [blind, differs] = form.querySelectorAll("[data-step]");
  blind.hidden = told !== null;
  differs.hidden = told === null;
  if (!told) return;
  putMoney(part(form, "expected"), told.expected);
  const { difference } = told;
  part(form, "difference-word").textContent = say(difference < 0 ? "too_little" : difference ? "too_much" : "it_fits");
  putMoney(part(form, "difference"), Math.abs(difference));
  part(form, "difference").classList.toggle("is-wrong", difference !== 0);
  part(form, "why").hidden = difference === 0;
  const wanted = Math.min(desk.till.shift?.float ?? told.counted, told.counted);
  form.elements.left.value = figure(wanted);
  const first = difference ? form.elements.why : form.elements.left;
  first.focus();
  first.select();
}

export function countAgain() {
  step(null);
  counting.begin();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isBusy) return;
  isBusy = true;
  tell(form);
  try {
    if (!counted) await confirm();
    else await close();
  } catch (error) {
    tell(form, sentence(error));
  } finally {
    isBusy = false;
  }
});

async function confirm() {
  if (counting.isEmpty()) return tell(form, say("count_first"));
  step(await desk.till.count({ total: counting.total(), pieces: counting.pieces() }));
  return null;
}

async function close() {
  const why = form.elements.why.value.trim();
  if (Math.abs(counted.difference) > (desk.till.settings.drawer_tolerance ?? 0) && !why) {
    form.elements.why.focus();
    return tell(form, say("why_differs", { amount: money(Math.abs(counted.difference)) }));
  }
  const left = parseAmount(form.elements.left.value);
  if (left > counted.counted) return tell(form, say("left_too_much"));
  await desk.till.closeShift({ left, why });
  const { strip } = await desk.till.z(language);
  clear();
  desk.basket = null;
  show("report", { strip, word: say("closed"), said: say("closed_kept", { amount: money(left) }), isZ: true });
  return null;
}

// Papers of a shift

const report = screen("report");

onCome("report", ({ strip, word, said, isZ = false, then = enter }) => {
  after = then;
  part(report, "word").textContent = word;
  part(report, "said").textContent = said;
  report.dataset.isZ = String(isZ);
  part(report, "go").textContent = say(isZ ? "open_again" : "back_to_basket");
  drawPaper(part(report, "receipt"), strip);
  tellUnsent();
});

/** What the server does not hold yet, on the Z's own screen. */
export function tellUnsent() {
  const place = part(report, "unsent");
  const { unsent } = desk.till;
  place.hidden = !unsent;
  place.textContent = unsent ? say("unsent_z", { count: unsent }) : "";
}

export function leaveReport() {
  if (current() === "report") after();
}

export async function showX() {
  const { strip } = await desk.till.x(language);
  show("report", { strip, word: say("x_title"), said: say("x_said") });
}
