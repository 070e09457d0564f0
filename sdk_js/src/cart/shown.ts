/** What a page reads of a cart. */

import type { Rejected } from "../rebasing.js";
import type { DraftState } from "../snapshot.js";
import type { DraftStatus } from "../wire.js";
import type { CartCompletion, CartLine, CartTotals, UnavailableLine } from "./lines.js";
import type { CartSnapshot, CartWarning } from "./snapshot.js";

/** A cart as it is at the moment. */
export abstract class ShownCart {
  /** @internal */
  protected abstract now(): CartSnapshot;

  /** Null until the server has the cart. */
  get id(): string | null {
    return this.now().id;
  }

  /** What is in it, as the person sees it. */
  get lines(): readonly CartLine[] {
    return this.now().lines;
  }

  /**
   * What cannot be had any more, by the shop's word: in no total, and not ordered. {@link Cart.remove} takes it away.
   *
   * @example
   * for (const { sku, reason } of cart.unavailable) say(`${sku}: ${reason}`);
   */
  get unavailable(): readonly UnavailableLine[] {
    return this.now().unavailable;
  }

  /** How many pieces of {@link Cart.lines} that is. */
  get count(): number {
    return this.now().count;
  }

  /** What it comes to, as the server counts; what waits is not in it yet ({@link CartSnapshot.isPending}). */
  get totals(): CartTotals {
    return this.now().totals;
  }

  get state(): DraftState {
    return this.now().state;
  }

  get status(): DraftStatus {
    return this.now().status;
  }

  /** How far its order has come; null where nobody has begun to order it. */
  get completion(): CartCompletion | null {
    return this.now().completion;
  }

  /**
   * `stale` where the shop gave no word on prices and stock when it was last asked; null where it never was.
   *
   * @example
   * note.hidden = cart.validation !== "stale"; // "Prices are checked again before you order."
   */
  get validation(): CartSnapshot["validation"] {
    return this.now().validation;
  }

  /**
   * The cart that goes on in this one's place, or will once its order is made; the one before, where that order was given up.
   *
   * @example
   * if (cart.status === "completed" && cart.successor) await cart.restart();
   */
  get successor(): string | null {
    return this.now().successor;
  }

  /**
   * The customer's cart that this guest's went into, when they signed in on this device.
   *
   * @example
   * if (cart.mergedInto) location.reload(); // goes on as whoever has signed in
   */
  get mergedInto(): string | null {
    return this.now().mergedInto;
  }

  /** What the customer should know, until it is dismissed. */
  get warnings(): readonly CartWarning[] {
    return this.now().warnings;
  }

  /** What the server refused, until it is dismissed. */
  get rejected(): readonly Rejected[] {
    return this.now().rejected;
  }
}
