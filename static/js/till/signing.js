// Signatures of registers: ECDSA on P-256 with SHA-256, raw r||s, base64url without padding: the
// twin of almakane/journal/signing.py, and the key that only a browser has.

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const HOW = { name: "ECDSA", hash: "SHA-256" };
const KEY_LENGTH = 87;
const SIGNATURE_LENGTH = 86; // of 65 and 64 bytes
const UTF8 = new TextEncoder();

/** Bytes as base64url without padding. */
export function encode(bytes) {
  const letters = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The bytes of base64url without padding; throws for any other spelling of them. */
export function decode(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new Error("not base64url");
  const letters = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  if (encode(bytes) !== text) throw new Error("not the one spelling of these bytes");
  return bytes;
}

/** A key that never leaves this device: whoever copies its disk cannot read it out. */
export function makeKey() {
  return crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
}

/** A public key as the protocol writes it: the uncompressed point. */
export async function publicText(pair) {
  return encode(await crypto.subtle.exportKey("raw", pair.publicKey));
}

/** The signature of a message of ASCII. */
export async function sign(privateKey, message) {
  return encode(await crypto.subtle.sign(HOW, privateKey, UTF8.encode(message)));
}

/** Whether a text is a public key: an uncompressed point on the curve. */
export async function isKey(text) {
  return readKey(text).then(() => true, () => false);
}

/** Whether the holder of a key signed a message; a malformed signature verifies nothing. */
export async function verifies(key, signature, message) {
  if (signature.length !== SIGNATURE_LENGTH) return false;
  try {
    const bytes = UTF8.encode(message);
    return await crypto.subtle.verify(HOW, await readKey(key), decode(signature), bytes);
  } catch {
    return false; // what cannot be read was signed by nobody
  }
}

async function readKey(text) {
  if (text.length !== KEY_LENGTH) throw new Error("not a key");
  return crypto.subtle.importKey("raw", decode(text), CURVE, true, ["verify"]);
}
