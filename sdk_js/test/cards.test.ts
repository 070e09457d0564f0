/** Promise: what the server takes for a card number does not leave a form, and nothing else is held back. */

import { describe, expect, it } from "vitest";
import { holdsCardNumber } from "../src/form/cards.js";
import { vectors } from "./vectors.js";

interface Case {
  readonly text: string;
  readonly card: boolean;
}

describe("a card number is known as the server knows it", () => {
  it.each(vectors<Case>("payment_data"))("$text: $card", ({ text, card }) => {
    expect(holdsCardNumber(text)).toBe(card);
  });
});
