/** Where a line of a cart stands among its leaves, and which line a step is about. */

import type { Step } from "../outbox.js";
import { join } from "../pointer.js";

export const pathOf = (key: string): string => `/lines/${key}`;

/** Where a line stands that cannot be had; what is done to it is addressed as ever. */
export const unavailablePathOf = (key: string): string => `/unavailable/${key}`;

/** Notes stand by name, where a process says of each name whether it may be kept on a device. */
export const notePathOf = (name: string, key: string): string => `${join("/info", name)}/${key}`;

/** The key of the line that a step is about; empty for none. */
export const keyOf = ({ wire, path }: Step): string => ("line" in wire && wire.line) || path?.split("/")[2] || "";
