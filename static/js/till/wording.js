// How papers of the till name things: the same words on a receipt, an X and a Z. The twin of
// almakane/pos/wording.py and of its house.py.
//
// `say` turns an English sentence of ours into the paper's language; voice() makes one of the words
// that the server gave.

import { percent } from "./formats.js";
import { BASIS } from "./money.js";
import { CENTRE, SMALL, text } from "./paper.js";
import { EXEMPT_BY_NATURE, EXEMPT_SELLER } from "./tax.js";

const LANGUAGES = ["fr", "ar", "en"];
const SECRETS = ["gift_card", "credit"];
const SHOWN_OF_A_SECRET = 4;
const LONG = 64;

/** What says a sentence in a language: `words` are {language: {English: said}}. */
export function voice(words, language) {
  const said = words?.[language] ?? {};
  return (message, values) => {
    const found = said[message] || message;
    if (!values) return found;
    return found.replace(/%\((\w+)\)s|%%/g, (all, name) => (name ? String(values[name]) : "%"));
  };
}

/** The language that a paper is written in: French where we do not speak the one asked for. */
export function languageOf(wish) {
  return LANGUAGES.includes(wish) ? wish : "fr";
}

/** A code or a number kept together, in a line that runs from right to left. */
export function ltr(code, language) {
  return language === "ar" && code ? `\u2066${code}\u2069` : code;
}

/** What each kind of tender is called. */
export function tenderWords(say) {
  return {
    cash: say("Cash"),
    terminal: say("Bank card"),
    gift_card: say("Gift card"),
    credit: say("Store credit"),
    cheque: say("Cheque"),
    transfer: say("Transfer"),
    deposit: say("Paid in advance"),
    cod: say("Cash on delivery"),
  };
}

/** What tells a tender from others of its kind; of a card's code the end alone. */
export function tenderRef({ kind, ref = "" }, language) {
  const isSecret = SECRETS.includes(kind) && Array.from(ref).length > SHOWN_OF_A_SECRET;
  return isSecret ? endOf(ref, language) : ltr(ref, language);
}

/** The code of what was sold; of a gift card's, which is as long as a hash, the end alone. */
export function soldCode(code, language) {
  return Array.from(code).length === LONG ? endOf(code, language) : ltr(code, language);
}

function endOf(secret, language) {
  return ltr(`\u2026${Array.from(secret).slice(-SHOWN_OF_A_SECRET).join("")}`, language);
}

/** The rate of a tax, or the law's words for there being none (CGI art. 145-III). */
export function taxWords(rateBp, code, language, say) {
  if (rateBp > 0 && rateBp <= BASIS) return say("VAT %(rate)s", { rate: percent(rateBp, language) });
  if (code === EXEMPT_BY_NATURE) return say("Exempt from VAT, art. 91-I of the CGI");
  if (code === EXEMPT_SELLER) return say("Seller not subject to VAT");
  return say("Without VAT");
}

/** The name, the address and the numbers that art. 145 of the CGI asks for. */
export function head(house, language, say) {
  const numbers = [
    ["ICE", house.ice], ["IF", house.tax_id], ["TP", house.patente], ["RC", house.rc], ["CNSS", house.cnss],
  ];
  const told = numbers.filter(([, one]) => one).map(([name, one]) => ltr(`${name}\u00a0${one}`, language));
  const lines = [
    house.legal_name === house.name ? "" : house.legal_name,
    house.address,
    house.city,
    house.phone ? say("Tel. %(phone)s", { phone: ltr(house.phone, language) }) : "",
    told.join("\u00a0 "),
  ];
  return [
    text(house.name, { ...CENTRE, bold: true, size: "large" }),
    ...lines.filter(Boolean).map((line) => text(line, { ...CENTRE, ...SMALL })),
  ];
}

/** What keeps a paper of the training mode from passing for a real one. */
export function trainingMark(say, training) {
  if (!training) return [];
  return [
    text(say("TRAINING"), { ...CENTRE, bold: true, size: "large", inverse: true }),
    text(say("Nothing was sold. This paper is worth nothing."), { ...CENTRE, bold: true }),
  ];
}

/** What tells a reprint from the original. */
export function copyMark(say, copy, number) {
  if (!copy) return [];
  return [text(say("DUPLICATE %(copy)s", { copy: number }), { ...CENTRE, bold: true, size: "large", inverse: true })];
}
