// A ticket as a refund meets it: what was sold, and what is left of each line.

import { kindOf } from "./receipt.js";

/** A ticket of this till's journal in the shape that the server tells tickets in. */
export function asLeft({ uid, at, body }) {
  return {
    uid,
    number: body.number,
    at,
    lang: body.lang,
    total: body.totals.total,
    tenders: body.tenders.map(({ kind, amount, ref }) => ({ kind, amount, ref })),
    lines: body.lines.map(({ n, what, code, title, qty, total, tax }) => {
      const isKnown = what !== "gift_card"; // what was spent of a card only the server knows
      const left = isKnown ? { left_qty: qty, left_total: total, left_tax: tax } : { left_qty: 0, left_total: 0, left_tax: 0 };
      return { n, what, code, title, qty, total, tax, ...left };
    }),
  };
}

/** The same ticket, less what rows of the journal take back of it. */
export function lessReturns(ticket, rows) {
  const lines = ticket.lines.map((line) => ({ ...line }));
  for (const row of rows) {
    if (row.kind !== "sale" && row.kind !== "refund") continue;
    for (const back of JSON.parse(row.text).body.returns) {
      const line = back.of.uid === ticket.uid && lines.find((one) => one.n === back.of.line);
      if (!line) continue;
      line.left_qty = Math.max(line.left_qty - back.qty, 0);
      line.left_total = Math.max(line.left_total - back.total, 0);
      line.left_tax = Math.max(line.left_tax - back.tax, 0);
    }
  }
  return { ...ticket, lines };
}

/** A ticket in a list. */
export function asTold({ uid, at, body }) {
  const { number, totals } = body;
  return { uid, number, at, kind: kindOf(body), total: totals.total, due: totals.due };
}
