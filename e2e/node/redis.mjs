// Drives a server with the client "redis" for Node: arguments are a port, a protocol, and a
// directory of certificates if TLS is spoken.
import { createClient } from "redis";

import { certificates, check, main, refused } from "./checks.mjs";

const [port, RESP] = process.argv.slice(2, 4).map(Number);
const encryption = certificates(process.argv[4]);
const tls = encryption !== undefined;

async function connect(options = {}) {
  const client = createClient({ socket: { host: "127.0.0.1", port, tls, ...encryption }, RESP, ...options });
  client.on("error", () => {});
  await client.connect();
  return client;
}

// The message of the next call of a listener.
function listen(subscribe) {
  let hear;
  const heard = new Promise((resolve) => (hear = resolve));
  return subscribe((...args) => hear(args)).then(() => () => heard);
}

async function values(client) {
  check("set", await client.set("n:s", "v"), "OK");
  check("get", await client.get("n:s"), "v");
  check("absent", await client.get("n:absent"), null);
  check("hSet", await client.hSet("n:h", { a: "1" }), 1);
  check("hGetAll", { ...(await client.hGetAll("n:h")) }, { a: "1" });
  await client.zAdd("n:z", [{ value: "one", score: 1.5 }, { value: "big", score: Infinity }]);
  check("zScore", await client.zScore("n:z", "big"), Infinity);
  check("zRangeWithScores", await client.zRangeWithScores("n:z", 0, 0), [
    { value: "one", score: 1.5 },
  ]);
  check("sAdd", await client.sAdd("n:set", ["a", "b"]), 2);
  check("sMembers", [...(await client.sMembers("n:set"))].sort(), ["a", "b"]);
  const id = await client.xAdd("n:x", "*", { field: "value" });
  const [entry] = await client.xRange("n:x", "-", "+");
  check("xRange", [entry.id, { ...entry.message }], [id, { field: "value" }]);
  check("config", (await client.configGet("maxmemory")).maxmemory, "0");
}

async function units(client) {
  check("multi", await client.multi().set("n:m", 1).incr("n:m").exec(), ["OK", 2]);
  const other = await connect();
  await client.watch("n:m");
  await other.set("n:m", "x");
  await client.multi().get("n:m").exec().then(
    () => check("watched", "a reply", "an error"),
    (error) => check("watched", error.constructor.name, "WatchError"),
  );
  const popped = client.blPop("n:list", 0);
  await other.rPush("n:list", "e");
  check("blPop", { ...(await popped) }, { key: "n:list", element: "e" });
  other.destroy();
}

async function messages(client) {
  const subscriber = await connect();
  let heard = await listen((hear) => subscriber.subscribe("n:c", hear));
  check("publish", await client.publish("n:c", "m"), 1);
  check("message", await heard(), ["m", "n:c"]);
  heard = await listen((hear) => subscriber.pSubscribe("n:p*", hear));
  await client.publish("n:px", "m");
  check("pmessage", await heard(), ["m", "n:px"]);
  heard = await listen((hear) => subscriber.sSubscribe("n:s", hear));
  check("sPublish", await client.sPublish("n:s", "m"), 1);
  check("smessage", await heard(), ["m", "n:s"]);
  if (RESP === 3) check("a subscriber asks", await subscriber.get("n:s"), "v");
  await subscriber.unsubscribe("n:c");
  check("numsub", { ...(await client.pubSubNumSub("n:c")) }, { "n:c": 0 });
  subscriber.destroy();
}

async function users(client) {
  const rules = ["on", ">secret", "~n:*", "+@all", "-@admin"];
  check("aclSetUser", await client.aclSetUser("n-user", rules), "OK");
  const user = await connect({ username: "n-user", password: "secret" });
  check("aclWhoAmI", await user.aclWhoAmI(), "n-user");
  await refused("another key", user.get("other"), "NOPERM");
  await refused("another command", user.configGet("*"), "NOPERM");
  const shown = await client.aclGetUser("n-user");
  check("aclGetUser", [shown.keys, shown.commands], ["~n:*", "+@all -@admin"]);
  user.destroy();
  check("aclDelUser", await client.aclDelUser("n-user"), 1);
}

// The client's own cache, which tracks in RESP3.
async function cache(client) {
  if (RESP !== 3) return;
  const cached = await connect({ clientSideCache: { ttl: 0, maxEntries: 100, evictPolicy: "LRU" } });
  await client.set("n:cached", "old");
  check("read", await cached.get("n:cached"), "old");
  check("cached", await cached.get("n:cached"), "old");
  await client.set("n:cached", "new");
  for (;;) {
    if ((await cached.get("n:cached")) === "new") break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  cached.destroy();
}

main(async () => {
  const client = await connect();
  check("ping", await client.ping(), "PONG");
  await client.flushDb();
  for (const part of [values, units, messages, users, cache]) await part(client);
  client.destroy();
});
