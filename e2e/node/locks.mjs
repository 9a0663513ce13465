// Drives a server with locks, in the way of Redlock: arguments are a port and a protocol.
// Sixteen contenders guard a counter that is read and written in two steps. RESP2 is spoken by
// the client "redlock" over ioredis, RESP3 by the script that many programs copy.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import Redis from "ioredis";
import { createClient } from "redis";
import Redlock from "redlock";

import { check, main } from "./checks.mjs";

const [port, protocol] = process.argv.slice(2).map(Number);
const [CONTENDERS, TURNS] = [16, 25];
const place = { host: "127.0.0.1", port };
const open = [];

const UNLOCK = `if redis.call("get",KEYS[1]) == ARGV[1] then
  return redis.call("del",KEYS[1])
else
  return 0
end`;
const EXTEND = `if redis.call("get",KEYS[1]) == ARGV[1] then
  return redis.call("pexpire",KEYS[1],ARGV[2])
else
  return 0
end`;

// A contender: its locks, and a counter that another may not touch meanwhile.
function library() {
  const client = new Redis(place);
  open.push(() => client.disconnect());
  const locks = new Redlock([client], { retryCount: -1, retryDelay: 5, retryJitter: 5 });
  return {
    take: (key, ms) => locks.lock(key, ms),
    once: (key, ms) => new Redlock([client], { retryCount: 0 }).lock(key, ms).catch(() => null),
    extend: (lock, ms) => lock.extend(ms).then(() => true, () => false),
    give: (lock) => lock.unlock().then(() => true, () => false),
    get: (key) => client.get(key),
    set: (key, value) => client.set(key, value),
  };
}

async function script() {
  const client = createClient({ socket: place, RESP: 3 });
  await client.connect();
  open.push(() => client.destroy());
  const ask = (text, lock, ...more) =>
    client.eval(text, { keys: [lock.key], arguments: [lock.token, ...more.map(String)] });
  const once = async (key, ms) => {
    const token = randomUUID();
    return (await client.set(key, token, { NX: true, PX: ms })) && { key, token };
  };
  return {
    take: async (key, ms) => {
      for (;;) {
        const lock = await once(key, ms);
        if (lock) return lock;
        await sleep(5 + Math.random() * 5);
      }
    },
    once,
    extend: async (lock, ms) => (await ask(EXTEND, lock, ms)) === 1,
    give: async (lock) => (await ask(UNLOCK, lock)) === 1,
    get: (key) => client.get(key),
    set: (key, value) => client.set(key, value),
  };
}

const contender = () => (protocol === 2 ? library() : script());

// Nobody meets another holder, and no step of the counter is lost.
async function contention() {
  let holders = 0;
  const work = async ({ take, give, get, set }) => {
    for (let turn = 0; turn < TURNS; turn += 1) {
      const lock = await take("lock:shared", 30_000);
      holders += 1;
      check("holders", holders, 1);
      const value = Number(await get("lock:counter"));
      await set("lock:counter", String(value + 1));
      holders -= 1;
      check("given back", await give(lock), true);
    }
  };
  const all = await Promise.all(Array.from({ length: CONTENDERS }, contender));
  await Promise.all(all.map(work));
  check("counter", Number(await all[0].get("lock:counter")), CONTENDERS * TURNS);
  check("free", await all[0].get("lock:shared"), null);
}

// A lock outlives its first time if it is extended.
async function extension() {
  const [one, other] = [await contender(), await contender()];
  const lock = await one.take("lock:long", 400);
  for (let turn = 0; turn < 4; turn += 1) {
    await sleep(150);
    check("extended", await one.extend(lock, 400), true);
    check("held", await other.once("lock:long", 400), null);
  }
  check("given back", await one.give(lock), true);
  check("free", await other.give(await other.take("lock:long", 400)), true);
}

// A holder that died keeps a lock for its time and no longer; coming back, it holds nothing.
async function death() {
  const [dead, heir] = [await contender(), await contender()];
  const start = Date.now();
  const old = await dead.take("lock:dead", 300);
  check("held", await heir.once("lock:dead", 300), null);
  const lock = await heir.take("lock:dead", 30_000);
  const waited = Date.now() - start;
  if (waited < 300) throw new Error(`a lock of 300 ms was free after ${waited} ms`);
  check("extended too late", await dead.extend(old, 300), false);
  check("given back too late", await dead.give(old), false);
  check("still held", await dead.once("lock:dead", 300), null);
  check("given back", await heir.give(lock), true);
}

main(async () => {
  const redis = new Redis(place);
  await redis.flushdb();
  for (const part of [contention, extension, death]) await part();
  for (const close of open) close();
  redis.disconnect();
});
