// Sending (section 7): what the server lacks, in order, until it holds it. Nothing is forgotten before
// the server says so, and what has no place in its chain goes as a stray.

import { TillError } from "./refusal.js";
import { eventsOf, keep, read, readAll } from "./store.js";

const MOST_EVENTS = 100;
const REFUSED = [400, 413, 415]; // the whole request: some event in it, or too many of them
const MOST_BYTES = 1024 * 1024;
const FRAME = 64;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 60_000;
const UTF8 = new TextEncoder();

export class Sending {
  /**
   * @param {IDBDatabase} db
   * @param {import("./server.js").Server} server
   * @param {(name: string, told?: object) => void} tell of "sent", "waiting", "trouble", "ended"
   */
  constructor(db, server, tell) {
    Object.assign(this, { db, server, tell });
    this.held = new Map(); // chain -> {seq, strays, trouble}
    this.wait = FIRST_WAIT;
    this.timer = 0;
    this.running = null;
    this.again = false;
  }

  /** Know what the server holds, from before. */
  async open(enrolments) {
    this.enrolments = enrolments;
    for (const { chains } of enrolments) {
      for (const chain of Object.values(chains)) {
        this.held.set(chain, (await read(this.db, "held", chain)) ?? { seq: 0, strays: 0, trouble: "" });
      }
    }
  }

  /** Up to where a chain needs no more sending. */
  reach(chain) {
    const { seq, strays } = this.held.get(chain) ?? { seq: 0, strays: 0 };
    return Math.max(seq, strays);
  }

  /** Send now; a call while it runs makes it look once more. */
  async send() {
    clearTimeout(this.timer);
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.rounds().catch((error) => {
      if (!(error instanceof TillError)) throw error;
      this.later(); // the disk did not take what the server said: it is asked again
    }).finally(() => {
      this.running = null;
    });
    return this.running;
  }

  stop() {
    clearTimeout(this.timer);
  }

  async rounds() {
    let isThrough;
    do {
      this.again = false;
      isThrough = true;
      for (const enrolment of this.enrolments) {
        for (const chain of Object.values(enrolment.chains)) {
          isThrough = (await this.deliver(enrolment, chain)) && isThrough;
        }
      }
    } while (this.again && isThrough);
    if (isThrough) this.wait = FIRST_WAIT;
    else this.later();
  }

  // The same again after a while that doubles; tills that lost one server do not come back at once.
  later(seconds = 0) {
    const wait = Math.max(seconds * 1000, this.wait * (0.5 + Math.random() / 2));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    this.timer = setTimeout(() => this.send(), wait);
  }

  // Send what is left of a chain; false where it has to be tried again.
  async deliver(enrolment, chain) {
    let gaps = 0;
    let most = MOST_EVENTS;
    for (;;) {
      const held = this.held.get(chain);
      const rows = await this.batch(chain, this.reach(chain) + 1, most);
      if (!rows.length) return true;
      const events = rows.map(({ text, hash, sig }) => ({ text, hash, sig }));
      const asked = held.trouble ? { why: held.trouble, events } : { events };
      const door = held.trouble ? "journal/strays" : "journal";
      const { status, told } = await this.server.ask("POST", door, asked, enrolment);
      if (REFUSED.includes(status) && rows.length > 1) {
        most = Math.ceil(rows.length / 2); // until the one is found that it does not take
        continue;
      }
      if (REFUSED.includes(status)) {
        if (!told?.reason) return false; // no word of ours: somebody between us said it
        await this.refuse(chain, rows[0], told);
        continue;
      }
      if (held.trouble) {
        if (status !== 202) return false;
        await this.note(chain, { ...held, strays: rows[rows.length - 1].seq });
        this.tell("sent");
        continue;
      }
      if (status === 403) {
        // The epoch is over: what comes after its end has no place any more.
        this.tell("ended", { enrolment, reason: told?.reason ?? "" });
        if (told?.reason !== "epoch_ended" && told?.reason !== "not_yours") return true;
        await this.note(chain, { ...held, trouble: "ended" });
        continue;
      }
      if (status === 401) {
        this.tell("ended", { enrolment, reason: "unknown_token" });
        return true; // an unknown token brings nothing; a manager takes the file
      }
      if (!told || !Array.isArray(told.results)) return false; // busy, broken, offline: the same again
      await this.hear(chain, rows, told.results);
      const { stopped } = told;
      if (!stopped) {
        await this.note(chain, { ...held, seq: told.held.seq });
      } else if (stopped.reason === "gap" && gaps < 3) {
        gaps += 1; // it lacks what it once held: it may have been restored from a backup
        await this.note(chain, { ...held, seq: stopped.expected.seq - 1 });
      } else {
        const reason = stopped.reason === "gap" ? "fork" : stopped.reason;
        const last = told.results.length ? told.results[told.results.length - 1].seq : held.seq;
        await this.trouble(chain, reason, stopped.seq ? stopped.seq - 1 : last, stopped.seq);
      }
      this.tell("sent");
    }
  }

