/** A client on a device that keeps drafts, against a server that can be disturbed, with a timer that notes every pause and takes none. */

import "fake-indexeddb/auto";
import { afterEach, beforeEach } from "vitest";
import { Retoma, type RetomaOptions } from "../src/client.js";
import { IndexedDbStorage } from "../src/keeping/indexeddb.js";
import type { Timer } from "../src/timer.js";
import { TestServer } from "./server.js";

export interface Setting {
  server: TestServer;
  pauses: number[];
  kept: Map<string, string>;
  /** Names what the device keeps. */
  device: string;
  connect(options?: Partial<RetomaOptions>): Retoma;
}

/** A fresh setting for each test of a file. */
export function setting(): Setting {
  const clients: Retoma[] = [];
  const here = { pauses: [] as number[], kept: new Map<string, string>(), device: "" } as Setting;
  let devices = 0;
  here.connect = (options = {}) => {
    const storage = { get: (key: string) => here.kept.get(key) ?? null, set: (key: string, value: string) => void here.kept.set(key, value) };
    const client = new Retoma({ url: here.server.url, publishableKey: "pk_1", storage, draftStorage: new IndexedDbStorage(here.device), ...options }, noting(here.pauses));
    clients.push(client);
    return client;
  };
  beforeEach(async () => {
    here.server = await TestServer.start();
    here.pauses = [];
    here.kept = new Map();
    here.device = `device ${++devices}`;
  });
  afterEach(async () => {
    clients.splice(0).forEach((client) => client.close());
    await here.server.stop();
  });
  return here;
}

export function noting(pauses: number[]): Timer {
  return {
    wait: async (ms) => {
      pauses.push(ms);
      await new Promise((done) => setImmediate(done));
    },
    random: () => 0.5,
  };
}
