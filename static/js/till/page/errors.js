// A reason of the till as a sentence: what, what became of the money, and what to do.

import { TillError } from "../index.js";
import { knows, money, say } from "./words.js";

/** The sentence for whatever was thrown; what is no word of the till goes to the console too. */
export function sentence(error) {
  if (!(error instanceof TillError)) {
    console.error(error);
    return say("no_unforeseen");
  }
  const { reason, values } = error;
  if (reason === "refused") return refused(values);
  const told = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === "number" ? money(value) : value]),
  );
  if (knows(`no_${reason}`)) return say(`no_${reason}`, told);
  return say("no_unforeseen");
}

function refused(values) {
  if (knows(`no_${values.reason}`)) return say(`no_${values.reason}`);
  return values.title ? say("no_refused", { why: values.title }) : say("no_unforeseen");
}
