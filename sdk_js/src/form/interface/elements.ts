/** The elements that the interface is made of, each part within a shadow of its own, away from the page's styles. */

/** An element with a class and children; texts stay texts. */
export function make(tag: string, name: string, ...children: readonly (string | Node)[]): HTMLElement {
  const element = document.createElement(tag);
  if (name !== "") element.className = name;
  element.append(...children);
  return element;
}

/** What somebody else has written, after a text of ours; nothing where there is none. */
export const quoted = (words: string | null): readonly (string | Node)[] => (words === null ? [] : [" ", make("q", "", words)]);

/** A button that acts without taking the focus from the control that somebody types in. */
export function button(text: string, name: string, act: () => void): HTMLElement {
  const element = make("button", name, text) as HTMLButtonElement;
  element.type = "button";
  element.addEventListener("pointerdown", (event) => event.preventDefault());
  element.addEventListener("click", act);
  return element;
}

/** A part of the interface in the page: the host, and the root that it shows. */
export interface Part {
  readonly host: HTMLElement;
  readonly root: ShadowRoot;
}

/** Makes part of the interface; `kind` is what the page's own styles may call it by. */
export function part(kind: "bar" | "state" | "notice", language: string, sheet: CSSStyleSheet): Part {
  const host = document.createElement("div");
  host.dataset["retoma"] = kind;
  host.lang = language;
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  return { host, root };
}

/** Focuses the first of these that can be seen and used: only one of those takes the focus. */
export function focusFirst(controls: Iterable<HTMLElement>): void {
  for (const control of controls) {
    if (control.tabIndex < 0 || control.matches(":disabled,[type=hidden],[hidden] *,[hidden]")) continue;
    control.focus();
    if ((control.getRootNode() as Document).activeElement === control) return;
  }
}
