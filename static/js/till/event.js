// An event as it is written: its names, its moment, its text (section 3), and the hash and signature
// that make it one (section 4).

import { write } from "./canonical.js";
import { digest, journalMessage } from "./chain.js";
import { TillError } from "./refusal.js";
import { encode, sign } from "./signing.js";

const MOST_BYTES = 64 * 1024; // of the three strings together, as a till makes them
const UTF8 = new TextEncoder();

export const UID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A moment as the protocol writes it. */
export function momentText(at) {
  return new Date(at).toISOString();
}

/** A new UUIDv7: time first, then 74 bits of chance. */
export function newUid(at = Date.now(), chance = crypto.getRandomValues(new Uint8Array(10))) {
  const bytes = new Uint8Array(16);
  bytes.set(chance, 6);
  const time = BigInt(at);
  for (let place = 0; place < 6; place += 1) bytes[place] = Number((time >> BigInt(40 - 8 * place)) & 255n);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

/** The key that opens a ticket's page: 128 bits of chance. */
export function newTicketKey() {
  return encode(crypto.getRandomValues(new Uint8Array(16)));
}

/**
 * The text of an event.
 * @param {{register, epoch, mode, seq, prev}} place
 * @param {{uid, kind, at, cashier, body}} fact `at` as the protocol writes it
 */
export function eventText(place, fact) {
  return write({ v: 1, ...place, ...fact });
}

/**
 * An event whole: text, hash and signature. Where the key signs no more the signature is empty: what
 * happened is written all the same, and `lost` locks the till. @returns {Promise<{text, hash, sig}>}
 */
export async function seal(text, privateKey, lost = () => {}) {
  const hash = await digest(text);
  const sig = await sign(privateKey, journalMessage(hash)).catch(() => "");
  if (!sig) lost();
  if (sizeOf({ text, hash, sig }) > MOST_BYTES) throw new TillError("too_long");
  return { text, hash, sig };
}

/** How many bytes an event is. */
export function sizeOf({ text, hash, sig }) {
  return UTF8.encode(text).length + hash.length + sig.length;
}
