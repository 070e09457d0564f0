/** How fields and their values are called before a person. */

import type { Json } from "../../wire.js";
import { type Control, type Field, isControl } from "../controls.js";
import type { Texts } from "./texts.js";

/** What the page calls a field. */
export function labelOf({ kind, controls }: Field): string {
  const [first] = controls;
  if (first === undefined) return "";
  const isChoice = kind === "radio" || (kind === "checkbox" && controls.length > 1);
  const group = isChoice ? first.closest("fieldset")?.querySelector("legend")?.textContent : undefined;
  const name = group ?? first.getAttribute("aria-label") ?? labelText(first) ?? first.getAttribute("placeholder");
  return tidy(name) || first.dataset["retomaName"] || ((first as Control).name ?? "");
}

/** A value as the page's own options call it. */
export function valueText(field: Field | undefined, value: Json | undefined, texts: Texts, language: string): string {
  if (value === undefined || value === null || value === "") return texts.nothing;
  if (Array.isArray(value)) return value.map((one) => valueText(field, one, texts, language)).join(", ") || texts.nothing;
  if (typeof value === "object") return Object.values(value).map((one) => valueText(undefined, one, texts, language)).join(", ");
  if (typeof value === "boolean") return value ? texts.yes : texts.no;
  return (field && (optionText(field, `${value}`) ?? dateText(field, `${value}`, language))) ?? `${value}`;
}

function labelText(control: HTMLElement): string | undefined {
  const label = isControl(control) ? control.labels?.[0] : undefined;
  if (label === undefined) return undefined;
  return [...label.childNodes].map(ownText).join(" ");
}

/** Without what a control within the label would say. */
function ownText(node: Node): string {
  if (isControl(node) || (node as Element).tagName === "BUTTON") return "";
  return node.hasChildNodes() ? [...node.childNodes].map(ownText).join(" ") : (node.textContent ?? "");
}

function optionText({ kind, controls }: Field, value: string): string | undefined {
  const [first] = controls;
  if (first?.tagName === "SELECT") {
    return [...(first as HTMLSelectElement).options].find((option) => option.value === value)?.text;
  }
  if (kind !== "radio" && kind !== "checkbox") return undefined;
  const chosen = controls.find((control) => (control as HTMLInputElement).value === value);
  return chosen && tidy(labelText(chosen));
}

function dateText({ controls }: Field, value: string, language: string): string | undefined {
  const date = (controls[0] as Control).type === "date" ? new Date(`${value}T00:00`) : null;
  return date === null || Number.isNaN(date.getTime()) ? undefined : date.toLocaleDateString(language, { dateStyle: "long" });
}

const tidy = (text: string | null | undefined): string => (text ?? "").replace(/\s+/g, " ").trim().replace(/\s*[:*]+$/, "");
