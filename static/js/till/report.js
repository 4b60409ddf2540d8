// X and Z: a shift in figures on paper, while it runs and at its end: the twin of
// almakane/pos/report.py, part for part. Figures are those of shift.js.

import * as formats from "./formats.js";
import { negative, sum } from "./money.js";
import { CENTRE, SMALL, cut, feed, row, rule, text } from "./paper.js";
import { copyMark, head, languageOf, ltr, tenderWords, trainingMark } from "./wording.js";

/** A Z where the shift is closed, else an X; in the language that `say` speaks. */
export function report(figures, house, say, wish = "fr", copy = 0) {
  const language = languageOf(wish);
  const paper = paperOf(figures, house, say, language);
  const mark = () => trainingMark(say, figures.training);
  const parts = [...mark(), ...copyMark(say, copy, paper.count(copy)), ...head(house, language, say)];
  parts.push(rule(true), ...opening(paper), rule(), ...trade(paper), rule(), ...tenders(paper));
  parts.push(rule(), ...drawer(paper));
  for (const section of [acts(paper), approvals(paper), quarantine(paper)]) {
    if (section.length) parts.push(rule(), ...section);
  }
  parts.push(rule(true), ...proof(paper), ...mark());
  if (figures.closing) parts.push(feed(), text(say("Signature")), feed(3), rule());
  return { language, parts: [...parts, cut()] };
}

function paperOf(of, house, say, language) {
  const figure = (centimes) => formats.figure(centimes, language);
  return {
    of, house, say, language, figure,
    count: (number) => formats.number(number, language),
    moment: (at) => formats.moment(at, language, house),
    hour: (at) => formats.hour(at, language, house),
    list: (...words) => words.filter(Boolean).join(language === "ar" ? "\u060c " : ", "),
    row: (label, centimes, more) => row(label, [figure(centimes)], more),
  };
}

function opening(paper) {
  const { of, say, house, language } = paper;
  const name = of.closing ? say("Z, end of shift") : say("X, shift so far");
  const values = { till: ltr(of.register, language), day: formats.day(of.day) };
  const parts = [
    text(name, { ...CENTRE, bold: true, size: "large" }),
    text(say("Till %(till)s, trading day %(day)s", values), { bold: true }),
  ];
  if (house.site) parts.push(text(house.site));
  const told = (sentence, at, by) => say(sentence, { moment: paper.moment(at), name: by });
  parts.push(text(told("Opened %(moment)s by %(name)s", of.opened_at, of.opened_by)));
  if (of.closing) parts.push(text(told("Closed %(moment)s by %(name)s", of.closing.at, of.closing.by)));
  parts.push(text(told("Printed %(moment)s by %(name)s", of.at, of.by), SMALL));
  parts.push(text(ltr(of.shift, language), SMALL));
  return parts;
}

function trade(paper) {
  const { of, say, language } = paper;
  const parts = [row(say("Tickets"), [paper.count(of.tickets)], { bold: true })];
  if (of.tickets) {
    parts.push(row(say("First"), [ltr(of.first, language)], { indent: 1 }));
    parts.push(row(say("Last"), [ltr(of.last, language)], { indent: 1 }));
  }
  parts.push(paper.row(say("Goods"), of.goods));
  if (of.discounts) parts.push(paper.row(say("Discounts, already taken off"), of.discounts, { indent: 1 }));
  const label = say("Returned, on %(count)s tickets", { count: paper.count(of.refunds) });
  const unit = formats.unit(paper.house.currency, language);
  return [
    ...parts,
    paper.row(label, negative(of.returned)),
    paper.row(say("Total, %(unit)s", { unit }), of.goods - of.returned, { bold: true, size: "tall" }),
    paper.row(say("VAT in it"), of.tax),
    paper.row(say("Cash rounding"), of.rounding),
  ];
}

