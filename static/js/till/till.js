// The till itself: what index.js tells, put together from the small files beside it.

import { Catalogue } from "./catalogue.js";
import { retireMessage, digest } from "./chain.js";
import { Cards, codesMade, mayHaveCodes, newCode, refOf } from "./cards.js";
import { clean } from "./clean.js";
import { enrol, latestEnrolment, works } from "./enrolment.js";
import { UID, momentText, newTicketKey, newUid } from "./event.js";
import { localDay } from "./formats.js";
import { EVERY, beat } from "./heartbeat.js";
import { LARGEST, negative, sum, times } from "./money.js";
import * as papers from "./papers.js";
import * as pins from "./pins.js";
import { TillError } from "./refusal.js";
import { Sending } from "./sending.js";
import { Server } from "./server.js";
import { closingBody, expectedCash } from "./shift.js";
import { sign } from "./signing.js";
import * as store from "./store.js";
import { asLeft, asTold, lessReturns } from "./sold.js";
import { linesOf, reckon, returnOf, ticketBody } from "./tickets.js";
import { voice } from "./wording.js";
import { Writer, nextNumber } from "./writer.js";

const ZONE = "Africa/Casablanca"; // until the server has told of the house
const BRIEF = 5_000; // a cashier who waits waits no longer for a network that is gone
const LOCK = "almakane-till";

export class Till {
  constructor({ app = "almakane-till 1", server = "" } = {}) {
    this.app = app;
    this.server = new Server(server);
    this.server.heard = (online) => this.tell("online", online);
    this.heard = new Map();
    this.fixed = ""; // a state that no act changes
    this.why = "";
    this.mode = "live";
    this.cashier = null;
    this.enrolment = null;
    this.keyless = false;
    this.people_ = null;
    this.papers = null;
    this.trouble = null;
    this.waiting = [];
    this.skew_ms = 0;
    this.persisted = null;
    this.oldest_unsent_at = null;
    this.counts = [];
    this.told = "";
  }

  // What it knows

  get state() {
    if (this.fixed) return this.fixed;
    if (!this.enrolment) return "not_enrolled";
    if (this.enrolment.ended) return "ended";
    if (this.keyless) return "keyless";
    return this.cashier ? "ready" : "locked";
  }

  get register() {
    return this.enrolment?.register ?? "";
  }

  get code() {
    return this.register.split("/")[1] ?? "";
  }

  get epoch() {
    return this.enrolment?.epoch ?? 0;
  }

  get site() {
    return this.enrolment?.site ?? null;
  }

  get settings() {
    return this.papers?.settings ?? this.enrolment?.settings ?? null;
  }

  get house() {
    return this.papers?.house ?? null;
  }

  get clock() {
    return this.house ?? { zone: ZONE };
  }

  get online() {
    return this.server.online === true;
  }

  get head() {
    return this.writer?.chains[this.mode] ?? null;
  }

  get shift() {
    const shift = this.head?.shift;
    return shift ? { ...shift, counts: this.counts } : null;
  }

  get unsent() {
    if (!this.writer) return 0;
    return sum(Object.values(this.writer.chains).map((head) => Math.max(head.seq - this.sending.reach(head.chain), 0)));
  }

  on(name, fn) {
    if (!this.heard.has(name)) this.heard.set(name, new Set());
    this.heard.get(name).add(fn);
    return () => this.heard.get(name).delete(fn);
  }

  tell(name, told) {
    for (const fn of this.heard.get(name) ?? []) fn(told);
  }

  // Coming up

  async open() {
    if (!globalThis.isSecureContext || !crypto.subtle || !navigator.locks || !globalThis.indexedDB) {
      return this.fix("insecure");
    }
    if (!(await this.lock())) return this.fix("elsewhere");
    try {
      this.journal = await store.openJournal();
      this.shelf = await store.openCatalogue();
      this.enrolment = await latestEnrolment(this.journal);
      this.catalogue = new Catalogue(this.shelf, this.server, () => this.tellCatalogue());
      this.people_ = await store.read(this.shelf, "notes", "people");
      this.papers = await store.read(this.shelf, "notes", "papers");
      await this.catalogue.open();
      this.persisted = (await navigator.storage?.persist?.()) ?? null;
      await this.takeUp();
    } catch (error) {
      return this.fix("no_store", String(error?.message ?? error));
    }
    this.listen();
    this.tellState();
  }

