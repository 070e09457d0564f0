/** What is asked, and in which steps. */

export interface Account {
  name: string;
  email: string;
  born: string;
  street: string;
  city: string;
  postcode: string;
  work: string;
  income: number;
  newsletter: boolean;
}

export const STEPS = ["you", "home", "work", "check"] as const;

export type Step = (typeof STEPS)[number];

export const TITLES: Readonly<Record<Step, string>> = { you: "About you", home: "Where you live", work: "Your work", check: "Check and send" };
