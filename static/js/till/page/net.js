// What the server holds and what it lacks: always seen, and told in full where it is asked.

import { hour } from "./clock.js";
import { desk } from "./desk.js";
import { ask, dialog } from "./dialogs.js";
import { sentence } from "./errors.js";
import { part, tell } from "./screens.js";
import { say } from "./words.js";

const badge = document.querySelector("[data-net]");
const asked = dialog("net");
const MOST_SKEW = 120_000;

// A clock that is further off has each ticket flagged (section 7).
function isClockWrong() {
  return Math.abs(desk.till.skew_ms) > MOST_SKEW;
}

/** Show how things stand. */
export function drawNet() {
  const { till } = desk;
  badge.hidden = !till.register;
  const state = till.trouble ? "stops" : till.unsent || !till.online || isClockWrong() ? "waits" : "done";
  badge.className = `badge ${state} till-net`;
  const words = [];
  if (till.trouble) words.push(say("net_trouble"));
  else if (!till.online) words.push(say("net_off"));
  if (till.unsent) words.push(say("net_unsent", { count: till.unsent }));
  if (isClockWrong()) words.push(say("net_clock"));
  badge.textContent = words.join(" · ") || say("net_on");
}

badge.addEventListener("click", () => {
  const { till } = desk;
  const said = [till.unsent ? say("net_said_unsent", { count: till.unsent }) : say("net_said_all")];
  if (till.oldest_unsent_at) said.push(say("net_since", { hour: hour(till.oldest_unsent_at) }));
  if (till.trouble) said.push(say("net_said_trouble"));
  if (isClockWrong()) said.push(say(till.skew_ms > 0 ? "net_said_ahead" : "net_said_behind", { count: Math.round(Math.abs(till.skew_ms) / 60_000) }));
  if (till.persisted === false) said.push(say("net_not_persisted"));
  part(asked, "said").textContent = said.join(" ");
  part(asked, "waiting").replaceChildren(
    ...till.waiting.map((one) => {
      const row = document.createElement("li");
      row.textContent = say(`net_${one.outcome}`, { number: one.number ?? String(one.seq), reason: one.reason });
      return row;
    }),
  );
  ask("net");
});

export async function sendNow() {
  try {
    await desk.till.send();
    tell(asked);
    if (!desk.till.unsent) part(asked, "said").textContent = say("net_said_all");
    else tell(asked, say("no_offline"));
  } catch (error) {
    tell(asked, sentence(error));
  }
  drawNet();
}

/** The journal as a file, for a manager to bring. */
export async function exportJournal() {
  try {
    const file = await desk.till.exportFile({ all: true });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  } catch (error) {
    tell(asked, sentence(error));
  }
}
