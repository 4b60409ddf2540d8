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
 *   till.site {code, name} · till.settings {cash_step, cash_limit, vat_bp, vat_reduced_bp,
 *                 drawer_tolerance, idle_minutes}
 *   till.house    name, address and numbers for papers, or null
 *   till.cashier  {cashier, name, role, band_bp} or null
 *   till.shift    {uid, day, opened_at, opened_by, float, counts} of this mode, or null
 *   till.online   whether the server answered last
 *   till.unsent   events that the server does not hold · till.oldest_unsent_at, or null
 *   till.trouble  null, or {reason: "fork"|"unverifiable", seq}: it goes on selling; ask a manager
 *   till.waiting  [{seq, number|null, outcome, reason, field, flags}] as the server told:
 *                 "flagged"; "quarantined", which waits for a manager there; "refused", which the
 *                 server cannot even read: it stays here, for a manager's file. Nothing is lost
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
 *   not_enough     (of `refused`) a card holds `values.left`; 0 too for one that nobody sold
 *   no_room        the disk is full: NOT sold; no_write: the disk failed: NOT sold
 *   moved          somebody else wrote to this journal: NOT sold; reload
 */

import { TillError } from "./refusal.js";
import { Till } from "./till.js";

export { Till, TillError };

/**
 * The one till of this browser, as far as it can come up.
 * @param {{app?: string, server?: string}} [how] `server`: where the server is, default here
 * @returns {Promise<Till>}
 */
export async function openTill(how = {}) {
  const till = new Till(how);
  await till.open();
  return till;
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
 * @property {string} [secret]                  a new gift card's code, for its buyer: till.cardLine()
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
 * @property {string|null} [claim]              left out: sell() asks for it and puts it here
 *
 * @typedef {object} Tender                     negative where money goes out
 * @property {"cash"|"terminal"|"gift_card"|"credit"|"cheque"|"transfer"} kind
 * @property {number} amount                    as given, before change
 * @property {string} [ref]                     slip or cheque number; a card's code as SHA-256
 * @property {string|null} [auth]               till.takeFromCard() makes such a tender; what is not
 *                                              sold for it goes back by till.giveBackToCard()
 * @property {string} [secret]                  of new store credit, for whom it is owed: till.creditOf()
 *
 * @typedef {object} Reckoned                   what a screen shows while a basket grows
 * @property {object[]} lines                   each with n, discount, total, tax
 * @property {{goods, returned, tax, total, rounding, due}} totals  rounding as if cash paid the rest
 * @property {number} given                     sum of tenders
 * @property {number} missing                   still to be paid, 0 once it is enough
 * @property {number} change
 * @property {{right: string, lines: number[]}[]} needs   approvals still lacking
 * @property {string|null} refuses              a word of TillError, null where sell() would go
 * @property {string} field                     which line or field it is about, where there is one
 *
 * @typedef {object} Done                       a ticket that is durable: now change, drawer, paper
 * @property {string} uid
 * @property {string} number
 * @property {"sale"|"refund"|"exchange"} kind
 * @property {object} totals
 * @property {number} change
 * @property {string} url                       the ticket's page, as in its QR code
 * @property {{kind, code, amount}[]} codes     gift cards and credit that it made: show them now, they
 *                                              are kept until the shift is closed, and on no paper but `strip`
 * @property {{language: string, parts: object[]}} strip  the receipt; kinds of parts as in paper.py
 */

