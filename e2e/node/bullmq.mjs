// Drives a server with the queues of BullMQ: arguments are a port, a protocol and a number of jobs.
// RESP2 is spoken by ioredis, RESP3 by the client "redis" for Node; readers of events speak RESP2,
// as BullMQ understands no other XREAD.
import { setTimeout as sleep } from "node:timers/promises";

import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq";
import Redis from "ioredis";
import { createClient } from "redis";

import { check, main } from "./checks.mjs";

const [port, protocol, jobs] = process.argv.slice(2).map(Number);
const redis = new Redis({ host: "127.0.0.1", port });
const open = [];

const plain = { host: "127.0.0.1", port };

// What a queue or a worker connects with.
function connection() {
  if (protocol === 2) return { ...plain, maxRetriesPerRequest: null };
  const client = createClient({ socket: plain, RESP: 3 });
  client.on("error", () => {});
  open.push({ close: () => client.isOpen && client.destroy() });
  return client;
}

function made(thing) {
  thing.on("error", (error) => console.error(error));
  open.push(thing);
  return thing;
}

const names = (name) => `queue-${name}`;
const queue = (name, options = {}) =>
  made(new Queue(names(name), { connection: connection(), ...options }));
const worker = (name, work, options = {}) =>
  made(new Worker(names(name), work, { connection: connection(), ...options }));

async function events(name) {
  const reader = made(new QueueEvents(names(name), { connection: plain }));
  await reader.waitUntilReady();
  return reader;
}

