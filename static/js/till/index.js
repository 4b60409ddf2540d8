/*
 * The till without a screen: what its pages build on. Nothing here touches a page.
 *
 *   import { openTill, TillError } from "./till/index.js";
 *   const till = await openTill();          // one a browser; never throws, look at till.state
 *   till.on("state", (state) => draw(state));
 *
 * Money is integer centimes, rates are basis points, moments are texts `2026-11-22T08:59:00.000Z`.
 * What cannot be done throws TillError: `reason` is one of the words below, `field` and `values`
 * beside it; a page has a sentence for each. Nothing was written where a method threw.
 *
 * till.state
 *   insecure      no secure context: no keys, no locks; it says so and does nothing
 *   elsewhere     another tab of this browser is the till
 *   no_store      the browser keeps nothing (private window, disk full); till.why has its words
 *   not_enrolled  call enrol(code)
 *   keyless       the journal is there and its key is gone: export it, ask a manager
 *   ended         the server says that this enrolment is over (retired, lost, token revoked)
 *   locked        enrolled, nobody is signed in
 *   ready         somebody is signed in (till.cashier)
 *
 * What it knows, to be read at any time
 *   till.register "casa/T1" · till.code "T1" · till.epoch 1 · till.mode "live"|"training"
 *   till.site {code, name} · till.settings {cash_step, cash_limit, vat_bp, vat_reduced_bp}
 *   till.house    name, address and numbers for papers, or null
 *   till.cashier  {cashier, name, role, band_bp} or null
 *   till.shift    {uid, day, opened_at, opened_by, float, counts} of this mode, or null
 *   till.online   whether the server answered last
 *   till.unsent   events that the server does not hold · till.oldest_unsent_at, or null
 *   till.trouble  null, or {reason: "fork"|"unverifiable", seq}: it goes on selling; ask a manager
 *   till.waiting  [{seq, number|null, outcome: "quarantined"|"flagged", reason, field, flags}] as
 *                 the server told; quarantined ones wait for a manager, nothing is lost
 *   till.skew_ms  this clock less the server's · till.persisted true|false|null
 *
 * till.on(name, fn) -> off()
 *   "state" (state) · "sent" ({unsent, oldest_unsent_at}) · "online" (true|false)
 *   "catalogue" ({lots, cursor, whole}) · "shift" (shift|null) · "waiting" (list)
 *   "trouble" (trouble) · "clock" (skew_ms)
 *
 * Words of TillError.reason
 *   insecure elsewhere no_store not_enrolled keyless ended locked   what the state forbids
 *   offline        the server does not answer, and this needs it
 *   refused        the server said no: `values.title` is its sentence, `values.reason` its word
 *   wrong_pin too_many_attempts no_pin_offline
 *   no_shift shift_open counts_missing
 *   empty bad_amount bad_quantity bad_discount not_paid only_cash_gives_change
 *   pays_out_exactly cash_limit needs_approval (values.rights) too_long
 *   claimed        another till is giving this line back just now
 *   no_room        the disk is full: NOT sold; no_write: the disk failed: NOT sold
 *   moved          somebody else wrote to this journal: NOT sold; reload
 */

import { TillError } from "./refusal.js";

export { TillError };

/**
 * The one till of this browser, as far as it can come up.
 * @param {{app?: string, server?: string}} [how] `server`: where the server is, default here
 * @returns {Promise<Till>}
 */
export async function openTill(how = {}) {
  throw new TillError("not_yet", { how });
}

/**
 * A basket as a page keeps it; make one with till.newBasket(), its uid is the sale's for ever.
 * @typedef {object} Basket
 * @property {string} uid
 * @property {"fr"|"ar"|"en"} lang              of the receipt
 * @property {string|null} customer             a customer's uid, or a web order's
 * @property {string} note
 * @property {BasketLine[]} lines
 * @property {number} discount                  off the whole basket, centimes
 * @property {BasketReturn[]} returns           with lines: an exchange; alone: a refund
 * @property {Tender[]} tenders
 * @property {Approval[]} approvals             as till.approve() gave them
 *
 * @typedef {object} BasketLine                 till.lineOf(lot, qty) makes one
 * @property {"lot"|"gift_card"|"service"} what
 * @property {string} code
 * @property {string} title
 * @property {number} qty
 * @property {number} list                      the catalogue's price of one
 * @property {number} unit                      what is asked for one, bargained or not
 * @property {number} floor                     the maker's, of one; 0 for none
 * @property {number} tax_bp
 * @property {string} tax_code
 * @property {{name: string, ice?: string}|null} seller  in whose name it is sold (mandate)
 *
 * @typedef {object} BasketReturn               till.returnOf(ticket, n, qty) makes one
 * @property {{uid: string, number: string, line: number}} of
 * @property {string} code
 * @property {string} title
 * @property {number} qty                       0: a part of the price comes back, goods stay
 * @property {number} total
 * @property {number} tax
 * @property {boolean} restock
 * @property {string} why
 * @property {string|null} [claim]              left out: sell() asks for it
 *
 * @typedef {object} Tender                     negative where money goes out
 * @property {"cash"|"terminal"|"gift_card"|"credit"|"cheque"|"transfer"} kind
 * @property {number} amount                    as given, before change
 * @property {string} [ref]                     slip or cheque number; a card's code as SHA-256
 * @property {string|null} [auth]
 *
 * @typedef {object} Reckoned                   what a screen shows while a basket grows
 * @property {object[]} lines                   each with n, discount, total, tax
 * @property {{goods, returned, tax, total, rounding, due}} totals  rounding as if cash paid the rest
 * @property {number} given                     sum of tenders
 * @property {number} missing                   still to be paid, 0 once it is enough
 * @property {number} change
 * @property {{right: string, lines: number[]}[]} needs   approvals still lacking
 * @property {string|null} refuses              a word of TillError, null where sell() would go
 *
 * @typedef {object} Done                       a ticket that is durable: now change, drawer, paper
 * @property {string} uid
 * @property {string} number
 * @property {"sale"|"refund"|"exchange"} kind
 * @property {object} totals
 * @property {number} change
 * @property {string} url                       the ticket's page, as in its QR code
 * @property {{language: string, parts: object[]}} strip  the receipt; kinds of parts as in paper.py
 */

