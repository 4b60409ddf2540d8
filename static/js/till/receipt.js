// A receipt: what a Moroccan ticket must carry, as a pure function of the frozen ticket: the twin of
// almakane/pos/receipt.py, part for part.

import * as formats from "./formats.js";
import { negative, sum } from "./money.js";
import { CENTRE, SMALL, barcode, cut, feed, qr, row, rule, text } from "./paper.js";
import { copyMark, head, languageOf, ltr, soldCode, taxWords, tenderRef, tenderWords, trainingMark } from "./wording.js";

const TITLES = { sale: "Ticket %(number)s", refund: "Refund %(number)s", exchange: "Exchange %(number)s" };

/** Whether a ticket is a sale, a refund or an exchange. */
export function kindOf({ lines, returns }) {
  if (!lines.length) return "refund";
  return returns.length ? "exchange" : "sale";
}

/**
 * The ticket on paper, in its own language, which `say` must speak.
 * @param {object} ticket a sale's body, with `register` (the code), `at` and `cashier` (a name)
 * @param {object} more `sellers`: line to {name, ice}; `returned`: return to a title; `url`;
 *   `deliverBy`: a day; `copy`: 0 for the original; `training`
 * @returns {{language: string, parts: object[]}}
 */
export function receipt(ticket, house, say, more = {}) {
  const { sellers = {}, returned = {}, url = "", deliverBy = "", copy = 0, training = false } = more;
  const language = languageOf(ticket.lang);
  const paper = { ticket, house, say, language, sellers, returned };
  paper.figure = (centimes) => formats.figure(centimes, language);
  const marks = [...trainingMark(say, training), ...copyMark(say, copy, formats.number(copy, language))];
  const taxes = taxLines(paper);
  const parts = [
    ...marks, ...(marks.length ? [feed()] : []), ...head(house, language, say),
    rule(), ...heading(paper), rule(),
    ...ticket.lines.flatMap((line) => lineParts(paper, line)),
    ...(ticket.returns.length ? [text(say("Returned"), { bold: true })] : []),
    ...ticket.returns.flatMap((back) => returnParts(paper, back)),
    rule(true), ...totals(paper),
    ...(taxes.length ? [rule(), ...taxes] : []),
    ...farewell(paper, url, deliverBy), ...trainingMark(say, training), cut(),
  ];
  return { language, parts };
}

function heading({ ticket, house, say, language }) {
  const number = ltr(ticket.number, language);
  const at = formats.moment(ticket.at, language, house);
  const till = ltr(ticket.register, language);
  return [
    text(say(TITLES[kindOf(ticket)], { number }).trim(), { bold: true }),
    text(joined(at, house.site)),
    text(say("Till %(till)s, served by %(cashier)s", { till, cashier: ticket.cashier })),
  ];
}

function lineParts({ sellers, say, language, figure }, line) {
  const price = `${formats.number(line.qty, language)} × ${figure(line.unit)}`;
  const parts = [text(line.title || line.code), row(price, [figure(line.unit * line.qty)], { indent: 1 })];
  if (line.discount) parts.push(row(say("Discount"), [figure(-line.discount)], { indent: 1 }));
  const code = line.title ? soldCode(line.code, language) : "";
  const listed = line.unit < line.list ? say("list price %(price)s", { price: figure(line.list) }) : "";
  for (const told of [joined(code, listed), onBehalf(sellers[line.n], say)]) {
    if (told) parts.push(text(told, { ...SMALL, indent: 1 }));
  }
  return parts;
}

function onBehalf(seller, say) {
  if (!seller) return "";
  const maker = seller.ice ? `${seller.name} (ICE\u00a0${seller.ice})` : seller.name;
  return say("Sold on behalf of %(maker)s", { maker });
}

