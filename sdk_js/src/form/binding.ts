/** Keeps a form and a draft alike, while a person types in one and news arrives in the other. */

import type { Draft } from "../draft.js";
import { isRetomaError } from "../errors.js";
import { equal, isObject, pointerOf } from "../pointer.js";
import type { Seen } from "../seen.js";
import type { Snapshot } from "../snapshot.js";
import type { Conflict, Json } from "../wire.js";
import { holdsCardNumber } from "./cards.js";
import { type Field, isUnfinished, read, shows, write } from "./controls.js";
import type { Fields } from "./fields.js";
import { Steps } from "./steps.js";
import { Tag } from "./tag.js";

/**
 * What a form needs of a draft.
 *
 * @example
 * const keep = (draft: FormDraft) => bindForm(draft, document.querySelector("form"));
 */
export type FormDraft = Pick<
  Draft,
  "id" | "get" | "set" | "seen" | "subscribe" | "transaction" | "goTo" | "resume" | "flush" | "resolve" | "author" | "onEvent" | "handoffs" | "revoke" | "help"
>;

/** How a form stands beside its draft, for whoever tells the person. */
export interface FormView {
  readonly snapshot: Snapshot;
  /** Fields that show what was entered before this page was opened. */
  readonly restored: readonly Field[];
  /** Fields that go on showing an older value, since the person is in them. */
  readonly newer: readonly Field[];
  /** Fields whose text the server refused. */
  readonly refused: readonly Field[];
  /** Fields that are not handed over while a card number stands in them. */
  readonly withCard: readonly Field[];
}

/** Of whoever looks at a control that cannot show what the draft holds. */
const NOTHING_SEEN: Seen = { revision: 0, also: {}, order: 0 };

/** What a field showed when that was noted. */
interface Shown {
  readonly seen: Seen;
  /** What its controls held. */
  readonly held: Json | undefined;
  /** What the draft held. */
  readonly value: Json | undefined;
}

export class Binding {
  readonly form: HTMLFormElement;
  readonly #draft: FormDraft;
  readonly #fields: Fields;
  readonly #onView: (view: FormView) => void;
  readonly #steps: Steps;
  readonly #tag: Tag;
  readonly #unbinding = new AbortController();
  /** Paths that were typed in since they were last handed to the draft. */
  readonly #dirty = new Set<string>();
  readonly #shown = new Map<string, Shown>();
  /** Paths whose controls show a value of the draft, or were edited. */
  readonly #bound = new Set<string>();
  readonly #restored = new Set<string>();
  #snapshot: Snapshot | null = null;
  /** The draft that the fields were last compared with: a sign-in may put another in its place. */
  #id: string | null = null;
  #focused: string | null = null;
  #step: string | null = null;
  #isComposing = false;
  #isRestoring = false;
  /** The person has typed or walked here: the page is no longer moved under their hands. */
  #isUsed = false;
  /** The person has touched the page: from now on it is they who walk, and no longer the page as it starts. */
  #isTouched = false;
  #hasInsisted = false;
  #isUnsent = false;

  constructor(draft: FormDraft, form: HTMLFormElement, fields: Fields, onView: (view: FormView) => void) {
    this.form = form;
    this.#draft = draft;
    this.#fields = fields;
    this.#onView = onView;
    this.#steps = new Steps(form);
    this.#tag = new Tag(form);
  }

  /** Restores what the draft holds and begins to listen; returns what ends it. */
  begin(): () => void {
    this.#focused = this.#fields.pathAt((this.form.getRootNode() as Document).activeElement);
    this.#step = this.#steps.current();
    this.#listen();
    const watching = this.#watch();
    // Without an answer the form stays as the page began; the first edit opens the draft.
    this.#draft.resume().catch(() => undefined);
    const unsubscribe = this.#draft.subscribe((snapshot) => this.#hear(snapshot));
    return () => {
      this.#settle();
      unsubscribe();
      watching.disconnect();
      this.#tag.remove();
      this.#unbinding.abort();
    };
  }

  /** Shows the newer value of a field in place of what the person sees there. */
  take(path: string): void {
    const field = this.#at(path);
    if (field === undefined) return;
    this.#dirty.delete(path);
    this.#show(field, this.#valueOf(field));
    this.#note(field);
    this.#tell();
  }

  /** Settles a conflict and shows what was chosen. */
  resolve(conflict: Conflict, choice: "stored" | "arriving", path: string): void {
    this.#attempt(() => this.#draft.resolve(conflict, choice));
    this.take(path);
    this.#isUnsent = true;
    this.#settle();
  }

  /** Keeps what a field shows, as somebody decides who has been told of the newer value. */
  keep(path: string): void {
    const field = this.#at(path);
    if (field === undefined) return;
    this.#note(field);
    this.#attempt(() => this.#draft.set(path, storable(field), { seen: this.#draft.seen(path) }));
    this.#isUnsent = true;
    this.#settle();
  }

