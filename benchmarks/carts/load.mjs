// Adds to carts over so many connections for so many seconds; prints what was counted as JSON.
// Retoma: an add is one request. PouchDB: read the cart, change it, write it whole, again on a conflict.
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";

const [kind, url, file, seconds, connections, key = ""] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });
const carts = readFileSync(file, "utf8").trim().split("\n");
const run = `w_${Date.now().toString(36)}`;
const waits = [];
let adds = 0, failed = 0, conflicts = 0, over = false;

function ask(method, path, body) {
  const text = body && JSON.stringify(body);
  const headers = { "Content-Type": "application/json" };
  if (key) headers.Authorization = `Bearer ${key}`;
  if (text) headers["Content-Length"] = Buffer.byteLength(text);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers, agent }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve({ status: answer.statusCode, text: Buffer.concat(parts).toString() }));
    });
    sent.on("error", reject).end(text);
  });
}

const seqs = new Map();
let turns = 0;

// Of twenty things, because a line holds 999 pieces at most.
const wanted = () => `tee-${(turns += 1) % 20}`;

async function addToRetoma(cart, worker) {
  const writer = `${run}_${worker}`;
  const seq = (seqs.get(`${cart} ${writer}`) ?? 0) + 1;
  const ops = [{ op: "add", sku: wanted(), price: { amount: 1990, currency: "EUR" }, seen: 0 }];
  const { status, text } = await ask("POST", `/v1/drafts/${cart}/changes`, { writer, changes: [{ seq, ops }] });
  if (status !== 200) return false;
  seqs.set(`${cart} ${writer}`, seq);
  return JSON.parse(text).results[0].status === "applied";
}

async function addToPouch(cart) {
  const sku = wanted();
  while (!over) {
    const { text } = await ask("GET", `/carts/${cart}`);
    const known = JSON.parse(text);
    known.lines[sku] = { quantity: (known.lines[sku]?.quantity ?? 0) + 1, price: { amount: 1990, currency: "EUR" } };
    const { status } = await ask("PUT", `/carts/${cart}`, known);
    if (status === 201) return true;
    if (status !== 409) return false;
    conflicts += 1;
  }
  return undefined;
}

async function work(worker) {
  for (let turn = worker; !over; turn += Number(connections)) {
    const began = performance.now();
    const cart = carts[turn % carts.length];
    const done = await (kind === "retoma" ? addToRetoma(cart, worker) : addToPouch(cart)).catch(() => false);
    if (done === undefined) return;
    waits.push(performance.now() - began);
    done ? (adds += 1) : (failed += 1);
  }
}

const began = performance.now();
setTimeout(() => (over = true), Number(seconds) * 1000);
await Promise.all(Array.from({ length: Number(connections) }, (_, worker) => work(worker)));
const took = (performance.now() - began) / 1000;
agent.destroy();
waits.sort((one, other) => one - other);
const at = (share) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0;
console.log(JSON.stringify({ adds, failed, conflicts, took, p50: at(0.5), p99: at(0.99) }));
