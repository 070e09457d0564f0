// @ts-check
/** Who is there: signing in, which takes the guest's cart along, and signing out. */

/** @typedef {import("retoma").Retoma} Retoma */

/** Signs in, in the shop's own way; the page goes on as Ana's, with what the guest has in the cart. Returns what became of it. */
export async function signIn(/** @type {Retoma} */ retoma) {
  const { customer } = await (await fetch("session", { method: "POST" })).json();
  return retoma.signIn({ customer, getToken });
}

/** Forgets the customer here and in the shop; what is not on the server yet is waited for. */
export async function signOut(/** @type {Retoma} */ retoma) {
  await retoma.flush();
  await retoma.signOut();
  await fetch("session", { method: "DELETE" });
  location.reload();
}

/** The token of whoever is signed in, from the shop's back end. */
export const getToken = async () => (await fetch("retoma-token")).json();
