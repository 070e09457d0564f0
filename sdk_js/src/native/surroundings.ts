/** Whether an app is looked at and has a network, in React Native. */

import type { Surroundings } from "../surroundings.js";

/**
 * React Native's `AppState`, as far as it is used.
 *
 * @example
 * import { AppState } from "react-native";
 * const states: AppStates = AppState;
 */
export interface AppStates {
  addEventListener(type: "change", listener: (state: string) => void): { remove(): void };
}

/**
 * `@react-native-community/netinfo`, as far as it is used.
 *
 * @example
 * import NetInfo from "@react-native-community/netinfo";
 * const networks: Networks = NetInfo;
 */
export interface Networks {
  addEventListener(listener: (network: { readonly isConnected: boolean | null }) => void): () => void;
}

/**
 * Tells a client of an app when to try again and when to send what waits.
 *
 * @example
 * createRetoma({ url, publishableKey, surroundings: appSurroundings(AppState, NetInfo) });
 */
export function appSurroundings(appState: AppStates, netInfo: Networks): Surroundings {
  return {
    watch({ wake, leave }) {
      const states = appState.addEventListener("change", (state) => (state === "active" ? wake() : leave()));
      // A network is a reason to try, its absence never a reason not to.
      const stopNetworks = netInfo.addEventListener(({ isConnected }) => isConnected && wake());
      return () => {
        states.remove();
        stopNetworks();
      };
    },
  };
}
