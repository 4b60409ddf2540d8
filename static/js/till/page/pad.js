// Number keys under a finger; the keyboard's digits do the same.

/** Call `press(key)` with a digit, `00` or `back`, and `note(value)` with the worth of a note. */
export function pad(name, press, note = () => {}) {
  const keys = document.querySelector(`[data-pad="${name}"]`);
  keepFocus(keys);
  keys.addEventListener("click", (event) => {
    const key = event.target.closest("button");
    if (key?.dataset.key) press(key.dataset.key);
    else if (key?.dataset.note) note(Number(key.dataset.note));
  });
}

/** What is touched here takes no focus: Enter stays the act of the screen. */
export function keepFocus(place) {
  place.addEventListener("mousedown", (event) => {
    if (event.target.closest("button")) event.preventDefault();
  });
}

/** The pad's key for one of the keyboard, or null. */
export function keyOf(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  if (/^\d$/.test(event.key)) return event.key;
  if (/^(Digit|Numpad)\d$/.test(event.code) && !event.shiftKey) return event.code.at(-1); // azerty
  return event.key === "Backspace" ? "back" : null;
}

/** What was typed, with one more key: digits of centimes, so `1400` and `00` is 1 400,00. */
export function typed(before, key, most = 11) {
  if (key === "back") return before.slice(0, -1);
  return (before + key).replace(/^0+/, "").slice(0, most);
}
