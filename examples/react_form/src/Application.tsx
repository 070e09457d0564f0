import type { ReactElement } from "react";
import { useDraft } from "retoma/react";
import { type Account, STEPS, type Step, TITLES } from "./account.js";
import { ElsewhereButton } from "./ElsewhereButton.js";
import { SaveIndicator } from "./SaveIndicator.js";
import { Check, Home, Work, You } from "./steps.js";

const PAGES = { you: You, home: Home, work: Work, check: Check };

export function Application(): ReactElement {
  const { draft, isReady, position, status, restart } = useDraft<Account>("account-opening");
  const step = STEPS.find((each) => each === position?.step) ?? "you";
  const StepPage = PAGES[step];
  if (status === "completed") return <Thanks onRestart={restart} />;
  return (
    <main>
      <header>
        <h1>Open an account</h1>
        <SaveIndicator draft={draft} />
      </header>
      <Progress step={step} onChoose={(chosen) => draft?.goTo(chosen)} />
      <fieldset disabled={!isReady} key={step}>
        <legend>{TITLES[step]}</legend>
        <StepPage draft={draft} />
      </fieldset>
      <Buttons step={step} onChoose={(chosen) => draft?.goTo(chosen)} onSend={() => draft?.complete()} />
      <ElsewhereButton draft={draft} />
    </main>
  );
}

interface Choosing {
  readonly step: Step;
  readonly onChoose: (step: Step) => void;
}

function Progress({ step, onChoose }: Choosing): ReactElement {
  return (
    <nav aria-label="Steps">
      {STEPS.map((each) => (
        <button key={each} aria-current={each === step ? "step" : undefined} onClick={() => onChoose(each)}>
          {TITLES[each]}
        </button>
      ))}
    </nav>
  );
}

function Buttons({ step, onChoose, onSend }: Choosing & { readonly onSend: () => void }): ReactElement {
  const at = STEPS.indexOf(step);
  const [before, after] = [STEPS[at - 1], STEPS[at + 1]];
  return (
    <footer>
      {before && <button onClick={() => onChoose(before)}>Back</button>}
      {after ? (
        <button className="strong" onClick={() => onChoose(after)}>Next</button>
      ) : (
        <button className="strong" onClick={onSend}>Send</button>
      )}
    </footer>
  );
}

function Thanks({ onRestart }: { readonly onRestart: () => void }): ReactElement {
  return (
    <main className="thanks">
      <h1>Thank you</h1>
      <p>Your account will be open tomorrow.</p>
      <button onClick={onRestart}>Open another one</button>
    </main>
  );
}
