// A scanner types as a keyboard does, only faster than a hand: what comes within a few hundredths of
// a second a key and ends in Enter is a scan, wherever the focus is, and leaves no letter behind.

const FAST = 40; // ms between two keys of a scanner
const PAUSE = 80; // after that, what came was a hand's
const SHORTEST = 4;

let burst = []; // what came fast: {key, code}
let last = 0;
let before = null; // the field as it was before the burst began
let waiting = 0;
let isGivingBack = false;

/** Call `act(text, digits)` for each scan; `digits` is what a layout of another country meant. */
export function listen(act, isOpen = () => true) {
  document.addEventListener(
    "keydown",
    (event) => {
      if (isGivingBack || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || !isOpen()) return;
      const now = event.timeStamp;
      const isFast = now - last <= FAST;
      last = now;
      if (event.key === "Enter") return ended(event, isFast, act);
      if (event.key.length !== 1) return; // Shift and its like come between
      if (!isFast) {
        flush();
        burst = [];
        before = snapshot(event.target);
      }
      burst.push({ key: event.key, code: event.code });
      if (burst.length < 2) return;
      event.preventDefault(); // perhaps a scan: typed into the field later, if it was none
      event.stopPropagation();
      clearTimeout(waiting);
      waiting = setTimeout(flush, PAUSE);
    },
    true,
  );
}

function ended(event, isFast, act) {
  const scanned = burst;
  if (!isFast || scanned.length < SHORTEST) return flush();
  clearTimeout(waiting);
  event.preventDefault();
  event.stopPropagation();
  restore();
  burst = [];
  const digits = scanned.every(({ code }) => /^(Digit|Numpad)\d$/.test(code));
  act(
    scanned.map(({ key }) => key).join(""),
    digits ? scanned.map(({ code }) => code.at(-1)).join("") : "",
  );
}

/** It was a hand: what was held back goes where it was typed. */
function flush() {
  clearTimeout(waiting);
  const field = textField(document.activeElement);
  if (burst.length > 1 && field) {
    const rest = burst.slice(1).map(({ key }) => key).join("");
    if (!field.readOnly) field.setRangeText(rest, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  } else if (burst.length > 1) {
    isGivingBack = true;
    for (const { key, code } of burst.slice(1)) {
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true }));
    }
    isGivingBack = false;
  }
  burst = [];
  before = null;
}

function snapshot(target) {
  const field = textField(target);
  return field && { field, value: field.value, start: field.selectionStart, end: field.selectionEnd };
}

function textField(target) {
  return target instanceof HTMLInputElement && target.selectionStart !== null ? target : null;
}

/** The first key of a scan was in the field before anybody could know. */
function restore() {
  if (!before) return;
  const { field, value, start, end } = before;
  field.value = value;
  field.setSelectionRange(start, end);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  before = null;
}
