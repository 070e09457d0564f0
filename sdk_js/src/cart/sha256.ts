/**
 * SHA-256 (FIPS 180-4), at once: a line must have its name the moment it is added, and the browser's own digest is
 * asynchronous and missing where a page was not loaded over HTTPS.
 */

const PRIMES = firstPrimes(64);
const START = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
const ROUNDS = PRIMES.map((prime) => fraction(Math.cbrt(prime)));

/** The 32 bytes of a message's digest. */
export function sha256(message: Uint8Array): Uint8Array {
  const blocks = padded(message);
  const hash = Int32Array.from(START);
  for (let at = 0; at < blocks.byteLength; at += 64) compress(hash, blocks, at);
  const digest = new DataView(new ArrayBuffer(32));
  hash.forEach((word, index) => digest.setInt32(index * 4, word));
  return new Uint8Array(digest.buffer);
}

/** The message, a one bit, zeros, and its length in bits (§5.1.1). */
function padded(message: Uint8Array): DataView {
  const bytes = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64);
  bytes.set(message);
  bytes[message.length] = 0x80;
  const view = new DataView(bytes.buffer);
  // The upper half of the length would be needed from half a gigabyte on.
  view.setUint32(bytes.length - 4, message.length * 8);
  return view;
}

/** One block into the hash (§6.2.2). */
function compress(hash: Int32Array, blocks: DataView, at: number): void {
  const words = schedule(blocks, at);
  const state = Int32Array.from(hash);
  words.forEach((word, round) => turn(state, word + (ROUNDS[round] as number)));
  state.forEach((value, index) => (hash[index] = (hash[index] as number) + value));
}

function schedule(blocks: DataView, at: number): Int32Array {
  const words = new Int32Array(64);
  const word = (index: number): number => words[index] as number;
  for (let index = 0; index < 64; index++) {
    words[index] = index < 16 ? blocks.getInt32(at + index * 4) : word(index - 16) + mixed(word(index - 15), 7, 18, 3) + word(index - 7) + mixed(word(index - 2), 17, 19, 10);
  }
  return words;
}

function turn(state: Int32Array, input: number): void {
  const [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  const first = h + turned(e, 6, 11, 25) + ((e & f) ^ (~e & g)) + input;
  const second = turned(a, 2, 13, 22) + ((a & b) ^ (a & c) ^ (b & c));
  state.set([first + second, a, b, c, d + first, e, f, g]);
}

const rotated = (word: number, by: number): number => (word >>> by) | (word << (32 - by));
const turned = (word: number, one: number, two: number, three: number): number => rotated(word, one) ^ rotated(word, two) ^ rotated(word, three);
const mixed = (word: number, one: number, two: number, shift: number): number => rotated(word, one) ^ rotated(word, two) ^ (word >>> shift);

/** The first 32 bits of a number's fractional part: where the standard's constants come from (§4.2.2, §5.3.3). */
function fraction(root: number): number {
  return ((root - Math.floor(root)) * 2 ** 32) | 0;
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let number = 2; primes.length < count; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  return primes;
}
