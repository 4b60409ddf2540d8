// Before there is a counter: enrol the device, say who one is, and open the shift.

import { counter } from "./counting.js";
import { desk, layOut } from "./desk.js";
import { sentence } from "./errors.js";
import { keyOf, pad } from "./pad.js";
import { current, make, onCome, part, screen, show, tell } from "./screens.js";
import { figure, money, putMoney, say } from "./words.js";

const LONGEST_PIN = 6;
const DOORS = { insecure: "insecure", elsewhere: "elsewhere", not_enrolled: "enrol" };
const BROKEN = ["no_store", "keyless", "ended"];

let person = null;
let pin = "";
let isBusy = false;

/** Show what the till's state asks for. */
export function enter() {
  const { till } = desk;
  if (BROKEN.includes(till.state)) {
    part(screen("broken"), "because").textContent = say(`state_${till.state}`);
    return show("broken");
  }
  if (till.state in DOORS) return show(DOORS[till.state]);
  if (till.state === "locked" || !till.cashier) return show("people");
  if (!till.shift) return show("opening");
  if (!desk.basket) return resume();
  return show("sell");
}

// The basket that lay here before the page was read anew; or what it was sold as, where the page went
// away before it could say so.
async function resume() {
  layOut();
  const sold = await desk.till.soldAs(desk.basket);
  return sold ? show("done", sold) : show("sell");
}

// Enrolment

const enrolment = screen("enrol").querySelector("form");
const codeField = enrolment.elements.code;
codeField.dataset.begin = "";

enrolment.addEventListener("submit", async (event) => {
  event.preventDefault();
  const code = codeField.value.replace(/[\s-]/g, "").toUpperCase();
  codeField.value = code;
  if (code.length !== 8) return wrong(say("code_short"));
  if (isBusy) return;
  isBusy = true;
  tell(enrolment);
  try {
    await desk.till.enrol(code);
    enter();
  } catch (error) {
    wrong(sentence(error));
  } finally {
    isBusy = false;
  }
});

function wrong(words) {
  tell(enrolment, words);
  codeField.setAttribute("aria-invalid", "true");
  codeField.focus();
  codeField.select();
}

codeField.addEventListener("input", () => codeField.removeAttribute("aria-invalid"));

// Who is there

onCome("people", async () => {
  const section = screen("people");
  const list = part(section, "people");
  tell(section);
  try {
    const people = await desk.till.people();
    list.replaceChildren(...people.map((one) => tile(one)));
    if (!people.some((one) => one.has_pin)) tell(section, say("nobody_has_pin"));
    list.querySelector("button:not([disabled])")?.focus({ preventScroll: true });
  } catch (error) {
    tell(section, sentence(error));
  }
});

function tile(one) {
  const button = make("person");
  button.firstElementChild.textContent = one.name;
  button.lastElementChild.textContent = one.has_pin ? say(`role_${one.role}`) : say("no_pin_yet");
  button.disabled = !one.has_pin;
  button.addEventListener("click", () => {
    person = one;
    show("pin");
  });
  return button;
}

onCome("pin", () => {
  const section = screen("pin");
  pin = "";
  part(section, "name").textContent = person.name;
  tell(section);
  drawDots();
});

function drawDots() {
  const dots = part(screen("pin"), "dots");
  dots.textContent = "●".repeat(pin.length) + "○".repeat(Math.max(4 - pin.length, 0));
  dots.setAttribute("aria-label", say("digits_typed", { count: pin.length }));
}

function press(key) {
  if (isBusy || key === "00") return;
  pin = key === "back" ? pin.slice(0, -1) : (pin + key).slice(0, LONGEST_PIN);
  tell(screen("pin"));
  drawDots();
}

pad("pin", press);

/** Keys of the keyboard while a PIN is asked. */
export function pinKey(event) {
  const key = keyOf(event);
  if (key) press(key);
  else if (event.key === "Enter" && !event.target.closest("button")) signIn();
  else if (event.key === "Escape") show("people");
  else return;
  event.preventDefault();
}

export async function signIn() {
  const section = screen("pin");
  if (isBusy) return;
  if (pin.length < 4) return tell(section, say("pin_short"));
  isBusy = true;
  section.setAttribute("aria-busy", "true");
  try {
    await desk.till.signIn(person.login, pin);
    enter();
  } catch (error) {
    tell(section, sentence(error));
  } finally {
    pin = "";
    isBusy = false;
    section.removeAttribute("aria-busy");
    if (current() === "pin") drawDots();
  }
}

/** The cashier goes; the shift and the basket stay. */
export function lock(why = "") {
  desk.till.signOut();
  show("people");
  part(screen("people"), "why").textContent = why;
}

// The shift opens

const opening = screen("opening").querySelector("form");
const drawer = counter("opening", (total) => {
  putMoney(part(opening, "total"), total);
  part(opening, "go").textContent = say("open_with", { amount: figure(total) });
});

onCome("opening", async () => {
  tell(opening);
  drawer.clear();
  opening.elements.note.value = "";
  const expected = await desk.till.floatExpected();
  part(opening, "expected").textContent = expected ? say("left_before", { amount: money(expected) }) : "";
  if (current() === "opening") drawer.begin();
});

opening.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isBusy) return;
  isBusy = true;
  try {
    await desk.till.openShift({
      total: drawer.total(),
      pieces: drawer.pieces(),
      note: opening.elements.note.value.trim(),
    });
    enter();
  } catch (error) {
    tell(opening, sentence(error));
  } finally {
    isBusy = false;
  }
});
