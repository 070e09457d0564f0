/** The cases that every SDK runs. */

import { readFileSync } from "node:fs";

/** Reads a file of cases; fails by name where it is missing. */
export function vectors<T>(name: string): T[] {
  const file = new URL(`../../tests/vectors/${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { cases: T[] }).cases;
}
