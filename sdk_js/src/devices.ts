/** The devices that hold a customer's drafts: which there are, what they are called, and signing them out. */

import type { Retoma } from "./client.js";
import type { DeviceOut, DevicesOut } from "./generated/types.gen.js";
import type { Answer, Call } from "./line.js";

/**
 * A device that holds the customer's drafts, as it was when the list was made.
 *
 * @example
 * const told = ({ name, channel, lastSeenAt }: Device): string => `${name ?? channel}, ${lastSeenAt}`;
 */
export interface Device {
  readonly id: string;
  readonly kind: "signed-in" | "visitor" | "link";
  readonly channel: string;
  /** What its customer calls it, else what it calls itself. It is a text: show it as one. */
  readonly name: string | null;
  readonly firstSeenAt: string;
  /** Right to some minutes. */
  readonly lastSeenAt: string;
  /** Whether it is the one that asked. */
  readonly isCurrent: boolean;
}

/**
 * The devices of whoever is signed in on this page.
 *
 * @example
 * const devices = devicesOf(retoma);
 * const lost = (await devices.list()).find(({ name }) => name === "Old phone");
 * if (lost) await devices.revoke(lost);
 */
export interface Devices {
  /** The one seen last first. */
  list(): Promise<readonly Device[]>;
  /** Calls a device otherwise, with null as it calls itself. */
  rename(device: Pick<Device, "id">, name: string | null): Promise<Device>;
  /** Signs a device out, at once and everywhere. */
  revoke(device: Pick<Device, "id">): Promise<void>;
}

/**
 * The devices that hold the drafts of whoever is signed in on this page; nothing is sent yet.
 *
 * @example
 * for (const { name, lastSeenAt } of await devicesOf(retoma).list()) console.log(name, lastSeenAt);
 */
export function devicesOf(retoma: Retoma): Devices {
  const call = async <T>(asked: Call): Promise<Answer<T>> => (await retoma.owned.transport.lay()).call<T>(asked);
  return {
    list: async () => (await call<DevicesOut>({ method: "GET", path: PLACE })).data.items.map(deviceOf),
    rename: async ({ id }, name) => deviceOf((await call<DeviceOut>({ method: "PATCH", path: `${PLACE}/${id}`, body: { name } })).data),
    revoke: async ({ id }) => void (await call({ method: "DELETE", path: `${PLACE}/${id}` })),
  };
}

const PLACE = "me/devices";

function deviceOf({ first_seen_at: firstSeenAt, last_seen_at: lastSeenAt, current: isCurrent, ...same }: DeviceOut): Device {
  return { ...same, firstSeenAt, lastSeenAt, isCurrent };
}
