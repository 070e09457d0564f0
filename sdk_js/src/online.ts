/** What a page needs to talk to the server: loaded when it first has something to say. */

export { complete, discard, dismiss, handoff, handoffs, history, resume, revoke } from "./acts.js";
export { completeCart, nextCart } from "./cart/acts.js";
export { resumeCart } from "./cart/begun.js";
export { Exchange } from "./exchange.js";
export { help } from "./help.js";
export { Lines } from "./lines.js";
export { listDrafts, watchDrafts } from "./listing.js";
export { Passing } from "./passing.js";
