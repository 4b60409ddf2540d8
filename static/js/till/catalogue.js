// What the shop sells, in memory: a scan is a look-up in a Map and asks nobody. It is kept in pages of
// 2,000 lots, so that a till that starts has it before the network answers.

import { plain, words } from "./folding.js";
import { TillError } from "./refusal.js";
import { keep, read } from "./store.js";

const PAGE = 2_000;
const MOST_PAGES = 1_000;

export class Catalogue {
  /**
   * @param {IDBDatabase} db
   * @param {import("./server.js").Server} server
   * @param {() => void} changed
   */
  constructor(db, server, changed = () => {}) {
    Object.assign(this, { db, server, changed });
    this.cursor = 0;
    this.is_whole = false;
    this.running = null;
    this.clear();
  }

  get size() {
    return this.byId.size;
  }

  /** Read what is kept. */
  async open() {
    const notes = await read(this.db, "notes", "catalogue");
    if (!notes) return;
    for (const page of notes.pages) this.index((await read(this.db, "pages", page)) ?? []);
    this.cursor = notes.cursor;
    this.is_whole = true;
    this.changed();
  }

  // Finding

  /** The lot of a code or a bar code. */
  find(code) {
    return this.byCode.get(code) ?? null;
  }

  /** Lots in which every word stands, the ones that begin with the first before the others. */
  search(text, most = 20) {
    const code = this.find(text.trim());
    if (code) return [code];
    const wanted = words(text);
    if (!wanted.length) return [];
    const [first, rest] = [[], []];
    for (const one of this.told) {
      if (!wanted.every((word) => one.text.includes(` ${word}`))) continue;
      (one.text.startsWith(` ${wanted[0]}`) ? first : rest).push(one.lot);
      if (first.length >= most) break;
    }
    return [...first, ...rest].slice(0, most);
  }

  /** Lots on sale, for the wall: of one craft or of all, those that are here before the others. */
  lots({ craft = "", most = 60 } = {}) {
    const here = [];
    const gone = [];
    for (const lot of this.byId.values()) {
      if (!lot.on_sale || (craft && lot.craft !== craft)) continue;
      (lot.qty > 0 ? here : gone).push(lot);
      if (here.length >= most) break;
    }
    return [...here, ...gone].slice(0, most);
  }

  /** The crafts of what is on sale. */
  crafts() {
    return [...new Set([...this.byId.values()].filter((lot) => lot.on_sale).map((lot) => lot.craft))].filter(Boolean);
  }

  /** Less of a lot is here, or more, as this till knows before the server tells. */
  moved(code, quantity) {
    const lot = this.find(code);
    if (lot) lot.qty = Math.max(lot.qty + quantity, 0);
  }

  // Keeping up

  /** Ask the server what has changed; one asking at a time. */
  refresh() {
    this.running ??= this.read().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  async read() {
    const since = this.is_whole ? this.cursor : 0;
    const touched = new Map();
    let [after, cursor, whole] = ["", null, false];
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const query = `catalogue?since=${since}${after === "" ? "" : `&after=${after}`}`;
      const { status, told } = await this.server.ask("GET", query);
      if (status !== 200) throw new TillError(status === 0 || status >= 500 ? "offline" : "refused", { status });
      cursor ??= told.cursor; // the first page's: what changes meanwhile is asked for again
      whole = told.whole;
      for (const lot of told.lots) touched.set(lot.id, lot);
      this.index(told.lots);
      if (told.lots.length) this.changed();
      after = told.next;
      if (after === null || after === undefined) break;
    }
    if (whole) {
      this.clear();
      this.index([...touched.values()]);
    }
    const isNew = cursor !== this.cursor || whole || touched.size;
    this.cursor = cursor;
    this.is_whole = true;
    if (isNew) await this.keep(whole ? null : touched.keys());
    this.changed();
  }

  /** A lot that the server told of by itself. */
  async learn(lot) {
    this.index([lot]);
    await this.keep([lot.id]);
    this.changed();
  }

  // Keep the pages of these lots, or all of them; the cursor with them, so that they tell the same.
  async keep(ids) {
    const pages = new Map();
    for (const lot of this.byId.values()) {
      const page = Math.floor(lot.id / PAGE);
      if (!pages.has(page)) pages.set(page, []);
      pages.get(page).push(lot);
    }
    const changed = ids ? new Set([...ids].map((id) => Math.floor(id / PAGE))) : pages.keys();
    const rows = [...changed].map((page) => ["pages", pages.get(page) ?? [], page]);
    const notes = { cursor: this.cursor, pages: [...pages.keys()] };
    try {
      await keep(this.db, ...rows, ["notes", notes, "catalogue"]);
    } catch (error) {
      // It is in memory and works; a disk that is full is told where it matters, at the journal.
      if (!(error instanceof TillError)) throw error;
    }
  }

  clear() {
    this.byId = new Map();
    this.byCode = new Map();
    this.told = [];
    this.places = new Map();
  }

  index(lots) {
    for (const lot of lots) {
      const before = this.byId.get(lot.id);
      if (before) {
        for (const code of [before.code, before.barcode]) {
          if (this.byCode.get(code) === before) this.byCode.delete(code);
        }
      }
      this.byId.set(lot.id, lot);
      this.byCode.set(lot.code, lot);
      if (lot.barcode) this.byCode.set(lot.barcode, lot);
      const { fr, ar, en } = lot.title;
      const text = ` ${plain([fr, ar, en, lot.maker, lot.craft, lot.code].filter(Boolean).join(" "))}`;
      if (!this.places.has(lot.id)) this.places.set(lot.id, this.told.length);
      this.told[this.places.get(lot.id)] = { text, lot };
    }
  }
}
