// One screen at a time. A screen is a section of the page; what it does is bound once, by its name.

const screens = new Map();
for (const one of document.querySelectorAll("[data-screen].screen")) screens.set(one.dataset.screen, one);
const comes = new Map();
const leaves = new Map();
const DOUBLE = 400; // ms within which two clicks are one double click
let shown = "starting";
let since = 0;

/** The section of a screen. */
export function screen(name) {
  return screens.get(name);
}

/** What is marked `data-<name>` within a part of the page. */
export function part(within, name) {
  return within.querySelector(`[data-${name}]`);
}

/** Which screen is shown. */
export function current() {
  return shown;
}

/** Have something done each time a screen comes, before it is seen. */
export function onCome(name, act) {
  comes.set(name, act);
}

/** Have something done each time a screen goes. */
export function onLeave(name, act) {
  leaves.set(name, act);
}

/** Whether the screen came so lately that a click is the second of two, meant for the one before. */
export function isFresh() {
  return performance.now() - since < DOUBLE;
}

/** Show a screen, and put the focus where its work begins. */
export function show(name, told) {
  if (shown !== name) leaves.get(shown)?.();
  shown = name;
  since = performance.now();
  document.body.dataset.screen = name;
  comes.get(name)?.(told);
  for (const [other, section] of screens) section.hidden = other !== name;
  const start = screens.get(name).querySelector("[data-begin], h1[tabindex]");
  if (start) start.focus({ preventScroll: true });
  else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

/** Make one of what a template of the page holds. */
export function make(id) {
  return document.getElementById(`part-${id}`).content.firstElementChild.cloneNode(true);
}

/** Say something to who listens, and to nobody's eyes. */
export function heard(text) {
  const place = document.querySelector("[data-heard]");
  place.textContent = "";
  place.textContent = text;
}

/** Show what went wrong in a screen or dialog, or that nothing did. */
export function tell(within, text = "") {
  const place = part(within, "error");
  if (place) place.textContent = text;
}

/** Choose one of the buttons of a group, as radio buttons are. */
export function choose(buttons, chosen) {
  for (const one of buttons) {
    const isChosen = one === chosen;
    one.setAttribute("aria-checked", String(isChosen));
    one.tabIndex = isChosen ? 0 : -1;
  }
}

/** Arrow keys go through a group of radio buttons. */
export function roving(group) {
  group.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const buttons = [...group.querySelectorAll("[role=radio]:not([hidden])")];
    const turned = document.dir === "rtl" && event.key.startsWith("ArrowR") | event.key.startsWith("ArrowL");
    const at = buttons.indexOf(document.activeElement) + (turned ? -step : step);
    const next = buttons[(at + buttons.length) % buttons.length];
    next.focus();
    next.click();
    event.preventDefault();
    event.stopPropagation();
  });
}
