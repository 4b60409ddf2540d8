// What the page says. Its sentences stand in the page, in its language; here they are only filled.

const page = document.documentElement;
const sentences = new Map();
for (const one of document.getElementById("words").content.querySelectorAll("[data-say]")) {
  sentences.set(one.dataset.say, one.textContent);
}

export const language = ["fr", "ar", "en"].includes(page.lang) ? page.lang : "fr";
const unit = document.getElementById("words").content.querySelector(".unit").textContent.trim();
for (const one of document.querySelectorAll("[data-unit]")) one.textContent = unit;
const [NBSP, MINUS] = ["\u00a0", "\u2212"];
const isArabic = language === "ar";

/** A sentence of the page, with `{name}` in it replaced; figures are isolated by themselves. */
export function say(key, values = {}) {
  const sentence = sentences.get(key);
  if (sentence === undefined) throw new Error(`No words for ${key}`);
  return sentence.replace(/\{(\w+)\}/g, (_, name) => isolated(String(values[name] ?? "")));
}

/** Whether there is a sentence of that name. */
export function knows(key) {
  return sentences.has(key);
}

/** An amount without its currency: `1 360,00`. */
export function figure(centimes) {
  const size = Math.abs(centimes);
  const whole = String(Math.trunc(size / 100)).replace(/\B(?=(\d{3})+$)/g, language === "en" ? "," : NBSP);
  const cents = String(size % 100).padStart(2, "0");
  return `${centimes < 0 ? MINUS : ""}${whole}${language === "en" ? "." : ","}${cents}`;
}

/** An amount with its currency, within a sentence. */
export function money(centimes) {
  return `${isArabic ? isolated(figure(centimes)) : figure(centimes)}${NBSP}${unit}`;
}

/** Show an amount in a node: its figure isolated, its currency smaller and after it. */
export function putMoney(node, centimes, { bare = false } = {}) {
  const text = figure(centimes);
  if (node.dataset.amount === text) return;
  node.dataset.amount = text;
  const amount = document.createElement("bdi");
  amount.dir = "ltr";
  amount.textContent = text;
  node.replaceChildren(amount);
  if (bare) return;
  const currency = document.createElement("span");
  currency.className = "unit";
  currency.textContent = `${NBSP}${unit}`;
  node.append(currency);
}

/** A rate in basis points: `12,5 %`. */
export function percent(basisPoints) {
  const text = String(basisPoints / 100).replace(".", language === "en" ? "." : ",");
  return isolated(language === "fr" ? `${text}${NBSP}%` : `${text}%`);
}

/** What a person calls a thing that has names in three languages. */
export function title(names) {
  return names[language] || names.fr || names.en || names.ar || "";
}

/** A figure kept together, in a line that runs from right to left. */
export function isolated(text) {
  return isArabic && /\d/.test(text) && !/[\u0600-\u06ff]/.test(text) ? `\u2066${text}\u2069` : text;
}
