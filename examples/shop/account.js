// @ts-check
/** Who is there: signing in, which takes the guest's cart along, and signing out. */

/** @typedef {import("retoma").Retoma} Retoma */
/**
 * @typedef {object} Where a device, as a claim needs it
 * @property {string} server
 * @property {string} key the publishable one
 * @property {import("retoma").RetomaStorage} storage
 * @property {() => Promise<{ token: string }>} getToken gives the customer's, once they are signed in
 * @property {typeof fetch} [fetch]
 */

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

/**
 * Makes the guest's cart the customer's, or part of theirs; this device then has nothing more of the guest's.
 *
 * @returns the receipt: what became of each cart; null where there was no guest.
 * @throws where it did not come about; it can be repeated.
 */
export async function claim(/** @type {Retoma} */ retoma, /** @type {Where} */ { server, key, storage, getToken, fetch = (...asked) => globalThis.fetch(...asked) }) {
  const place = `retoma.visitor.${key}`;
  const visitor = storage.get(place);
  if (!visitor) return null;
  const { token } = await getToken();
  const headers = { "Authorization": `Bearer ${token}`, "Content-Type": "application/json" };
  const answer = await fetch(`${server}/v1/claim`, { method: "POST", headers, body: JSON.stringify({ visitor }) });
  if (!answer.ok) throw new Error(`The claim was answered ${answer.status}.`);
  const receipt = await answer.json();
  // The old token is good for nothing else any more; a sign-out forgets whichever is there, or is refused while edits wait.
  const renew = () => receipt.visitor && storage.set(place, receipt.visitor.token);
  renew();
  await retoma.signOut();
  renew();
  return receipt;
}

/** The token of whoever is signed in, from the shop's back end. */
export const getToken = async () => (await fetch("retoma-token")).json();
