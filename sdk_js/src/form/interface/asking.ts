/** Staff who ask to be let in: who, from where, why, for what; yes and no are alike, and nobody is hurried. */

import type { HelpApproval, HelpRequest } from "../../asked.js";
import { button, make, quoted } from "./elements.js";
import { sentence, spokenText, type Texts } from "./texts.js";

/** What a customer may answer. */
export interface AskActs {
  readonly approve: (approval: HelpApproval) => void;
  readonly deny: () => void;
}

/** A question as it is shown, and spoken. */
export interface Asking {
  readonly children: readonly HTMLElement[];
  readonly spoken: string;
  /** What whoever cannot see the card hears that its buttons are about. */
  readonly label: string;
}

/** The question of whoever asks; `own` is the draft of the form that it stands in. */
export function asking(request: HelpRequest, own: string | null, language: "en" | "es", texts: Texts, { approve, deny }: AskActs): Asking {
  const { letIn, onlyLook, deny: no } = texts;
  const choosing = chooser(request, own, language, texts);
  const draft = (): Pick<HelpApproval, "draft"> => (choosing === null ? {} : { draft: choosing.value });
  const buttons = make(
    "span",
    "buttons",
    button(letIn, "", () => approve(draft())),
    button(onlyLook, "", () => approve({ scope: "view", ...draft() })),
    button(no, "", deny),
  );
  const [text, parts] = questionOf(request, language, texts);
  const told = make("span", "", ...sentence(text, parts), ...quoted(request.reason));
  const label = spokenText(text, parts);
  return { children: [told, ...(choosing === null ? [] : [choosing]), buttons], spoken: `${label} ${request.reason}`, label };
}

/** Who asks for what; where they do not say it, and more than one is open, that is the customer's to choose. */
function questionOf({ name: who, store, choices }: HelpRequest, language: string, texts: Texts): readonly [string, Readonly<Record<string, string>>] {
  const [only, ...others] = choices;
  const place = store === null ? {} : { store };
  if (only === undefined || others.length > 0) return [store === null ? texts.asksWhich : texts.asksWhichIn, { who, ...place }];
  return [store === null ? texts.asks : texts.asksIn, { who, ...place, what: titleOf(only, language) }];
}

function chooser({ choices }: HelpRequest, own: string | null, language: string, { which }: Texts): HTMLSelectElement | null {
  if (choices.length < 2) return null;
  const select = make("select", "") as HTMLSelectElement;
  select.setAttribute("aria-label", which);
  select.append(...choices.map((choice) => optionOf(choice.draft, named(choice, choices, language), choice.draft === own)));
  return select;
}

function optionOf(value: string, text: string, selected: boolean): HTMLElement {
  const option = make("option", "", text) as HTMLOptionElement;
  return Object.assign(option, { value, selected });
}

/** Several of one process are told apart by their keys. */
function named(choice: HelpRequest["choices"][number], all: HelpRequest["choices"], language: string): string {
  const title = titleOf(choice, language);
  return all.filter(({ process }) => process === choice.process).length > 1 ? `${title} (${choice.key})` : title;
}

const titleOf = ({ titles, process }: HelpRequest["choices"][number], language: string): string =>
  titles[language] ?? titles["en"] ?? Object.values(titles)[0] ?? process;
