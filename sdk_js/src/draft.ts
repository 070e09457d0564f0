import type { Acting } from "./acts.js";
import { over } from "./errors.js";
import type { Handoff, HandoffOptions, HandoffTo, OfferedHandoff } from "./handoff.js";
import type { Help } from "./help.js";
import { type LayableLine, online } from "./line.js";
import { type Edits, gathered, positionOf, settingOf } from "./edits.js";
import { type Field, fieldOf } from "./field.js";
import { type List, listOf } from "./list.js";
import type { AnyForm, Partly, Patch, Path, ValueAt } from "./paths.js";
import { toJson, toPointer, valueAt } from "./pointer.js";
import { edit, type Edit, patchEdits, type Rejected, resolve, seenAt, type State, transact, view } from "./rebasing.js";
import type { Seen } from "./seen.js";
import { type DraftState, type Snapshot, takeSnapshot } from "./snapshot.js";
import { Listeners, type Unsubscribe } from "./status.js";
import type { Syncing, Target } from "./syncing.js";
import type { By, Conflict, DraftEvent, DraftStatus, HistoryItem, Page, Position } from "./wire.js";

/**
 * The saved state of one process of one customer, edited here and everywhere else at once.
 *
 * Edits show at once and travel by themselves; the newest edit opens the draft where it is not open yet.
 *
 * @example
 * const draft = retoma.draft<Mortgage>("mortgage-application");
 * await draft.open();
 * draft.set("applicant.email", "ann@example.com");
 * draft.subscribe(({ value, state, conflicts }) => render(value, state, conflicts));
 */
export class Draft<T = AnyForm> {
  /** The process, as its business calls it. */
  readonly process: string;
  /** Tells this draft from others of the same process. */
  readonly key: string;
  /** @internal What acts on the server, loaded with the first act, and carts need of this draft. */
  acting!: Acting;
  readonly #listeners = new Listeners<Snapshot<T>>();
  readonly #happened = new Listeners<DraftEvent>();
  #snapshot: Snapshot<T> | null = null;

  /** @internal Drafts come from `retoma.draft()` and `retoma.redeem()`. */
  constructor(target: Target, syncing: Syncing, line: LayableLine) {
    this.process = target.process;
    this.key = target.key;
    this.turn({ syncing, line, target });
  }

