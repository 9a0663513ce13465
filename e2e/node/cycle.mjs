// The usual life of BullMQ's jobs, many times, for measuring a server: a job is added, taken and
// completed, 50 at once. Arguments are a port and a number of jobs.
import { Queue, Worker } from "bullmq";
import Redis from "ioredis";

import { check, main } from "./checks.mjs";

const [port, jobs] = process.argv.slice(2).map(Number);
const AT_ONCE = 50;
const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null };

main(async () => {
  const redis = new Redis(connection);
  await redis.flushdb();
  const queue = new Queue("cycle", { connection });
  const worker = new Worker("cycle", async ({ data }) => data.at, { connection, concurrency: AT_ONCE });
  let [added, done] = [0, 0];
  const all = new Promise((resolve) => {
    worker.on("completed", () => (done += 1) === jobs && resolve());
  });
  const add = async () => {
    while (added < jobs) await queue.add("job", { at: (added += 1) });
  };
  await Promise.all([all, ...Array.from({ length: AT_ONCE }, add)]);
  check("completed", await queue.getCompletedCount(), jobs);
  await worker.close();
  await queue.close();
  redis.disconnect();
}, 120 + jobs / 50);
