// From a basket to a ticket: what a screen shows while it grows, and the body that is written once it
// is paid (section 5). Pure: what it needs of the till is handed in.

import { divideDiscount, dueInCash, partOf, settle } from "./basket.js";
import { clean } from "./clean.js";
import { BASIS, LARGEST, allocate, sum, times } from "./money.js";
import { TillError } from "./refusal.js";
import { givenAway } from "./shift.js";
import { taxOf } from "./tax.js";

const MOST_OFFLINE = 2_000_00; // centimes that a manager may give away with no network

/**
 * What a basket comes to.
 * @param {import("./index.js").Basket} basket
 * @param {{cash_step, cash_limit, band_bp, asks_nobody}} rules of the house, and of who sells
 * @returns {import("./index.js").Reckoned}
 */
export function reckon(basket, rules) {
  try {
    return reckoned(basket, rules);
  } catch (error) {
    if (!(error instanceof TillError)) throw error;
    const totals = { goods: 0, returned: 0, tax: 0, total: 0, rounding: 0, due: 0 };
    const nothing = { lines: [], returns: [], needs: [], totals, given: 0, missing: 0, change: 0 };
    return { ...nothing, refuses: error.reason, field: error.field };
  }
}

function reckoned(basket, rules) {
  const lines = linesOf(basket);
  const returns = basket.returns.map(returnBody);
  const goods = sum(lines.map((line) => line.total));
  const returned = sum(returns.map((back) => back.total));
  const tax = sum(lines.map((line) => line.tax)) - sum(returns.map((back) => back.tax));
  const total = goods - returned;
  const cash = sum(basket.tenders.filter(isCash).map((tender) => tender.amount));
  const others = sum(basket.tenders.filter((tender) => !isCash(tender)).map((tender) => tender.amount));
  const { rounding, due } = dueInCash(total, others, rules.cash_step);
  const missing = due - others - cash;
  const needs = lacking(basket, lines, rules);
  const told = {
    lines, returns, needs,
    totals: { goods, returned, tax, total, rounding, due },
    given: cash + others,
    missing: total < 0 ? missing : Math.max(missing, 0),
    change: total < 0 ? 0 : Math.max(-missing, 0),
  };
  return { ...told, refuses: why(basket, told, { total, others, cash }, rules), field: "" };
}

function why(basket, { lines, returns, totals, needs }, { total, others, cash }, rules) {
  if (!lines.length && !returns.length) return "empty";
  if (Math.max(totals.goods, totals.returned) > LARGEST) return "bad_amount";
  if (basket.tenders.some((tender) => !Number.isSafeInteger(tender.amount) || !tender.amount)) return "bad_amount";
  try {
    const { change } = settle(total, others, cash, rules.cash_step);
    if (rules.cash_limit && Math.abs(cash - change) >= rules.cash_limit) return "cash_limit";
  } catch (error) {
    if (!(error instanceof TillError)) throw error;
    return error.reason;
  }
  if (needs.length) return "needs_approval";
  const offline = basket.approvals.some((given) => given.mode === "offline");
  if (offline && givenAway({ lines }) + totals.returned > MOST_OFFLINE) return "needs_approval";
  return null;
}

/**
 * The body of a ticket that is paid.
 * @param {object} around {shift, number, key, catalogue, perpetual: {sales, refunds} before it}
 */
export function ticketBody(basket, rules, around) {
  const { lines, returns, totals, change, needs, refuses, field } = reckon(basket, rules);
  if (refuses) throw new TillError(refuses, refuses === "needs_approval" ? { rights: needs } : {}, field);
  const { sales, refunds } = around.perpetual;
  return {
    shift: around.shift,
    number: around.number,
    key: around.key,
    lang: basket.lang,
    customer: basket.customer ?? null,
    catalogue: around.catalogue,
    lines,
    returns,
    totals,
    tenders: basket.tenders.map(({ kind, amount, ref = "", auth = null }) => ({
      kind, amount, ref: clean(ref, "ref"), auth,
    })),
    change,
    approvals: basket.approvals,
    note: clean(basket.note, "note"),
    perpetual: { sales: sales + totals.goods, refunds: refunds + totals.returned },
  };
}

