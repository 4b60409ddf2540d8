// What lies on the counter: the basket, its marked line, and the way back. It is no part of the
// journal; it lives with the window, so that a page read anew has it still.

import { rate } from "../money.js";
import { language } from "./words.js";

const KEPT = "almakane.basket";
const MOST_UNDONE = 30;

/** @type {{till: object, basket: object, marked: number, undone: string[], wasTotalled: boolean}} */
export const desk = { till: null, basket: null, marked: 0, undone: [], wasTotalled: false };

const watchers = [];

/** Have something done whenever the basket changed. */
export function onBasket(act) {
  watchers.push(act);
}

/** A new basket, or the one that lay here before the page was read anew. */
export function layOut() {
  const kept = kept_of(desk.till);
  desk.basket = kept?.basket ?? fresh();
  desk.wasTotalled = kept?.wasTotalled ?? false;
  desk.marked = Math.max(desk.basket.lines.length - 1, 0);
  desk.undone = [];
  changed();
}

/** Begin anew: the one before is sold, or dropped. */
export function clear() {
  desk.basket = fresh();
  desk.wasTotalled = false;
  desk.marked = 0;
  desk.undone = [];
  changed();
}

/** Change the basket by `act`; the way back is kept. */
export function change(act) {
  desk.undone.push(JSON.stringify([desk.basket, desk.marked]));
  if (desk.undone.length > MOST_UNDONE) desk.undone.shift();
  act(desk.basket);
  changed();
}

/** One step back; whether there was one. */
export function undo() {
  const before = desk.undone.pop();
  if (!before) return false;
  const uid = desk.basket.uid;
  [desk.basket, desk.marked] = JSON.parse(before);
  desk.basket.uid = uid;
  changed();
  return true;
}

/** Mark a line, by its place. */
export function mark(place) {
  desk.marked = Math.min(Math.max(place, 0), desk.basket.lines.length - 1);
  for (const act of watchers) act();
}

/** Keep a fact beside the basket. */
export function keep() {
  try {
    const { register, epoch, mode } = desk.till;
    const told = { register, epoch, mode, basket: desk.basket, wasTotalled: desk.wasTotalled };
    sessionStorage.setItem(KEPT, JSON.stringify(told));
  } catch {
    // a window that keeps nothing sells all the same
  }
}

function changed() {
  const { basket } = desk;
  const goods = basket.lines.reduce((sum, line) => sum + line.unit * line.qty, 0);
  basket.discount = basket.off_bp ? rate(goods, basket.off_bp) : Math.min(basket.discount, goods);
  keep();
  for (const act of watchers) act();
}

function fresh() {
  return { ...desk.till.newBasket(language), off_bp: 0 };
}

function kept_of(till) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    const isOurs = kept && kept.register === till.register && kept.epoch === till.epoch && kept.mode === till.mode;
    return isOurs ? kept : null;
  } catch {
    return null;
  }
}
