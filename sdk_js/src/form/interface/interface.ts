/** The small interface of a bound form: it says how things stand, and asks where a person must choose. */

import type { HelpApproval } from "../../asked.js";
import { isWithin } from "../../pointer.js";
import type { OfferedHandoff } from "../../handoff.js";
import type { Help, Helper, StaffAnswer } from "../../help.js";
import type { By, Conflict, Side } from "../../wire.js";
import type { Binding, FormDraft, FormView } from "../binding.js";
import { type Field, read, shows } from "../controls.js";
import { asking } from "./asking.js";
import { Bar } from "./bar.js";
import { focusFirst, part, type Part } from "./elements.js";
import { type Notice, Notices, wordsOf } from "./notices.js";
import { styleSheet } from "./style.js";
import { sentence, spoken, spokenText, type Texts, textsIn } from "./texts.js";
import { labelOf, valueText } from "./words.js";

/** As many fields are named to a screen reader. */
const NAMED = 10;

/** What happens beside the form: who helps, has helped or asks to, and which device waits. */
export interface Beside {
  readonly help: Help | null;
  readonly waiting: OfferedHandoff | null;
  /** Hears that the person has decided about the help. */
  readonly onDecided: () => void;
}

export class Interface {
  readonly #draft: FormDraft;
  readonly #binding: Binding;
  readonly #language: "en" | "es";
  readonly #texts: Texts;
  readonly #top: Part;
  readonly #state: Part;
  readonly #bar: Bar;
  readonly #notices: Notices;
  #said = "";
  #helped = "";
  #changed = "";
  #waiting: string | null = null;