function tenders(paper) {
  const words = tenderWords(paper.say);
  const kept = paper.of.by_tender;
  return [
    text(paper.say("Taken in, by tender"), { bold: true }),
    ...kept.map(([kind, amount]) => paper.row(words[kind], amount, { indent: 1 })),
    paper.row(paper.say("Taken in"), sum(kept.map(([, amount]) => amount)), { bold: true }),
  ];
}

function drawer(paper) {
  const { of, say } = paper;
  const inside = { indent: 1 };
  const parts = [text(say("Drawer"), { bold: true }), paper.row(say("Float"), of.float_amount, inside)];
  if (of.float_expected !== of.float_amount) {
    parts.push(paper.row(say("Float expected"), of.float_expected, inside));
  }
  for (const { at, amount, why } of of.cash_moved) {
    const label = amount >= 0 ? say("Put in") : say("Taken out");
    parts.push(paper.row(`${paper.hour(at)} ${paper.list(label, why)}`, amount, inside));
  }
  if (!of.closing) {
    return [...parts, text(say("The drawer is counted before anybody knows what it should hold."))];
  }
  const { expected, counts, left, why } = of.closing;
  const counted = counts.length ? counts[counts.length - 1].total : 0;
  parts.push(paper.row(say("Expected"), expected));
  for (const { at, by, total } of counts.slice(0, -1)) {
    const label = say("First counted at %(hour)s by %(name)s", { hour: paper.hour(at), name: by });
    parts.push(paper.row(label, total, inside));
  }
  const difference = counted - expected;
  const word = difference > 0 ? say("Over") : difference < 0 ? say("Short") : say("Difference");
  parts.push(paper.row(say("Counted"), counted), paper.row(word, difference, { bold: true, size: "tall" }));
  if (why) parts.push(text(why, inside));
  parts.push(paper.row(say("Left for the next float"), left), paper.row(say("To the safe"), counted - left));
  return parts;
}

function acts({ of, say, count }) {
  return [
    [say("Drawer opened without a sale"), of.drawer_openings],
    [say("Baskets dropped after their total was shown"), of.voids],
    [say("Reprints"), of.reprints],
  ].filter(([, number]) => number).map(([label, number]) => row(label, [count(number)]));
}

function approvals(paper) {
  const { of, say } = paper;
  if (!of.approvals.length) return [];
  return [
    row(say("Approvals"), [paper.count(of.approvals.length)], { bold: true }),
    ...of.approvals.map(({ at, right, by, offline }) => {
      const told = paper.list(right, by, offline ? say("offline") : "");
      return text(`${paper.hour(at)} ${told}`, { ...SMALL, indent: 1 });
    }),
  ];
}

function quarantine(paper) {
  const { of, say, language } = paper;
  if (!of.quarantined.length) return [];
  return [
    text(say("In quarantine, in none of these sums"), { bold: true }),
    ...of.quarantined.map(({ number, total }) => paper.row(ltr(number, language), total, { indent: 1 })),
  ];
}

function proof(paper) {
  const { of, say, language } = paper;
  const parts = [
    text(say("Since the till was enrolled"), { bold: true }),
    paper.row(say("Sold"), of.perpetual_sales, { indent: 1 }),
    paper.row(say("Taken back"), of.perpetual_refunds, { indent: 1 }),
  ];
  const hash = (words) => text(ltr(words, language), { ...SMALL, indent: 1 });
  if (of.head) {
    const chain = ltr(of.chain, language);
    parts.push(text(say("Head of the chain %(chain)s", { chain }), SMALL), hash(of.head));
  }
  if (of.seal) {
    const day = of.seal_day ? formats.day(of.seal_day) : "";
    parts.push(text(say("Last seal of the books %(day)s", { day }).trim(), SMALL), hash(of.seal));
  }
  if (of.unsent) {
    const told = say("Events that the server does not hold yet: %(count)s", { count: paper.count(of.unsent) });
    parts.push(text(told, { bold: true, inverse: true }));
  }
  return parts;
}
