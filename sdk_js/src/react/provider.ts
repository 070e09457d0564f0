/** The client that the components below share. */

import { createContext, createElement, type ReactElement, type ReactNode, useContext, useMemo } from "react";
import type { Retoma } from "../client.js";

/** What was shown last, and whose it is: nobody else sees it. */
export interface Shown {
  readonly owner: unknown;
  readonly view: unknown;
}

/** A client, and what its drafts and carts showed last, so that a component that comes later need not begin empty. */
export interface Provided {
  readonly client: Retoma;
  readonly shown: Map<string, Shown>;
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
  const value = useMemo(() => ({ client, shown: new Map() }), [client]);
  return createElement(Context.Provider, { value }, children);
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
  if (provided === null) throw new Error("There is no <RetomaProvider> above this component.");
  return provided;
}
