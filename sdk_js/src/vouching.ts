/**
 * Tabs vouch for one another: one that shows what a visitor has begun, and hears that they have signed in in another tab,
 * asks the customer's tabs who that is, and for their token. It passes from page to page of one origin and is kept nowhere.
 */

import type { Retoma } from "./client.js";
import type { GetToken, TokenReason, TokenReply } from "./credentials.js";
import type { Inner } from "./inner.js";
import { hashOf } from "./partings.js";
import { freshId } from "./storage.js";

/** A tab asks the tabs of an owner, who is named to those only who know the name. */
interface Question {
  readonly id: string;
  readonly whom: string;
  readonly reason: TokenReason;
}

/** What one of them answers. */
export interface Word {
  readonly to: string;
  readonly owner: string;
  readonly token: string | TokenReply | null;
}

/** A tab that does not answer by then is gone, or cannot say. */
const PATIENCE_MS = 5000;

/** Tokens that a tab has from others, for whom it cannot vouch. */
const borrowed = new WeakSet<GetToken>();

const channelOf = ({ options }: Inner): BroadcastChannel => new BroadcastChannel(`retoma:${options.publishableKey}:vouching`);

/** Answers other tabs for the customer of this one, until the signal. */
export function vouch(inner: Inner, getToken: GetToken, signal: AbortSignal): void {
  if (borrowed.has(getToken) || !globalThis.BroadcastChannel) return;
  const channel = channelOf(inner);
  const answer = async ({ id, whom, reason }: Question): Promise<void> => {
    const { owner } = inner.client.owned.shelf;
    if (owner === null || signal.aborted || hashOf(owner) !== whom) return;
    const token = await getToken({ reason });
    if (!signal.aborted) say(channel, { to: id, owner, token });
  };
  // Where it cannot be had now, whoever asks tries again.
  channel.addEventListener("message", ({ data }: MessageEvent<Question | Word>) => void ("whom" in data && answer(data).catch(() => undefined)));
  signal.addEventListener("abort", () => channel.close(), { once: true });
}

/** The word of a tab of the customer; null where none is there. */
export async function askAround(inner: Inner, whom: string, reason: TokenReason): Promise<Word | null> {
  if (!globalThis.BroadcastChannel) return null;
  const channel = channelOf(inner);
  const id = freshId("q_");
  try {
    return await new Promise((done) => {
      channel.addEventListener("message", ({ data }: MessageEvent<Question | Word>) => "to" in data && data.to === id && done(data));
      say(channel, { id, whom, reason });
      setTimeout(() => done(null), PATIENCE_MS);
    });
  } finally {
    channel.close();
  }
}

/** Where tabs that had their tokens from others get them from once somebody has signed in there. */
const own = new WeakMap<Retoma, GetToken>();

/** Lets a tab that has its tokens from others have them from its own page. */
export function beOnOnesOwn(client: Retoma, getToken: GetToken): void {
  own.set(client, getToken);
}

/** Tokens of its own page, or by the word of other tabs, as long as there is one; the first is there already. */
export function borrowing(inner: Inner, whom: string, first: Word): GetToken {
  const ask: GetToken = async ({ reason }) => (reason === "initial" ? first : await askAround(inner, whom, reason))?.token ?? null;
  own.delete(inner.client);
  const getToken: GetToken = (asked) => (own.get(inner.client) ?? ask)(asked);
  borrowed.add(getToken);
  return getToken;
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel reaches its own origin only
const say = (channel: BroadcastChannel, message: Question | Word): void => channel.postMessage(message);
