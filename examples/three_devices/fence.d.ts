/** A `fetch` that takes the lease of whatever a code opened, and sends its fence with every write. */
export function fencing(fetch: typeof globalThis.fetch): typeof globalThis.fetch;
