// The same vectors as tests/journal/test_vectors.py, by the twins that a browser would run.

import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";

const { subtle } = webcrypto;
const vectors = JSON.parse(readFileSync(new URL("journal.json", import.meta.url), "utf8"));
const KEY = /^[a-z][a-z0-9_]*$/;
const DEEPEST = 6;

// Canonical JSON: sorted keys, no spaces, integers that JavaScript holds, nothing else.
function canonical(value, depth = 0) {
  if (value === null || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new Error("not an integer");
    return String(value);
  }
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new Error("half a character");
    return JSON.stringify(value);
  }
  if (depth >= DEEPEST) throw new Error("too deep");
  if (Array.isArray(value)) return `[${value.map((one) => canonical(one, depth + 1)).join(",")}]`;
  const fields = Object.keys(value).sort().map((key) => {
    if (!KEY.test(key)) throw new Error("not a key");
    return `${JSON.stringify(key)}:${canonical(value[key], depth + 1)}`;
  });
  return `{${fields.join(",")}}`;
}

async function digest(text) {
  const bytes = await subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Buffer.from(bytes).toString("hex");
}

function decode(text) {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.toString("base64url") !== text) throw new Error("not the one spelling");
  return bytes;
}

async function publicKey(text) {
  if (text.length !== 87) throw new Error("not a key");
  return subtle.importKey("raw", decode(text), { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]);
}

async function verifies(key, sig, message) {
  try {
    if (sig.length !== 86) return false;
    const how = { name: "ECDSA", hash: "SHA-256" };
    const bytes = new TextEncoder().encode(message);
    return await subtle.verify(how, await publicKey(key), decode(sig), bytes);
  } catch {
    return false;
  }
}

function genesis({ register, epoch, mode, key, previous }) {
  return canonical({ v: 1, genesis: register, epoch, mode, key, previous });
}

let done = 0;
function agree(name, is, should) {
  if (is !== should) throw new Error(`${name}: ${is} is not ${should}`);
  done += 1;
}

for (const { name, value, text, hash } of vectors.canonical) {
  agree(name, canonical(value) === text && (await digest(text)) === hash, true);
}
for (const { name, text } of vectors.not_canonical) {
  let written = null;
  try {
    const value = JSON.parse(text);
    if (!Array.isArray(value)) written = canonical(value);
  } catch { /* it is an error, as it should be */ }
  agree(name, written !== text, true);
}
for (const each of vectors.genesis) {
  const text = genesis(each);
  agree(each.name, text === each.text && (await digest(text)) === each.hash, true);
}
for (const { name, key, is_key } of vectors.keys) {
  agree(name, await publicKey(key).then(() => true, () => false), is_key);
}
for (const { name, key, sig, message, verifies: should } of vectors.signatures) {
  agree(name, await verifies(key, sig, message), should);
}
console.log(`${done} agree`);
