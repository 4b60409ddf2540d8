// A manager's word on the spot: for what the cashier's role may not do by itself.

import { desk, keep } from "./desk.js";
import { answer, ask, dialog } from "./dialogs.js";
import { sentence } from "./errors.js";
import { part, tell } from "./screens.js";
import { say } from "./words.js";

const asked = dialog("approve");
const form = asked.querySelector("form");
let right = "";
let isBusy = false;

/** Ask for one right; gives the approval, or null. */
export async function approval(wanted) {
  right = wanted;
  part(form, "what").textContent = say(`right_${wanted}`);
  const managers = (await desk.till.people().catch(() => [])).filter((one) => one.role === "manager" && one.has_pin);
  form.elements.by.replaceChildren(...managers.map((one) => new Option(one.name, one.login)));
  form.elements.pin.value = "";
  form.elements.why.value = "";
  const told = ask("approve");
  if (managers.length) form.elements.pin.focus();
  else tell(form, say("no_manager"));
  return told;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { by, pin, why } = form.elements;
  if (!/^\d{4,6}$/.test(pin.value)) return tell(form, say("pin_short"));
  if (isBusy) return;
  isBusy = true;
  try {
    answer("approve", await desk.till.approve({ right, by: by.value, pin: pin.value, why: why.value.trim() }));
  } catch (error) {
    tell(form, sentence(error));
    pin.value = "";
    pin.focus();
  } finally {
    isBusy = false;
  }
});

/** Ask for each right that a basket lacks; whether it has them all then. */
export async function approveAll(reckoned) {
  for (const { right: wanted } of reckoned.needs) {
    const given = await approval(wanted);
    if (!given) return false;
    desk.basket.approvals.push(given);
    keep();
  }
  return true;
}
