// A gift card is sold: for an amount, under the code of a printed card or one that the till makes.

import { parseAmount } from "../money.js";
import { change, desk } from "./desk.js";
import { answer, ask, dialog } from "./dialogs.js";
import { sentence } from "./errors.js";
import { show, tell } from "./screens.js";
import { tellMessage } from "./sell.js";
import { language, money, say } from "./words.js";

const form = dialog("card").querySelector("form");

/** Ask for the amount and the code. */
export function sellCard() {
  if (desk.basket.discount) return tellMessage(say("card_no_discount"), "informs");
  form.reset();
  ask("card");
  form.elements.amount.focus();
  return null;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const amount = parseAmount(form.elements.amount.value);
    if (!amount) return tell(form, say("no_bad_amount"));
    const line = await desk.till.cardLine(amount, form.elements.code.value, language);
    if (desk.basket.lines.some((one) => one.code === line.code)) return tell(form, say("card_twice"));
    answer("card", true);
    show("sell");
    change((basket) => {
      basket.lines.push(line);
      desk.marked = basket.lines.length - 1;
    });
    return tellMessage(say("card_in_basket", { amount: money(amount) }), "informs");
  } catch (error) {
    return tell(form, sentence(error));
  }
});
