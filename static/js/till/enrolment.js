// Enrolment (section 2): a key that never leaves this browser, kept before the server hears of it, so
// that no answer that is lost on the way can leave an epoch without its key.

import { digest, enrolMessage } from "./chain.js";
import { TillError } from "./refusal.js";
import { makeKey, publicText, sign, verifies } from "./signing.js";
import { keep, read, readAll } from "./store.js";

const PENDING = "pending";

/** Enrol by a manager's code. @returns {Promise<object>} the enrolment, kept */
export async function enrol(db, server, typed, app) {
  const code = String(typed).toUpperCase().replace(/[\s-]/g, "");
  const key = await keyFor(db, code);
  const pair = await read(db, "keys", key);
  const proof = await sign(pair.privateKey, enrolMessage(code, key));
  const { status, told } = await server.ask("POST", "enrol", { code, key, proof, app }, { token: "" });
  if (status === 0 || status >= 500) throw new TillError("offline");
  if (status !== 200 && status !== 201) {
    throw new TillError("refused", { reason: told?.reason ?? "", title: told?.title ?? "", status }, "code");
  }
  const { register, epoch, token, genesis, perpetual, site, settings } = told;
  const enrolment = { key, register, epoch, token, site, settings, ended: "", at: new Date().toISOString() };
  enrolment.chains = { live: await digest(genesis.live), training: await digest(genesis.training) };
  const sums = { live: perpetual, training: { sales: 0, refunds: 0 } };
  const heads = Object.entries(enrolment.chains).map(([mode, chain]) => {
    const head = { chain, register, epoch, mode, genesis: genesis[mode], seq: 0, hash: chain };
    return ["chains", { ...head, number: 0, perpetual: sums[mode], shift: null, closed: null, left: 0 }];
  });
  // The answer to the same code asked twice has a new token and the same chains, still empty.
  await keep(db, ["enrolments", enrolment], ...heads, ["notes", undefined, PENDING]);
  return enrolment;
}

// The key of this code: a new one, or the one that was made when the answer was lost.
async function keyFor(db, code) {
  const pending = await read(db, "notes", PENDING);
  const codeHash = await digest(code);
  if (pending?.code === codeHash && (await works(db, pending.key))) return pending.key;
  const pair = await makeKey();
  const key = await publicText(pair);
  await keep(db, ["keys", pair, key], ["notes", { code: codeHash, key }, PENDING]);
  if (!(await works(db, key))) throw new TillError("no_store", { error: "key" });
  return key;
}

/** Whether the key that is kept can be read back, signs, and verifies as the public key it should be. */
export async function works(db, key) {
  try {
    const pair = await read(db, "keys", key);
    const message = `almakane-self-test:${key}`;
    return await verifies(key, await sign(pair.privateKey, message), message);
  } catch {
    return false; // gone or unusable: the till says so, and waits for a new epoch
  }
}

/** The enrolment of this device, the latest where there were several. */
export async function latestEnrolment(db) {
  const all = await readAll(db, "enrolments");
  return all.sort((a, b) => (a.at < b.at ? -1 : 1)).pop() ?? null;
}
