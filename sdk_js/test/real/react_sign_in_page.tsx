/** A page of React components, as `react_sign_in.test.ts` bundles it: a form, a cart, and a record of all that was shown. */

import { Component, type ReactNode, StrictMode, useEffect, useReducer } from "react";
import { createRoot } from "react-dom/client";
import { cartOf } from "../../src/cart/index.js";
import { createRetoma, type Draft, type Retoma } from "../../src/index.js";
import { RetomaProvider, useCart, useDraft, useDraftField } from "../../src/react/index.js";

/** What was on screen at one moment. */
export interface Shown {
  readonly isReady: boolean;
  readonly value: Record<string, unknown>;
  readonly count: number;
}

interface Window {
  retoma: Retoma;
  draft: Draft | null;
  cart: ReturnType<typeof useCart>["cart"];
  /** All that was shown so far. */
  shown: Shown[];
  /** What a component threw. */
  thrown: string[];
  readonly tokenFor: (customer: string) => Promise<string>;
  signIn(customer: string): Promise<unknown>;
}

const page = globalThis as unknown as Window;
const asked = new URLSearchParams(location.search);
const process = asked.get("process") ?? "mortgage";

class Boundary extends Component<{ readonly children: ReactNode }> {
  override componentDidCatch(error: Error): void {
    page.thrown.push(error.message);
  }

  override render(): ReactNode {
    return this.props.children;
  }
}

/** Renders again and again, as pages do for reasons of their own. */
function useUnrest(): void {
  const [, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const ticking = setInterval(again, 4);
    return () => clearInterval(ticking);
  }, []);
}

function Page(): ReactNode {
  useUnrest();
  const { draft, value, isReady } = useDraft(process);
  const { cart, count, isReady: isCartReady } = useCart(cartOf, { process: `${process}-cart` });
  const phone = useDraftField(draft, "phone");
  page.shown.push({ isReady: isReady && isCartReady, value, count });
  Object.assign(page, { draft, cart });
  return (
    <fieldset disabled={!isReady}>
      <input name="phone" {...phone.inputProps} />
      <output>{count}</output>
    </fieldset>
  );
}

export function begin(url: string, publishableKey: string): void {
  page.retoma = createRetoma({ url, publishableKey });
  page.signIn = (customer) => page.retoma.signIn({ customer, getToken: () => page.tokenFor(customer) });
  Object.assign(page, { shown: [], thrown: [] });
  createRoot(document.body.appendChild(document.createElement("main"))).render(
    <StrictMode>
      <Boundary>
        <RetomaProvider client={page.retoma}>
          <Page />
        </RetomaProvider>
      </Boundary>
    </StrictMode>,
  );
}
