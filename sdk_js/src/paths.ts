/** Types that know the paths of a form. */

import type { Json } from "./wire.js";

/**
 * A form that nobody has described: its author knows what the values are.
 *
 * @example
 * const draft: Draft<AnyForm> = retoma.draft("survey"); // any path, any value
 */
// oxlint-disable-next-line typescript/no-explicit-any -- `unknown` would make every read of an undescribed form a cast
export type AnyForm = any;

type IsAny<T> = 0 extends 1 & T ? true : false;
type Leaf = string | number | boolean | null | undefined | readonly unknown[];
/** Paths are spelled out this deep; deeper ones need a JSON Pointer. */
type Shallower = [never, 0, 1, 2, 3, 4];

/**
 * The dotted paths of `T`, or a JSON Pointer.
 *
 * @example
 * const path: Path<{ applicant: { email: string } }> = "applicant.email"; // or "/applicant/email"
 */
export type Path<T> = IsAny<T> extends true ? string : `/${string}` | Dotted<T, 5>;

type Dotted<T, Depth extends number> = [Depth] extends [never]
  ? never
  : T extends Leaf
    ? never
    : { [K in keyof T & string]: K | `${K}.${Dotted<NonNullable<T[K]>, Shallower[Depth]>}` }[keyof T & string];

/**
 * The type at a path of `T`; any JSON where it is not known.
 *
 * @example
 * type Email = ValueAt<{ applicant: { email: string } }, "applicant.email">; // string
 */
export type ValueAt<T, P> =
  IsAny<T> extends true
    ? AnyForm
    : P extends keyof T
      ? T[P]
      : P extends `${infer K}.${infer Rest}`
        ? K extends keyof T
          ? ValueAt<NonNullable<T[K]>, Rest>
          : Json
        : Json;

/**
 * A form half filled: every member may be missing.
 *
 * @example
 * const value: Partly<Mortgage> = draft.value; // value.applicant?.email
 */
export type Partly<T> = IsAny<T> extends true ? AnyForm : T extends Leaf ? T : { readonly [K in keyof T]?: Partly<T[K]> };

/**
 * What a merge patch may say of a form: members to set, null to take away.
 *
 * @example
 * const patch: Patch<Mortgage> = { applicant: { phone: null } };
 */
export type Patch<T> = IsAny<T> extends true ? AnyForm : T extends Leaf ? T : { readonly [K in keyof T]?: Patch<T[K]> | null };