  /** A chain that has no way on: it goes on here, and what comes after `known` goes as strays. */
  async trouble(chain, reason, known, at) {
    const held = this.held.get(chain);
    if (held.trouble) return;
    await this.note(chain, { ...held, seq: known, strays: known, trouble: reason });
    this.tell("trouble", { reason, seq: at });
  }

  /** What the server says that it holds, by a heartbeat: it can be less than it once told. */
  async compare(enrolment, chain, head, headThere) {
    const held = this.held.get(chain);
    if (held.trouble) return;
    const [mine] = headThere.seq ? await eventsOf(this.db, chain, headThere.seq, headThere.seq) : [];
    const hash = headThere.seq ? mine?.hash : chain;
    if (headThere.seq > head.seq || hash !== headThere.hash) {
      await this.trouble(chain, "fork", held.seq, headThere.seq);
    } else if (headThere.seq !== held.seq) {
      await this.note(chain, { ...held, seq: headThere.seq });
      this.tell("sent");
      if (headThere.seq < head.seq) this.send();
    }
  }

  // One event that the server takes by no means: what follows it has no place behind it any more, and
  // goes as strays. It is tried as one itself; refused there too, it stays here, for a manager's file.
  async refuse(chain, { seq, number = null }, { reason, field = null }) {
    const held = this.held.get(chain);
    if (!held.trouble) return this.trouble(chain, reason, seq - 1, seq);
    await keep(this.db, ["told", { seq, chain, outcome: "refused", reason, field, flags: [], number }, [chain, seq]]);
    await this.note(chain, { ...held, strays: seq });
    this.tell("waiting");
    return this.tell("sent");
  }

  async batch(chain, first, most) {
    const rows = await eventsOf(this.db, chain, first, Number.MAX_SAFE_INTEGER, most);
    let size = FRAME;
    const fits = rows.findIndex((row) => {
      size += UTF8.encode(JSON.stringify(row)).length;
      return size > MOST_BYTES;
    });
    return fits < 0 ? rows : rows.slice(0, Math.max(fits, 1));
  }

  // What the server made of each event, where a person should know.
  async hear(chain, rows, results) {
    const bySeq = new Map(rows.map((row) => [row.seq, row]));
    const told = results.filter(({ outcome }) => outcome === "quarantined" || outcome === "flagged");
    if (!told.length) return;
    await keep(this.db, ...told.map(({ seq, outcome, reason = "", field = null, flags = [] }) => [
      "told",
      { seq, chain, outcome, reason, field, flags, number: bySeq.get(seq)?.number ?? null },
      [chain, seq],
    ]));
    this.tell("waiting");
  }

  async note(chain, held) {
    this.held.set(chain, held);
    await keep(this.db, ["held", held, chain]);
  }

  /** What the server told of a chain's events since a seq. */
  toldOf(chain, first) {
    return readAll(this.db, "told", IDBKeyRange.bound([chain, first], [chain, Number.MAX_SAFE_INTEGER]));
  }
}
