// It is sold: the change, huge, and the receipt. Only now, for the journal holds it.

import { clear, desk } from "./desk.js";
import { drawPaper } from "./paper.js";
import { heard, onCome, part, screen, show } from "./screens.js";
import { money, putMoney, say } from "./words.js";

const section = screen("done");

onCome("done", ({ done, tenders }) => {
  const inCash = tenders.filter((one) => one.kind === "cash").reduce((sum, one) => sum + one.amount, 0);
  const isOut = done.totals.due < 0;
  part(section, "word").textContent = say(`done_${done.kind}`, { number: done.number });
  const box = part(section, "change-box");
  const isByCard = isOut && !inCash;
  const back = isByCard ? -done.totals.due : isOut ? -inCash : done.change;
  const word = say(isByCard ? "hand_back_other" : isOut ? "hand_back" : "hand_change");
  box.hidden = !back;
  part(section, "change-word").textContent = word;
  putMoney(part(section, "change"), back);
  part(section, "kept").textContent = say(isOut ? "kept_back" : "kept", { amount: money(Math.abs(done.totals.due)) });
  tellPrint();
  drawPaper(part(section, "receipt"), done.strip);
  heard(back ? `${word} ${money(back)}` : say(`done_${done.kind}`, { number: done.number }));
  clear();
});

/** Whether paper comes by itself: the server spools it once it holds the ticket. */
export function tellPrint() {
  const { till } = desk;
  part(section, "print").textContent = say(till.unsent ? "not_printed_yet" : "printed");
}

export function next() {
  show("sell");
}
