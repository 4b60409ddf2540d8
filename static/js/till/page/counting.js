// Notes and coins counted: how many of each, and what they come to.

import { putMoney } from "./words.js";

/** The counter of that name; `changed(total)` is called at each key. */
export function counter(name, changed) {
  const place = document.querySelector(`[data-pieces="${name}"]`);
  const inputs = [...place.querySelectorAll("[data-piece]")];

  const read = (input) => Number(input.value.replace(/\D/g, "") || 0);
  const worth = (input) => Number(input.dataset.piece);

  function draw() {
    for (const input of inputs) {
      const sum = read(input) * worth(input);
      const shown = input.parentElement.querySelector("[data-sum]");
      if (sum) putMoney(shown, sum, { bare: true });
      else {
        shown.textContent = "";
        delete shown.dataset.amount;
      }
    }
    changed(total());
  }

  function total() {
    return inputs.reduce((sum, input) => sum + read(input) * worth(input), 0);
  }

  place.addEventListener("input", (event) => {
    event.target.value = event.target.value.replace(/\D/g, "");
    draw();
  });
  place.addEventListener("focusin", (event) => event.target.select?.());
  place.addEventListener("keydown", (event) => {
    const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    const at = inputs.indexOf(event.target);
    if (!step || at < 0) return;
    event.preventDefault();
    const next = inputs[at + step];
    if (next) next.focus();
    else if (step > 0) place.closest(".screen").querySelector(".till-result .button-main").focus();
  });

  return {
    total,
    pieces: () => inputs.filter(read).map((input) => [worth(input), read(input)]),
    isEmpty: () => inputs.every((input) => !input.value),
    clear: () => {
      for (const input of inputs) input.value = "";
      draw();
    },
    begin: () => inputs[0].focus(),
    lock: (isLocked) => {
      for (const input of inputs) input.readOnly = isLocked;
    },
  };
}