export class Till {
  // Coming up

  /** Enrol with a manager's code (8 characters, spaces and small letters are put right). */
  async enrol(code) {}

  /** @returns {Promise<{login, name, role, band_bp, has_pin}[]>} who may stand here; kept for offline */
  async people() {}

  /** A cashier comes: 4 to 6 digits. Offline only where that person passed here in 14 days. */
  async signIn(cashier, pin) {}

  /** The cashier leaves; the shift stays open. */
  signOut() {}

  /** Change between "live" and "training"; each has its own shift, numbers and journal. */
  async train(isTraining) {}

  // The catalogue: till.catalogue, all in memory
  //   .find(code) -> lot|null      by code or bar code, for a scan: a Map look-up
  //   .search(words, most = 20)    -> lots, accents and Arabic variants forgiven
  //   .lots({craft, most})         -> lots on sale, for the wall · .crafts() -> [craft]
  //   .size · .cursor · .is_whole · await .refresh()
  //   lot: {id, code, barcode, title: {fr, ar, en}, maker, craft, piece, qty, held, list, floor,
  //         tax_bp, tax_code, picture, on_sale}

  /** A lot that the catalogue has not yet: asked of the server. @returns lot|null */
  async lookUp(code) {}

  // A sale

  /** @returns {Basket} */
  newBasket(lang = "fr") {}

  /** @returns {BasketLine} */
  lineOf(lot, qty = 1, lang = "fr") {}

  /** @returns {Reckoned} quick, no waiting: call it at every key. */
  reckon(basket) {}

  /** What a gift card or credit gives: taken at once; `code` never leaves as it is. @returns Tender */
  async takeFromCard(kind, code, amount) {}

  /** Give such a tender back, where the basket is dropped. */
  async giveBackToCard(tender) {}

  /**
   * A manager's leave on the spot, by PIN.
   * @param {{right: "bargain"|"maker_consent"|"refund"|"drawer", by: string, pin: string, why?: string}} asked
   * @returns {Promise<Approval>} to push into basket.approvals
   */
  async approve(asked) {}

  /** Sell, refund or exchange. Durable when it resolves. @returns {Promise<Done>} */
  async sell(basket) {}

  /** The same as sell(), for a basket with returns alone. */
  async giveBack(basket) {}

  /** A basket dropped after its total was shown. */
  async void(basket, why = "") {}

  /** Who a customer is: kept apart from the journal. @returns {Promise<string>} the customer's uid */
  async customer({ name, phone }, uid) {}

  // Tickets

  /**
   * A ticket by its number, its key, or what its QR code says; from the server, else from here.
   * @returns {Promise<{uid, number, at, lang, total, tenders, lines: {n, code, title, qty, total,
   *   tax, left_qty, left_total, left_tax}[], here: boolean}|null>} `here`: as this till knows it
   */
  async ticket(number) {}

  /** @returns {BasketReturn} so many of what is left of a line */
  returnOf(ticket, n, qty, more = {}) {}

  /** The latest tickets of this till. @returns {Promise<{uid, number, at, kind, total, due}[]>} */
  async tickets(most = 20) {}

  /** The receipt again, marked DUPLICATE; it is told to the journal. @returns {Promise<{strip, copy}>} */
  async reprint(number) {}

  // The shift

  /** What the shift before left in the drawer, centimes. */
  floatExpected() {}

  /** @param {{total: number, pieces?: [number, number][], note?: string}} float */
  async openShift(float) {}

  /** @param {{direction: "in"|"out", amount: number, why: string, note?: string, approvals?: Approval[]}} moved */
  async moveCash(moved) {}

  /** The drawer without a sale: needs `drawer`, but of a manager. */
  async openDrawer({ why, note = "", approvals = [] }) {}

  /**
   * One count, confirmed: it is kept, and only now the expected figure is told.
   * @param {{total: number, pieces?: [number, number][]}} counted
   * @returns {Promise<{expected: number, counted: number, difference: number, times: number}>}
   */
  async count(counted) {}

  /** Close by the last count. @returns {Promise<{figures: object, strip: object}>} the Z */
  async closeShift({ left, why = "", note = "", approvals = [] }) {}

  /** The shift so far, without what the drawer should hold. @returns {Promise<{figures, strip}>} */
  async x(lang = "fr") {}

  /** The Z of the last shift that was closed, again. @returns {Promise<{figures, strip}|null>} */
  async z(lang = "fr") {}

  // The journal

  /** Send now what the server lacks; else it goes by itself. */
  async send() {}

  /** The journal as a file for a manager. @returns {Promise<File>} what is unsent, or all of it */
  async exportFile({ all = false } = {}) {}

  /** End this enrolment in order: shift closed, all sent. */
  async retire() {}

  /** @returns {() => void} */
  on(name, fn) {}
}
