// Questions that come up over a screen: what is asked is promised, and `null` is no.

import { tell } from "./screens.js";

const answers = new Map();

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("close", () => {
    const answer = answers.get(dialog);
    answers.delete(dialog);
    answer?.(null);
  });
  for (const no of dialog.querySelectorAll("[data-no]")) no.addEventListener("click", () => dialog.close());
}

/** A dialog of the page. */
export function dialog(id) {
  return document.getElementById(id);
}

/** Open a dialog; gives what `answer` was told, or null where it was left. */
export function ask(id) {
  const asked = dialog(id);
  tell(asked);
  if (!asked.open) asked.showModal();
  return new Promise((resolve) => answers.set(asked, resolve));
}

/** Answer what was asked, and close it. */
export function answer(id, value) {
  const asked = dialog(id);
  const told = answers.get(asked);
  answers.delete(asked);
  asked.close();
  told?.(value);
}

/** Whether a question is open. */
export function isAsking() {
  return document.querySelector("dialog[open]") !== null;
}
