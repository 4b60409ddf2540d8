// A shift in figures, read from this register's own journal: what an X or a Z says, and what the
// drawer should hold. The twin of almakane/pos/shift_figures.py.

import { negative, sum } from "./money.js";

const TENDERS = ["cash", "terminal", "gift_card", "credit", "cheque", "transfer", "deposit", "cod"];

/** What each kind of tender kept, change off the cash: [[kind, amount], ...], those that came. */
export function byTender(bodies) {
  const kept = new Map();
  const add = (kind, amount) => kept.set(kind, (kept.get(kind) ?? 0) + amount);
  for (const { tenders, change } of bodies) {
    for (const { kind, amount } of tenders) add(kind, amount);
    if (change) add("cash", -change);
  }
  return TENDERS.filter((kind) => kept.has(kind)).map((kind) => [kind, kept.get(kind)]);
}

/** What a ticket gave below its list prices. */
export function givenAway({ lines }) {
  return sum(lines.map((line) => Math.max(line.list * line.qty - line.total, 0)));
}

/** What the drawer should hold: float, cash of tickets less change, what was moved. */
export function expectedCash(events) {
  const bodies = ticketsOf(events).map((event) => event.body);
  const cash = Object.fromEntries(byTender(bodies)).cash ?? 0;
  return openingOf(events).body.float.total + cash + sum(movesOf(events).map((move) => move.amount));
}

/**
 * The figures of a shift.
 * @param {object[]} events those of this shift, read, in their order; the first opened it
 * @param {object} around {register, at, by, chain, head, unsent, training, perpetual: {sales, refunds},
 *   quarantined: seqs that the server could not book: those are in none of the sums}
 */
export function figuresOf(all, around) {
  const waits = new Set(around.quarantined ?? []);
  const events = all.filter((event) => !waits.has(event.seq) || event === all[0]);
  const opening = openingOf(events);
  const tickets = ticketsOf(events);
  const bodies = tickets.map((event) => event.body);
  const closed = events.find((event) => event.kind === "shift_closed");
  const count = (kind) => events.filter((event) => event.kind === kind).length;
  const total = (name) => sum(bodies.map((body) => body.totals[name]));
  const perpetual = (closed ?? tickets[tickets.length - 1])?.body.perpetual ?? around.perpetual;
  return {
    register: around.register,
    shift: opening.uid,
    day: opening.body.day,
    at: around.at,
    by: around.by,
    opened_at: opening.at,
    opened_by: opening.cashier,
    float_amount: opening.body.float.total,
    float_expected: opening.body.float_expected,
    tickets: tickets.length,
    first: bodies[0]?.number ?? "",
    last: bodies[bodies.length - 1]?.number ?? "",
    goods: total("goods"),
    discounts: sum(bodies.map(givenAway)),
    returned: total("returned"),
    tax: total("tax"),
    rounding: total("rounding"),
    refunds: bodies.filter((body) => body.returns.length).length,
    by_tender: byTender(bodies),
    cash_moved: movesOf(events),
    drawer_openings: count("drawer_opened"),
    reprints: count("reprinted"),
    voids: count("voided"),
    approvals: events.flatMap(({ body }) => body.approvals ?? []).map((given) => ({
      at: given.at,
      right: given.right,
      by: given.by,
      offline: given.mode === "offline",
    })),
    quarantined: ticketsOf(all.filter((event) => !events.includes(event))).map(({ body }) => ({
      number: body.number,
      total: body.totals.due,
    })),
    perpetual_sales: perpetual?.sales ?? 0,
    perpetual_refunds: perpetual?.refunds ?? 0,
    chain: around.chain ?? "",
    head: around.head ?? "",
    seal_day: null,
    seal: "",
    unsent: around.unsent ?? 0,
    training: around.training ?? false,
    closing: closed ? closingOf(closed) : null,
  };
}

/** The body of `shift_closed`, but for what people say: counts, expected and sums. */
export function closingBody(events, counts, left, perpetual) {
  const bodies = ticketsOf(events).map((event) => event.body);
  const expected = expectedCash(events);
  return {
    shift: openingOf(events).uid,
    counts,
    expected,
    difference: counts[counts.length - 1].total - expected,
    left,
    by_tender: byTender(bodies).filter(([, amount]) => amount).map(([kind, amount]) => ({ kind, amount })),
    tickets: {
      count: bodies.length,
      first: bodies[0]?.number ?? null,
      last: bodies[bodies.length - 1]?.number ?? null,
    },
    perpetual,
  };
}

function openingOf(events) {
  return events[0];
}

function ticketsOf(events) {
  return events.filter((event) => event.kind === "sale" || event.kind === "refund");
}

function movesOf(events) {
  return events.filter((event) => event.kind === "cash_moved").map(({ at, body }) => ({
    at,
    amount: body.direction === "in" ? body.amount : negative(body.amount),
    why: body.why,
  }));
}

function closingOf({ at, cashier, body }) {
  const { expected, counts, left, why } = body;
  return { at, by: cashier, expected, left, why, counts: counts.map(({ at, by, total }) => ({ at, by, total })) };
}
