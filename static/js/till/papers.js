// From the journal's own events to paper: who is named, in which words, and what the till adds.

import { figure } from "./formats.js";
import { CENTRE, cut, row, rule, text } from "./paper.js";
import { figuresOf } from "./shift.js";
import { receipt, kindOf } from "./receipt.js";
import { report } from "./report.js";
import { languageOf, ltr, tenderWords, voice } from "./wording.js";

export { kindOf };

/**
 * The receipt of a ticket of this till.
 * @param {object} around {house, words, names, code, find} as the till knows them
 * @param {object} event a sale or a refund, read
 */
export function receiptOf({ house, words, names, code, find }, event, { copy, titles, url, codes }) {
  const { body, at, cashier, mode } = event;
  const ticket = { ...body, at, register: code, cashier: names[cashier] ?? cashier };
  const sellers = {};
  for (const line of body.lines) {
    const lot = line.what === "lot" ? find(line.code) : null;
    if (lot?.mandate) sellers[line.n] = { name: lot.maker, ice: lot.ice }; // else the house sells its own
  }
  const returned = {};
  body.returns.forEach((back, place) => {
    const title = titles[place] || find(back.code)?.title?.[body.lang];
    if (title) returned[back.n] = title;
  });
  const say = voice(words, languageOf(body.lang));
  const strip = receipt(ticket, house, say, { sellers, returned, url, copy, training: mode === "training" });
  return { ...strip, parts: [...strip.parts.slice(0, -1), ...codes.flatMap((one) => codeParts(one, strip.language, say)), cut()] };
}

// What pays later: the till alone knows these codes, so that they stand on no paper but its own.
function codeParts({ kind, code, amount }, language, say) {
  const word = tenderWords(say)[kind];
  return [
    rule(), row(word, [figure(amount, language)], { bold: true }),
    text(ltr(code, language), { ...CENTRE, bold: true, size: "large" }),
  ];
}

/** The X or Z of a shift of this till. @returns {{figures: object, strip: object}} */
export function reportOf({ house, words, names, code }, events, { lang, head, at, by, unsent, quarantined }) {
  const figures = figuresOf(events, {
    register: code,
    at,
    by: names[by] ?? by,
    chain: `${code}-${head.epoch}, ${head.seq}`,
    head: head.hash,
    unsent,
    quarantined,
    training: head.mode === "training",
    perpetual: head.perpetual,
  });
  const language = languageOf(lang);
  return { figures, strip: report(figures, house, voice(words, language), language) };
}
