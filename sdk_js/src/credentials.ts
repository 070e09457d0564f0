/** Who is calling: where the token of a request comes from, and how a refused one is renewed. */

import { AuthRequiredError, isRetomaError, RetomaError } from "./errors.js";
import { type RetomaStorage, visitorKey } from "./storage.js";

/**
 * Why a token is asked for.
 *
 * @example
 * const getToken = ({ reason }: { reason: TokenReason }) => (reason === "initial" ? token : freshToken());
 */
export type TokenReason = "initial" | "expired" | "rejected";

/**
 * What the server answers to whoever asks it for a customer's token.
 *
 * @example
 * const getToken = async () => (await fetch("/retoma-token")).json(); // { token: "ct_…", customer: "cu_…", expires_at: "…" }
 */
export interface TokenReply {
  readonly token: string;
  /** Whose token it is: edits of somebody else are kept, and never sent with it. */
  readonly customer: string;
}

/**
 * Gives the token of the signed-in customer or member of staff, or null when nobody is signed in: one that your back end
 * has asked the server for, or the one (a JWT) of the identity provider that you have registered.
 *
 * Asked once for all who wait. An error thrown here counts as a failed network, not as a sign-out. The server's whole
 * reply, in place of the token alone, says whose it is before anything is sent.
 *
 * @example
 * const getToken: GetToken = async () => (await fetch("/retoma-token")).text();
 * const ofProvider: GetToken = ({ reason }) => oidc.getAccessToken({ refresh: reason !== "initial" });
 */
export type GetToken = (asked: { readonly reason: TokenReason }) => Promise<string | TokenReply | null> | string | TokenReply | null;

/** A source of tokens. */
export interface Credential {
  /** Nobody whom the server could know: there is nothing to ask for. */
  readonly isStranger: boolean;
  /** Throws AuthRequiredError where there is none. */
  token(): Promise<string | null>;
  /** A token in place of one that was refused; throws where there can be none. */
  renew(refused: string, refusal: AuthRequiredError): Promise<string>;
  /** The last token was good. */
  accepted(): void;
  /** Somebody has signed out. */
  forget(): void;
}

/** A credential that is what it is: a publishable key, a grant. Neither tells who somebody is. */
export function fixed(token: string): Credential {
  return {
    isStranger: true,
    token: async () => token,
    renew: (_refused, refusal) => Promise.reject(refusal),
    accepted: () => undefined,
    forget: () => undefined,
  };
}

/** A token that is obtained when needed; however many ask meanwhile, it is obtained once. */
abstract class Obtained implements Credential {
  #token: string | null = null;
  #underway: Promise<string> | null = null;
  protected isForgotten = false;

  async token(): Promise<string> {
    return this.#token ?? this.#once(() => this.obtain("initial"));
  }

  async renew(refused: string, refusal: AuthRequiredError): Promise<string> {
    if (this.#token !== null && this.#token !== refused) return this.#token;
    return this.#once(() => this.replace(refused, refusal));
  }

  /** For good: whoever comes next has a credential of their own. */
  forget(): void {
    this.isForgotten = true;
  }

  abstract readonly isStranger: boolean;
  abstract accepted(): void;
  protected abstract obtain(reason: TokenReason): Promise<string>;
  protected abstract replace(refused: string, refusal: AuthRequiredError): Promise<string>;

  async #once(get: () => Promise<string>): Promise<string> {
    this.#token = null;
    this.#underway ??= get().finally(() => (this.#underway = null));
    const token = await this.#underway;
    if (this.isForgotten) throw new AuthRequiredError({ code: "signed-out", message: "This customer has signed out.", status: 401 });
    return (this.#token = token);
  }
}

/** The customer whom the page's own sign-in knows. */
export class CustomerCredential extends Obtained {
  readonly isStranger = false;
  readonly #getToken: GetToken;
  readonly #identified: (customer: string) => void;

  /** @param identified - Hears whose token it is, where that is told; throws if it may not be used. */
  constructor(getToken: GetToken, identified: (customer: string) => void) {
    super();
    this.#getToken = getToken;
    this.#identified = identified;
  }

  accepted(): void {}

  protected replace(_refused: string, refusal: AuthRequiredError): Promise<string> {
    return this.obtain(refusal.code === "token-expired" ? "expired" : "rejected");
  }

  protected async obtain(reason: TokenReason): Promise<string> {
    const token = await this.#ask(reason);
    if (token) return token;
    throw new AuthRequiredError({ code: "authentication-required", message: "Nobody is signed in.", status: 401 });
  }

  async #ask(reason: TokenReason): Promise<string | null> {
    try {
      const reply = await this.#getToken({ reason });
      if (typeof reply !== "object" || reply === null) return reply;
      this.#identified(reply.customer);
      return reply.token;
    } catch (cause) {
      if (isRetomaError(cause)) throw cause;
      throw new RetomaError({ code: "token-unavailable", message: "getToken failed.", retryable: true, cause });
    }
  }
}

/** A visitor: opened on first need, then remembered. */
export class VisitorCredential extends Obtained {
  readonly #storage: RetomaStorage;
  readonly #key: string;
  readonly #open: () => Promise<string>;
  #proved = false;

  constructor(storage: RetomaStorage, publishableKey: string, open: () => Promise<string>) {
    super();
    this.#storage = storage;
    this.#key = visitorKey(publishableKey);
    this.#open = open;
  }

  /** Until something was entered in this browser. */
  get isStranger(): boolean {
    return !this.#storage.get(this.#key);
  }

  accepted(): void {
    this.#proved = true;
  }

  protected async obtain(): Promise<string> {
    return this.#storage.get(this.#key) || this.#openNew();
  }

  /** A remembered visitor may have ended long ago; one that worked a moment ago has not, and its drafts are open. */
  protected async replace(refused: string, refusal: AuthRequiredError): Promise<string> {
    // Another tab may have opened one meanwhile, or have it from a claim, which replaces it.
    const other = this.#storage.get(this.#key);
    if (other && other !== refused) return other;
    if (this.#proved) throw refusal;
    this.#storage.set(this.#key, "");
    return this.#openNew();
  }

  /** Two tabs may open a visitor each at the same time; the one written down first is used by both. */
  async #openNew(): Promise<string> {
    const token = await this.#open();
    const other = this.#storage.get(this.#key);
    if (other) return other;
    if (!this.isForgotten) this.#storage.set(this.#key, token);
    return token;
  }
}
