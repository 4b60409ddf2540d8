// The hours that the page shows, by the clock of the house: what the server told of it, as on papers.

import { local } from "../formats.js";
import { desk } from "./desk.js";
import { isolated, language } from "./words.js";

const NBSP = "\u00a0";
const LOCALES = { ar: "ar-MA-u-nu-latn", fr: "fr-MA", en: "en-GB" };
const days = new Intl.DateTimeFormat(LOCALES[language], {
  timeZone: "UTC", weekday: "short", day: "numeric", month: "short", // of a date that is local already
});

/** A moment of the journal as an hour where the shop stands. */
export function hour(moment) {
  const told = local(moment, desk.till.clock);
  const text = `${told.hour}:${told.minute}`;
  return language === "fr" ? text.replace(":", `${NBSP}h${NBSP}`) : isolated(text);
}

/** A moment's day and hour where the shop stands. */
export function dayAndHour(moment) {
  const { year, month, day } = local(moment, desk.till.clock);
  const date = days.format(new Date(`${year}-${month}-${day}T00:00:00Z`));
  return `${date}${language === "ar" ? "،" : ","} ${hour(moment)}`;
}
