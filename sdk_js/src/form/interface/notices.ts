/** Notices beside fields: another value for the same field, to be used or left; or one that was refused. */

import type { Field } from "../controls.js";
import { button, focusFirst, make, part, type Part } from "./elements.js";

/** What stands beside a field. */
export interface Notice {
  readonly field: Field;
  readonly label: string;
  readonly text: readonly (string | HTMLElement)[];
  readonly choices: readonly { readonly text: string; readonly isMain: boolean; readonly act: () => void }[];
}

export class Notices {
  readonly #language: string;
  readonly #sheet: CSSStyleSheet;
  readonly #shown = new Map<string, { readonly part: Part; readonly words: string; readonly field: Field }>();

  constructor(language: string, sheet: CSSStyleSheet) {
    this.#language = language;
    this.#sheet = sheet;
  }

  /** Shows these notices and no others, by the path of their fields; returns those that are new. */
  show(notices: ReadonlyMap<string, Notice>): readonly Notice[] {
    for (const path of this.#shown.keys()) if (!notices.has(path)) this.#leave(path);
    return [...notices].filter(([path, notice]) => this.#put(path, notice)).map(([, notice]) => notice);
  }

  clear(): void {
    for (const path of this.#shown.keys()) this.#remove(path);
  }

  /** A notice that says the same stays as it is, with the focus that may be in it. */
  #put(path: string, notice: Notice): boolean {
    const words = wordsOf(notice);
    const known = this.#shown.get(path);
    if (known?.words === words && known.part.host.isConnected) return false;
    const shown = known?.part ?? part("notice", this.#language, this.#sheet);
    shown.root.replaceChildren(cardOf(notice));
    if (!shown.host.isConnected) placeBeside(notice.field, shown.host);
    this.#shown.set(path, { part: shown, words, field: notice.field });
    return true;
  }

  /** Whoever was in a notice goes on in its field. */
  #leave(path: string): void {
    const { part: left, field } = this.#shown.get(path) ?? {};
    const hadFocus = left !== undefined && left.root.activeElement !== null;
    this.#remove(path);
    if (hadFocus && field !== undefined) focusFirst(field.controls);
  }

  #remove(path: string): void {
    this.#shown.get(path)?.part.host.remove();
    this.#shown.delete(path);
  }
}

/** What a notice says, as plain text. */
export const wordsOf = ({ label, text }: Notice): string =>
  `${label}: ${text.map((piece) => (typeof piece === "string" ? piece : piece.textContent)).join("")}`;

function cardOf({ label, text, choices }: Notice): HTMLElement {
  const buttons = choices.map((choice) => button(choice.text, choice.isMain ? "main" : "", choice.act));
  const card = make("div", "row card notice", make("span", "", ...text), make("span", "buttons", ...buttons));
  card.setAttribute("role", "group");
  card.setAttribute("aria-label", label);
  return card;
}

/** Within the element that holds this field alone; a label would take the notice for its own text. */
function placeBeside({ controls }: Field, host: HTMLElement): void {
  const last = controls.at(-1) as HTMLElement;
  let around = last;
  while (holdsOnly(around.parentElement, controls)) around = around.parentElement as HTMLElement;
  const isInside = around !== last && around.tagName !== "LABEL" && !isRow(around);
  if (isInside) around.append(host);
  else around.after(host);
}

function holdsOnly(element: HTMLElement | null, controls: readonly HTMLElement[]): boolean {
  if (element === null || element.matches("form,section,[data-retoma-step],body")) return false;
  return [...element.querySelectorAll<HTMLElement>("input,select,textarea,button,[contenteditable]")].every((one) => controls.includes(one));
}

function isRow(element: HTMLElement): boolean {
  const { display, flexDirection } = getComputedStyle(element);
  return display.includes("flex") && flexDirection.startsWith("row");
}
