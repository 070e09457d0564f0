/** Which parts of a form are kept, and under which path of the draft. */

import { isRetomaError, RejectedError } from "../errors.js";
import { keysOf, pointerOf, toPointer } from "../pointer.js";
import { type Control, type Field, isControl, kindOf } from "./controls.js";
import { Refusals } from "./refusals.js";

/**
 * The draft's path for a control (dots or a JSON Pointer), or null to leave it out.
 *
 * @example
 * const names: Names = (control) => control.dataset.path ?? null;
 */
export type Names = (control: Control) => string | null;

/**
 * Hears why part of a form cannot be kept: `forbidden-key`, `invalid-path`, `mixed-name` (a name shared by controls
 * that hold their values in different ways) or `path-collision` (`a` beside `a.b`). `facts.name` is its name.
 *
 * @example
 * const onProblem: OnProblem = (problem) => report(problem.code, problem.facts.name);
 */
export type OnProblem = (problem: RejectedError) => void;

/** Where a name leads. */
interface Place {
  readonly path: string;
  readonly keys: readonly string[];
  /** The pointers above it. */
  readonly parents: readonly string[];
}

interface Found {
  readonly fields: Map<string, Field>;
  /** All paths that lie above one of the fields. */
  readonly above: Set<string>;
}

const EDITABLE = "[contenteditable][data-retoma-name]";

/** The fields of one form as it stands at each moment. */
export class Fields {
  readonly #form: HTMLFormElement;
  readonly #names: Names | undefined;
  readonly #onProblem: OnProblem;
  readonly #refusals = new Refusals();
  /** Each problem is told once. */
  readonly #told = new Set<string>();
  /** By name, since a form is looked through with every keystroke; null for one that is no path. */
  readonly #places = new Map<string, Place | null>();

  constructor(form: HTMLFormElement, names: Names | undefined, onProblem: OnProblem) {
    this.#form = form;
    this.#names = names;
    this.#onProblem = onProblem;
  }

  /** All fields, in the order of the page. */
  all(): readonly Field[] {
    const found: Found = { fields: new Map(), above: new Set() };
    for (const element of this.#elements()) {
      const place = this.#placeOf(element);
      if (place !== null) this.#add(found, place, element);
    }
    return [...found.fields.values()];
  }

  /** The path of the field that an event or the focus is in; null where it is none of this form's. */
  pathAt(target: EventTarget | null): string | null {
    const element = isControl(target) ? target : ((target as Element | null)?.closest?.<HTMLElement>(EDITABLE) ?? null);
    if (element === null) return null;
    const isOurs = isControl(element) ? element.form === this.#form : this.#form.contains(element);
    return isOurs ? (this.#placeOf(element)?.path ?? null) : null;
  }

  #elements(): readonly HTMLElement[] {
    const controls = [...this.#form.elements].filter(isControl);
    return [...controls, ...this.#form.querySelectorAll<HTMLElement>(EDITABLE)];
  }

  #add({ fields, above }: Found, { path, keys, parents }: Place, element: HTMLElement): void {
    const known = fields.get(path);
    const kind = kindOf(element);
    if (known !== undefined && known.kind !== kind) return this.#tell("mixed-name", element, "is shared by controls of different kinds");
    const collides = above.has(path) || parents.some((parent) => fields.has(parent));
    if (collides) return this.#tell("path-collision", element, "lies above or below another");
    parents.forEach((parent) => above.add(parent));
    const isList = nameOf(element).endsWith("[]");
    fields.set(path, { path, keys, kind, controls: [...(known?.controls ?? []), element], isList });
  }

  #placeOf(element: HTMLElement): Place | null {
    if (this.#refusals.refuses(element)) return null;
    const given = isControl(element) ? this.#names?.(element) : undefined;
    const name = given === undefined ? nameOf(element) : given;
    if (name === null || name === "") return null;
    const word = given === undefined ? name : `names ${name}`;
    const known = this.#places.get(word);
    if (known !== undefined) return known;
    const place = this.#find(element, () => (given === undefined ? pointerOf(keysOfName(name)) : toPointer(name)));
    this.#places.set(word, place);
    return place;
  }

  #find(element: HTMLElement, pointer: () => string): Place | null {
    try {
      const path = pointer();
      return { path, keys: keysOf(path), parents: parentsOf(path) };
    } catch (error) {
      if (!isRetomaError(error)) throw error;
      this.#tell(error.code, element, "is no path");
      return null;
    }
  }

  #tell(code: string, element: HTMLElement, why: string): void {
    const name = nameOf(element);
    if (this.#told.has(`${code} ${name}`)) return;
    this.#told.add(`${code} ${name}`);
    this.#onProblem(new RejectedError({ code, message: `Retoma does not keep “${name}”: the name ${why}.`, facts: { name } }));
  }
}

/** `data-retoma-name`, else the control's own name. */
const nameOf = (element: HTMLElement): string => element.dataset["retomaName"] ?? (element as Control).name ?? "";

/** `a.b`, `a[b]` and `a[b][]` name the same as they do to most servers. */
function keysOfName(name: string): string[] {
  const plain = name.replace(/\[\]$/, "").replace(/\[([^\]]*)\]/g, ".$1");
  return plain.split(".");
}

/** The pointers above a pointer. */
function parentsOf(path: string): readonly string[] {
  const keys = path.split("/");
  return keys.slice(2).map((_, index) => keys.slice(0, index + 2).join("/"));
}
