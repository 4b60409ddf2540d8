// It is sold: the change, huge, and the receipt. Only now, for the journal holds it.

import { clear, desk } from "./desk.js";
import { drawPaper } from "./paper.js";
import { heard, make, onCome, part, screen, show } from "./screens.js";
import { money, putMoney, say } from "./words.js";

const section = screen("done");

onCome("done", ({ done, tenders }) => {
  const inCash = tenders.filter((one) => one.kind === "cash").reduce((sum, one) => sum + one.amount, 0);
  const isOut = done.totals.due < 0;
  part(section, "word").textContent = say(`done_${done.kind}`, { number: done.number });
  const box = part(section, "change-box");
  const isByCard = isOut && !inCash;
  const back = isByCard ? -done.totals.due : isOut ? -inCash : done.change;
  const isOwed = tenders.every((one) => ["credit", "gift_card"].includes(one.kind)); // nothing leaves the drawer
  const word = say(isByCard ? (isOwed ? "owed_on_card" : "hand_back_other") : isOut ? "hand_back" : "hand_change");
  part(section, "codes").replaceChildren(...done.codes.map(codeOf));
  part(section, "codes-box").hidden = !done.codes.length;
  box.hidden = !back;
  part(section, "change-word").textContent = word;
  putMoney(part(section, "change"), back);
  part(section, "kept").textContent = say(isOut ? "kept_back" : "kept", { amount: money(Math.abs(done.totals.due)) });
  tellPrint();
  drawPaper(part(section, "receipt"), done.strip);
  heard(back ? `${word} ${money(back)}` : say(`done_${done.kind}`, { number: done.number }));
  clear();
});

function codeOf({ kind, code, amount }) {
  const row = make("code");
  part(row, "kind").textContent = say(`kind_${kind}`);
  putMoney(row.querySelector(".price"), amount);
  row.querySelector("bdi.code").textContent = code;
  return row;
}

/** Whether paper comes by itself: the server spools it once it holds the ticket. */
export function tellPrint() {
  const { till } = desk;
  part(section, "print").textContent = say(till.unsent ? "not_printed_yet" : "printed");
}

export function next() {
  show("sell");
}
