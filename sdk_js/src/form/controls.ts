/** Reading and writing the controls of a form, as a person would. */

import { equal } from "../pointer.js";
import type { Json } from "../wire.js";

/** What a form is made of, as far as it holds values. */
export type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** Whether an element is a control that can hold a value. */
export function isControl(element: EventTarget | null): element is Control {
  // By name, not by class: a form in a frame has classes of its own.
  return ["INPUT", "SELECT", "TEXTAREA"].includes((element as Element | null)?.tagName ?? "");
}

/**
 * The value that the controls of one name hold together; undefined for none (an empty number, no choice).
 *
 * Radios give the chosen value; one checkbox true or false; several of a name, or a name with `[]`, a list.
 */
export function read(controls: readonly Control[], isList: boolean): Json | undefined {
  const [first] = controls;
  if (first === undefined) return undefined;
  if (first.type === "radio") return checkedOf(controls)[0];
  if (first.type === "checkbox") return isGroup(controls, isList) ? checkedOf(controls) : (first as HTMLInputElement).checked;
  if (first.type === "select-multiple") return selectedOf(first as HTMLSelectElement);
  return isGroup(controls, isList) ? controls.map((control) => control.value) : single(first);
}

/** Whether the person is in the midst of typing something that is no value yet, such as `1e`. */
export const isUnfinished = (controls: readonly Control[]): boolean => controls.some((control) => control.validity?.badInput);

/** Shows a value in the controls of one name; undefined shows what the page began with. */
export function write(controls: readonly Control[], isList: boolean, value: Json | undefined): void {
  controls.forEach((control, index) => {
    const own = isGroup(controls, isList) && Array.isArray(value) && !isChoice(control) ? value[index] : value;
    if (writeOne(control, own)) announce(control);
  });
}

const isGroup = (controls: readonly Control[], isList: boolean): boolean => isList || controls.length > 1;

const isChoice = (control: Control): boolean => ["radio", "checkbox", "select-multiple"].includes(control.type);

function checkedOf(controls: readonly Control[]): string[] {
  return controls.filter((control) => (control as HTMLInputElement).checked).map((control) => control.value);
}

const selectedOf = (select: HTMLSelectElement): string[] => [...select.selectedOptions].map((option) => option.value);

function single(control: Control): Json | undefined {
  return control.type === "number" || control.type === "range" ? numberOf(control.value) : wellFormed(control.value);
}

/** Digits beyond what a number can hold exactly stay text: they are somebody's account, not an amount. */
function numberOf(text: string): Json | undefined {
  if (text === "") return undefined;
  return Math.abs(Number(text)) > Number.MAX_SAFE_INTEGER ? text : Number(text);
}

/** Half of a surrogate pair, which some keyboards leave behind while deleting, is no text that can be stored. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, "");

function writeOne(control: Control, value: Json | undefined): boolean {
  if (control.type === "select-multiple") return writeSelected(control as HTMLSelectElement, value);
  if (control.type === "radio" || control.type === "checkbox") return writeChecked(control as HTMLInputElement, value);
  if (typeof value === "object" && value !== null) return false;
  const text = value === undefined ? initialOf(control) : String(value ?? "");
  if (control.value === text) return false;
  keepingCaret(control, () => natively(control, "value", text));
  return true;
}

function writeSelected(select: HTMLSelectElement, value: Json | undefined): boolean {
  const wanted = (option: HTMLOptionElement): boolean =>
    value === undefined ? option.defaultSelected : Array.isArray(value) && value.includes(option.value);
  const wrong = [...select.options].filter((option) => option.selected !== wanted(option));
  wrong.forEach((option) => (option.selected = wanted(option)));
  return wrong.length > 0;
}

function writeChecked(control: HTMLInputElement, value: Json | undefined): boolean {
  const wanted = value === undefined ? control.defaultChecked : isChosen(control, value);
  if (control.checked === wanted) return false;
  natively(control, "checked", wanted);
  return true;
}

function isChosen(control: HTMLInputElement, value: Json): boolean {
  if (Array.isArray(value)) return value.includes(control.value);
  return control.type === "checkbox" && typeof value === "boolean" ? value : equal(value, control.value);
}

function initialOf(control: Control): string {
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

function keepingCaret(control: Control, act: () => void): void {
  const { selectionStart, selectionEnd } = control as HTMLInputElement;
  act();
  const isActive = (control.getRootNode() as Document).activeElement === control;
  if (isActive && selectionStart !== null && selectionStart !== undefined) {
    (control as HTMLInputElement).setSelectionRange(selectionStart, selectionEnd);
  }
}

function announce(control: Control): void {
  control.dispatchEvent(new Event("input", { bubbles: true }));
  control.dispatchEvent(new Event("change", { bubbles: true }));
}
