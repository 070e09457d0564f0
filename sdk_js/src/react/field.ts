/** One field of a draft in a component. */

import { useMemo, useSyncExternalStore } from "react";
import type { Draft } from "../draft.js";
import { isRetomaError } from "../errors.js";
import type { Field, FieldState } from "../field.js";
import type { Path, ValueAt } from "../paths.js";
import { equal } from "../pointer.js";
import type { Seen } from "../seen.js";
import type { Conflict, Json } from "../wire.js";

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

interface Typed {
  readonly target: Control;
}

/**
 * A field at one moment, with what an input needs.
 *
 * @example
 * const email: UsedField<string> = useDraftField(draft, "applicant.email");
 */
export interface UsedField<V> {
  /** What the draft holds; undefined where there is nothing. */
  readonly value: V | undefined;
  readonly state: FieldState;
  /** Whether a newer value is there than the focused input shows. */
  readonly isBehind: boolean;
  /** The value that met this one and waits for a choice. */
  readonly conflict: Conflict | null;
  readonly set: (value: V | undefined) => void;
  /** Settles the conflict; does nothing where there is none. */
  readonly resolve: (choice: "stored" | "arriving" | { readonly value: unknown }) => void;
  /** For text, numbers, dates, selects: what has the focus is never overwritten, and shows a newer value when left. */
  readonly inputProps: {
    readonly value: string;
    readonly onChange: (event: Typed) => void;
    readonly onFocus: () => void;
    readonly onBlur: () => void;
  };
  /** For a checkbox that is true or false. */
  readonly checkboxProps: { readonly checked: boolean; readonly onChange: (event: { readonly target: HTMLInputElement }) => void };
}

/**
 * One field of a draft; renders again when this field changes, not when others do.
 *
 * @example
 * const { inputProps, conflict, resolve } = useDraftField(draft, "applicant.email");
 * return <input type="email" {...inputProps} />;
 */
export function useDraftField<T, P extends Path<T>>(draft: Draft<T> | null, path: P): UsedField<ValueAt<T, P>> {
  type V = ValueAt<T, P>;
  const source = useMemo(() => new FieldSource<V>(draft as FieldDraft | null, path), [draft, path]);
  return useSyncExternalStore<UsedField<V>>(source.subscribe, source.read, source.read);
}

/** What a field needs of a draft whose form is not known here. */
type FieldDraft = Pick<Draft, "field" | "seen" | "set" | "resolve">;

/** What the focused input shows, and how much its person has seen. */
interface Held {
  readonly text: string;
  readonly value: Json | undefined;
  readonly seen: Seen;
}

class FieldSource<V> {
  readonly #draft: FieldDraft | null;
  readonly #path: string;
  readonly #field: Field<V> | undefined;
  #now: UsedField<V>;
  #held: Held | null = null;
  #changed = (): void => undefined;

  constructor(draft: FieldDraft | null, path: string) {
    this.#draft = draft;
    this.#path = path;
    this.#field = draft?.field(path) as Field<V> | undefined;
    this.#now = this.#view();
  }

  readonly read = (): UsedField<V> => this.#now;

  readonly subscribe = (changed: () => void): (() => void) => {
    this.#changed = changed;
    return this.#field?.subscribe(() => this.#refresh()) ?? (() => undefined);
  };

  #refresh(): void {
    this.#noteSeen();
    const next = this.#view();
    if (equal(factsOf(this.#now), factsOf(next))) return;
    this.#now = next;
    this.#changed();
  }

  #view(): UsedField<V> {
    const value = this.#field?.value;
    return {
      value,
      state: this.#field?.state ?? "clean",
      isBehind: this.#held !== null && !equal(this.#held.value, value as Json | undefined),
      conflict: this.#field?.conflict ?? null,
      set: this.#set,
      resolve: this.#resolve,
      inputProps: { value: this.#held?.text ?? textOf(value), onChange: this.#type, onFocus: this.#focus, onBlur: this.#blur },
      checkboxProps: { checked: value === true, onChange: this.#tick },
    };
  }

  readonly #set = (value: V | undefined): void => this.#draft?.set(this.#path, value);

  readonly #tick = ({ target }: { readonly target: HTMLInputElement }): void => this.#draft?.set(this.#path, target.checked);

  readonly #resolve = (choice: "stored" | "arriving" | { readonly value: unknown }): void => {
    if (this.#now.conflict) this.#draft?.resolve(this.#now.conflict, choice);
  };

  readonly #focus = (): void => {
    const { inputProps, value } = this.#now;
    if (this.#draft) this.#held = { text: inputProps.value, value: value as Json | undefined, seen: this.#draft.seen(this.#path) };
  };

  readonly #type = ({ target }: Typed): void => {
    if (this.#draft === null) return;
    if (this.#held === null) this.#focus();
    const seen = this.#held?.seen ?? this.#draft.seen(this.#path);
    const value = valueOf(target);
    this.#held = { text: target.value, value, seen };
    try {
      this.#draft.set(this.#path, value, { seen });
    } catch (error) {
      // A draft that was closed meanwhile says so in its own state; typing goes on.
      if (!isRetomaError(error)) throw error;
    }
    this.#refresh();
  };

  /** Whoever sees in the input what the draft holds has seen all that it stands on. */
  #noteSeen(): void {
    if (this.#draft === null || this.#held === null || !equal(this.#held.value, this.#field?.value as Json | undefined)) return;
    this.#held = { ...this.#held, seen: this.#draft.seen(this.#path) };
  }

  readonly #blur = (): void => {
    this.#held = null;
    this.#refresh();
  };
}

/** What makes a component render again. */
const factsOf = <V>({ value, state, isBehind, conflict, inputProps }: UsedField<V>): Json =>
  [value, state, isBehind, conflict, inputProps.value] as unknown as Json;

const textOf = (value: unknown): string => (typeof value === "object" ? "" : String(value ?? ""));

function valueOf(control: Control): Json | undefined {
  if (control.type !== "number" && control.type !== "range") return control.value;
  return control.value === "" ? undefined : Number(control.value);
}
