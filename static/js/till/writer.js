// The one writer of this till's journal (section 6): text, hash and signature first, then one
// transaction; what it says is durable when it says it.

import { eventText, momentText, newUid, seal } from "./event.js";
import { write as canonical } from "./canonical.js";
import { ticketMessage } from "./chain.js";
import { TillError } from "./refusal.js";
import { encode, sign } from "./signing.js";
import { append, eventOf, eventsOf, read } from "./store.js";

const MOST_TOKEN_LINES = 8;
const UTF8 = new TextEncoder();

export class Writer {
  /** @param {object} enrolment whose key signs; `lost()` is called where it does not any more */
  constructor(db, enrolment, lost) {
    Object.assign(this, { db, enrolment, lost });
    this.chains = {}; // mode -> head, with what the next event needs: number, sums, shift
    this.queue = Promise.resolve();
  }

  async open() {
    for (const [mode, chain] of Object.entries(this.enrolment.chains)) {
      this.chains[mode] = await read(this.db, "chains", chain);
    }
    this.pair = await read(this.db, "keys", this.enrolment.key);
  }

  /**
   * Write one event. Whoever comes while another is being written waits for it.
   * @param {"live"|"training"} mode
   * @param {{uid?: string, kind: string, cashier: string}} fact
   * @param {(head: object) => object} makeBody of what the head tells; throws what forbids it
   * @returns {Promise<{row: object, event: object, isNew: boolean}>} the event there is of the uid,
   *   where one was written before: one fact, however often it is asked for
   */
  write(mode, fact, makeBody) {
    const turn = this.queue.then(() => this.writeNow(mode, fact, makeBody));
    this.queue = turn.catch(() => {}); // who asked hears of it; the next in turn goes on
    return turn;
  }

  async writeNow(mode, { uid = newUid(), kind, cashier }, makeBody) {
    const head = this.chains[mode];
    const there = await eventOf(this.db, head.chain, uid);
    if (there) return { row: there, event: JSON.parse(there.text), isNew: false };
    const body = makeBody(head);
    const { register, epoch } = this.enrolment;
    const place = { register, epoch, mode, seq: head.seq + 1, prev: head.hash };
    const event = { uid, kind, at: momentText(Date.now()), cashier, body };
    const sealed = await seal(eventText(place, event), this.pair?.privateKey, this.lost);
    const row = { ...sealed, chain: head.chain, seq: place.seq, uid, kind };
    if (body.number && kind !== "reprinted") row.number = body.number;
    const after = advanced(head, row, event);
    await append(this.db, head, row, after);
    this.chains[mode] = after;
    return { row, event: { ...place, ...event }, isNew: true };
  }

  /** The events of the shift that a chain is in, or of the last one that it closed; read. */
  async shiftEvents(mode, shift = this.chains[mode].shift) {
    if (!shift) throw new TillError("no_shift");
    const rows = await eventsOf(this.db, this.chains[mode].chain, shift.seq, shift.last ?? undefined);
    return rows.map((row) => JSON.parse(row.text)).filter((event) => event.body.shift === shift.uid);
  }

  /** What a ticket's QR code says behind its key, for a refund with no network (section 10). */
  async token(event, day) {
    const { lines, number } = event.body;
    if (lines.length > MOST_TOKEN_LINES || !this.pair) return "";
    const told = lines.map(({ n, code, qty, total, tax }) => [n, code, qty, total, tax]);
    const { register, epoch, seq, uid } = event;
    const payload = encode(UTF8.encode(canonical([1, register, epoch, seq, uid, number, day, told])));
    return `#${payload}.${await sign(this.pair.privateKey, ticketMessage(payload))}`;
  }
}

// The head after an event, with what the next one will need of it.
function advanced(head, row, { uid, kind, at, cashier, body }) {
  const after = { ...head, seq: row.seq, hash: row.hash };
  if (kind === "sale" || kind === "refund") {
    after.number = head.number + 1;
    after.perpetual = body.perpetual;
  } else if (kind === "shift_opened") {
    after.shift = { uid, day: body.day, opened_at: at, opened_by: cashier, float: body.float.total, seq: row.seq };
  } else if (kind === "shift_closed") {
    after.closed = { ...head.shift, last: row.seq };
    after.shift = null;
    after.left = body.left;
  }
  return after;
}

/** The next number of a chain: `T1-2-000482`, in training `T1-2-X000482`. */
export function nextNumber({ register, epoch, mode, number }) {
  const mark = mode === "training" ? "X" : "";
  return `${register.split("/")[1]}-${epoch}-${mark}${String(number + 1).padStart(6, "0")}`;
}
