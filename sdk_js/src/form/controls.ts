/** Reading and writing what holds the values of a form, as a person would. */

import { equal } from "../pointer.js";
import type { Json } from "../wire.js";

/**
 * What a form is made of, as far as it holds values.
 *
 * @example
 * const names: Names = (control: Control) => control.dataset.path ?? null;
 */
export type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** How the controls of one field hold its value; `editable` is an element with `contenteditable`. */
export type Kind = "text" | "radio" | "checkbox" | "multiple" | "editable";

/** All that holds the value at one path. */
export interface Field {
  /** JSON Pointer. */
  readonly path: string;
  /** What the path is made of. */
  readonly keys: readonly string[];
  readonly kind: Kind;
  /** In the order of the page; never empty. */
  readonly controls: readonly HTMLElement[];
  /** A name with `[]`: a list however many controls there are. */
  readonly isList: boolean;
}

/** Whether an element is a control that can hold a value. */
export function isControl(element: EventTarget | null): element is Control {
  // By name, not by class: a form in a frame has classes of its own.
  return ["INPUT", "SELECT", "TEXTAREA"].includes((element as Element | null)?.tagName ?? "");
}

/** How an element holds its value. */
export function kindOf(element: HTMLElement): Kind {
  if (!isControl(element)) return "editable";
  if (element.type === "radio" || element.type === "checkbox") return element.type;
  return element.type === "select-multiple" ? "multiple" : "text";
}

/**
 * The value that a field holds; undefined for none (an empty number, no choice).
 *
 * Radios give the chosen value; one checkbox true or false; several of a name, or a name with `[]`, a list; an
 * editable element its text.
 */
export function read({ kind, controls, isList }: Field): Json | undefined {
  const [first] = controls as readonly Control[];
  if (first === undefined) return undefined;
  const isGroup = isList || controls.length > 1;
  if (kind === "radio") return checkedOf(controls)[0];
  if (kind === "checkbox") return isGroup ? checkedOf(controls) : (first as HTMLInputElement).checked;
  if (kind === "multiple") return selectedOf(first as HTMLSelectElement);
  return isGroup ? controls.map(textOf) : single(first);
}

/** Whether the person is in the midst of typing something that is no value yet, such as `1e`. */
export const isUnfinished = ({ controls }: Field): boolean =>
  controls.some((control) => (control as HTMLInputElement).validity?.badInput);

/** Whether a field shows a value in full; a number may stand as text. */
export function shows(field: Field, value: Json | undefined): boolean {
  const held = read(field);
  return equal(held, value) || (typeof value !== "object" && typeof held !== "object" && `${held}` === `${value}`);
}

/** Shows a value in a field, as far as its controls can; undefined shows what the page began with. */
export function write(field: Field, value: Json | undefined): void {
  if (value !== undefined && shows(field, value)) return;
  field.controls.forEach((control, index) => writeOne(field, control, ownPart(field, value, index)));
}

/** The text of several controls of one name is told apart by their order. */
function ownPart({ kind, controls, isList }: Field, value: Json | undefined, index: number): Json | undefined {
  if (kind !== "text" && kind !== "editable") return value;
  if (!isList && controls.length === 1) return value;
  return Array.isArray(value) ? value[index] : index === 0 ? value : undefined;
}

function writeOne({ kind, controls }: Field, control: HTMLElement, value: Json | undefined): void {
  if (kind === "multiple") writeSelected(control as HTMLSelectElement, value);
  else if (kind === "radio" || kind === "checkbox") writeChecked(control as HTMLInputElement, value, controls.length > 1);
  else if (typeof value !== "object" || value === null) writeText(control, value === undefined ? initialOf(control) : `${value ?? ""}`);
}

function checkedOf(controls: readonly HTMLElement[]): string[] {
  return (controls as readonly HTMLInputElement[]).filter((control) => control.checked).map((control) => control.value);
}

function selectedOf(select: HTMLSelectElement): string[] {
  return [...select.options].filter((option) => option.selected).map((option) => option.value);
}

