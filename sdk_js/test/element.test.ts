// @vitest-environment happy-dom
/** Promise: `<retoma-form>` keeps the form within it for as long as it is in the page. */

import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { defineRetomaForm } from "../src/element.js";
import type { Draft } from "../src/index.js";

interface Element extends HTMLElement {
  readonly draft: Promise<Draft>;
}

const open = (attributes: string, inner = '<form><input name="name"></form>'): Element => {
  document.body.innerHTML = `<retoma-form ${attributes}>${inner}</retoma-form>`;
  return document.querySelector("retoma-form") as Element;
};

const OURS = 'url="https://retoma.example" key="pk_1" process="mortgage"';

function type(text: string): void {
  const input = document.querySelector("input") as HTMLInputElement;
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

/** What stands there before the form is bound is the page's own, and no edit: somebody types on. */
async function keepsWhatIsTyped(draft: Draft): Promise<void> {
  let count = 0;
  await vi.waitFor(() => {
    type(`Ann ${++count}`);
    expect(draft.value).toEqual({ name: `Ann ${count}` });
  });
}

beforeAll(() => {
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  defineRetomaForm();
  defineRetomaForm();
});
afterEach(() => document.body.replaceChildren());

describe("the element", () => {
  it("keeps what is typed in its form, and gives its draft", async () => {
    const draft = await open(OURS).draft;
    expect(draft.process).toBe("mortgage");
    await keepsWhatIsTyped(draft);
  });

  it("waits for a form that comes later", async () => {
    const element = open(`${OURS.replace("mortgage", "later")}`, "");
    const draft = await element.draft;
    element.innerHTML = '<form><input name="name"></form>';
    await keepsWhatIsTyped(draft);
  });

  it("keeps nothing more once it is out of the page", async () => {
    const element = open(OURS.replace("mortgage", "gone"));
    const draft = await element.draft;
    await keepsWhatIsTyped(draft);
    const form = element.querySelector("form") as HTMLFormElement;
    element.remove();
    document.body.append(form);
    const before = draft.value;
    type("Anna");
    expect(draft.value).toEqual(before);
  });

  it("says which attribute it lacks", () => {
    const element = document.createElement("retoma-form") as Element;
    expect(() => element.draft).toThrow("<retoma-form> needs the attribute process.");
  });
});
