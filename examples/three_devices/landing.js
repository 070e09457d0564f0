// @ts-check
/** The page behind a handoff's link, in a window of a phone's size; what it was opened for goes on in the phone beside it. */

const CHANNEL = "three-devices";
/** Nobody waits for a link that was not scanned. */
const PATIENCE_MS = 1000;

/** Where the phone of this page waits for the link that it has opened last. @type {BroadcastChannel | undefined} */
let waiting;

/** Opens the page behind a link. Resolves with what it hands on, once somebody goes on there; where no window opens, with the link. */
export async function following(/** @type {string} */ link) {
  // The server's page is its own, and tells its opener nothing.
  if (window.open(link, "_blank", "popup,width=400,height=820") === null) return link;
  waiting?.close();
  const channel = new BroadcastChannel(CHANNEL);
  waiting = channel;
  const { hash } = new URL(link);
  return new Promise((resolve) => {
    channel.addEventListener("message", ({ data }) => {
      // Of several phones that wait, in other tabs too, the one that has opened it.
      if (!data.handoff?.includes(hash.slice(1))) return;
      channel.postMessage({ taken: data.handoff });
      channel.close();
      resolve(data.handoff);
    });
  });
}

/** Hands what the page's address carries to a phone that waits for it; says whether there was one. */
export async function handOver() {
  const channel = new BroadcastChannel(CHANNEL);
  const handoff = location.hash;
  const isTaken = await new Promise((resolve) => {
    channel.addEventListener("message", ({ data }) => data.taken === handoff && resolve(true));
    channel.postMessage({ handoff });
    setTimeout(() => resolve(false), PATIENCE_MS);
  });
  channel.close();
  return isTaken;
}
