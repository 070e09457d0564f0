/** What a form says as a whole: at its top what was put back and who is helping, elsewhere how it is saved. */

import type { FormView } from "../binding.js";
import { button, make, type Part } from "./elements.js";
import { sentence, type Texts } from "./texts.js";

/** Who helps, as far as known, and what ends it, where this device may. */
export interface Helper {
  readonly who: string | null;
  readonly stop: (() => void) | null;
}

export class Bar {
  readonly #top: HTMLElement;
  readonly #texts: Texts;
  readonly #startOver: () => void;
  readonly #mark = make("span", "mark");
  readonly #said = make("span", "");
  readonly #state: HTMLElement;
  readonly #restored = make("div", "row card restored");
  readonly #helping = make("div", "row card helping");
  readonly #live = make("p", "unseen");
  #helped = "";

  constructor(top: Part, state: Part, texts: Texts, startOver: () => void) {
    this.#top = top.host;
    this.#texts = texts;
    this.#startOver = startOver;
    this.#mark.setAttribute("aria-hidden", "true");
    this.#state = make("p", "row state", this.#mark, this.#said);
    this.#live.setAttribute("role", "status");
    this.#top.hidden = this.#restored.hidden = this.#helping.hidden = true;
    top.root.append(make("div", "bar", this.#helping, this.#restored));
    state.root.append(this.#state, this.#live);
  }

  show({ snapshot, restored }: FormView): void {
    const { state, status } = snapshot;
    const name = state === "closed" && status === "completed" ? "completed" : state;
    this.#state.dataset["state"] = name;
    const text = this.#stateText(name);
    if (this.#said.textContent !== text) this.#said.textContent = text;
    const isHidden = restored.length === 0 || state === "closed";
    if (this.#restored.hidden && !isHidden) this.#offer();
    this.#restored.hidden = isHidden;
    this.#fold();
  }

  help(help: Helper | null): void {
    const words = help === null ? "" : `${help.who} ${help.stop !== null}`;
    // What says the same stays, with the focus that may be in it.
    if (words === this.#helped) return;
    this.#helped = words;
    this.#helping.hidden = help === null;
    if (help !== null) this.#fillHelp(help);
    this.#fold();
  }

  #fillHelp(help: Helper): void {
    const { helpedBy, helped, stop } = this.#texts;
    const pulse = make("i", "pulse");
    const text = help.who === null ? [helped] : sentence(helpedBy, { who: help.who });
    const end = help.stop === null ? [] : [button(stop, "", help.stop)];
    this.#helping.replaceChildren(pulse, make("span", "", ...text), ...end);
  }

  /** Speaks to those who do not see the page; the region has to stand there before its text comes. */
  say(text: string): void {
    requestAnimationFrame(() => (this.#live.textContent = text));
  }

  /** What says nothing takes no room. */
  #fold(): void {
    const isEmpty = this.#helping.hidden && this.#restored.hidden;
    // Written anew it would look to the form as if its page had changed.
    if (this.#top.hidden !== isEmpty) this.#top.hidden = isEmpty;
  }

  #stateText(name: string): string {
    const key = name.replace(/-(\w)/, (_, letter: string) => letter.toUpperCase());
    return this.#texts[key as keyof Texts];
  }

  #offer(): void {
    const { restored, startOver } = this.#texts;
    this.#fill(restored, button(startOver, "", () => this.#ask()));
  }

  #ask(): void {
    const { startOverAsk, startOverYes, startOverNo } = this.#texts;
    const no = button(startOverNo, "", () => this.#back());
    this.#fill(startOverAsk, button(startOverYes, "main", () => this.#startOver()), no);
    no.focus();
  }

  #back(): void {
    this.#offer();
    this.#restored.querySelector("button")?.focus();
  }

  #fill(text: string, ...buttons: readonly HTMLElement[]): void {
    this.#restored.replaceChildren(make("span", "", text), make("span", "buttons", ...buttons));
  }
}