  constructor(draft: FormDraft, binding: Binding, own: Partial<Texts>) {
    const sheet = styleSheet();
    this.#draft = draft;
    this.#binding = binding;
    this.#language = spoken(languageOf(binding.form));
    this.#texts = textsIn(this.#language, own);
    this.#top = part("bar", this.#language, sheet);
    this.#state = part("state", this.#language, sheet);
    this.#bar = new Bar(this.#top, this.#state, this.#texts, { startOver: () => this.#startOver(), goOn: () => this.#goOn() });
    this.#notices = new Notices(this.#language, sheet);
    binding.form.prepend(this.#top.host);
    // At the end, unless the page has a place for it: what somebody types in must not be pushed away.
    (binding.form.querySelector("[data-retoma-status]") ?? binding.form).append(this.#state.host);
  }

  /** Shows how the form stands. */
  show(view: FormView, { help, waiting, onDecided }: Beside): void {
    const left = view.snapshot.status === "open" ? this.#left(help) : [];
    this.#bar.show(view);
    this.#showHelp(help);
    this.#showChanged(left, help, onDecided);
    this.#showAsking(help, onDecided);
    this.#showMatch(waiting);
    this.#announceRestored(view.restored);
    const fresh = this.#notices.show(this.#noticesFor(view, left));
    if (fresh.length > 0) this.#bar.voice.say(fresh.map(wordsOf).join(" "));
  }

  remove(): void {
    this.#bar.voice.stop();
    this.#notices.clear();
    this.#top.host.remove();
    this.#state.host.remove();
  }

  #announceRestored(restored: readonly Field[]): void {
    const names = restored.map(labelOf);
    const fields = names.slice(0, NAMED).join(", ") + (names.length > NAMED ? "…" : "");
    if (fields === this.#said) return;
    this.#said = fields;
    if (fields !== "") this.#bar.voice.say(spokenText(this.#texts.restoredFields, { fields }));
  }

  #noticesFor({ snapshot, newer, refused, withCard }: FormView, left: readonly StaffAnswer[]): ReadonlyMap<string, Notice> {
    if (snapshot.status !== "open") return new Map();
    const notices = new Map<string, Notice>();
    for (const answer of left) {
      const field = this.#fieldOf(answer.path);
      if (field !== undefined) notices.set(field.path, this.#staffNotice(field, answer.name ?? ""));
    }
    for (const field of newer) notices.set(field.path, this.#newerNotice(field));
    for (const field of refused) notices.set(field.path, this.#refusedNotice(field));
    for (const field of withCard) notices.set(field.path, this.#cardNotice(field));
    for (const conflict of snapshot.conflicts) {
      const field = this.#fieldOf(conflict.path);
      if (field !== undefined && conflict.stored.masked === undefined) notices.set(field.path, this.#conflictNotice(field, conflict));
    }
    return notices;
  }

  /** What counts as one value may have several fields: the choice stands at the last of them. */
  #fieldOf(path: string): Field | undefined {
    const fields = this.#binding.fields();
    return fields.find((field) => field.path === path) ?? fields.findLast((field) => isWithin(field.path, path));
  }

  #newerNotice(field: Field): Notice {
    const value = this.#draft.get(field.path);
    const use = () => this.#settled(field, () => this.#binding.take(field.path));
    const keep = () => this.#settled(field, () => this.#binding.keep(field.path));
    return this.#choice(field, value, this.#draft.author(field.path), use, keep);
  }

  /** Of the two sides, the one that the field shows is the person's own at this moment. */
  #conflictNotice(field: Field, conflict: Conflict): Notice {
    const held = conflict.policy === "incumbent" ? "stored" : "arriving";
    const other = held === "stored" ? "arriving" : "stored";
    const isOtherShown = field.path === conflict.path && shows(field, conflict[other].value);
    const [mine, theirs] = isOtherShown ? ([other, held] as const) : ([held, other] as const);
    const choose = (choice: "stored" | "arriving") => () =>
      this.#settled(field, () => this.#binding.resolve(conflict, choice, field.path));
    const side: Side = conflict[theirs];
    return this.#choice(field, side.value, side.by, choose(theirs), choose(mine));
  }

  #choice(field: Field, value: Side["value"], by: By | undefined, use: () => void, keep: () => void): Notice {
    const { use: useIt, keep: keepMine } = this.#texts;
    const choices = [{ text: useIt, isMain: true, act: use }, { text: keepMine, isMain: false, act: keep }];
    return { field, label: labelOf(field), text: this.#entered(field, value, by), choices };
  }

  #entered(field: Field, value: Side["value"], by: By | undefined): Notice["text"] {
    const { enteredBy, enteredOn, enteredElsewhere } = this.#texts;
    const parts = { value: this.#valueText(field, value), who: by?.name ?? "", device: by?.device ?? "" };
    return sentence(parts.who ? enteredBy : parts.device ? enteredOn : enteredElsewhere, parts);
  }

  #refusedNotice(field: Field): Notice {
    const value = this.#valueText(field, read(field));
    return { field, label: labelOf(field), text: sentence(this.#texts.refused, { value }), choices: [] };
  }

  #staffNotice(field: Field, who: string): Notice {
    return { field, label: labelOf(field), text: sentence(this.#texts.changedHere, { who }), choices: [] };
  }

  #cardNotice(field: Field): Notice {
    return { field, label: labelOf(field), text: sentence(this.#texts.cardNumber, {}), choices: [] };
  }

  #valueText(field: Field, value: Side["value"]): string {
    return valueText(field, value, this.#texts, this.#language);
  }

  /** The choice vanishes with its button; whoever works by keyboard goes on in the field. */
  #settled(field: Field, act: () => void): void {
    act();
    focusFirst(field.controls);
  }

  #startOver(): void {
    this.#binding.startOver();
    this.#goOn();
  }

  /** Whoever has done what they were asked goes on with the form. */
  #goOn(): void {
    focusFirst(this.#binding.form.querySelectorAll<HTMLElement>("input,select,textarea,[contenteditable]"));
  }

  #showHelp(help: Help | null): void {
    const [helper] = help?.helpers ?? [];
    if (helper === undefined) {
      this.#helped = "";
      return this.#bar.help(null);
    }
    const { id, name: who, store, scope, reason } = helper;
    // What became of it, the events tell.
    const act = (done: () => Promise<void>) => () => void done().catch(() => undefined);
    const text = this.#helpText(helper);
    const parts = { who, store: store ?? "" };
    this.#bar.help({ text, parts, reason, stop: act(helper.stop), onlyLook: scope === "view" ? null : act(helper.takeBack) });
    if (id !== this.#helped) this.#bar.voice.say(`${spokenText(text, parts)} ${reason ?? ""}`.trim());
    this.#helped = id;
  }

  #helpText({ method, store }: Helper): string {
    const { helpedBy, helpedIn, overridden, overriddenIn } = this.#texts;
    const [by, within] = method === "override" ? [overridden, overriddenIn] : [helpedBy, helpedIn];
    return store === null ? by : within;
  }

  /** One after the other, so that each is read. What was answered elsewhere meanwhile goes as what was answered here. */
  #showAsking(help: Help | null, onDecided: () => void): void {
    const request = help?.requests.at(-1);
    if (request === undefined) return this.#bar.ask(null);
    const answer = (done: Promise<void>): void => void done.catch(() => undefined).then(onDecided);
    const acts = { approve: (approval: HelpApproval) => answer(request.approve(approval)), deny: () => answer(request.deny()) };
    this.#bar.ask(request.id, () => asking(request, this.#draft.id, this.#language, this.#texts, acts));
  }

  /** What staff have entered, once they are gone, that nobody has changed since. */
  #left(help: Help | null): readonly StaffAnswer[] {
    if (help === null || help.helpers.length > 0) return [];
    return help.answers.filter(({ path }) => (this.#draft.author(path)?.kind ?? "staff") === "staff");
  }

  #showChanged(left: readonly StaffAnswer[], help: Help | null, onDecided: () => void): void {
    const who = [...new Set(left.map(({ name }) => name ?? ""))].join(", ");
    const words = left.length === 0 ? "" : spokenText(left.length === 1 ? this.#texts.changedOne : this.#texts.changed, { who, count: String(left.length) });
    const confirm = (): void => void help?.confirm(...left.map(({ path }) => path)).then(onDecided, () => undefined);
    this.#bar.change(left.length === 0 ? null : { who, count: left.length, confirm });
    if (words !== "" && words !== this.#changed) this.#bar.voice.say(words);
    this.#changed = words;
  }

  #showMatch(waiting: OfferedHandoff | null): void {
    const isNew = waiting !== null && waiting.id !== this.#waiting;
    this.#waiting = waiting?.id ?? null;
    if (waiting === null) return this.#bar.match(null);
    // A wrong pick ends the handoff; the events say so, and what became of it.
    const pick = (digits: string): void => void waiting.confirm(digits).catch(() => this.#bar.voice.say(this.#texts.matchWrong));
    const stop = (): void => void this.#draft.revoke(waiting).catch(() => undefined);
    this.#bar.match({ id: waiting.id, device: waiting.device, choices: waiting.choices, pick, stop });
    if (isNew) this.#bar.voice.say(this.#texts.match);
  }
}

const languageOf = (form: HTMLFormElement): string => form.closest<HTMLElement>("[lang]")?.lang ?? "";
