// Every half minute a till says what it holds (section 7): that is how a lost till's missing events
// are known. The answer tells how far this clock is off, and what the server holds.

import { momentText } from "./event.js";

export const EVERY = 30_000;

/** @returns {Promise<{status, told}|null>} null where nobody answered */
export async function beat(server, { heads, unsent, oldestUnsentAt, app, persisted }) {
  const { quota, usage } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  const free = Number.isFinite(quota - usage) ? Math.max(0, Math.floor(quota - usage)) : null;
  const asked = Date.now();
  const answer = await server.ask("POST", "heartbeat", {
    heads,
    unsent,
    oldest_unsent_at: oldestUnsentAt,
    at: momentText(asked),
    app,
    persisted: persisted === true,
    free_bytes: free,
  });
  if (!answer.status) return null;
  // The server read its clock somewhere between the asking and the answer.
  const middle = (asked + Date.now()) / 2;
  const skew = answer.told?.server_time ? Math.round(middle - Date.parse(answer.told.server_time)) : 0;
  return { ...answer, skew };
}
