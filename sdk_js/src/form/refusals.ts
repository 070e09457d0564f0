/** What of a form is never kept: secrets, and what its page has set apart. */

import { type Control, isControl } from "./controls.js";

const NEVER_TYPES = new Set(["password", "hidden", "file", "submit", "button", "reset", "image"]);
const NEVER_AUTOCOMPLETE = /(^|\s)(cc-\S+|one-time-code|current-password|new-password)(\s|$)/i;
/** Matched against the words of a name: `cardNumber`, `card_number` and `card[number]` are the same. */
const NEVER_NAMES =
  / (cvv2?|cvc2?|csc|otp|pin|passw(or)?d|passcode|csrf|xsrf|(credit|debit) ?card|cc ?(num(ber)?|no|exp\w*)|card ?(num(ber)?|no|exp\w*|code)|one time (code|password)|authenticity token|csrf\w*token) /;

/** Decides what is never kept; what has once been a password stays one, also when its text is shown. */
export class Refusals {
  readonly #passwords = new WeakSet<Element>();
  /** Whether a name looks like that of a secret; a form is looked through with every keystroke. */
  readonly #secretNames = new Map<string, boolean>();

  refuses(element: HTMLElement): boolean {
    if (element.closest("[data-retoma-ignore]") !== null) return true;
    if (!isControl(element)) return false;
    if (element.type === "password") this.#passwords.add(element);
    return this.#passwords.has(element) || NEVER_TYPES.has(element.type) || this.#isSecret(element);
  }

  /** A path of its own (`data-retoma-name`) says that a name which looks like a secret is none. */
  #isSecret(control: Control): boolean {
    if (NEVER_AUTOCOMPLETE.test(control.getAttribute("autocomplete") ?? "")) return true;
    return !control.hasAttribute("data-retoma-name") && this.#isSecretName(control.name);
  }

  #isSecretName(name: string): boolean {
    const known = this.#secretNames.get(name);
    if (known !== undefined) return known;
    const isSecret = NEVER_NAMES.test(wordsOf(name));
    this.#secretNames.set(name, isSecret);
    return isSecret;
  }
}

function wordsOf(name: string): string {
  const spaced = name.replace(/([a-z\d])([A-Z])/g, "$1 $2").replace(/[^A-Za-z\d]+/g, " ");
  return ` ${spaced.toLowerCase().trim()} `;
}
