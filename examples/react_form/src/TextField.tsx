import type { InputHTMLAttributes, ReactElement } from "react";
import type { Draft } from "retoma";
import { useDraftField } from "retoma/react";
import type { Account } from "./account.js";

interface TextFieldProps extends InputHTMLAttributes<HTMLInputElement> {
  readonly draft: Draft<Account> | null;
  readonly path: keyof Account;
  readonly label: string;
}

export function TextField({ draft, path, label, ...input }: TextFieldProps): ReactElement {
  const { inputProps, isBehind, conflict, resolve } = useDraftField(draft, path);
  return (
    <label>
      {label}
      <input name={path} {...input} {...inputProps} />
      {isBehind && <small>Changed on another device. You will see it when you leave this field.</small>}
      {conflict && (
        <small role="alert">
          You also entered <b>{String(conflict.arriving.value)}</b>.
          <button type="button" onClick={() => resolve("arriving")}>Use it</button>
          <button type="button" onClick={() => resolve("stored")}>Keep what is here</button>
        </small>
      )}
    </label>
  );
}
