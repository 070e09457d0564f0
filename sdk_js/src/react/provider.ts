/** The client that the components below share. */

import { createContext, createElement, type ReactElement, type ReactNode, useContext, useMemo } from "react";
import type { Retoma } from "../client.js";

/** What drafts and carts showed last, so that a component that comes later need not begin empty. */
export type Shown = Map<string, unknown>;

/** A client, and what was shown since somebody left last: whoever comes next sees nothing of it. */
export interface Provided {
  readonly client: Retoma;
  shown: Shown;
}

function providedOf(client: Retoma): Provided {
  const provided: Provided = { client, shown: new Map() };
  // Who signs in goes on with what is on screen.
  client.onOwner.add((next) => next ?? (provided.shown = new Map()));
  return provided;
}

const Context = createContext<Provided | null>(null);

/**
 * Gives the components below it a client. Make the client once, outside of components.
 *
 * @example
 * const retoma = createRetoma({ url: "https://retoma.example", publishableKey: "pk_…" });
 * root.render(<RetomaProvider client={retoma}><App /></RetomaProvider>);
 */
export function RetomaProvider(props: { readonly client: Retoma; readonly children?: ReactNode }): ReactElement {
  const { client, children } = props;
  return createElement(Context.Provider, { value: useMemo(() => providedOf(client), [client]) }, children);
}

/**
 * The client that {@link RetomaProvider} gives.
 *
 * @throws Error where there is no provider above.
 * @example
 * const retoma = useRetoma();
 * const signOut = () => retoma.signOut();
 */
export function useRetoma(): Retoma {
  return useProvided().client;
}

/** What {@link RetomaProvider} gives. */
export function useProvided(): Provided {
  const provided = useContext(Context);
  if (!provided) throw new Error("There is no <RetomaProvider> above it.");
  return provided;
}
