// Gift cards and store credit. What a card gave stands here until a ticket has spent it or the card has
// it back, so that no answer that is lost on the way, and no page that is closed, loses anybody's money.

import { digest } from "./chain.js";
import { newUid } from "./event.js";
import { TillError } from "./refusal.js";
import { eventOf, keep, keysOf, read, readAll } from "./store.js";

const LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"; // 32, and none that is taken for another
const LENGTH = 12;
const LATE = 3_600_000; // a taking that the server has not heard of by then never arrives
const TAKINGS = ["taking/", "taking/\uffff"];
const CODES = ["codes/", "codes/\uffff"];

/** A code that nobody can guess, as a person reads and types it: `7F3K-9Q2M-XW4T`. */
export function newCode() {
  const chance = crypto.getRandomValues(new Uint8Array(LENGTH));
  return Array.from(chance, (byte) => LETTERS[byte % LETTERS.length]).join("").replace(/(.{4})(?=.)/g, "$1-");
}

/** What the books know a code by: how it is spaced, hyphened or written large makes no difference. */
export function refOf(code) {
  const told = String(code).toUpperCase().replace(/[^0-9A-Z]/g, "");
  if (!told) throw new TillError("empty", {}, "code");
  return digest(told);
}

/** The codes that a basket makes, for whom it is sold to: [{kind, code, amount}]. */
export function codesMade({ lines, tenders }) {
  const made = [...lines, ...tenders].filter((one) => one.secret);
  return made.map(({ secret, what, kind, unit, amount }) => ({ kind: kind ?? what, code: secret, amount: unit ?? -amount }));
}

/** Whether a ticket made any. */
export function mayHaveCodes({ lines, tenders }) {
  return lines.some((line) => line.what === "gift_card") || tenders.some((tender) => tender.kind === "credit");
}

export class Cards {
  /**
   * @param {IDBDatabase} db the journal's
   * @param {(method: string, path: string, body?: object) => Promise<{status, told}>} ask the server
   */
  constructor(db, ask) {
    Object.assign(this, { db, ask });
    this.held = new Set(); // takings that somebody is paying with just now
  }

  /**
   * Take an amount at once, for a basket that will spend it.
   * @returns {Promise<{status, told, tender}>} `tender` is null where nothing was taken
   */
  async take({ uid: basket }, chain, kind, ref, amount) {
    await this.settle();
    const uid = newUid();
    await keep(this.db, ["notes", { uid, basket, chain, at: Date.now() }, `taking/${uid}`]);
    this.held.add(uid);
    const { status, told } = await this.ask("POST", "takings", { uid, kind, ref, amount });
    if (status === 201) return { status, told, tender: { kind, amount, ref, auth: uid } };
    this.held.delete(uid);
    if (status >= 400 && status < 500) await this.forget(uid); // it said no: there is nothing to give back
    return { status, told, tender: null };
  }

  /** Give a taking back; false where the server does not answer, and then it goes by itself. */
  async giveBack(uid) {
    this.held.delete(uid);
    await this.settle();
    return (await read(this.db, "notes", `taking/${uid}`)) === undefined;
  }

  /** Give back what no ticket spent and nobody is paying with. */
  async settle() {
    for (const taking of await readAll(this.db, "notes", IDBKeyRange.bound(...TAKINGS))) {
      if (this.held.has(taking.uid)) continue;
      if ((await this.isSpent(taking)) || (await this.isBack(taking))) await this.forget(taking.uid);
    }
  }

  async isSpent({ uid, basket, chain }) {
    const row = await eventOf(this.db, chain, basket);
    return Boolean(row) && JSON.parse(row.text).body.tenders.some((tender) => tender.auth === uid);
  }

  async isBack({ uid, at }) {
    const { status, told } = await this.ask("POST", `takings/${uid}/void`);
    if (status === 422 && told?.reason === "unknown") return Date.now() - at > LATE; // it may be on its way
    return status === 204 || (status === 422 && told?.reason === "used");
  }

  forget(uid) {
    return keep(this.db, ["notes", undefined, `taking/${uid}`]);
  }

  // Codes that this till made: an event has their hashes alone, so the paper has them from here.

  /** Keep the codes of a basket before it is sold: [{kind, code, amount}]. */
  keepCodes(basket, codes) {
    return keep(this.db, ["notes", codes, `codes/${basket}`]);
  }

  /** The codes of a ticket, as long as its shift is open. */
  async codesOf(uid) {
    return (await read(this.db, "notes", `codes/${uid}`)) ?? [];
  }

  /** The shift is closed: whoever has a code has its paper. */
  async forgetCodes() {
    const keys = await keysOf(this.db, "notes", IDBKeyRange.bound(...CODES));
    if (keys.length) await keep(this.db, ...keys.map((key) => ["notes", undefined, key]));
  }
}
