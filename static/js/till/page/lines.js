// The lines of a basket, newest on top; a line that did not change is not drawn again.

import { desk } from "./desk.js";
import { make, part } from "./screens.js";
import { figure, putMoney, say } from "./words.js";

/** Draw the basket into a list; `choose(place)` is called when a line is touched. */
export function drawLines(list, reckoned, choose = null) {
  const { basket } = desk;
  const wanted = [
    ...basket.lines.map((line, place) => told(line, reckoned.lines[place], place)),
    ...basket.returns.map((back, place) => toldBack(back, place)),
  ].reverse();
  while (list.children.length > wanted.length) list.lastElementChild.remove();
  while (list.children.length < wanted.length) list.prepend(make("line"));
  wanted.forEach((line, at) => fill(list.children[at], line, choose));
}

function told(line, reckoned, place) {
  const notes = [];
  if (line.unit < line.list) notes.push(say("bargained", { price: figure(line.list) }));
  if (reckoned?.discount) notes.push(say("off_basket_line", { amount: figure(reckoned.discount) }));
  if (line.seller?.name) notes.push(line.seller.name);
  else if (line.maker) notes.push(line.maker);
  return {
    key: `l${place}`,
    place,
    title: line.title || line.code,
    qty: line.qty,
    total: reckoned ? reckoned.total : line.unit * line.qty,
    note: notes.join(" · "),
    isMarked: place === desk.marked,
    isBack: false,
  };
}

function toldBack(back, place) {
  return {
    key: `r${place}`,
    place: -1 - place,
    title: back.title || back.code,
    qty: back.qty,
    total: -back.total,
    note: say("comes_back_of", { number: back.of.number }),
    isMarked: false,
    isBack: true,
  };
}

function fill(row, line, choose) {
  const state = JSON.stringify(line);
  if (row.dataset.state === state) return;
  row.dataset.state = state;
  const button = row.firstElementChild;
  button.querySelector("bdi").textContent = line.title;
  part(row, "qty").textContent = line.qty > 1 ? ` × ${line.qty}` : "";
  putMoney(part(row, "total"), line.total, { bare: true });
  part(row, "note").textContent = line.note;
  row.classList.toggle("is-back", line.isBack);
  if (line.isMarked) row.setAttribute("aria-current", "true");
  else row.removeAttribute("aria-current");
  button.tabIndex = choose ? 0 : -1;
  button.onclick = choose ? () => choose(line.place) : null;
}
