// What people type, before it goes into an event (section 3): one form of each letter, nothing that
// turns a line round or cannot be seen, and no longer than a field takes.

const LONGEST = { note: 500, why: 500, title: 200, ref: 120, code: 64, name: 120, phone: 20 };
const HALVES = /\p{Surrogate}/gu;
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g; // all but the end of a line
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A text as an event may hold it; `cut` tells that its end was lost. @returns {{text, cut}} */
export function cleaned(typed, field) {
  const whole = String(typed ?? "")
    .replace(/\r\n?/g, "\n")
    .replace(/\t/g, " ")
    .replace(HALVES, "")
    .replace(CONTROLS, "")
    .replace(TURNING, "")
    .normalize("NFC")
    .trim();
  const letters = Array.from(whole); // the server counts characters, not halves of them
  const most = LONGEST[field];
  if (letters.length <= most) return { text: whole, cut: false };
  return { text: letters.slice(0, most).join("").trimEnd(), cut: true };
}

/** The same, where nobody needs to be told of a cut. */
export function clean(typed, field) {
  return cleaned(typed, field).text;
}