/** Lines as they are written: numbered, the basket's discount divided over them, tax in each. */
export function linesOf(basket) {
  const before = basket.lines.map((line) => {
    if (!(line.qty >= 1 && line.qty <= 9_999 && Number.isInteger(line.qty))) {
      throw new TillError("bad_quantity", {}, line.code);
    }
    if (![line.list, line.unit].every((price) => Number.isSafeInteger(price) && price >= 0 && price <= LARGEST)) {
      throw new TillError("bad_amount", {}, line.code);
    }
    return times(line.unit, line.qty);
  });
  const discounts = divideDiscount(before, basket.discount || 0);
  return basket.lines.map((line, place) => {
    const total = before[place] - discounts[place];
    return {
      n: place + 1,
      what: line.what,
      code: line.code,
      title: clean(line.title, "title"),
      qty: line.qty,
      list: line.list,
      unit: line.unit,
      discount: discounts[place],
      total,
      tax_bp: line.tax_bp,
      tax: taxOf(total, line.tax_bp),
      tax_code: line.tax_code,
    };
  });
}

function returnBody({ of, code, qty, total, tax, restock, why, claim = null }, place) {
  if (!Number.isSafeInteger(total) || total < 0 || total > LARGEST || tax > total) {
    throw new TillError("bad_amount", {}, code);
  }
  if (!Number.isInteger(qty) || qty < 0 || qty > 9_999 || (!qty && !total)) {
    throw new TillError("bad_quantity", {}, code);
  }
  const { uid, number, line } = of;
  return {
    n: place + 1, of: { uid, number, line }, code, qty, total, tax, restock, why: clean(why, "why"), claim,
  };
}

/** The rights that a basket asks for and that nobody gave yet, with the lines that ask. */
function lacking(basket, lines, { band_bp, asks_nobody }) {
  const given = new Set(basket.approvals.map((approval) => approval.right));
  const off = (line) => BigInt(line.list) * BigInt(line.qty) - BigInt(line.total);
  const over = lines.filter((line) => off(line) * BigInt(BASIS) > BigInt(band_bp) * BigInt(line.list) * BigInt(line.qty));
  const under = lines.filter((line, place) => line.total < times(basket.lines[place].floor ?? 0, line.qty));
  const asked = [
    ["bargain", over.map((line) => line.n)],
    ["maker_consent", under.map((line) => line.n)],
    ["refund", asks_nobody ? [] : basket.returns.map((_, place) => place + 1)],
  ];
  return asked.filter(([right, ns]) => ns.length && !given.has(right)).map(([right, lines]) => ({ right, lines }));
}

function isCash(tender) {
  return tender.kind === "cash";
}

/** So many of what is left of a ticket's line, as a return. */
export function returnOf(ticket, n, qty, { restock = true, why = "", total } = {}) {
  const line = ticket.lines.find((one) => one.n === n);
  if (!line || qty > line.left_qty || qty < 0) throw new TillError("bad_quantity", {}, "qty");
  const amount = total ?? (qty ? partOf(line.left_total, qty, line.left_qty) : 0);
  if (amount > line.left_total) throw new TillError("bad_amount", {}, "total");
  const tax = amount ? allocate(amount, [line.left_total - line.left_tax, line.left_tax])[1] : 0;
  const of = { uid: ticket.uid, number: ticket.number, line: n };
  const back = { of, code: line.code, title: line.title, qty, total: amount, tax, restock, why };
  const claimed = line.claims?.find((claim) => claim.qty === qty); // by this till, for a basket before
  return claimed ? { ...back, asked: claimed.uid } : back;
}
