/**
 * Journals and their locks, as two machines without effects: what this page knows, and what it knows after an event.
 * own-lock.js and claims.js carry out what each state asks for.
 *
 * A page writes its calls under its own id, and holds a lock of that name while they are there. A lock ends with its page. So when
 * another page can have that lock, the page is gone, and the other page may deliver its calls.
 *
 * Our own journal. A page begins `free`, or `away` where there are no Web Locks. Where nothing stands, the event changes nothing.
 *
 * | state    | what it means                                             | need  | granted  | refused  | due      | idle | close | open    |
 * | -------- | --------------------------------------------------------- | ----- | -------- | -------- | -------- | ---- | ----- | ------- |
 * | free     | nothing of ours is in the journal                         | asked |          |          |          |      | away  |         |
 * | asked    | we asked for the lock before the first call was written   |       | held     | away     |          |      | away  |         |
 * | held     | no other page can deliver our calls                       |       |          |          |          | free | away  |         |
 * | away     | we have no lock: any page may deliver what we write       |       |          |          |          |      |       | exposed |
 * | exposed  | a page that has our lock gets time to give it back        |       |          |          | waiting  |      | away  |         |
 * | waiting  | we asked for the lock, and wait for the page that has it  |       | settling | stranded | stranded |      | away  |         |
 * | settling | the lock is ours, but that page's last writes may come    |       |          |          | held     |      | away  |         |
 * | stranded | we got no lock in time; those last writes may come        |       | settling |          | alone    |      | away  |         |
 * | alone    | we deliver without a lock, and look each call up before   |       | settling |          |          |      | away  |         |
 *
 * - need: a call is about to be written, or the page wants the lock at all times
 * - due: the state has lasted as long as it may
 * - idle: nothing is left to deliver, and the lock is in the way
 * - close, open: the page goes into the back/forward cache or stops delivering; it delivers
 *
 * A claim: the journal of another page.
 *
 * | state      | what it means                                               | granted  | refused | found      | nothing | last    | drop |
 * | ---------- | ----------------------------------------------------------- | -------- | ------- | ---------- | ------- | ------- | ---- |
 * | asked      | we wait for its lock: the page may be alive                 | settling | gone    |            |         |         |      |
 * | settling   | the lock is ours, but the page's last writes may come       |          |         | delivering | gone    |         | gone |
 * | delivering | its calls are on their way                                  |          |         |            |         | emptied | gone |
 * | emptied    | all are delivered; we keep the lock until others see that   |          |         | delivering | gone    |         | gone |
 * | gone       | the lock is given back                                      |          |         |            |         |         |      |
 *
 * - found, nothing: we looked into the journal, and there were calls, or there were none
 * - last: the last call that was on its way is delivered
 * - drop: this page cannot deliver, and leaves journals to others
 */

/** @typedef {"free" | "asked" | "held" | "away" | "exposed" | "waiting" | "settling" | "stranded" | "alone"} Own */
/** @typedef {"need" | "granted" | "refused" | "due" | "idle" | "close" | "open"} OwnEvent */
/** @typedef {"asked" | "settling" | "delivering" | "emptied" | "gone"} Claimed */
/** @typedef {"granted" | "refused" | "found" | "nothing" | "last" | "drop"} ClaimEvent */

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
  // A page that freezes gives its locks back within this. If another page asks for one before, the browser discards the frozen page.
  exposed: 100,
  // A live page may deliver from our journal for this long. Then we go on without the lock.
  waiting: 30_000,
  // The last writes of another process may reach us this much later than its lock.
  settling: 300,
  stranded: 300,
};

/** Whether calls of our own may be delivered; null: not yet known. @param {Own} state */
export function mayDeliver(state) {
  if (state === "away") return false;
  return state === "free" || state === "held" || state === "alone" ? true : null;
}
