/** Promise: rendering on a server asks nothing and shows an empty draft. */

import type { ReactElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, it } from "vitest";
import { RetomaProvider, useDraft, useDraftField, useDraftForm, useHandoff, useSaveStatus } from "../src/react/index.js";
import { setting } from "./setting.js";

const here = setting();

function Everything(): ReactElement {
  const { draft, value, isReady } = useDraft<{ name: string }>("mortgage");
  const { inputProps } = useDraftField(draft, "name");
  const ref = useDraftForm(draft);
  return (
    <form ref={ref}>
      <input {...inputProps} />
      {JSON.stringify({ value, isReady, state: useSaveStatus(draft), handoff: useHandoff(draft).state })}
    </form>
  );
}

it("renders to a string without a request or an effect", async () => {
  const html = renderToString(<RetomaProvider client={here.connect()}><Everything /></RetomaProvider>).replaceAll("&quot;", '"');
  await new Promise((done) => setImmediate(done));
  expect(html).toContain('<input value=""/>');
  expect(html).toContain('{"value":{},"isReady":false,"state":"saved","handoff":"none"}');
  expect(here.server.heard).toEqual([]);
});

it("says that a provider is missing", () => {
  expect(() => renderToString(<Everything />)).toThrow("There is no <RetomaProvider>");
});
