// @ts-check
/** What a till adds to the SDK: of staff one at a time writes in a draft, by the fence of its lease. */

const WRITE = /\/v1\/drafts\/([^/]+)(\/changes|\/complete)$/;

/** A `fetch` that takes the lease of whatever a code opened, and sends its fence with every write.
 * @param {typeof fetch} fetch @returns {typeof fetch} */
export function fencing(fetch) {
  /** Which assist opens a draft. @type {Map<string, string>} */
  const assists = new Map();
  /** The fence of each draft's lease. @type {Map<string, number>} */
  const fences = new Map();

  /** @param {string} url @param {RequestInit} init @param {string} draft */
  async function take(url, init, draft) {
    const path = `${url.slice(0, url.indexOf("/v1/"))}/v1/assist/${assists.get(draft)}/lease`;
    const answer = await fetch(path, { ...init, method: "POST", body: "{}" });
    if (answer.ok) fences.set(draft, (await answer.json()).fence);
    return answer.ok;
  }

  /** @param {string} url @param {RequestInit} init @param {string} draft */
  function write(url, init, draft) {
    const headers = new Headers(init.headers);
    headers.set("Retoma-Fence", String(fences.get(draft)));
    return fetch(url, { ...init, headers });
  }

  return async (input, init = {}) => {
    const url = String(input);
    const draft = WRITE.exec(url)?.[1] ?? "";
    if (assists.has(draft)) {
      if (!fences.has(draft)) await take(url, init, draft);
      const answer = await write(url, init, draft);
      return answer.status === 423 && (await take(url, init, draft)) ? write(url, init, draft) : answer;
    }
    const answer = await fetch(input, init);
    if (url.endsWith("/v1/assist/redeem") && answer.ok) {
      const { assist } = await answer.clone().json();
      if (assist) assists.set(assist.draft, assist.id);
    }
    return answer;
  };
}
