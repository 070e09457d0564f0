/** Retoma in React Native: where drafts are kept, and when it is worth trying again. */

import type { RetomaOptions } from "../client.js";
import { type AsyncStrings, asyncStorage, loadStorage } from "./storage.js";
import { type AppStates, appSurroundings, type Networks } from "./surroundings.js";

export { type AsyncStrings, asyncStorage, loadStorage } from "./storage.js";
export { type AppStates, appSurroundings, type Networks } from "./surroundings.js";

/**
 * What an app hands in: its AsyncStorage, `AppState` of react-native, and NetInfo.
 *
 * @example
 * const parts: NativeParts = { AsyncStorage, AppState, NetInfo };
 */
export interface NativeParts {
  readonly AsyncStorage: AsyncStrings;
  readonly AppState: AppStates;
  readonly NetInfo: Networks;
}

/**
 * The options of `createRetoma` that differ in an app.
 *
 * @example
 * const native = await nativeOptions({ AsyncStorage, AppState, NetInfo });
 * const retoma = createRetoma({ url: "https://retoma.example", publishableKey: "pk_…", channel: Platform.OS, ...native });
 */
export async function nativeOptions(parts: NativeParts): Promise<Required<Pick<RetomaOptions, "storage" | "draftStorage" | "surroundings">>> {
  return {
    storage: await loadStorage(parts.AsyncStorage),
    draftStorage: asyncStorage(parts.AsyncStorage),
    surroundings: appSurroundings(parts.AppState, parts.NetInfo),
  };
}
