/** The steps of a form: sections with `data-retoma-step`, of which the page shows one. */

/** Which step of a form is on screen, and how another comes there. */
export class Steps {
  readonly #form: HTMLFormElement;

  constructor(form: HTMLFormElement) {
    this.#form = form;
  }

  /** The step on screen: the one section that is visible, or, of several, the one with the focus. */
  current(): string | null {
    const visible = this.#sections().filter(isVisible);
    const active = (this.#form.getRootNode() as Document).activeElement;
    const section = visible.length === 1 ? visible[0] : visible.find((one) => one.contains(active));
    return section === undefined ? null : stepOf(section);
  }

  /** The first step, null in a form without steps. */
  first(): string | null {
    const [section] = this.#sections();
    return section === undefined ? null : stepOf(section);
  }

  /**
   * Brings a step on screen. The page may do that itself: it then takes the event `retoma-step` as its own.
   *
   * @returns whether the form has that step.
   */
  show(step: string): boolean {
    const sections = this.#sections();
    if (!sections.some((section) => stepOf(section) === step)) return false;
    if (this.current() === step) return true;
    const event = new CustomEvent("retoma-step", { bubbles: true, cancelable: true, detail: { step } });
    if (this.#form.dispatchEvent(event)) sections.forEach((section) => (section.hidden = stepOf(section) !== step));
    return true;
  }

  /** A form that is one step of several pages says so on itself. */
  #sections(): readonly HTMLElement[] {
    const within = this.#form.querySelectorAll<HTMLElement>("[data-retoma-step]");
    return this.#form.hasAttribute("data-retoma-step") ? [this.#form] : [...within];
  }
}

const stepOf = (section: HTMLElement): string => section.dataset["retomaStep"] ?? "";

const isVisible = (section: HTMLElement): boolean => section.closest("[hidden]") === null && section.checkVisibility?.() !== false;