function returnParts({ returned, say, language, figure }, back) {
  const title = returned[back.n] ?? "";
  const count = formats.number(back.qty, language);
  const what = back.qty ? say("Quantity %(count)s", { count }) : say("Price reduced afterwards");
  const of = say("Of ticket %(number)s", { number: ltr(back.of.number || back.of.uid, language) });
  return [
    text(title || back.code),
    row(what, [figure(negative(back.total))], { indent: 1 }),
    text(joined(of, title ? soldCode(back.code, language) : ""), { ...SMALL, indent: 1 }),
  ];
}

function totals({ ticket, house, say, language, figure }) {
  const { goods, returned, total, rounding, due } = ticket.totals;
  const parts = [];
  if (ticket.lines.length && ticket.returns.length) {
    parts.push(row(say("Goods"), [figure(goods)]), row(say("Returned"), [figure(negative(returned))]));
  }
  const unit = formats.unit(house.currency, language);
  parts.push(row(say("Total, %(unit)s", { unit }), [figure(total)], { bold: true, size: "large" }), rule());
  if (rounding) {
    parts.push(row(say("Cash rounding"), [figure(rounding)]), row(say("Due"), [figure(due)], { bold: true }));
  }
  const words = tenderWords(say);
  for (const tender of ticket.tenders) {
    const label = `${words[tender.kind]} ${tenderRef(tender, language)}`.trim();
    const told = tender.amount < 0 ? say("Given back: %(tender)s", { tender: label }) : label;
    parts.push(row(told, [figure(tender.amount)]));
  }
  if (ticket.change) parts.push(row(say("Change"), [figure(-ticket.change)]));
  return parts;
}

// Each rate with its base, or the wording of an exemption with what it covers.
function taxLines({ ticket, say, language, figure }) {
  const byTax = new Map();
  for (const { tax_bp, tax_code, total, tax } of ticket.lines) {
    const key = `${tax_bp} ${tax_code}`;
    const before = byTax.get(key) ?? { tax_bp, tax_code, total: 0, tax: 0 };
    byTax.set(key, { ...before, total: before.total + total, tax: before.tax + tax });
  }
  const rates = [...byTax.values()].sort(
    (a, b) => b.tax_bp - a.tax_bp || (a.tax_code < b.tax_code) - (a.tax_code > b.tax_code),
  );
  const parts = [];
  if (rates.some((one) => one.tax_bp)) {
    parts.push(row("", [say("Excl. VAT"), say("VAT"), say("Incl. VAT")], SMALL));
  }
  for (const { tax_bp, tax_code, total, tax } of rates) {
    const amounts = tax_bp ? [total - tax, tax, total] : [total];
    parts.push(row(taxWords(tax_bp, tax_code, language, say), amounts.map(figure), SMALL));
  }
  const taxBack = sum(ticket.returns.map((back) => back.tax));
  if (taxBack) parts.push(row(say("VAT of what came back"), [figure(-taxBack)], SMALL));
  return parts;
}

function farewell({ ticket, house, say, language }, url, deliverBy) {
  const parts = [];
  if (deliverBy) {
    const day = formats.day(deliverBy);
    parts.push(text(say("To be delivered by %(day)s at the latest", { day }), { bold: true }));
  }
  parts.push(feed(), text(say("Thank you for your visit"), { ...CENTRE, bold: true }));
  const small = [];
  if (house.exchange_days) {
    const days = formats.number(house.exchange_days, language);
    small.push(say("Exchange or refund within %(days)s days, with this ticket", { days }));
  }
  if (house.withdrawal_days) {
    const days = formats.number(house.withdrawal_days, language);
    small.push(say("You may withdraw within %(days)s days (law 31-08)", { days }));
  }
  if (url) small.push(say("Scan to find this ticket again"));
  parts.push(...small.map((words) => text(words, { ...CENTRE, ...SMALL })), feed());
  if (url) parts.push(qr(url));
  if (/^[\x20-\x7e]+$/.test(ticket.number)) parts.push(barcode(ticket.number));
  return parts;
}

function joined(...texts) {
  return texts.filter(Boolean).join(" · ");
}
