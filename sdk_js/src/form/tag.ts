/** What a native submit tells the page's back end: which draft the form belongs to. */

const NAME = "retoma_draft";

/** A hidden input `retoma_draft` with the draft's id. */
export class Tag {
  readonly #form: HTMLFormElement;
  #input: HTMLInputElement | null = null;

  constructor(form: HTMLFormElement) {
    this.#form = form;
  }

  /** Takes the id as soon as there is one: a form that a script submits gives no word of it. */
  name(id: string | null): void {
    if (id === null) return;
    this.#input ??= this.#form.appendChild(hiddenInput(this.#form.ownerDocument));
    this.#input.value = id;
  }

  remove(): void {
    this.#input?.remove();
  }
}

function hiddenInput(document: Document): HTMLInputElement {
  return Object.assign(document.createElement("input"), { type: "hidden", name: NAME });
}
