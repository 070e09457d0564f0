/** Promise: rendering on a server asks nothing and shows an empty draft. */

import type { ReactElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, it } from "vitest";
import { cartOf } from "../src/cart/index.js";
import { RetomaProvider, useCart, useDraft, useDraftField, useDraftForm, useHandoff, useSaveStatus } from "../src/react/index.js";
import { setting } from "./setting.js";

const here = setting();

function Everything(): ReactElement {
  const { draft, value, isReady } = useDraft<{ name: string }>("mortgage");
  const { inputProps } = useDraftField(draft, "name");
  const ref = useDraftForm(draft);
  const { cart, lines, count, state } = useCart(cartOf);
  return (
    <form ref={ref}>
      <input {...inputProps} />
      {JSON.stringify({ value, isReady, state: useSaveStatus(draft), handoff: useHandoff(draft).state })}
      {JSON.stringify({ cart, lines, count, state })}
    </form>
  );
}

it("renders to a string without a request or an effect", async () => {
  const html = renderToString(<RetomaProvider client={here.connect()}><Everything /></RetomaProvider>).replaceAll("&quot;", '"');
  await new Promise((done) => setImmediate(done));
  expect(html).toContain('<input value=""/>');
  expect(html).toContain('{"value":{},"isReady":false,"state":"saved","handoff":"none"}');
  expect(html).toContain('{"cart":null,"lines":[],"count":0,"state":"saved"}');
  expect(here.server.heard).toEqual([]);
});

it("says that a provider is missing", () => {
  expect(() => renderToString(<Everything />)).toThrow("There is no <RetomaProvider>");
});
