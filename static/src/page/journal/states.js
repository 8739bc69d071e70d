/**
 * Journals and their locks, as two machines without effects: what this page knows, and what that becomes by what happens.
 * own-lock.js and claims.js carry out what a new state asks for.
 *
 * A page writes its calls under its own id, and holds a lock of that name while they are there. So a journal whose lock
 * can be had is a dead page's, and whoever has the lock may deliver from it.
 *
 * Our own journal. A page begins `free`, or `away` where no lock ends with its page (there are no Web Locks):
 *
 * | state    | what it means                                           | need  | granted  | refused  | due      | idle | close | open    |
 * | -------- | ------------------------------------------------------- | ----- | -------- | -------- | -------- | ---- | ----- | ------- |
 * | free     | nothing of ours is in the journal                       | asked |          |          |          |      | away  |         |
 * | asked    | the lock was asked for before the first call was written |      | held     | away     |          |      | away  |         |
 * | held     | nobody else can deliver our calls                       |       |          |          |          | free | away  |         |
 * | away     | no lock; calls that are written now are for anybody     |       |          |          |          |      |       | exposed |
 * | exposed  | a page that has our lock gets time to freeze            |       |          |          | waiting  |      | away  |         |
 * | waiting  | the lock is asked for, and whoever has it is waited for |       | settling | stranded | stranded |      | away  |         |
 * | settling | the lock is ours; the last writes of others may come    |       |          |          | held     |      | away  |         |
 * | stranded | there is no lock in time; the same writes may come      |       | settling |          | alone    |      | away  |         |
 * | alone    | we deliver without a lock, and look up each call first  |       | settling |          |          |      | away  |         |
 *
 * A dead page's journal (a claim). Where nothing stands, the event changes nothing:
 *
 * | state      | what it means                                       | granted  | refused | found      | nothing | last    | due | drop |
 * | ---------- | --------------------------------------------------- | -------- | ------- | ---------- | ------- | ------- | --- | ---- |
 * | asked      | we wait for its lock: the page may still be alive   | settling | gone    |            |         |         |     |      |
 * | settling   | its lock is ours; its last writes may come          |          |         | delivering | gone    |         |     | gone |
 * | delivering | its calls are on their way                          |          |         |            |         | emptied |     | gone |
 * | emptied    | all are delivered; whoever waits for the lock must see that first | |     | delivering | gone    |         |     | gone |
 * | gone       | its lock is given back                              |          |         |            |         |         |     |      |
 *
 * `need`: a call is about to be written, or the lock is wanted at all times. `due`: the state has lasted as long as it may.
 * `idle`: nothing is left to deliver, and the lock is in the way. `last`: the last call on its way is delivered.
 * `drop`: this page cannot deliver, and leaves journals to others. A claim that is asked for may stay so when others are dropped.
 */

/** @typedef {"free" | "asked" | "held" | "away" | "exposed" | "waiting" | "settling" | "stranded" | "alone"} Own */
/** @typedef {"need" | "granted" | "refused" | "due" | "idle" | "close" | "open"} OwnEvent */
/** @typedef {"asked" | "settling" | "delivering" | "emptied" | "gone"} Claimed */
/** @typedef {"granted" | "refused" | "found" | "nothing" | "last" | "due" | "drop"} ClaimEvent */

/** @type {Record<Own, Partial<Record<OwnEvent, Own>>>} */
const OWN = {
  free: { need: "asked", close: "away" },
  asked: { granted: "held", refused: "away", close: "away" },
  held: { idle: "free", close: "away" },
  away: { open: "exposed" },
  exposed: { due: "waiting", close: "away" },
  waiting: { granted: "settling", refused: "stranded", due: "stranded", close: "away" },
  settling: { due: "held", close: "away" },
  stranded: { granted: "settling", due: "alone", close: "away" },
  alone: { granted: "settling", close: "away" },
};

/** @type {Record<Claimed, Partial<Record<ClaimEvent, Claimed>>>} */
const CLAIM = {
  asked: { granted: "settling", refused: "gone" },
  settling: { found: "delivering", nothing: "gone", drop: "gone" },
  delivering: { last: "emptied", drop: "gone" },
  emptied: { found: "delivering", nothing: "gone", drop: "gone" },
  gone: {},
};

/** @param {Own} state @param {OwnEvent} event @returns {Own} */
export const ownAfter = (state, event) => OWN[state][event] || state;

/** @param {Claimed} state @param {ClaimEvent} event @returns {Claimed} */
export const claimAfter = (state, event) => CLAIM[state][event] || state;

/** How long a state may last, in ms; the others last until something else happens. @type {Partial<Record<Own, number>>} */
export const OWN_MS = {
  // A page about to freeze gives its locks back within this. Asked for by others before that, it would be thrown away.
  exposed: 100,
  // So long a live page may deliver from our journal before we go on without the lock.
  waiting: 30_000,
  // Another process's last writes may reach us later than its lock does.
  settling: 300,
  stranded: 300,
};

/** Whether calls of our own may be delivered; null: not yet known. @param {Own} state */
export function mayDeliver(state) {
  if (state === "away") return false;
  return state === "free" || state === "held" || state === "alone" ? true : null;
}
