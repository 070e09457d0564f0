/** What the interface of a bound form says, and its buttons. */

import { expect, vi } from "vitest";
import type { BindOptions } from "../src/form/index.js";
import type { Json } from "../src/wire.js";
import { bindings } from "./form_setting.js";

const { bound, unbindAll } = bindings();

export { bound, unbindAll };

export const FORM = '<label>Full name <input name="name"></label><label>Plan: <select name="plan"><option value="a">Small<option value="b">Large</select></label>';

export const withInterface = (data: Json = {}, options: BindOptions = {}) => bound(FORM, data, { ui: true, ...options });

export const rootOf = (kind: string): ShadowRoot | null | undefined => document.querySelector(`[data-retoma=${kind}]`)?.shadowRoot;

export const textOf = (kind: string): string => rootOf(kind)?.textContent?.replace(/\s+/g, " ").trim() ?? "";

/** The interface comes when there is first something to say. */
export const saying = (kind: string, words: string): Promise<void> => vi.waitFor(() => expect(textOf(kind)).toContain(words));

export const isShown = (selector: string): boolean => rootOf("bar")?.querySelector<HTMLElement>(selector)?.hidden === false;

/** What a screen reader speaks. */
export const region = (): HTMLElement | null | undefined => rootOf("state")?.querySelector<HTMLElement>("[role=status]");

export const hearing = (words: string): Promise<void> => vi.waitFor(() => expect(region()?.textContent).toContain(words), 3000);

export function buttonOf(kind: string, words: string): HTMLButtonElement {
  const found = [...(rootOf(kind)?.querySelectorAll("button") ?? [])].find((button) => button.textContent === words);
  if (found === undefined) throw new Error(`There is no button ${words}.`);
  return found;
}

export const press = (kind: string, words: string): void => buttonOf(kind, words).click();
