/** What a form says as a whole: at its top what was put back and who is helping, elsewhere how it is saved. */

import type { Snapshot } from "../../snapshot.js";
import type { FormView } from "../binding.js";
import type { Asking } from "./asking.js";
import { button, make, type Part, quoted } from "./elements.js";
import { sentence, spokenText, type Texts } from "./texts.js";
import { Voice } from "./voice.js";

/**
 * Who helps, as a text with its parts, and what ends or narrows it; they may only look already where `onlyLook` is null.
 * `reason`: why, of somebody who was not let in.
 */
export interface Helping {
  readonly text: string;
  readonly parts: Readonly<Record<string, string>>;
  readonly reason: string | null;
  readonly stop: () => void;
  readonly onlyLook: (() => void) | null;
}

/** How many answers staff have left, and what says that they are right. */
export interface Changed {
  readonly who: string;
  readonly count: number;
  readonly confirm: () => void;
}

/** A device that waits for its two digits to be picked. */
export interface Match {
  readonly id: string;
  readonly device: string | null;
  readonly choices: readonly string[];
  readonly pick: (digits: string) => void;
  readonly stop: () => void;
}

/** What the bar lets happen. */
export interface BarActs {
  readonly startOver: () => void;
  /** Takes somebody on whose place here has gone. */
  readonly goOn: () => void;
}

export class Bar {
  readonly voice = new Voice();
  readonly #top: Part;
  readonly #texts: Texts;
  readonly #acts: BarActs;
  readonly #mark = make("span", "mark");
  readonly #said = make("span", "");
  readonly #state: HTMLElement;
  readonly #restored = make("div", "row card restored");
  readonly #helping = make("div", "row card helping");
  readonly #changed = make("div", "row card changed");
  readonly #matching = make("div", "row card helping");
  readonly #asking = make("div", "row card asking");
  readonly #cards = [this.#matching, this.#asking, this.#helping, this.#changed, this.#restored];
  #snapshot: Snapshot | null = null;
  #helped = "";
  #told = "";
  #matched: string | null = null;
  #asked: string | null = null;

  constructor(top: Part, state: Part, texts: Texts, acts: BarActs) {
    this.#top = top;
    this.#texts = texts;
    this.#acts = acts;
    this.#mark.setAttribute("aria-hidden", "true");
    this.#state = make("p", "row state", this.#mark, this.#said);
    for (const each of [top.host, ...this.#cards]) each.hidden = true;
    top.root.append(make("div", "bar", ...this.#cards));
    state.root.append(this.#state, this.voice.region);
  }

  show({ snapshot, restored }: FormView): void {
    if (snapshot !== this.#snapshot) this.#showState(snapshot);
    this.#snapshot = snapshot;
    const isHidden = restored.length === 0 || snapshot.state === "closed";
    if (this.#restored.hidden && !isHidden) this.#offer();
    this.#fold(this.#restored, isHidden);
  }

  help(help: Helping | null): void {
    const words = help === null ? "" : `${spokenText(help.text, help.parts)} ${help.onlyLook !== null}`;
    // What says the same stays, with the focus that may be in it.
    if (words === this.#helped) return;
    this.#helped = words;
    if (help !== null) this.#fillHelp(help);
    this.#fold(this.#helping, help === null);
  }

  change(changed: Changed | null): void {
    const words = changed === null ? "" : `${changed.who} ${changed.count}`;
    if (words === this.#told) return;
    this.#told = words;
    if (changed !== null) this.#fillChanged(changed);
    this.#fold(this.#changed, changed === null);
  }

  /** The choices stay as they are, with the focus that may be in them, until they are others. */
  match(match: Match | null): void {
    if ((match?.id ?? null) === this.#matched) return;
    this.#matched = match?.id ?? null;
    if (match !== null) this.#fillMatch(match);
    this.#fold(this.#matching, match === null);
  }

  /** The question stays as it is, with the focus that may be in it, until it is another. */
  ask(id: string | null, question?: () => Asking): void {
    if (id === this.#asked) return;
    this.#asked = id;
    if (question !== undefined) this.#fillAsking(question());
    this.#fold(this.#asking, id === null);
  }

  #fillAsking({ children, spoken, label }: Asking): void {
    this.#asking.replaceChildren(...children);
    this.#asking.setAttribute("role", "group");
    this.#asking.setAttribute("aria-label", label);
    this.voice.say(spoken);
  }

  #fillMatch({ device, choices, pick, stop }: Match): void {
    const { match, matchOn, matchNone } = this.#texts;
    const text = device === null ? [match] : sentence(matchOn, { device });
    const buttons = choices.map((digits) => button(digits, "main", () => pick(digits)));
    const all = make("span", "buttons", ...buttons, button(matchNone, "", stop));
    this.#matching.replaceChildren(make("span", "", ...text), all);
    this.#matching.setAttribute("role", "group");
    this.#matching.setAttribute("aria-label", match);
  }

  #showState({ state, status }: Snapshot): void {
    const name = state === "closed" && status === "completed" ? "completed" : state;
    const text = this.#stateText(name);
    this.#state.dataset["state"] = name;
    if (this.#said.textContent !== text) this.#said.textContent = text;
    this.voice.state(name, text);
  }

  #fillHelp({ text, parts, reason, stop, onlyLook }: Helping): void {
    const { stop: stopIt, onlyLook: look } = this.#texts;
    const end = button(stopIt, "", stop);
    const told = make("span", "", ...sentence(text, parts), ...quoted(reason));
    const narrow = onlyLook === null ? [] : [button(look, "", onlyLook)];
    const hadFocus = this.#hasFocus(this.#helping);
    this.#helping.replaceChildren(make("i", "pulse"), told, make("span", "buttons", end, ...narrow));
    if (hadFocus) end.focus();
  }

  #fillChanged({ who, count, confirm }: Changed): void {
    const { changed, changedOne, thatsRight } = this.#texts;
    const text = sentence(count === 1 ? changedOne : changed, { who, count: String(count) });
    const right = button(thatsRight, "main", confirm);
    const hadFocus = this.#hasFocus(this.#changed);
    this.#changed.replaceChildren(make("span", "", ...text), make("span", "buttons", right));
    if (hadFocus) right.focus();
  }

  /** What says nothing takes no room; whoever was in it goes on elsewhere. */
  #fold(card: HTMLElement, isHidden: boolean): void {
    const isLeft = isHidden && this.#hasFocus(card);
    card.hidden = isHidden;
    const isEmpty = this.#cards.every(({ hidden }) => hidden);
    const { host } = this.#top;
    // Written anew it would look to the form as if its page had changed.
    if (host.hidden !== isEmpty) host.hidden = isEmpty;
    if (isLeft) this.#acts.goOn();
  }

  #hasFocus(card: HTMLElement): boolean {
    return card.contains(this.#top.root.activeElement);
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
    this.#fill(startOverAsk, button(startOverYes, "main", () => this.#acts.startOver()), no);
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
