// A text as one would type it in a hurry: no accents, no capitals, no signs, one form of each Arabic
// letter. The twin of plain() in almakane/web/texts.py.

const PLAIN = {
  أ: "ا", إ: "ا", آ: "ا", ٱ: "ا", ؤ: "و", ئ: "ي", ى: "ي", ة: "ه", ݣ: "ك", گ: "ك", ڭ: "ك",
  ڤ: "ف", ڥ: "ف", پ: "ب", چ: "ج", ـ: "", œ: "oe", æ: "ae", ß: "ss",
};
const DRESSED = new RegExp(`[${Object.keys(PLAIN).join("")}]`, "g");
const COMBINING = /\p{Mn}/gu;
const WORDS = /[\p{L}\p{N}_]+/gu;

/** The words of a text, plain. */
export function words(text) {
  const low = undress(text.toLowerCase());
  return undress(low.normalize("NFKD").replace(COMBINING, "")).match(WORDS) ?? [];
}

/** A text, plain. */
export function plain(text) {
  return words(text).join(" ");
}

function undress(text) {
  return text.replace(DRESSED, (letter) => PLAIN[letter]);
}
