// Canonical JSON, so that Python and JavaScript write one value as the same bytes (section 3 of
// docs/till-protocol.md): the twin of almakane/journal/canonical.py.

const DEEPEST = 6;
const KEY = /^[a-z][a-z0-9_]*$/;
const HALF = /\p{Surrogate}/u; // with `u` a whole pair is one character, so this finds halves only

/** A value that the page does not allow. */
export class NotCanonical extends Error {}

/** A value as canonical JSON: sorted keys, no spaces, integers that a number holds, no more. */
export function write(value, left = DEEPEST) {
  if (value === null || value === true || value === false) return String(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new NotCanonical("no integer");
    return String(value);
  }
  if (typeof value === "string") {
    if (HALF.test(value)) throw new NotCanonical("half a character");
    return JSON.stringify(value);
  }
  if (typeof value !== "object") throw new NotCanonical("no value");
  if (left < 1) throw new NotCanonical("nested too deep");
  if (Array.isArray(value)) return `[${value.map((one) => write(one, left - 1)).join(",")}]`;
  const fields = Object.keys(value).sort().map((key) => {
    if (!KEY.test(key)) throw new NotCanonical("no key");
    return `"${key}":${write(value[key], left - 1)}`;
  });
  return `{${fields.join(",")}}`;
}
