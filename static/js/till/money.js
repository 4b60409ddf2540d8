// Integer centimes and basis points: the twin of almakane/money.py, run by the same vectors.
//
// A product of two amounts can pass what a number holds exactly, so products and quotients are made
// of BigInt, and what comes back is a number that is checked to be whole and safe.

import { TillError } from "./refusal.js";

export const BASIS = 10_000;
export const LARGEST = 10 ** 11; // one amount, in centimes: what the till protocol allows

const AMOUNT = /^(\d{1,10})(?:[.,](\d{1,2}))?$/;
const SPACES = /[\t-\r\x1c-\x20\x85\p{Zs}\u2028\u2029]/gu; // what may group digits

/** Divide two integers and round half away from zero: the books' one way of rounding. */
export function divide(numerator, denominator) {
  const [n, d] = [BigInt(numerator), BigInt(denominator)];
  if (d <= 0n) throw new RangeError("The denominator is not positive.");
  const size = ((n < 0n ? -n : n) + d / 2n) / d;
  return exact(n < 0n ? -size : size);
}

/** The part of an amount that a rate in basis points takes, rounded. */
export function rate(amount, basisPoints) {
  return divide(BigInt(amount) * BigInt(basisPoints), BASIS);
}

/** The tax that a gross amount contains: gross x r / (1 + r), rounded. */
export function inside(gross, basisPoints) {
  return divide(BigInt(gross) * BigInt(basisPoints), BASIS + basisPoints);
}

/** Divide a total over weights by largest remainder; a tie goes to the earliest weight. */
export function allocate(total, weights) {
  if (total < 0) return allocate(-total, weights).map((part) => (part ? -part : 0));
  const parts = weights.map(BigInt);
  if (parts.some((weight) => weight < 0n)) throw new RangeError("A weight is negative.");
  const whole = parts.reduce((sum, weight) => sum + weight, 0n);
  if (whole === 0n) {
    if (total) throw new RangeError("There is nobody to divide among.");
    return weights.map(() => 0);
  }
  const all = BigInt(total);
  const shares = parts.map((weight) => (all * weight) / whole);
  const left = Number(all - shares.reduce((sum, share) => sum + share, 0n));
  const rest = parts.map((weight) => (all * weight) % whole);
  const order = [...weights.keys()].sort((a, b) => (rest[b] > rest[a]) - (rest[b] < rest[a]) || a - b);
  for (const place of order.slice(0, left)) shares[place] += 1n;
  return shares.map(exact);
}

/** Round to the nearest multiple of a step, a tie toward zero: cash rounding. */
export function toStep(amount, step) {
  if (amount < 0) return negative(toStep(-amount, step));
  const over = amount % step;
  return amount - over + (over * 2 > step ? step : 0);
}

/** Read what people type for an amount, `1 250,5` or `1250.50`, as centimes. */
export function parseAmount(text) {
  const found = AMOUNT.exec(text.replace(SPACES, ""));
  if (!found) throw new TillError("bad_amount", { text });
  const amount = Number(found[1]) * 100 + Number((found[2] ?? "0").padEnd(2, "0"));
  if (amount > LARGEST) throw new TillError("bad_amount", { text });
  return amount;
}

/** The sum of whole numbers, which is checked to be whole and safe itself. */
export function sum(amounts) {
  return exact(amounts.reduce((total, amount) => total + BigInt(amount), 0n));
}

/** A price times a quantity. */
export function times(amount, count) {
  return exact(BigInt(amount) * BigInt(count));
}

/** Minus an amount, without the minus zero that JSON would not take. */
export function negative(amount) {
  return amount ? -amount : 0;
}

function exact(value) {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError("An amount is beyond what is exact.");
  return number;
}
