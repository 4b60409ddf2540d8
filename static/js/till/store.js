// What the till keeps: two databases of the browser. `catalogue` may be dropped at any time and is
// read again from the server; `journal` only grows, and no code of ours ever drops a row of it.
//
// A chain is known by the hash of its genesis, so that a device that stood at another register, or
// enrolled again, can never write over what it wrote before.

import { TillError } from "./refusal.js";

const JOURNAL = 1;
const CATALOGUE = 1;

/** Open the journal. */
export function openJournal() {
  return open("journal", JOURNAL, (db) => {
    const events = db.createObjectStore("events"); // [chain, seq] -> text, hash, sig, and names
    events.createIndex("uid", ["chain", "uid"], { unique: true });
    events.createIndex("number", "number");
    db.createObjectStore("chains", { keyPath: "chain" }); // heads
    db.createObjectStore("held"); // chain -> what the server holds: one watermark
    db.createObjectStore("told"); // [chain, seq] -> what the server made of an event, where not all was well
    db.createObjectStore("keys"); // public key -> the pair, which cannot be read out
    db.createObjectStore("enrolments", { keyPath: "key" }); // one an epoch
    db.createObjectStore("notes"); // counts of a shift that is being closed, PINs that passed here
  });
}

/** Open the catalogue. */
export function openCatalogue() {
  return open("catalogue", CATALOGUE, (db) => {
    db.createObjectStore("pages"); // number -> lots
    db.createObjectStore("notes"); // cursor, people, house
  });
}

function open(name, version, create) {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(name, version);
    asked.onupgradeneeded = () => create(asked.result);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("blocked"));
  });
}

/** One request's answer. */
export function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Read one row. */
export function read(db, store, key) {
  return answer(db.transaction(store).objectStore(store).get(key));
}

/** Read the rows of a range of keys, or all. */
export function readAll(db, store, range, most) {
  return answer(db.transaction(store).objectStore(store).getAll(range, most));
}

/** The keys of a range. */
export function keysOf(db, store, range) {
  return answer(db.transaction(store).objectStore(store).getAllKeys(range));
}

/** Put rows, [[store, value, key], ...], all or none; undefined deletes (never of the journal's events). */
export async function keep(db, ...rows) {
  const stores = [...new Set(rows.map(([store]) => store))];
  const transaction = db.transaction(stores, "readwrite", { durability: "strict" });
  for (const [store, value, key] of rows) {
    const into = transaction.objectStore(store);
    if (value === undefined) into.delete(key);
    else if (into.keyPath) into.put(value);
    else into.put(value, key);
  }
  await done(transaction);
}

/**
 * Add an event and move its chain's head, or do neither.
 *
 * All was made before: within the transaction nothing is waited for but the head, which must still be
 * the one that the event stands on. It is durable, and only then a fact, when this resolves.
 */
export async function append(db, before, row, after) {
  const transaction = db.transaction(["events", "chains"], "readwrite", { durability: "strict" });
  const chains = transaction.objectStore("chains");
  let moved = false;
  chains.get(before.chain).onsuccess = ({ target }) => {
    const there = target.result;
    if (there?.seq !== before.seq || there.hash !== before.hash) {
      moved = true;
      transaction.abort();
      return;
    }
    transaction.objectStore("events").add(row, [row.chain, row.seq]);
    chains.put(after);
  };
  await done(transaction, () => moved);
}

function done(transaction, hasMoved = () => false) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => {
      if (hasMoved()) return reject(new TillError("moved"));
      const error = transaction.error;
      const isFull = error?.name === "QuotaExceededError";
      return reject(new TillError(isFull ? "no_room" : "no_write", { error: String(error ?? "") }));
    };
  });
}

/** The rows of a chain from one seq to another, both included. */
export function eventsOf(db, chain, first, last = Number.MAX_SAFE_INTEGER, most = undefined) {
  return readAll(db, "events", IDBKeyRange.bound([chain, first], [chain, last]), most);
}

/** The event of a chain that bears a uid. */
export function eventOf(db, chain, uid) {
  return answer(db.transaction("events").objectStore("events").index("uid").get([chain, uid]));
}

/** The events, of any chain, of a ticket's number. */
export function eventsOfNumber(db, number) {
  return answer(db.transaction("events").objectStore("events").index("number").getAll(number));
}

/** The latest tickets of a chain, newest first. */
export function latestTickets(db, chain, most) {
  return new Promise((resolve, reject) => {
    const found = [];
    const range = IDBKeyRange.bound([chain, 0], [chain, Number.MAX_SAFE_INTEGER]);
    const walk = db.transaction("events").objectStore("events").openCursor(range, "prev");
    walk.onerror = () => reject(walk.error);
    walk.onsuccess = () => {
      const cursor = walk.result;
      if (!cursor || found.length >= most) return resolve(found);
      if (cursor.value.number) found.push(cursor.value);
      return cursor.continue();
    };
  });
}
