/** Python in a worker without a window may call for a page: the first word on the channel loads what answers it. */

/**
 * @param {string} home URL of our own script: bridge.js is beside it
 * @param {import("./bridge.js").Page} page
 */
export function openDoor(home, page) {
  if (typeof BroadcastChannel === "undefined") return;
  /** @type {BroadcastChannel | null} */
  let channel = null;
  /** @type {Promise<ReturnType<typeof import("./bridge.js").createBridge>> | null} */
  let bridge = null;

  const open = () => {
    channel = new BroadcastChannel("heap-web");
    channel.onmessage = ({ data }) => {
      if (!/^{"to":"pages"/.test(data)) return;
      bridge ||= import(new URL("bridge.js", home).href).then((module) =>
        module.createBridge(page, (/** @type {string} */ text) => channel && channel.postMessage(text)),
      );
      bridge.then(
        (it) => it.receive(data),
        (error) => page.report("error", "bridge", `bridge.js could not be loaded (${error})`),
      );
    };
    channel.postMessage('{"to":"workers","type":"page"}');
  };

  // An open channel would keep the page out of the back/forward cache.
  addEventListener("pagehide", async () => {
    if (bridge) (await bridge).leave();
    if (channel) channel.close();
    channel = null;
  });
  addEventListener("pageshow", ({ persisted }) => persisted && !channel && open());
  open();
}