// Waits until a condition holds; the end by timeout names nothing, so this does.
async function until(name, holds, seconds = 60) {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${name}: not within ${seconds} s`);
    await sleep(5);
  }
}

// The counts of a queue that are not zero.
async function counts(queue) {
  const all = Object.entries(await queue.getJobCounts());
  return Object.fromEntries(all.filter(([, count]) => count !== 0));
}

// A tenth each: with a priority, with a delay, failing at first.
function job(at) {
  const options = [
    { priority: 1 + (at % 7) },
    { delay: 1 + (at % 300) },
    { attempts: 3, backoff: { type: "exponential", delay: 10 } },
  ];
  return { name: "work", data: { at }, opts: options[at % 10] ?? {} };
}

// Every job is done once, whatever it waits for, by two workers.
async function mass() {
  const many = queue("mass", { streams: { events: { maxLen: 20 * jobs } } });
  const reader = await events("mass");
  const heard = new Map();
  reader.on("completed", ({ jobId }) => heard.set(jobId, (heard.get(jobId) ?? 0) + 1));
  const [tries, done] = [new Array(jobs).fill(0), new Array(jobs).fill(0)];
  const work = async ({ data: { at }, attemptsMade }) => {
    tries[at] += 1;
    if (at % 10 === 2 && attemptsMade < 2) throw new Error("not yet");
    done[at] += 1;
    return at;
  };
  const start = Date.now();
  const ids = [];
  for (let at = 0; at < jobs; at += 500) {
    const size = Math.min(500, jobs - at);
    const added = await many.addBulk(Array.from({ length: size }, (_, more) => job(at + more)));
    ids.push(...added.map(({ id }) => id));
    if (at === 0) for (const _ of [1, 2]) worker("mass", work, { concurrency: 50 });
  }
  check("ids", new Set(ids).size, jobs);
  await until("jobs", () => heard.size === jobs, 60 + jobs / 20);
  console.log(`${jobs} jobs in ${Date.now() - start} ms`);
  check("done once", done.filter((times) => times !== 1), []);
  check("heard once", [...heard.values()].filter((times) => times !== 1), []);
  check("tries", tries.findIndex((times, at) => times !== (at % 10 === 2 ? 3 : 1)), -1);
  check("counts", await counts(many), { completed: jobs });
  const one = await many.getJob(ids[2]);
  check("one", [one.returnvalue, one.attemptsMade, one.failedReason], [2, 3, "not yet"]);
}

async function priorities() {
  const sorted = queue("sorted");
  await sorted.pause();
  const order = [5, 1, 3, 2, 4, 1];
  for (const priority of order) await sorted.add("p", { priority }, { priority });
  await sorted.add("none", { priority: 0 });
  check("paused", await sorted.isPaused(), true);
  check("prioritized", await sorted.getCountsPerPriority([1, 2]), { 1: 2, 2: 1 });
  const seen = [];
  worker("sorted", async ({ data }) => seen.push(data.priority));
  await sleep(50);
  check("a paused queue", seen, []);
  await sorted.resume();
  await until("priorities", () => seen.length === 7);
  check("priorities", seen, [0, 1, 1, 2, 3, 4, 5]);
}

// A job that fails to the end, and is asked for again.
async function failures() {
  const failing = queue("failing");
  const reader = await events("failing");
  let works = false;
  const hand = worker("failing", async (job) => {
    await job.log(`attempt ${job.attemptsMade}`);
    if (!works) throw new Error("broken");
    return "mended";
  });
  const backoff = { type: "fixed", delay: 30 };
  const job = await failing.add("f", {}, { attempts: 2, backoff });
  const reason = await job.waitUntilFinished(reader).catch((error) => error.message);
  check("failed", reason, "broken");
  check("state", [await job.getState(), await counts(failing)], ["failed", { failed: 1 }]);
  check("logs", (await failing.getJobLogs(job.id)).logs, ["attempt 0", "attempt 1"]);
  works = true;
  await job.retry("failed");
  await until("retry", () => job.isCompleted());
  check("counts", await counts(failing), { completed: 1 });
  await hand.close();
}

async function schedules() {
  const timed = queue("timed");
  const seen = [];
  worker("timed", async (job) => seen.push(job.data.tick));
  await timed.upsertJobScheduler("s", { every: 40, limit: 5 }, { name: "t", data: { tick: 1 } });
  check("scheduler", (await timed.getJobScheduler("s")).every, 40);
  await until("ticks", () => seen.length === 5);
  await sleep(100);
  check("ticks", seen, [1, 1, 1, 1, 1]);
  await timed.upsertJobScheduler("other", { every: 60_000 }, { name: "t", data: { tick: 2 } });
  check("removed", await timed.removeJobScheduler("other"), true);
  const delayed = await timed.add("later", { tick: 3 }, { delay: 60_000 });
  await delayed.promote();
  await until("promoted", () => delayed.isCompleted());
}

async function flows() {
  const flow = made(new FlowProducer({ connection: connection() }));
  const parents = queue("parents");
  const reader = await events("parents");
  worker("children", async ({ data }) => data.value * 2, { concurrency: 3 });
  worker("parents", async (job) => {
    const values = Object.values(await job.getChildrenValues());
    return values.reduce((sum, value) => sum + value, 0);
  });
  const children = [1, 2, 3, 4].map((value) => {
    return { name: "c", queueName: names("children"), data: { value } };
  });
  const tree = await flow.add({ name: "p", queueName: names("parents"), data: {}, children });
  check("sum", await tree.job.waitUntilFinished(reader), 20);
  check("counts", await counts(parents), { completed: 1 });
}

async function limits() {
  const limited = queue("limited");
  const seen = [];
  worker("limited", async () => seen.push(Date.now()), { limiter: { max: 5, duration: 200 } });
  await limited.addBulk(Array.from({ length: 15 }, () => ({ name: "l", data: {} })));
  await until("limited", () => seen.length === 15);
  const took = seen[14] - seen[0];
  if (took < 300) throw new Error(`15 jobs, 5 in 200 ms, took ${took} ms`);
  check("counts", await counts(limited), { completed: 15 });
}

async function removals() {
  const gone = queue("gone");
  const jobs = await gone.addBulk(Array.from({ length: 20 }, () => ({ name: "g", data: {} })));
  await jobs[0].remove();
  check("removed", [await gone.getJob(jobs[0].id), await counts(gone)], [undefined, { waiting: 19 }]);
  for (const _ of [1, 2]) await gone.add("g", {}, { jobId: "own" });
  check("the same id", await counts(gone), { waiting: 20 });
  check("cleaned", (await gone.clean(0, 5, "wait")).length, 5);
  await gone.add("g", {}, { delay: 60_000 });
  await gone.drain(true);
  check("drained", await counts(gone), {});
  await gone.obliterate();
  check("obliterated", await redis.keys(`bull:${names("gone")}:*`), []);
}

// Less than 20,000 jobs finish in time on a slow machine.
main(async () => {
  await redis.flushdb();
  const parts = [priorities, failures, schedules, flows, limits, removals, mass];
  for (const part of parts) await part();
  await Promise.all(open.map((thing) => thing.close()));
  redis.disconnect();
}, 120 + jobs / 10);