  /** @internal Is from now on what somebody has who was not here when it began; whoever watches it goes on. */
  turn(acting: Acting): void {
    this.acting = acting;
    acting.syncing.onChange.add(() => this.#changed());
    acting.syncing.onEvent.add((event) => this.#happened.tell(event));
    this.#changed();
  }

  get #syncing(): Syncing {
    return this.acting.syncing;
  }

  /**
   * Resolves once what this device has kept of the draft is shown; asks the server nothing.
   *
   * @example
   * await draft.ready;
   * render(draft.value); // as it was left here, also without a network
   */
  get ready(): Promise<void> {
    return this.#syncing.ready;
  }

  /** Null until the draft is open. */
  get id(): string | null {
    return this.#syncing.id;
  }

  /** What the person sees, nested; frozen. */
  get value(): Partly<T> {
    return this.#now().value;
  }

  /** The newest revision known of the server. */
  get revision(): number {
    return this.#now().revision;
  }

  get status(): DraftStatus {
    return this.#now().status;
  }

  get state(): DraftState {
    return this.#now().state;
  }

  /** Where the person is in a process of several steps. */
  get position(): Position | null {
    return this.#now().position;
  }

  /** Values that met and wait for a choice. */
  get conflicts(): readonly Conflict[] {
    return this.#now().conflicts;
  }

  /** Changes that the server refused, with their values and the reason. */
  get rejected(): readonly Rejected[] {
    return this.#now().rejected;
  }

  /**
   * The value at a path, undefined where there is none.
   *
   * @example
   * draft.get("applicant.email"); // or draft.get("/applicant/email")
   */
  get<P extends Path<T>>(path: P): ValueAt<T, P> | undefined {
    return valueAt(view(this.#syncing.state), toPointer(path)) as ValueAt<T, P> | undefined;
  }

  /**
   * Who wrote what is stored at a path, if it changed since the draft was opened here.
   *
   * @example
   * draft.author("applicant.email")?.name; // "Marta", of the store
   */
  author(path: Path<T>): By | undefined {
    return this.#syncing.state.stored.authors.get(toPointer(path));
  }

  /**
   * Opens the draft, or makes it. Needed to see what is stored; the first edit does it too.
   *
   * @throws NetworkError while the server cannot be reached; the draft goes on trying by itself.
   * @example
   * await draft.open();
   */
  open(): Promise<void> {
    return this.#syncing.open();
  }

  /**
   * Opens the draft if there is one already; makes none, and asks nothing for a visitor who never entered anything.
   *
   * @returns whether it is open.
   * @example
   * if (await draft.resume()) greet("Welcome back: go on where you left off.");
   */
  async resume(): Promise<boolean> {
    return (await online()).resume(this.acting);
  }

  /**
   * Sets a value. An object sets its members and leaves others as they are; undefined takes the value away.
   *
   * @param options - `seen`: what the field showed, for an interface that goes on showing an older value than
   *   {@link Draft.value} (see {@link Draft.seen}).
   * @throws ClosedError, or RejectedError for a path or value that cannot be stored.
   * @example
   * draft.set("applicant.email", "ann@example.com");
   */
  set<P extends Path<T>>(path: P, value: ValueAt<T, P>, options?: { readonly seen?: Seen }): void {
    this.#edit([settingOf(path, value)], options?.seen);
  }

  /**
   * Sets and takes away several values by a merge patch (RFC 7396): null takes away.
   *
   * @example
   * draft.patch({ applicant: { email: "ann@example.com", phone: null } });
   */
  patch(patch: Patch<T>): void {
    this.#edit(patchEdits(toJson(patch)));
  }

  /**
   * Takes away a value and all below it.
   *
   * @example
   * draft.unset("coApplicant");
   */
  unset(path: Path<T>): void {
    this.#edit([{ unset: toPointer(path) }]);
  }

  /**
   * Makes several edits as one change that is accepted or refused as a whole. If `fn` throws, none is made.
   *
   * @example
   * draft.transaction((edits) => { edits.set("from", "ES01"); edits.set("to", "ES02"); });
   */
  transaction(fn: (edits: Edits<T>) => void): void {
    const made = gathered(fn);
    this.#update((state) => transact(state, made));
  }

  /**
   * Remembers the step that the person is at.
   *
   * @example
   * draft.goTo("income");
   */
  goTo(step: string, cursor?: string): void {
    this.#edit([positionOf(step, cursor)]);
  }

  /**
   * Calls `fn` at once and on every change, until the returned function is called.
   *
   * @example
   * const stop = draft.subscribe(({ value, state }) => render(value, state));
   */
  subscribe(fn: (snapshot: Snapshot<T>) => void): Unsubscribe {
    fn(this.#now());
    return this.#listeners.add(fn);
  }

  /**
   * Calls `fn` with everything that happens to this draft, here or elsewhere: `draft-changed`, `handoff-redeemed`,
   * `assist-started` and so on; `assist-requested` also where staff ask about another of the customer's drafts.
   *
   * @example
   * draft.onEvent(({ type }) => type === "assist-started" && say("Somebody in the store is helping you."));
   */
  onEvent(fn: (event: DraftEvent) => void): Unsubscribe {
    return this.#happened.add(fn);
  }

  /**
   * Settles a conflict: keep the stored value, take the arriving one, or write a third.
   *
   * @example
   * draft.resolve(conflict, "arriving");
   * draft.resolve(conflict, { value: "Anna" });
   */
  resolve(conflict: Conflict, choice: "stored" | "arriving" | { readonly value: unknown }): void {
    const chosen = typeof choice === "string" ? choice : { value: toJson(choice.value) };
    this.#update((state) => resolve(state, conflict, chosen));
  }

  /**
   * What somebody has seen who sees this path's value in {@link Draft.value} now.
   *
   * For interfaces that may go on showing a value after a newer one has come: note it when showing the value, and
   * hand it to {@link Draft.set} with an edit of it.
   *
   * @example
   * const seen = draft.seen("name");
   * control.onchange = () => draft.set("name", control.value, { seen });
   */
  seen(path: Path<T>): Seen {
    return seenAt(this.#syncing.state, toPointer(path));
  }

  /**
   * One field: its value, how it stands, and the conflict that waits in it.
   *
   * @example
   * const email = draft.field("applicant.email");
   * email.subscribe(({ value, state }) => show(value, state)); // "ann@…", "pending" and then "saved"
   */
  field<P extends Path<T>>(path: P): Field<ValueAt<T, P>> {
    return fieldOf<T, P>(this, path);
  }

  /**
   * A repeating group: an object by id whose items are kept in order, so that two devices may add and move at once.
   *
   * @example
   * const people = draft.list("dependants");
   * const id = people.add({ name: "Leo" });
   * people.move(id, people.items[0]?.id ?? null);
   */
  list<P extends Path<T>>(path: P): List {
    return listOf(this as unknown as Draft, toPointer(path));
  }

  /**
   * Takes a refused change off {@link Draft.rejected}, once the person has read of it.
   *
   * @example
   * for (const refused of draft.rejected) { tell(refused); draft.dismiss(refused); }
   */
  async dismiss(refused: Rejected): Promise<void> {
    await (await online()).dismiss(this.acting, refused);
  }

  /**
   * Resolves once everything entered so far is on the server, however long that takes.
   *
   * @throws RejectedError if a change was refused meanwhile; ClosedError.
   * @example
   * await draft.saved();
   */
  saved(): Promise<void> {
    return this.#syncing.saved();
  }

  /**
   * Sends now what waits.
   *
   * @throws NetworkError and others if that fails; what waits is kept and tried again.
   * @example
   * await draft.flush();
   */
  flush(): Promise<void> {
    return this.#syncing.flush();
  }

  /**
   * Fetches what is new.
   *
   * @example
   * await draft.refresh();
   */
  refresh(): Promise<void> {
    return this.#syncing.refresh();
  }

  /**
   * Completes the draft as it is on screen.
   *
   * @param options - `keepStored`: settle open conflicts by what is stored.
   * @throws ConflictError `conflicts-open`, or `revision-conflict` if it changed since it was seen; RejectedError
   *   `validation-failed`.
   * @example
   * await draft.complete();
   */
  async complete(options: { readonly keepStored?: boolean } = {}): Promise<void> {
    await (await online()).complete(this.acting, options);
  }

  /**
   * Throws the draft away, here and on the server.
   *
   * @example
   * await draft.discard();
   */
  async discard(): Promise<void> {
    await (await online()).discard(this.acting);
  }

  /**
   * What was done to this draft, newest first.
   *
   * @example
   * const { items } = await draft.history({ limit: 10 });
   */
  async history(page: { readonly limit?: number; readonly cursor?: string } = {}): Promise<Page<HistoryItem>> {
    return (await online()).history(this.acting, page);
  }

  /**
   * Lets another device, or staff, go on with this draft. Sends first what waits.
   *
   * @param options - `to`: `device` (the default: a link and its QR code), `email` (a letter to `address`) or `staff`
   *   (a code to read out); `url`: the page to go on at, in place of the process's own.
   * @example
   * const { url, qrSvg, expiresAt } = await draft.handoff();
   */
  async handoff<To extends HandoffTo = "device">(options: HandoffOptions<To> = {}): Promise<Handoff<To>> {
    return (await online()).handoff(this.acting, options);
  }

  /**
   * The handoffs of this draft that are on offer. Where a device waits for the two digits that it shows to be picked,
   * one of `choices` is what it shows: `confirm` lets it go on, any other of them ends the handoff.
   *
   * @throws RetomaError `match-wrong` (by `confirm`), ConflictError `handoff-not-waiting`.
   * @example
   * draft.onEvent(async ({ type }) => {
   *   if (type !== "handoff-waiting") return;
   *   const waiting = (await draft.handoffs()).find(({ choices }) => choices.length > 0);
   *   if (waiting) ask(waiting.choices, (digits) => waiting.confirm(digits));
   * });
   */
  async handoffs(): Promise<readonly OfferedHandoff[]> {
    return (await online()).handoffs(this.acting);
  }

  /**
   * Ends a handoff, and whatever access it has given.
   *
   * @example
   * await draft.revoke(handoff);
   */
  async revoke(handoff: Pick<Handoff, "id">): Promise<void> {
    await (await online()).revoke(this.acting, handoff);
  }

  /**
   * Who of staff helps with this draft now, who asks to, and which of their answers the customer has neither confirmed nor
   * changed.
   *
   * @example
   * const { helpers, requests, answers, confirm } = await draft.help();
   * for (const { name, stop } of helpers) offer(`${name} is helping you`, stop);
   * for (const { name, reason, approve, deny } of requests) ask(`${name} asks to help you: ${reason}`, approve, deny);
   * if (answers.length > 0) offer("That's right", () => confirm("income"));
   */
  async help(): Promise<Help> {
    return (await online()).help(this.acting);
  }

  #edit(edits: readonly Edit[], seen?: Seen): void {
    this.#update((state) => edit(state, edits, seen));
  }

  #update(change: (state: State) => State): void {
    if (this.#syncing.ended) throw this.#syncing.ended;
    if (this.status !== "open") throw over("draft-closed");
    this.#syncing.update(change);
  }

  #changed(): void {
    this.#snapshot = null;
    this.#listeners.tell(this.#now());
  }

  #now(): Snapshot<T> {
    return (this.#snapshot ??= takeSnapshot<T>(this.#syncing));
  }
}
