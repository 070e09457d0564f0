import type { ReactElement } from "react";
import type { Draft } from "retoma";
import { useHandoff } from "retoma/react";

export function ElsewhereButton<T>({ draft }: { readonly draft: Draft<T> | null }): ReactElement {
  const { state, handoff, begin } = useHandoff(draft);
  if (state === "redeemed") return <aside>Go on on your other device. This page follows.</aside>;
  if (state === "failed") return <aside>That does not work now. <button onClick={begin}>Try again</button></aside>;
  if (handoff === null) return <aside><button disabled={state === "making"} onClick={begin}>Go on on your phone</button></aside>;
  return (
    <aside>
      <img alt="A code to scan with your phone" src={`data:image/svg+xml,${encodeURIComponent(handoff.qrSvg)}`} />
      <p>Scan this with your phone, or open <a href={handoff.url}>this link</a> there.</p>
    </aside>
  );
}
