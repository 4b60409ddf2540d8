// Who may stand at this till without a network: those who passed here online, for fourteen days. What
// is kept verifies a PIN and does not tell it, by a key that cannot be read out of this browser.

import { encode } from "./signing.js";
import { keep, read } from "./store.js";
import { TillError } from "./refusal.js";

const DAYS = 14;
const MOST_TRIES = 5;
const ROUNDS = 100_000;
const KEY = "pins";
const UTF8 = new TextEncoder();

/** Learn that somebody passed online. `person` is kept with it: their name, role and band. */
export async function learn(db, login, pin, person) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const verifier = await verifierOf(await keyOf(db), pin, salt);
  const note = { person, salt, verifier, tries: 0, until: Date.now() + DAYS * 86_400_000 };
  await keep(db, ["notes", note, `pin/${login}`]);
}

/** Let somebody in without a network. @returns {Promise<object>} the person */
export async function check(db, login, pin) {
  const note = await read(db, "notes", `pin/${login}`);
  if (!note || note.until < Date.now()) throw new TillError("no_pin_offline", {}, "pin");
  if (note.tries >= MOST_TRIES) throw new TillError("too_many_attempts", {}, "pin");
  const verifier = await verifierOf(await keyOf(db), pin, note.salt);
  const isRight = verifier === note.verifier;
  await keep(db, ["notes", { ...note, tries: isRight ? 0 : note.tries + 1 }, `pin/${login}`]);
  if (!isRight) throw new TillError("wrong_pin", {}, "pin");
  return note.person;
}

/** Forget somebody: the server does not let them in any more. */
export async function forget(db, login) {
  await keep(db, ["notes", undefined, `pin/${login}`]);
}

async function verifierOf(key, pin, salt) {
  const typed = await crypto.subtle.importKey("raw", UTF8.encode(pin), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS };
  return encode(await crypto.subtle.sign("HMAC", key, await crypto.subtle.deriveBits(how, typed, 256)));
}

async function keyOf(db) {
  const there = await read(db, "keys", KEY);
  if (there) return there;
  const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  await keep(db, ["keys", key, KEY]);
  return key;
}