function single(control: Control): Json | undefined {
  return control.type === "number" || control.type === "range" ? numberOf(control.value) : textOf(control);
}

/** Digits beyond what a number can hold exactly stay text: they are somebody's account, not an amount. */
function numberOf(text: string): Json | undefined {
  if (text === "") return undefined;
  return Math.abs(Number(text)) > Number.MAX_SAFE_INTEGER ? text : Number(text);
}

/** Half of a surrogate pair, which some keyboards leave behind while deleting, is no text that can be stored. */
function textOf(control: HTMLElement): string {
  const text = isControl(control) ? control.value : control.innerText;
  return text.replace(/\p{Surrogate}/gu, "");
}

function writeText(control: HTMLElement, text: string): void {
  const before = textOf(control);
  if (before === text || lacks(control, text)) return;
  if (isActive(control)) replaceTyped(control, text);
  else if (isControl(control)) natively(control, "value", text);
  else control.innerText = text;
  // A date or a colour may refuse what it is given, and is then as it was.
  if (textOf(control) !== before) announce(control);
}

/** An option that is not there yet would leave the choice empty; it is taken when it comes. */
function lacks(control: HTMLElement, text: string): boolean {
  return control.tagName === "SELECT" && ![...(control as HTMLSelectElement).options].some((option) => option.value === text);
}

/** As if typed, so that the person can undo it. */
function replaceTyped(control: HTMLElement, text: string): void {
  const document = control.ownerDocument;
  if (isControl(control)) (control as HTMLInputElement).select?.();
  else document.getSelection()?.selectAllChildren(control);
  // oxlint-disable-next-line typescript/no-deprecated -- nothing else writes into the history that undo walks through
  const isDone = document.execCommand?.("insertText", false, text) && textOf(control) === text;
  if (isDone) return;
  if (isControl(control)) natively(control, "value", text);
  else control.innerText = text;
}

function isActive(control: HTMLElement): boolean {
  return (control.getRootNode() as Document).activeElement === control && control.tagName !== "SELECT";
}

function writeSelected(select: HTMLSelectElement, value: Json | undefined): void {
  const wanted = (option: HTMLOptionElement): boolean =>
    value === undefined ? option.defaultSelected : Array.isArray(value) && value.includes(option.value);
  const wrong = [...select.options].filter((option) => option.selected !== wanted(option));
  wrong.forEach((option) => (option.selected = wanted(option)));
  if (wrong.length > 0) announce(select);
}

/** By a click: it is the event that React listens to. What no click can do is done natively. */
function writeChecked(control: HTMLInputElement, value: Json | undefined, isGroup: boolean): void {
  const wanted = value === undefined ? control.defaultChecked : isChosen(control, value, isGroup);
  if (control.checked === wanted) return;
  if (wanted || control.type === "checkbox") control.click();
  if (control.checked === wanted) return;
  natively(control, "checked", wanted);
  announce(control);
}

function isChosen(control: HTMLInputElement, value: Json, isGroup: boolean): boolean {
  if (Array.isArray(value)) return value.includes(control.value);
  return control.type === "checkbox" && typeof value === "boolean" ? value && !isGroup : equal(value, control.value);
}

function initialOf(control: HTMLElement): string {
  if (!isControl(control)) return "";
  if (control.tagName !== "SELECT") return (control as HTMLInputElement).defaultValue;
  const options = [...(control as HTMLSelectElement).options];
  return (options.find((option) => option.defaultSelected) ?? options[0])?.value ?? "";
}

/** Past the setter that a framework may have put on the element, so that it takes the change for a person's. */
function natively(control: Control, property: "value" | "checked", value: string | boolean): void {
  const setter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(control), property)?.set;
  if (setter) setter.call(control, value);
  else Reflect.set(control, property, value);
}

function announce(control: HTMLElement): void {
  control.dispatchEvent(new Event("input", { bubbles: true }));
  control.dispatchEvent(new Event("change", { bubbles: true }));
}
