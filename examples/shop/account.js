// @ts-check
/** Who is there: signing in, which takes the guest's cart along, and signing out. */

/** @typedef {import("retoma").Retoma} Retoma */
/** @typedef {{ server: string, key: string }} Where */

/** Signs in, in the shop's own way, and claims what the guest has in the cart. A claim that fails can be made later. */
export async function signIn(/** @type {Retoma} */ retoma, /** @type {Where} */ where) {
  await retoma.flush();
  await fetch("session", { method: "POST" });
  await claim(retoma, where).catch(() => undefined);
  location.reload();
}

/** Forgets the customer here and in the shop; what is not on the server yet is waited for. */
export async function signOut(/** @type {Retoma} */ retoma) {
  await retoma.flush();
  await retoma.signOut();
  await fetch("session", { method: "DELETE" });
  location.reload();
}

/** Makes the guest's cart the customer's, or part of theirs; this device then has nothing more of the guest's. */
async function claim(/** @type {Retoma} */ retoma, /** @type {Where} */ { server, key }) {
  const place = `retoma.visitor.${key}`;
  const visitor = localStorage.getItem(place);
  if (!visitor) return;
  const { token } = await getToken();
  const headers = { "Authorization": `Bearer ${token}`, "Content-Type": "application/json" };
  const answer = await fetch(`${server}/v1/claim`, { method: "POST", headers, body: JSON.stringify({ visitor }) });
  if (!answer.ok) return;
  const claimed = await answer.json();
  await retoma.signOut();
  // The old token is good for nothing else any more.
  if (claimed.visitor) localStorage.setItem(place, claimed.visitor.token);
}

/** The token of whoever is signed in, from the shop's back end. */
export const getToken = async () => (await fetch("retoma-token")).json();
