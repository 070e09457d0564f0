/** Keeps a form and a draft alike, while a person types in one and news arrives in the other. */

import { isRetomaError } from "../errors.js";
import { equal } from "../pointer.js";
import type { Json } from "../wire.js";
import { isControl, isUnfinished, read, write } from "./controls.js";
import { type Field, fieldsOf, type Names, pathOf, Refusals } from "./fields.js";

/** What a form needs of a draft. */
export interface FormDraft {
  get(path: string): Json | undefined;
  set(path: string, value: Json | undefined, options?: { readonly seen?: number }): void;
  seen(path: string): number;
  subscribe(fn: (snapshot: { readonly status: string }) => void): () => void;
  flush(): Promise<void>;
  resume(): Promise<unknown>;
}

interface Shown {
  readonly revision: number;
  readonly value: Json | undefined;
}

const DEBOUNCE_MS = 250;

export class Binding {
  readonly #draft: FormDraft;
  readonly #form: HTMLFormElement;
  readonly #names: Names | undefined;
  readonly #refusals = new Refusals();
  readonly #unbinding = new AbortController();
  /** Paths that were typed in since they were last handed to the draft. */
  readonly #dirty = new Set<string>();
  /** By path, the revision that the controls show, and the value that they had when that was noted. */
  readonly #shown = new Map<string, Shown>();
  /** Paths whose controls show a value of the draft, or were edited. */
  readonly #bound = new Set<string>();
  #focused: string | null = null;
  #isRestoring = false;
  #debounce: ReturnType<typeof setTimeout> | undefined;

  constructor(draft: FormDraft, form: HTMLFormElement, names: Names | undefined) {
    this.#draft = draft;
    this.#form = form;
    this.#names = names;
  }

  /** Restores what the draft holds and begins to listen; returns what ends it. */
  begin(): () => void {
    this.#focused = this.#pathOfActive();
    this.#listen();
    // Without an answer the form stays as the page began; the first edit opens the draft.
    this.#draft.resume().catch(() => undefined);
    const unsubscribe = this.#draft.subscribe((snapshot) => this.#restore(snapshot.status));
    return () => {
      this.#commit();
      unsubscribe();
      this.#unbinding.abort();
    };
  }

  /** On the root, since controls may belong to the form from outside; capturing, since pages stop events. */
  #listen(): void {
    const root = this.#form.getRootNode();
    const on = (target: EventTarget, type: string, act: (event: Event) => void): void =>
      target.addEventListener(type, act, { capture: true, signal: this.#unbinding.signal });
    on(root, "input", (event) => this.#typed(event));
    on(root, "change", (event) => this.#typed(event) && this.#commit());
    on(root, "focusin", (event) => this.#focus(event));
    on(root, "focusout", () => this.#blur());
    on(this.#form, "submit", () => this.#submit());
    on(this.#form, "reset", () => queueMicrotask(() => this.#afterReset()));
    on(this.#form.ownerDocument, "visibilitychange", () => this.#commit());
  }

  #typed(event: Event): boolean {
    const path = this.#isRestoring ? null : this.#pathOfTarget(event);
    if (path === null) return false;
    this.#dirty.add(path);
    clearTimeout(this.#debounce);
    this.#debounce = setTimeout(() => this.#commit(), DEBOUNCE_MS);
    return true;
  }

  #focus(event: Event): void {
    this.#focused = this.#pathOfTarget(event);
  }

  /** What became available while the control had the focus is shown now. */
  #blur(): void {
    this.#focused = null;
    this.#commit();
    this.#restore("open");
  }

  #submit(): void {
    this.#commit();
    this.#draft.flush().catch(() => undefined);
  }

  /** The page's reset takes effect after its event; it is an edit of what the draft already holds. */
  #afterReset(): void {
    for (const field of this.#fields()) {
      if (this.#bound.has(field.path)) this.#dirty.add(field.path);
    }
    this.#commit();
  }

  /** Hands what was typed to the draft. */
  #commit(): void {
    clearTimeout(this.#debounce);
    const edited = this.#fields().filter((field) => this.#dirty.has(field.path));
    for (const field of edited) this.#commitOne(field);
  }

  #commitOne(field: Field): void {
    if (isUnfinished(field.controls)) return;
    this.#dirty.delete(field.path);
    this.#bound.add(field.path);
    const value = read(field.controls, field.isList);
    const shown = this.#shown.get(field.path);
    // A change event may tell of what an input event told before, or of text that was typed and taken back.
    if (shown !== undefined && equal(shown.value, value)) return;
    try {
      this.#draft.set(field.path, value, shown === undefined ? {} : { seen: shown.revision });
      this.#noteIfShown(field);
    } catch (error) {
      // A draft that was closed meanwhile says so in its own state; typing goes on.
      if (!isRetomaError(error)) throw error;
    }
  }

  #restore(status: string): void {
    if (status !== "open") return;
    for (const field of this.#fields()) this.#restoreOne(field);
  }

  #restoreOne(field: Field): void {
    const { path } = field;
    const value = this.#draft.get(path);
    const isTouched = path === this.#focused || this.#dirty.has(path);
    if (isTouched) return this.#noteIfShown(field);
    if (value !== undefined || this.#bound.has(path)) this.#show(field, value);
    this.#note(field);
  }

  #show(field: Field, value: Json | undefined): void {
    this.#bound.add(field.path);
    this.#isRestoring = true;
    try {
      write(field.controls, field.isList, value);
    } finally {
      this.#isRestoring = false;
    }
  }

  #noteIfShown(field: Field): void {
    const value = this.#draft.get(field.path);
    const isUntold = value === undefined && !this.#bound.has(field.path) && !this.#dirty.has(field.path);
    if (isUntold || equal(read(field.controls, field.isList), value)) this.#note(field);
  }

  /** An edit of what the controls show now is made by somebody who has seen this revision. */
  #note(field: Field): void {
    this.#shown.set(field.path, { revision: this.#draft.seen(field.path), value: read(field.controls, field.isList) });
  }

  #fields(): readonly Field[] {
    return fieldsOf(this.#form, this.#names, this.#refusals);
  }

  #pathOfTarget(event: Event): string | null {
    return this.#pathOfControl(event.target);
  }

  #pathOfActive(): string | null {
    return this.#pathOfControl((this.#form.getRootNode() as Document).activeElement);
  }

  #pathOfControl(element: EventTarget | null): string | null {
    const isOurs = isControl(element) && element.form === this.#form && !this.#refusals.refuses(element);
    return isOurs ? pathOf(element, this.#names) : null;
  }
}
