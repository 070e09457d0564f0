/** What a client lends to its parts that are loaded later. */

import type { Retoma, RetomaOptions } from "./client.js";
import type { Shelf } from "./keeping/shelf.js";
import type { Lines } from "./lines.js";
import type { Partings } from "./partings.js";
import type { RetomaStorage } from "./storage.js";
import type { Timer } from "./timer.js";

export interface Inner {
  readonly client: Retoma;
  readonly options: RetomaOptions;
  readonly timer: Timer;
  readonly storage: RetomaStorage;
  readonly installation: string;
  /** Where this tab remembers the draft that was passed to it. */
  readonly grantKey: string;
  readonly partings: Partings;
  readonly lines: () => Promise<Lines>;
  readonly newShelf: () => Shelf;
}
