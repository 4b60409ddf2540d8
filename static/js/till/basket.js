// What is due for a basket, and what change there is: the twin of almakane/sales/basket.py.

import { allocate, sum, toStep } from "./money.js";
import { TillError } from "./refusal.js";

/** A discount on the whole basket over its lines, a tie to the lowest line. */
export function divideDiscount(totals, discount) {
  if (!(discount >= 0 && discount <= sum(totals))) throw new TillError("bad_discount", {}, "discount");
  return discount ? allocate(discount, totals) : totals.map(() => 0);
}

/**
 * Settle a total by other tenders first, then cash, which alone is rounded and gives change.
 * Amounts are signed: money out is negative. @returns {{rounding, due, change}}
 */
export function settle(total, otherTenders, cashGiven, cashStep) {
  const inCash = total - otherTenders;
  if (otherTenders < Math.min(total, 0) || otherTenders > Math.max(total, 0)) {
    throw new TillError("only_cash_gives_change", {}, "tenders");
  }
  const rounded = toStep(inCash, cashStep);
  if ((inCash && !cashGiven) || cashGiven < rounded) {
    throw new TillError("not_paid", { missing: rounded - cashGiven }, "tenders");
  }
  if (total < 0 && cashGiven !== rounded) throw new TillError("pays_out_exactly", {}, "tenders");
  return { rounding: rounded - inCash, due: otherTenders + rounded, change: cashGiven - rounded };
}

/** What is due if cash pays what other tenders leave. @returns {{rounding, due}} */
export function dueInCash(total, otherTenders, cashStep) {
  const inCash = total - otherTenders;
  const rounding = toStep(inCash, cashStep) - inCash;
  return { rounding: rounding || 0, due: total + rounding };
}

/** The part of what is left of a sold line that so many of its units take back; the last all. */
export function partOf(left, quantity, quantityLeft) {
  if (quantity === quantityLeft) return left;
  const [whole, rest] = [BigInt(left) * BigInt(quantity), BigInt(quantityLeft)];
  return Number((whole + rest / 2n) / rest);
}

