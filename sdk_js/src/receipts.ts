/** What a sign-in has done with the drafts of a visitor. */

import type { GetToken } from "./credentials.js";
import type * as api from "./generated/types.gen.js";
import type { Json } from "./wire.js";

type Camel<Name extends string> = Name extends `${infer First}_${infer Rest}` ? `${First}${Capitalize<Camel<Rest>>}` : Name;

/** What the server says, by names of this language. */
type Told<Shape> = { readonly [Name in keyof Shape as Name extends string ? Camel<Name> : never]: Shape[Name] };

/**
 * How a visitor's drafts become the customer's.
 *
 * @example
 * const options: SignInOptions = { customer: user.id, getToken, intent: "checkout" };
 */
export interface SignInOptions {
  /** The token of the customer; by itself that of the page's options. */
  readonly getToken?: GetToken;
  /** Any lasting name that the page has for the customer; never sent. As in the options of a page that begins signed in. */
  readonly customer?: string;
  /** At `checkout` a saved cart is parked, so that nobody orders more than is on the screen. */
  readonly intent?: "browse" | "checkout";
  /** What becomes of carts, by itself `max`. With `ask` nothing happens yet: the answer says what could. */
  readonly strategy?: NonNullable<api.NewClaim["strategy"]>;
  /** What becomes of a form where the customer has one already; by itself as its process says, or else `ask`. */
  readonly forms?: NonNullable<api.NewClaim["forms"]>;
  /** Of a receipt for `ask`: what it has shown is what is done, or else the error `preview-outdated`. */
  readonly seen?: string;
}

/**
 * What became of one cart of the visitor's, or could.
 *
 * @example
 * const moved = ({ lines = [] }: ClaimedCart): number => lines.filter(({ guest }) => guest > 0).length;
 */
export interface ClaimedCart extends Told<api.ClaimedCartOut> {}

/**
 * Where and when somebody was last at work in a form, and how far they came.
 *
 * @example
 * const told = ({ device, step, stepNumber, steps }: Touched): string => `${device}, step ${stepNumber ?? step} of ${steps}`;
 */
export interface Touched extends Told<api.TouchedOut> {}

/**
 * What became of one form of the visitor's, or could.
 *
 * @example
 * const isChoice = ({ parked, saved }: ClaimedForm): boolean => Boolean(parked && saved);
 */
export interface ClaimedForm extends Omit<Told<api.ClaimedFormOut>, "guest" | "saved" | "differs"> {
  readonly guest: Touched;
  /** Null where the customer had none. */
  readonly saved: Touched | null;
  /** The paths where the two differ; with `ask`, `{ path, guest, saved }` with both values. Empty where nothing is saved. */
  readonly differs: readonly Json[];
}

/**
 * What a sign-in has done.
 *
 * @example
 * const receipt: Receipt = await retoma.signIn({ getToken });
 * if (receipt.isPending) say("What you have entered here follows as soon as there is a connection.");
 */
export interface Receipt {
  /** Null where there was nothing to do, or nothing is done yet. */
  readonly id: string | null;
  /** Nothing is done yet: the page goes on as the visitor's, and is the customer's as soon as the server can be asked. */
  readonly isPending: boolean;
  readonly carts: readonly ClaimedCart[];
  readonly forms: readonly ClaimedForm[];
  /** Given with `ask`: lets a sign-in do just what this shows, for ten minutes. */
  readonly seen?: string;
}

/** The answer where there is nothing to tell. */
export const NOTHING_DONE: Receipt = { id: null, isPending: false, carts: [], forms: [] };

/** A receipt by the word of the server. */
export function receiptOf({ id, carts, forms, seen }: api.ReceiptOut & Pick<api.ClaimOut, "seen">): Receipt {
  return { ...NOTHING_DONE, id, carts: carts.map(told), forms: forms.map(formOf), ...(seen && { seen }) };
}

function formOf({ guest, saved, ...form }: api.ClaimedFormOut): ClaimedForm {
  return { ...told(form), guest: told(guest), saved: saved && told(saved) } as ClaimedForm;
}

/** The members of one object; values are left alone. */
const told = <Shape extends object>(wire: Shape): Told<Shape> =>
  Object.fromEntries(Object.entries(wire).map(([name, value]) => [name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), value])) as Told<Shape>;