  /** Takes away everything entered so far, here and on other devices, and goes back to the first step. */
  startOver(): void {
    const keys = Object.keys((this.#snapshot?.value as object | undefined) ?? {});
    this.#restored.clear();
    this.#dirty.clear();
    this.#attempt(() => this.#draft.transaction((edits) => keys.forEach((key) => edits.unset(pointerOf([key])))));
    const first = this.#steps.first();
    if (first !== null) this.#steps.show(first);
    this.#walk();
    this.#isUnsent = true;
    this.#settle();
  }

  /** The fields of the form as it stands. */
  fields(): readonly Field[] {
    return this.#fields.all();
  }

  #at(path: string): Field | undefined {
    return this.fields().find((field) => field.path === path);
  }

  /** On the root, since controls may belong to the form from outside; capturing, since pages stop events. */
  #listen(): void {
    const root = this.form.getRootNode();
    const document = this.form.ownerDocument;
    const on = (target: EventTarget | null, types: string, act: (event: Event) => void): void =>
      types.split(" ").forEach((type) => target?.addEventListener(type, act, { capture: true, signal: this.#unbinding.signal }));
    on(root, "input", (event) => this.#typed(event) && this.#commit());
    on(root, "change", (event) => this.#typed(event) && this.#settle());
    on(root, "compositionstart", () => void (this.#isComposing = true));
    on(root, "compositionend", (event) => this.#composed(event));
    on(root, "focusin", (event) => this.#focus(event));
    on(root, "focusout", (event) => this.#blur(event));
    on(this.form, "submit", () => this.#settle());
    // What a reset does comes after its event, and after what promises do.
    on(this.form, "reset", () => setTimeout(() => this.#afterReset()));
    on(document, "pointerdown keydown", () => void (this.#isTouched = true));
    on(document, "visibilitychange", () => this.#settle());
    on(document.defaultView, "pagehide", () => this.#settle());
  }

  /** Controls may come later, also from outside the form, and a page walks by hiding and showing. */
  #watch(): MutationObserver {
    const watching = new MutationObserver((records) => {
      this.#walk();
      if (records.some((record) => record.type === "childList")) this.#restore();
    });
    watching.observe(this.form.getRootNode(), { childList: true, subtree: true });
    watching.observe(this.form, { childList: true, subtree: true, attributeFilter: ["hidden", "class", "style", "open", "aria-hidden"] });
    return watching;
  }

  #typed(event: Event): boolean {
    const path = this.#isRestoring ? null : this.#fields.pathAt(targetOf(event));
    if (path === null) return false;
    this.#dirty.add(path);
    return true;
  }

  #composed(event: Event): void {
    this.#isComposing = false;
    if (this.#typed(event)) this.#commit();
  }

  #focus(event: Event): void {
    if (isChoice(event.target)) return;
    this.#focused = this.#fields.pathAt(targetOf(event));
    this.#walk();
  }

  /** What became available while the control had the focus is shown now, unless its person is about to choose. */
  #blur(event: Event): void {
    if (isChoice((event as FocusEvent).relatedTarget)) return this.#settle();
    this.#focused = null;
    this.#settle();
    this.#restore();
  }

  /** The page's reset is an edit of what the draft already holds. */
  #afterReset(): void {
    for (const field of this.fields()) {
      if (this.#bound.has(field.path)) this.#dirty.add(field.path);
    }
    this.#settle();
  }

  /** Hands over all that was typed, also what is still being composed, and sends it at once. */
  #settle(): void {
    this.#isComposing = false;
    this.#commit();
    if (!this.#isUnsent) return;
    this.#isUnsent = false;
    this.#draft.flush().catch(() => undefined);
  }

  /** Hands what was typed to the draft. */
  #commit(): void {
    if (this.#isComposing || this.#dirty.size === 0) return;
    const edited = this.fields().filter((field) => this.#dirty.has(field.path));
    for (const field of edited) this.#commitOne(field);
    // A card number in a field, or out of it again, changes nothing of the draft.
    this.#tell();
  }

  #commitOne(field: Field): void {
    if (isUnfinished(field)) return;
    this.#dirty.delete(field.path);
    const shown = this.#shown.get(field.path);
    // A change event may tell of what an input event told before, or of text that was typed and taken back.
    if (shown !== undefined && equal(shown.held, read(field))) return;
    this.#bound.add(field.path);
    this.#isUnsent = true;
    const isTaken = this.#attempt(() => this.#draft.set(field.path, storable(field), shown === undefined ? {} : { seen: shown.seen }));
    // A draft that is closed for a moment, while somebody signs in, is asked again.
    if (!isTaken) this.#dirty.add(field.path);
    this.#noteIfShown(field);
    if (this.#isUsed) return;
    this.#isUsed = true;
    this.#walk();
  }

  #hear(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#tag.name(this.#draft.id);
    this.#turnTo(this.#draft.id);
    this.#restoreStep(snapshot);
    this.#restore();
  }

  /** Of another draft nothing has been seen that the fields do not show; what the one before did not take is handed over. */
  #turnTo(id: string | null): void {
    const isOther = this.#id !== null && id !== null && id !== this.#id;
    this.#id = id ?? this.#id;
    if (!isOther) return;
    for (const [path, shown] of this.#shown) this.#shown.set(path, { ...shown, seen: NOTHING_SEEN });
    this.fields().forEach((field) => this.#noteIfShown(field));
    this.#commit();
  }

  #restoreStep({ position }: Snapshot): void {
    if (this.#isUsed || position === null) return;
    if (this.#steps.show(position.step)) this.#step = this.#steps.current();
  }

  #restore(): void {
    const fields = this.fields();
    if (this.#snapshot?.status === "open") for (const field of fields) this.#restoreOne(field);
    this.#tell(fields);
  }

  #restoreOne(field: Field): void {
    const { path } = field;
    if (this.#isAtHand(field)) return this.#noteIfShown(field);
    const value = this.#valueOf(field);
    if (value !== undefined && !this.#bound.has(path)) this.#restored.add(path);
    if (value !== undefined || this.#bound.has(path)) this.#show(field, value);
    this.#note(field);
  }

  #show(field: Field, value: Json | undefined): void {
    this.#bound.add(field.path);
    this.#isRestoring = true;
    try {
      write(field, value);
    } finally {
      this.#isRestoring = false;
    }
  }

  /** Whether the person would miss what the field shows. */
  #isAtHand(field: Field): boolean {
    return field.path === this.#focused || this.#dirty.has(field.path) || this.#isRefused(field);
  }

  #isRefused(field: Field): boolean {
    if (hasCard(field)) return true;
    const ops = this.#snapshot?.rejected.flatMap((change) => change.ops) ?? [];
    return ops.some((op) => op.op === "set" && op.path === field.path && shows(field, op.value));
  }

  #noteIfShown(field: Field): void {
    const value = this.#valueOf(field);
    const isUntold = value === undefined && !this.#bound.has(field.path) && !this.#dirty.has(field.path);
    if (isUntold || shows(field, value)) this.#note(field);
  }

  /** An edit of what the controls show now is made by somebody who has seen that much and no more. */
  #note(field: Field): void {
    const value = this.#valueOf(field);
    const isShown = value === undefined || isMasked(value) || shows(field, value);
    this.#shown.set(field.path, { seen: isShown ? this.#draft.seen(field.path) : NOTHING_SEEN, held: read(field), value });
  }

  #valueOf({ keys }: Field): Json | undefined {
    const root = this.#snapshot?.value as Json | undefined;
    return keys.reduce<Json | undefined>((here, key) => (isObject(here) ? here[key] : undefined), root);
  }

  /** Remembers the step that the page has come to; before the first edit there is nothing to remember it with. */
  #walk(): void {
    const step = this.#steps.current();
    if (step === null || (step !== this.#step && !this.#isTouched && this.#insist())) return;
    if (step !== this.#step) this.#isUsed = true;
    this.#step = step;
    const isKnown = this.#draft.id !== null || this.#bound.size > 0;
    if (!isKnown || !this.#isUsed || this.#snapshot?.position?.step === step) return;
    this.#isUnsent = true;
    this.#attempt(() => this.#draft.goTo(step));
  }

  /** A page that begins later than its draft begins at its own first step: once, it is brought back. */
  #insist(): boolean {
    const { position = null } = this.#snapshot ?? {};
    if (this.#hasInsisted || this.#isUsed || position === null) return false;
    this.#hasInsisted = true;
    return this.#steps.show(position.step);
  }

  /** Whether a draft took it; one that was closed meanwhile says so in its own state, and typing goes on. */
  #attempt(act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      if (!isRetomaError(error)) throw error;
      return false;
    }
  }

  #tell(fields = this.fields()): void {
    if (this.#snapshot === null) return;
    const restored = fields.filter(({ path }) => this.#restored.has(path));
    const newer = fields.filter((field) => this.#isOutdated(field));
    const withCard = fields.filter(hasCard);
    const refused = fields.filter((field) => !withCard.includes(field) && this.#isRefused(field));
    this.#onView({ snapshot: this.#snapshot, restored, newer, refused, withCard });
  }

  #isOutdated(field: Field): boolean {
    const shown = this.#shown.get(field.path);
    const value = this.#valueOf(field);
    return shown !== undefined && this.#isAtHand(field) && !this.#isRefused(field) && !equal(shown.value, value) && !shows(field, value);
  }
}

/** What of a field may leave the page: with a card number in it nothing, and what was kept of it until then goes. */
const storable = (field: Field): Json | undefined => (hasCard(field) ? undefined : read(field));

/** `data-retoma-lookalike` says that numbers in a field only look like those of cards. */
const hasCard = (field: Field): boolean =>
  !field.controls.some((control) => "retomaLookalike" in control.dataset) && holdsCardNumber(`${read(field)}`);

/** What staff may not see they replace knowingly. */
const isMasked = (value: Json): boolean => isObject(value) && value["$masked"] === true;

/** Within the page's own components an event names the component; its path begins where it arose. */
const targetOf = (event: Event): EventTarget | null => event.composedPath()[0] ?? event.target;

/** Whether this is a notice beside a field, which asks what to do with a newer value. */
const isChoice = (target: EventTarget | null): boolean => (target as HTMLElement | null)?.dataset?.["retoma"] === "notice";
