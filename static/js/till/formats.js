// Money, days and numbers as people read them, in French, Arabic and English: the twin of those of
// almakane/web/formats.py that a till's papers need.

import { BASIS } from "./money.js";

const NBSP = "\u00a0";
const MINUS = "\u2212";
const UNITS = { ar: { MAD: "درهم" } };
const clocks = new Map();

/** An amount without its currency, for the columns of a table. */
export function figure(centimes, language) {
  const size = Math.abs(centimes);
  const cents = String(size % 100).padStart(2, "0");
  return `${sign(centimes)}${grouped((size - (size % 100)) / 100, language)}${point(language)}${cents}`;
}

/** A currency as it is written after an amount. */
export function unit(currency, language) {
  return UNITS[language]?.[currency] ?? currency;
}

/** An amount with its currency as plain text. */
export function money(centimes, language, currency = "MAD") {
  return `${isolated(figure(centimes, language), language)}${NBSP}${unit(currency, language)}`;
}

/** A count of things. */
export function number(count, language) {
  return isolated(sign(count) + grouped(Math.abs(count), language), language);
}

/** A rate in basis points, with the decimals that it has. */
export function percent(basisPoints, language) {
  const size = Math.abs(basisPoints) * 100;
  const rest = size % BASIS;
  const decimals = String(rest).padStart(4, "0").replace(/0+$/, "");
  const text = sign(basisPoints) + grouped((size - rest) / BASIS, language);
  return isolated(
    text + (decimals && point(language) + decimals) + (language === "fr" ? `${NBSP}%` : "%"),
    language,
  );
}

/** A day `2026-11-22` as `22/11/2026`. */
export function day(text) {
  return text.split("-").reverse().join("/");
}

/** The day of a moment where the shop stands, `2026-11-22`: the trading day. */
export function localDay(at, house) {
  const told = local(at, house);
  return `${told.year}-${told.month}-${told.day}`;
}

/** The hour of a moment: `15 h 42`, `15:42`, `3.42 pm`. */
export function hour(at, language, house) {
  const told = local(at, house);
  const [hours, minutes] = [Number(told.hour), told.minute];
  if (language === "ar") return `${told.hour}:${minutes}`;
  if (language === "fr") return `${hours}${NBSP}h${minutes === "00" ? "" : NBSP + minutes}`;
  return `${hours % 12 || 12}${minutes === "00" ? "" : `.${minutes}`}${NBSP}${hours >= 12 ? "pm" : "am"}`;
}

/** A day in figures and its hour: `27/11/2026, 15 h 42`. */
export function moment(at, language, house) {
  return `${day(localDay(at, house))}${language === "ar" ? "،" : ","} ${hour(at, language, house)}`;
}

/**
 * The clock of the house at a moment, {year, month, day, hour, minute} in two figures: as the server
 * knows it, for clocks change by decree and an old browser has not heard of it; by the browser where
 * the server has not told yet.
 */
export function local(at, { zone, offsets = [] }) {
  const moment = new Date(at);
  const since = offsets.filter(([from]) => Date.parse(from) <= moment.getTime()).pop();
  if (since) {
    const told = new Date(moment.getTime() + since[1] * 60_000).toISOString();
    const [year, month, day, hour, minute] = told.split(/[-T:]/);
    return { year, month, day, hour, minute };
  }
  if (!clocks.has(zone)) {
    const two = "2-digit";
    const parts = { year: "numeric", month: two, day: two, hour: two, minute: two, hourCycle: "h23" };
    clocks.set(zone, new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...parts }));
  }
  const parts = clocks.get(zone).formatToParts(moment);
  return Object.fromEntries(parts.map(({ type, value }) => [type, value]));
}

function sign(value) {
  return value < 0 ? MINUS : "";
}

function point(language) {
  return language === "en" ? "." : ",";
}

function grouped(whole, language) {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, language === "en" ? "," : NBSP);
}

function isolated(text, language) {
  return language === "ar" ? `\u2066${text}\u2069` : text;
}
