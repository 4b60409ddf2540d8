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
    tenders: body.tenders.map(({ kind, amount, ref }) => ({ kind, amount, ref, left: amount })),
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
  const tenders = ticket.tenders.map((tender) => ({ ...tender }));
  for (const row of rows) {
    if (row.kind !== "sale" && row.kind !== "refund") continue;
    const { body } = JSON.parse(row.text);
    if (body.returns.some((back) => back.of.uid === ticket.uid)) lessTenders(tenders, body.tenders);
    for (const back of body.returns) {
      const line = back.of.uid === ticket.uid && lines.find((one) => one.n === back.of.line);
      if (!line) continue;
      line.left_qty = Math.max(line.left_qty - back.qty, 0);
      line.left_total = Math.max(line.left_total - back.total, 0);
      line.left_tax = Math.max(line.left_tax - back.tax, 0);
    }
  }
  return { ...ticket, tenders, lines };
}

// What went out by a kind is not left of what came in by it.
function lessTenders(tenders, gone) {
  for (const { kind, amount } of gone) {
    let went = Math.max(-amount, 0);
    for (const tender of tenders.filter((one) => one.kind === kind)) {
      const part = Math.min(Math.max(tender.left, 0), went);
      tender.left -= part;
      went -= part;
    }
  }
}

/** A ticket in a list. */
export function asTold({ uid, at, body }) {
  const { number, totals } = body;
  return { uid, number, at, kind: kindOf(body), total: totals.total, due: totals.due };
}
