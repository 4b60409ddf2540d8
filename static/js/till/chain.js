// The chain of a register: hashes, the genesis that it begins with, and what is signed (sections 2
// to 4): the twin of almakane/journal/chain.py.

import { write } from "./canonical.js";

const UTF8 = new TextEncoder();

/** SHA-256 of a text's UTF-8 bytes, in lower-case hex. */
export async function digest(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", UTF8.encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The text that a chain's first event stands on; `previous` is null, or {epoch, seq, hash}. */
export function genesisText(register, epoch, mode, key, previous) {
  return write({ v: 1, genesis: register, epoch, mode, key, previous });
}

export const journalMessage = (hash) => `almakane-journal-1:${hash}`;
export const enrolMessage = (code, key) => `almakane-enrol-1:${code}:${key}`;
export const retireMessage = (register, epoch, hash) => `almakane-retire-1:${register}:${epoch}:${hash}`;
export const ticketMessage = (payload) => `almakane-ticket-1:${payload}`;
