/** Promise: the types know the paths of a form, and let an undescribed one be. */

import { describe, expectTypeOf, it } from "vitest";
import { bindForm } from "../src/form/index.js";
import type { Draft, Handoff, Json } from "../src/index.js";

interface Mortgage {
  applicant: { email: string; phone?: string };
  income: number;
  tags: string[];
}

describe("a described form", () => {
  type D = Draft<Mortgage>;

  it("knows its values by path", () => {
    const uses = (draft: D): void => {
      expectTypeOf(draft.get("applicant.email")).toEqualTypeOf<string | undefined>();
      expectTypeOf(draft.get("/applicant/email")).toEqualTypeOf<Json | undefined>();
      expectTypeOf(draft.value.applicant?.email).toEqualTypeOf<string | undefined>();
      draft.set("income", 1200);
      draft.set("/anything/goes", 1);
      draft.patch({ applicant: { phone: null }, tags: ["a"] });
      // @ts-expect-error a number is no e-mail address
      draft.set("applicant.email", 1);
      // @ts-expect-error there is no such path
      draft.set("applicant.emial", "ann@example.com");
    };
    expectTypeOf(uses).toBeFunction();
  });

  it("can be bound to a form", () => {
    expectTypeOf(bindForm).toBeCallableWith({} as D, null);
    expectTypeOf(bindForm).toBeCallableWith({} as Draft, null);
  });
});

describe("an undescribed form", () => {
  it("takes any path and gives any value", () => {
    const uses = (draft: Draft): void => {
      draft.set("whatever.there.is", 1);
      expectTypeOf(draft.get("whatever")).toBeAny();
      expectTypeOf(draft.value.applicant.email).toBeAny();
    };
    expectTypeOf(uses).toBeFunction();
  });
});

describe("a handoff", () => {
  it("has a link for a device and a code for staff", () => {
    expectTypeOf<Handoff<"device">["url"]>().toBeString();
    expectTypeOf<Handoff<"staff">["code"]>().toBeString();
    expectTypeOf<Draft["handoff"]>().toBeCallableWith({ to: "staff" });
  });
});
