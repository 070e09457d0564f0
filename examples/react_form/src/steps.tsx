import type { ReactElement } from "react";
import type { Draft } from "retoma";
import { useDraft, useDraftField, useDraftForm } from "retoma/react";
import type { Account } from "./account.js";
import { TextField } from "./TextField.js";

interface StepProps {
  readonly draft: Draft<Account> | null;
}

/** Controlled inputs: a component for each field. */
export function You({ draft }: StepProps): ReactElement {
  return (
    <>
      <TextField draft={draft} path="name" label="Full name" autoComplete="name" />
      <TextField draft={draft} path="email" label="E-mail" type="email" autoComplete="email" />
      <TextField draft={draft} path="born" label="Date of birth" type="date" />
    </>
  );
}

/** A plain form: its names are paths, and React has nothing to do while somebody types. */
export function Home({ draft }: StepProps): ReactElement {
  return (
    <form ref={useDraftForm(draft)} onSubmit={(event) => event.preventDefault()}>
      <label>Street and number<input name="street" autoComplete="street-address" /></label>
      <label>Postcode<input name="postcode" autoComplete="postal-code" /></label>
      <label>City<input name="city" autoComplete="address-level2" /></label>
    </form>
  );
}

export function Work({ draft }: StepProps): ReactElement {
  const work = useDraftField(draft, "work");
  const newsletter = useDraftField(draft, "newsletter");
  return (
    <>
      <label>
        You are
        <select {...work.inputProps}>
          <option value="">Please choose</option>
          <option value="employed">Employed</option>
          <option value="own">Working for yourself</option>
          <option value="other">Something else</option>
        </select>
      </label>
      <TextField draft={draft} path="income" label="Income a month, in euros" type="number" />
      <label className="tick"><input type="checkbox" {...newsletter.checkboxProps} />Write to me once a month</label>
    </>
  );
}

export function Check(): ReactElement {
  const { value } = useDraft<Account>("account-opening");
  return (
    <dl>
      {Object.entries(value).map(([name, each]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{String(each)}</dd>
        </div>
      ))}
    </dl>
  );
}
