// What the server that plays Heap has received: the whole list, and word of each change while the page is seen.

/** @typedef {import("./received-call.js").Received} Received */

/** @returns {Promise<Received[]>} in the order in which the calls were made */
export async function listing() {
  const answer = await fetch("/received.json", { cache: "no-store" });
  if (!answer.ok) throw new Error(`received.json: ${answer.status}`);
  return (await answer.json()).received;
}

/**
 * Calls `load` now and at every change on the server, while the page is seen, and one after the other.
 * @param {() => Promise<unknown>} load
 * @param {(open: boolean) => void} connected told whether the server is heard
 * @returns {() => void} ends it
 */
export function listen(load, connected = () => {}) {
  /** @type {EventSource | null} */
  let source = null;
  let running = false;
  let again = false;
  const told = async () => {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      await load().catch(() => connected(false));
    }
    running = false;
  };
  const open = () => {
    if (source || document.visibilityState === "hidden") return;
    source = new EventSource("/received/changes");
    source.addEventListener("open", () => connected(true));
    source.addEventListener("error", () => connected(false));
    source.addEventListener("message", told);
  };
  const close = () => {
    source?.close();
    source = null;
    connected(false);
  };
  const seen = () => (document.visibilityState === "hidden" ? close() : open());
  document.addEventListener("visibilitychange", seen);
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
  return () => {
    document.removeEventListener("visibilitychange", seen);
    removeEventListener("pagehide", close);
    removeEventListener("pageshow", open);
    close();
  };
}