  fix(state, why = "") {
    this.fixed = state;
    this.why = why;
    this.tellState();
  }

  // One till a browser: the lock is held as long as the page lives, and never taken from another.
  lock() {
    return new Promise((resolve) => {
      navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        if (!lock) return undefined;
        return new Promise((release) => {
          this.release = release;
        });
      });
    });
  }

  // Go on from what the journal holds.
  async takeUp() {
    const enrolments = await store.readAll(this.journal, "enrolments");
    this.sending = new Sending(this.journal, this.server, (name, told) => this.hear(name, told));
    await this.sending.open(enrolments);
    if (!this.enrolment) return;
    this.server.token = this.enrolment.token;
    this.writer = new Writer(this.journal, this.enrolment, () => this.loseKey());
    await this.writer.open();
    this.keyless = !(await works(this.journal, this.enrolment.key));
    const ask = (method, path, body) => this.server.ask(method, path, body, { patience: BRIEF });
    this.cards = new Cards(this.journal, ask);
    const held = this.sending.held.get(this.enrolment.chains.live);
    this.trouble = held.trouble ? { reason: held.trouble, seq: held.seq + 1 } : null;
    await this.readNotes();
    this.send();
    this.beat();
    this.refresh();
  }

  listen() {
    this.timer = setInterval(() => this.beat(), EVERY);
    this.slowTimer = setInterval(() => this.refresh(), 4 * EVERY);
    const wake = () => {
      if (document.visibilityState !== "visible") return;
      this.send();
      this.beat();
    };
    for (const name of ["focus", "online"]) globalThis.addEventListener(name, wake);
    document.addEventListener("visibilitychange", wake);
    this.unlisten = () => {
      for (const name of ["focus", "online"]) globalThis.removeEventListener(name, wake);
      document.removeEventListener("visibilitychange", wake);
    };
  }

  /** Let go of the lock and of the databases; for a page that goes away, and for tests. */
  close() {
    clearInterval(this.timer);
    clearInterval(this.slowTimer);
    this.sending?.stop();
    this.unlisten?.();
    this.journal?.close();
    this.shelf?.close();
    this.release?.();
  }

  /** Enrol with a manager's code (8 characters, spaces and small letters are put right). */
  async enrol(code) {
    this.must("not_enrolled", "ended", "keyless");
    const enrolment = await enrol(this.journal, this.server, code, this.app);
    this.sending.stop();
    this.enrolment = enrolment;
    this.mode = "live";
    this.cashier = null;
    await this.takeUp();
    this.tellState();
  }

  /** @returns {Promise<{login, name, role, band_bp, has_pin}[]>} who may stand here; kept for offline */
  async people() {
    const { status, told } = await this.server.ask("GET", "people", undefined, { patience: BRIEF });
    if (status === 200) {
      this.people_ = told;
      await store.keep(this.shelf, ["notes", told, "people"]);
    } else if (!this.people_) {
      throw this.refusal(status, told);
    }
    return this.people_.people;
  }

  /** A cashier comes: 4 to 6 digits. Offline only where that person passed here in 14 days. */
  async signIn(cashier, pin) {
    this.must("locked", "ready");
    const { status, told } = await this.server.ask("POST", "sign-ins", { cashier, pin }, { patience: BRIEF });
    if (status === 200) {
      await pins.learn(this.journal, cashier, pin, told);
      this.cashier = told;
    } else if (status === 0 || status >= 500) {
      this.mustKnow(cashier);
      this.cashier = await pins.check(this.journal, cashier, pin);
    } else {
      throw this.refusal(status, told, "pin");
    }
    this.tellState();
    return this.cashier;
  }

  /** The cashier leaves; the shift stays open. */
  signOut() {
    this.cashier = null;
    this.tellState();
  }

  /** Change between "live" and "training"; each has its own shift, numbers and journal. */
  async train(isTraining) {
    this.must("locked", "ready");
    this.mode = isTraining ? "training" : "live";
    await this.readNotes();
    this.tell("shift", this.shift);
    this.tellState();
  }

  // The catalogue, the house and its words

  async refresh() {
    if (!this.enrolment || this.enrolment.ended) return;
    try {
      await this.catalogue.refresh();
      await this.people();
      const { status, told } = await this.server.ask("GET", "papers");
      if (status === 200) {
        this.papers = told;
        await store.keep(this.shelf, ["notes", told, "papers"]);
      }
    } catch (error) {
      if (!(error instanceof TillError)) throw error; // no network: what is here serves
    }
  }

  /** A lot that the catalogue has not yet: asked of the server. @returns lot|null */
  async lookUp(code) {
    const here = this.catalogue.find(code);
    if (here) return here;
    const { status, told } = await this.server.ask("GET", `lots/${encodeURIComponent(code)}`, undefined, { patience: BRIEF });
    if (status === 404) return null;
    if (status !== 200) throw this.refusal(status, told);
    await this.catalogue.learn(told);
    return told;
  }

  // A sale

  /** @returns {Basket} */
  newBasket(lang = "fr") {
    return {
      uid: newUid(), lang, customer: null, note: "", lines: [], discount: 0, returns: [], tenders: [], approvals: [],
    };
  }

  /** @returns {BasketLine} */
  lineOf(lot, qty = 1, lang = "fr") {
    const { code, title, list, floor, tax_bp, tax_code } = lot;
    const told = title[lang] || title.fr || title.en || title.ar || code;
    return { what: "lot", code, title: clean(told, "title"), qty, list, unit: list, floor: floor ?? 0, tax_bp, tax_code };
  }

  get rules() {
    const asks = this.people_?.rights?.asks_nobody ?? ["manager"];
    const { cash_step = 1, cash_limit = 0 } = this.settings ?? {};
    return {
      cash_step, cash_limit,
      band_bp: this.cashier?.band_bp ?? 0,
      asks_nobody: asks.includes(this.cashier?.role),
    };
  }

  /** @returns {Reckoned} quick, no waiting: call it at every key. */
  reckon(basket) {
    return reckon(basket, this.rules);
  }

  /**
   * What a gift card or credit gives to a basket: taken at once, so that nobody else can spend it.
   * @returns {Promise<Tender>} refused `not_enough` with `values.left`; 0 too of a card nobody sold
   */
  async takeFromCard(basket, { kind, code, amount }) {
    this.must("ready");
    const ref = await refOf(code);
    if (this.mode === "training") return { kind, amount, ref, auth: null };
    const { status, told, tender } = await this.cards.take(basket, this.head.chain, kind, ref, amount);
    if (!tender) throw this.refusal(status, told, "amount");
    return tender;
  }

  /** Give such a tender back, where nothing is sold for it; false where it has to wait for the server. */
  async giveBackToCard({ auth }) {
    return auth ? this.cards.giveBack(auth) : true;
  }

  /** A tender that gives a basket's money back as store credit, under a code that is new. */
  async creditOf(amount) {
    const secret = newCode();
    return { kind: "credit", amount: negative(amount), ref: await refOf(secret), auth: null, secret };
  }

  /** A gift card to be sold, under the code of a printed card, or under one that is new. @returns {Promise<BasketLine>} */
  async cardLine(amount, code = "", lang = "fr") {
    const isNew = !code.trim();
    const secret = isNew ? newCode() : code.trim();
    const line = { what: "gift_card", code: await refOf(secret), title: this.cardTitle(lang), qty: 1 };
    return { ...line, list: amount, unit: amount, floor: 0, tax_bp: 0, tax_code: "", ...(isNew ? { secret } : {}) };
  }

  /** What a gift card is called on a ticket. */
  cardTitle(lang) {
    return voice(this.papers?.words, lang)("Gift card");
  }

  /**
   * A manager's leave on the spot, by PIN.
   * @param {{right: "bargain"|"maker_consent"|"refund"|"drawer", by: string, pin: string, why?: string}} asked
   * @returns {Promise<Approval>} to push into basket.approvals
   */
  async approve({ right, by, pin, why = "" }) {
    this.must("ready");
    const given = { right, by, at: momentText(Date.now()), why: clean(why, "why") };
    const { status, told } = await this.server.ask("POST", "grants", { right, by, pin }, { patience: BRIEF });
    const person = this.people_?.people.find((one) => one.login === by);
    if (status === 201) {
      if (person) await pins.learn(this.journal, by, pin, { cashier: by, ...person });
      return { ...given, mode: "online", grant: told.grant };
    }
    if (status !== 0 && status < 500) throw this.refusal(status, told, "pin");
    this.mustKnow(by);
    const { role } = await pins.check(this.journal, by, pin);
    if (!(this.people_?.rights?.asks_nobody ?? ["manager"]).includes(role)) {
      throw new TillError("refused", { reason: "no_right", title: "" }, "by");
    }
    return { ...given, mode: "offline", grant: null };
  }

  /** Sell, refund or exchange. Durable when it resolves. @returns {Promise<Done>} */
  async sell(basket) {
    this.must("ready");
    const { writer, mode } = this;
    if (!this.head.shift) throw new TillError("no_shift");
    if (mode === "live") await this.claim(basket);
    await this.keepCodes(basket);
    const kind = basket.lines.length ? "sale" : "refund";
    const fact = { uid: basket.uid, kind, cashier: this.cashier.cashier };
    const { event, isNew } = await writer.write(mode, fact, (head) => {
      if (!head.shift) throw new TillError("no_shift");
      return ticketBody(basket, this.rules, {
        shift: head.shift.uid,
        number: nextNumber(head),
        key: newTicketKey(),
        catalogue: this.catalogue.cursor,
        perpetual: head.perpetual,
      });
    });
    if (isNew && mode === "live") {
      for (const line of event.body.lines) this.catalogue.moved(line.code, -line.qty);
      for (const back of event.body.returns) if (back.restock) this.catalogue.moved(back.code, back.qty);
    }
    for (const { auth } of event.body.tenders) this.cards.held.delete(auth);
    this.moved();
    return this.doneOf(event, { titles: basket.returns.map((back) => back.title) });
  }

  /**
   * The ticket that a basket became, where the page went away before it could say so.
   * @returns {Promise<{done: Done, tenders: Tender[]}|null>}
   */
  async soldAs({ uid, returns }) {
    const row = await store.eventOf(this.journal, this.head.chain, uid);
    if (!row) return null;
    const event = JSON.parse(row.text);
    const done = await this.doneOf(event, { titles: returns.map((back) => back.title) });
    return { done, tenders: event.body.tenders };
  }

  /** The same as sell(), for a basket with returns alone. */
  giveBack(basket) {
    return this.sell(basket);
  }

  // Reserve what comes back before money moves, where there is a network; a line that somebody else
  // reserved, or that is back already, is refused here.
  async claim(basket) {
    for (const back of basket.returns) {
      if (back.claim !== undefined || back.qty < 1) continue;
      const { uid, line } = back.of;
      back.asked ??= newUid(); // the same one again, where an answer was lost
      const asked = { uid: back.asked, of: { uid, line }, qty: back.qty };
      const { status, told } = await this.server.ask("POST", "claims", asked, { patience: BRIEF });
      if (status === 422 && told?.reason === "claimed") throw new TillError("claimed", {}, back.code);
      if (status === 201) back.claim = told.claim;
    }
  }

  // What is told of a ticket once it is durable. It must not fail for want of a paper.
  async doneOf(event, { copy = 0, titles = [] } = {}) {
    const { uid, mode, body } = event;
    const kind = papers.kindOf(body);
    const done = {
      uid, number: body.number, kind, totals: body.totals, change: body.change, url: "", codes: [], strip: null,
    };
    try {
      if (mayHaveCodes(body)) done.codes = await this.cards.codesOf(uid);
      if (mode === "live") {
        const base = this.papers?.base_url ?? globalThis.location.origin;
        const token = kind === "refund" ? "" : await this.writer.token(event, this.dayOf(event));
        done.url = `${base}/t/${body.key}${token}`;
      }
      done.strip = papers.receiptOf(this.paperAround(), event, { copy, titles, url: done.url, codes: done.codes });
    } catch (error) {
      this.why = `paper: ${error}`;
    }
    return done;
  }

  dayOf(event) {
    const { shift, closed } = this.writer.chains[event.mode];
    const mine = [shift, closed].find((one) => one?.uid === event.body.shift);
    return mine?.day ?? localDay(event.at, this.clock);
  }

  paperAround() {
    const house = this.house ?? { name: this.site?.name ?? "", currency: "MAD", zone: ZONE };
    const names = Object.fromEntries((this.people_?.people ?? []).map(({ login, name }) => [login, name]));
    if (this.cashier) names[this.cashier.cashier] = this.cashier.name;
    return { house, words: this.papers?.words, names, code: this.code, find: (code) => this.catalogue.find(code) };
  }

  /** A basket dropped after its total was shown. */
  async void(basket, why = "") {
    this.must("ready");
    await this.writeInShift("voided", () => ({
      lines: linesOf(basket), why: clean(why, "why"), approvals: basket.approvals,
    }), newUid());
  }

  /** Who a customer is: kept apart from the journal. @returns {Promise<string>} the customer's uid */
  async customer({ name = "", phone = "" }, uid = newUid()) {
    if (!UID.test(uid)) throw new TillError("refused", { reason: "bad_value" }, "uid");
    const told = { name: clean(name, "name"), phone: clean(phone, "phone") };
    const answer = await this.server.ask("PUT", `customers/${uid}`, told, { patience: BRIEF });
    if (answer.status !== 204) throw this.refusal(answer.status, answer.told);
    return uid;
  }

  // Tickets

  /**
   * A ticket by its number, its key, or what its QR code says; from the server, else from here.
   * @returns {Promise<{uid, number, at, lang, total, tenders, lines: {n, code, title, qty, total,
   *   tax, left_qty, left_total, left_tax}[], here: boolean}|null>} `here`: as this till knows it
   */
  async ticket(asked) {
    this.must("locked", "ready");
    const wanted = /\/t\/([^#/?]+)/.exec(asked)?.[1] ?? asked.trim();
    const path = `tickets/${encodeURIComponent(wanted)}`;
    const { status, told } = this.mode === "live"
      ? await this.server.ask("GET", path, undefined, { patience: BRIEF })
      : { status: 404, told: null };
    const { chain } = this.head;
    if (status === 200) {
      // What this till gave back and the server does not hold yet is gone, too.
      const rows = await store.eventsOf(this.journal, chain, this.sending.reach(chain) + 1);
      return { ...lessReturns(told, rows), here: false };
    }
    if (status !== 404 && status !== 0 && status < 500) throw this.refusal(status, told);
    const [row] = (await store.eventsOfNumber(this.journal, wanted)).filter((one) => one.chain === chain);
    if (!row) {
      if (status === 404) return null;
      throw new TillError("offline");
    }
    const rows = await store.eventsOf(this.journal, chain, row.seq + 1);
    return { ...lessReturns(asLeft(JSON.parse(row.text)), rows), here: true };
  }

  /** @returns {BasketReturn} so many of what is left of a line */
  returnOf(ticket, n, qty, more = {}) {
    return returnOf(ticket, n, qty, more);
  }

  /** The latest tickets of this till. @returns {Promise<{uid, number, at, kind, total, due}[]>} */
  async tickets(most = 20) {
    const rows = await store.latestTickets(this.journal, this.head.chain, most);
    return rows.map((row) => asTold(JSON.parse(row.text)));
  }

  /** The receipt again, marked DUPLICATE; it is told to the journal. @returns {Promise<{strip, copy}>} */
  async reprint(number) {
    this.must("ready");
    const rows = await store.eventsOfNumber(this.journal, number);
    const [row] = rows.filter((one) => one.chain === this.head.chain);
    if (!row) throw new TillError("refused", { reason: "unknown" }, "number");
    const event = JSON.parse(row.text);
    const note = `copies/${event.uid}`;
    const copy = Math.min(((await store.read(this.journal, "notes", note)) ?? 0) + 1, 99);
    await this.writeInShift("reprinted", () => ({ of: event.uid, number, copy, approvals: [] }));
    await store.keep(this.journal, ["notes", copy, note]);
    return { ...(await this.doneOf(event, { copy })), copy };
  }

  // The shift

  /** What the shift before left in the drawer, centimes. */
  floatExpected() {
    return this.head?.left ?? 0;
  }

  /** @param {{total: number, pieces?: [number, number][], note?: string}} float */
  async openShift({ total, pieces = [], note = "" }) {
    this.must("ready");
    this.mustAddUp(total, pieces);
    const uid = newUid();
    await this.writer.write(this.mode, { uid, kind: "shift_opened", cashier: this.cashier.cashier }, (head) => {
      if (head.shift) throw new TillError("shift_open");
      return {
        shift: uid,
        day: localDay(Date.now(), this.clock),
        catalogue: this.catalogue.cursor,
        float: { total, pieces },
        float_expected: head.left,
        note: clean(note, "note"),
      };
    });
    this.counts = [];
    this.moved();
    this.tell("shift", this.shift);
    return this.shift;
  }

  /** @param {{direction: "in"|"out", amount: number, why: string, note?: string, approvals?: Approval[]}} moved */
  async moveCash({ direction, amount, why, note = "", approvals = [] }) {
    this.must("ready");
    if (!(Number.isSafeInteger(amount) && amount >= 1 && amount <= LARGEST)) throw new TillError("bad_amount", {}, "amount");
    if (!clean(why, "why")) throw new TillError("empty", {}, "why");
    await this.writeInShift("cash_moved", () => ({
      direction, amount, why: clean(why, "why"), note: clean(note, "note"), approvals,
    }));
  }

  /** The drawer without a sale: needs `drawer`, but of a manager. */
  async openDrawer({ why, note = "", approvals = [] }) {
    this.must("ready");
    if (!this.rules.asks_nobody && !approvals.some((given) => given.right === "drawer")) {
      throw new TillError("needs_approval", { rights: [{ right: "drawer", lines: [] }] });
    }
    await this.writeInShift("drawer_opened", () => ({ why: clean(why, "why"), note: clean(note, "note"), approvals }));
  }

  /**
   * One count, confirmed: it is kept, and only now the expected figure is told.
   * @param {{total: number, pieces?: [number, number][]}} counted
   * @returns {Promise<{expected: number, counted: number, difference: number, times: number}>}
   */
  async count({ total, pieces = [] }) {
    this.must("ready");
    if (!this.head.shift) throw new TillError("no_shift");
    this.mustAddUp(total, pieces);
    const counted = { at: momentText(Date.now()), by: this.cashier.cashier, total, pieces };
    const counts = [...this.counts, counted];
    if (counts.length > 40) throw new TillError("too_many_attempts", {}, "total");
    // Kept before the expected figure is shown: a count that was confirmed cannot be taken back.
    await store.keep(this.journal, ["notes", counts, `counts/${this.head.shift.uid}`]);
    this.counts = counts;
    const expected = expectedCash(await this.writer.shiftEvents(this.mode));
    return { expected, counted: total, difference: total - expected, times: counts.length };
  }

  /** Close by the last count. @returns {Promise<{figures: object, strip: object}>} the Z */
  async closeShift({ left, why = "", note = "", approvals = [] }) {
    this.must("ready");
    if (!this.head.shift) throw new TillError("no_shift");
    const { counts } = this;
    if (!counts.length) throw new TillError("counts_missing");
    if (!(Number.isSafeInteger(left) && left >= 0 && left <= counts[counts.length - 1].total)) {
      throw new TillError("bad_amount", {}, "left");
    }
    const events = await this.writer.shiftEvents(this.mode);
    await this.writeInShift("shift_closed", (head) => {
      if (head.seq !== events[events.length - 1].seq) throw new TillError("moved");
      return {
        ...closingBody(events, counts, left, head.perpetual),
        why: clean(why, "why"),
        note: clean(note, "note"),
        approvals,
      };
    });
    this.counts = [];
    await this.forgetCodes();
    this.tell("shift", null);
    return this.z();
  }

  /** The shift so far, without what the drawer should hold. @returns {Promise<{figures, strip}>} */
  async x(lang = "fr") {
    this.must("ready");
    return this.report(await this.writer.shiftEvents(this.mode), lang);
  }

  /** The Z of the last shift that was closed, again. @returns {Promise<{figures, strip}|null>} */
  async z(lang = "fr") {
    const { closed } = this.head;
    return closed ? this.report(await this.writer.shiftEvents(this.mode, closed), lang) : null;
  }

  report(events, lang) {
    const { head } = this;
    return papers.reportOf(this.paperAround(), events, {
      lang,
      head,
      at: momentText(Date.now()),
      by: this.cashier?.cashier ?? "",
      unsent: this.unsent,
      quarantined: this.waiting.filter((one) => one.outcome === "quarantined").map((one) => one.seq),
    });
  }

  // The journal

  /** Send now what the server lacks; else it goes by itself. */
  async send() {
    await this.sending?.send();
  }

  /** The journal as a file for a manager. @returns {Promise<File>} what is unsent, or all of it */
  async exportFile({ all = false } = {}) {
    const lines = [];
    for (const { chains } of this.sending.enrolments) {
      for (const chain of Object.values(chains)) {
        const first = all ? 1 : this.sending.reach(chain) + 1;
        for (const { text, hash, sig } of await store.eventsOf(this.journal, chain, first)) {
          lines.push(JSON.stringify({ text, hash, sig }));
        }
      }
    }
    const name = `${this.register.replace("/", "-")}-${this.epoch}.jsonl`;
    return new File(lines.map((line) => `${line}\n`), name, { type: "application/jsonl" });
  }

  /** End this enrolment in order: shift closed, all sent. */
  async retire() {
    this.must("locked", "ready");
    const heads = this.heads();
    if (Object.values(this.writer.chains).some((head) => head.shift)) throw new TillError("shift_open");
    await this.send();
    if (this.unsent) throw new TillError("offline");
    const { register, epoch } = this.enrolment;
    const proof = await sign(this.writer.pair.privateKey, retireMessage(register, epoch, heads.live.hash));
    const { status, told } = await this.server.ask("POST", "retire", { heads, proof });
    if (status !== 200) throw this.refusal(status, told);
    await this.end("retired");
  }

  // Inside

  // The codes of new credit or cards, before there is a ticket with their hashes; not of one that is
  // sold already, whose codes are kept.
  async keepCodes(basket) {
    const codes = codesMade(basket);
    if (!codes.length || (await store.eventOf(this.journal, this.head.chain, basket.uid))) return;
    await this.cards.keepCodes(basket.uid, codes);
  }

  // Whoever has a code has its paper.
  async forgetCodes() {
    try {
      await this.cards.forgetCodes();
    } catch (error) {
      if (!(error instanceof TillError)) throw error; // the disk is full: they go at the next closing
    }
  }

  heads() {
    const of = ({ seq, hash }) => ({ seq, hash });
    const { live, training } = this.writer.chains;
    return { live: of(live), training: of(training) };
  }

  async writeInShift(kind, makeBody, uid = newUid()) {
    const fact = { uid, kind, cashier: this.cashier.cashier };
    const written = await this.writer.write(this.mode, fact, (head) => {
      if (!head.shift) throw new TillError("no_shift");
      return { shift: head.shift.uid, ...makeBody(head) };
    });
    this.moved();
    return written;
  }

  must(...states) {
    if (!states.includes(this.state)) throw new TillError(this.state);
  }

  // Somebody whom the server named no more, when it was heard last, does not pass without it.
  mustKnow(login) {
    if (!this.people_?.people.some((one) => one.login === login)) throw new TillError("no_pin_offline", {}, "pin");
  }

  mustAddUp(total, pieces) {
    const isAmount = Number.isSafeInteger(total) && total >= 0 && total <= LARGEST;
    const counted = sum(pieces.map(([value, count]) => times(value, count)));
    if (!isAmount || (pieces.length && counted !== total)) throw new TillError("bad_amount", {}, "total");
  }

  // Something was written: tell it, and send it.
  moved() {
    this.tellSent();
    this.send();
  }

  async beat() {
    try {
      await this.beatNow();
    } catch (error) {
      if (!(error instanceof TillError)) throw error; // the disk is full: the next beat tries again
    }
  }

  async beatNow() {
    if (!this.writer || this.enrolment.ended) return;
    await this.readOldest();
    const { unsent, oldest_unsent_at: oldestUnsentAt, app, persisted, enrolment } = this;
    const answer = await beat(this.server, { heads: this.heads(), unsent, oldestUnsentAt, app, persisted });
    if (!answer || enrolment !== this.enrolment) return;
    if (answer.status === 401 || answer.status === 403) return this.end(answer.told?.reason ?? "ended");
    if (answer.status !== 200) return;
    if (answer.skew !== this.skew_ms) {
      this.skew_ms = answer.skew;
      this.tell("clock", answer.skew);
    }
    for (const [mode, there] of Object.entries(answer.told.heads)) {
      const head = this.writer.chains[mode];
      await this.sending.compare(enrolment, head.chain, head, there);
    }
    await this.cards.settle();
  }

  async end(reason) {
    if (this.enrolment.ended) return;
    this.enrolment = { ...this.enrolment, ended: reason };
    await store.keep(this.journal, ["enrolments", this.enrolment]);
    this.tellState();
  }

  loseKey() {
    this.keyless = true;
    this.tellState();
  }

  async hear(name, told) {
    if (name === "sent") await this.tellSent();
    if (name === "waiting") await this.readNotes();
    if (name === "trouble") {
      this.trouble = told;
      this.tell("trouble", told);
    }
    if (name === "ended" && told.enrolment.key === this.enrolment?.key) await this.end(told.reason || "ended");
  }

  // What waits for a person since this shift began, and its counts.
  async readNotes() {
    const { head } = this;
    if (!head) return;
    const first = (head.shift ?? head.closed)?.seq ?? 1;
    this.waiting = await this.sending.toldOf(head.chain, first);
    this.counts = head.shift ? (await store.read(this.journal, "notes", `counts/${head.shift.uid}`)) ?? [] : [];
    this.tell("waiting", this.waiting);
  }

  async readOldest() {
    const moments = [];
    for (const head of Object.values(this.writer?.chains ?? {})) {
      const first = this.sending.reach(head.chain) + 1;
      const [row] = await store.eventsOf(this.journal, head.chain, first, first);
      if (row) moments.push(JSON.parse(row.text).at);
    }
    this.oldest_unsent_at = moments.sort()[0] ?? null;
  }

  async tellSent() {
    await this.readOldest();
    this.tell("sent", { unsent: this.unsent, oldest_unsent_at: this.oldest_unsent_at });
  }

  tellCatalogue() {
    const { size, cursor, is_whole } = this.catalogue;
    this.tell("catalogue", { lots: size, cursor, whole: is_whole });
  }

  tellState() {
    if (this.told === `${this.state}/${this.mode}`) return;
    this.told = `${this.state}/${this.mode}`;
    this.tell("state", this.state);
  }

  // What an answer that is none of the good ones means for who asked.
  refusal(status, told, field = "") {
    const { reason = "", title = "", left } = told ?? {};
    if (status === 0 || status >= 500) return new TillError("offline");
    if (status === 429) return new TillError("too_many_attempts", { title }, field);
    if (reason === "wrong_pin") return new TillError("wrong_pin", {}, field);
    if (reason === "unknown_token" || reason === "epoch_ended") {
      this.end(reason);
      return new TillError("ended");
    }
    return new TillError("refused", { status, reason, title, left }, told?.field ?? field);
  }
}
