/** Holds the place of the interface, which is fetched when there is first something to say. */

import type { OfferedHandoff } from "../handoff.js";
import type { Help } from "../help.js";
import type { DraftEvent } from "../wire.js";
import type { Binding, FormDraft, FormView } from "./binding.js";
import type { Interface } from "./interface/interface.js";
import type { Texts } from "./interface/texts.js";

/** Of this draft a handoff was made in this tab, whose digits may wait to be picked: asked again after a reload. */
const MADE = "retoma-made";

/** A no elsewhere tells nobody, and neither does time: while somebody asks, that is asked again. */
const ASK_AGAIN_MS = 20_000;

export class Screen {
  readonly #draft: FormDraft;
  readonly #texts: Partial<Texts>;
  readonly #unsubscribe: () => void;
  #binding: Binding | null = null;
  #view: FormView | null = null;
  #help: Help | null = null;
  #waiting: OfferedHandoff | null = null;
  #interface: Interface | null = null;
  #isRemembered = false;
  #looks = 0;
  #lookAgain: ReturnType<typeof setTimeout> | undefined;
  #isFetching = false;
  #isGone = false;

  constructor(draft: FormDraft, texts: Partial<Texts>) {
    this.#draft = draft;
    this.#texts = texts;
    this.#unsubscribe = draft.onEvent((event) => this.#hear(event));
  }

  show(binding: Binding, view: FormView): void {
    this.#binding = binding;
    this.#view = view;
    this.#remember(view);
    this.#update();
  }

  remove(): void {
    this.#isGone = true;
    clearTimeout(this.#lookAgain);
    this.#unsubscribe();
    this.#interface?.remove();
  }

  #hear({ type }: DraftEvent): void {
    if (type.startsWith("assist-")) void this.#lookAtHelp();
    else this.#follow(type);
  }

  #follow(type: string): void {
    if (type === "handoff-created") noted(this.#draft.id);
    else if (type === "handoff-redeemed" || type === "handoff-revoked") noted(null);
    if (type.startsWith("handoff-") && type !== "handoff-created") void this.#look();
  }

  /** A tab that was reloaded while somebody waited, or helped, has missed that. */
  #remember(view: FormView): void {
    if (this.#isRemembered || this.#draft.id === null) return;
    this.#isRemembered = true;
    if (view.snapshot.revision > 0) void this.#lookAtHelp();
    if (globalThis.sessionStorage?.getItem(MADE) === this.#draft.id) void this.#look();
  }

  /** Shows who helps or asks to, and what staff have left; what is known stays where that cannot be told. */
  async #lookAtHelp(): Promise<void> {
    const own = (this.#looks += 1);
    clearTimeout(this.#lookAgain);
    const help = await this.#draft.help().catch(() => this.#help);
    // What was asked later is answered by now, or will be.
    if (own !== this.#looks || this.#isGone) return;
    this.#help = help;
    if (help?.requests.length) this.#lookAgain = setTimeout(() => void this.#lookAtHelp(), ASK_AGAIN_MS);
    this.#update();
  }

  /** Shows the choices of the device that waits, or none any more. */
  async #look(): Promise<void> {
    const offered = await this.#draft.handoffs().catch(() => []);
    this.#waiting = offered.find(({ choices }) => choices.length > 0) ?? null;
    this.#update();
  }

  #update(): void {
    if (this.#view === null) return;
    if (this.#interface !== null) this.#interface.show(this.#view, { help: this.#help, waiting: this.#waiting, onDecided: () => void this.#lookAtHelp() });
    else if (!this.#isFetching && (isHelped(this.#help) || this.#waiting !== null || isWorthSaying(this.#view))) void this.#fetch();
  }

  /** Without it the form is kept all the same; it is asked for again with the next news. */
  async #fetch(): Promise<void> {
    this.#isFetching = true;
    const made = await import("./interface/interface.js").catch(() => null);
    this.#isFetching = false;
    if (made === null || this.#binding === null || this.#isGone) return;
    this.#interface = new made.Interface(this.#draft, this.#binding, this.#texts);
    this.#update();
  }
}

function noted(draft: string | null): void {
  if (draft === null) globalThis.sessionStorage?.removeItem(MADE);
  else globalThis.sessionStorage?.setItem(MADE, draft);
}

const isHelped = (help: Help | null): boolean => help !== null && help.helpers.length + help.requests.length + help.answers.length > 0;

/** Whether anything has been entered, or cannot be. */
function isWorthSaying({ snapshot, withCard }: FormView): boolean {
  return withCard.length > 0 || snapshot.status !== "open" || Object.keys(snapshot.value as object).length > 0 || snapshot.rejected.length > 0;
}
