// @ts-check
/** The button that signs a guest in, and a customer out. */

import { button } from "./application.js";

/** Where it is shown. @typedef {{ language: import("./language.js").Language, notice: HTMLElement }} Shown */
/**
 * What follows; `leaving` hears that a customer is about to sign out, or stays after all.
 *
 * @typedef {{ signedIn: (receipt: import("retoma").Receipt) => void, signedOut: () => unknown, leaving?: (isLeaving: boolean) => void }} Then
 */

/** A button for an account; what does not come about can be tried again. */
export function signIn(/** @type {Shown} */ { language, notice }, /** @type {import("./account.js").Account} */ account, /** @type {Then} */ { signedIn, signedOut, leaving = () => undefined }) {
  const way = button(language, account.isIn ? "sign-out" : "sign-in", "plain sign", () => void press());
  const act = async () => {
    if (account.isIn) return signOut();
    const receipt = await account.signIn();
    language.say(way, "sign-out");
    signedIn(receipt);
  };
  const signOut = async () => {
    leaving(true);
    await account.signOut().catch((error) => {
      leaving(false);
      throw error;
    });
    await signedOut();
  };
  const press = async () => {
    if (way.ariaBusy === "true") return;
    way.ariaBusy = "true";
    await act().catch(() => language.say(notice, "no-connection"));
    way.ariaBusy = "false";
  };
  return way;
}
