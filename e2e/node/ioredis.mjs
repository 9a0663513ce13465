// Drives a server with ioredis: arguments are a port, a protocol that is always 2, and a directory
// of certificates if TLS is spoken.
import Redis from "ioredis";

import { certificates, check, main, next, refused } from "./checks.mjs";

const port = Number(process.argv[2]);
const tls = certificates(process.argv[4]);
const connect = (options = {}) => new Redis({ host: "127.0.0.1", port, tls, ...options });

async function values(redis) {
  check("set", await redis.set("node:s", "v"), "OK");
  check("get", await redis.get("node:s"), "v");
  check("absent", await redis.get("node:absent"), null);
  const every = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
  await redis.set("node:b", every);
  check("binary", await redis.getBuffer("node:b"), every);
  check("hset", await redis.hset("node:h", { a: "1", b: "2" }), 2);
  check("hgetall", await redis.hgetall("node:h"), { a: "1", b: "2" });
  await redis.zadd("node:z", 1.5, "one", 2, "two");
  check("zrange", await redis.zrange("node:z", 0, -1, "WITHSCORES"), ["one", "1.5", "two", "2"]);
  const id = await redis.xadd("node:x", "*", "field", "value");
  check("xrange", await redis.xrange("node:x", "-", "+"), [[id, ["field", "value"]]]);
}

async function units(redis) {
  const results = await redis.pipeline().set("node:p", 1).incr("node:p").lpush("node:p", 1).exec();
  check("pipeline", results.slice(0, 2), [[null, "OK"], [null, 2]]);
  check("error in a pipeline", results[2][0].message.startsWith("WRONGTYPE"), true);
  check("multi", await redis.multi().incr("node:p").get("node:p").exec(), [[null, 3], [null, "3"]]);
  const other = connect();
  await redis.watch("node:p");
  await other.set("node:p", "x");
  check("watched", await redis.multi().get("node:p").exec(), null);
  const popped = redis.blpop("node:list", 0);
  await other.rpush("node:list", "e");
  check("blpop", await popped, ["node:list", "e"]);
  other.disconnect();
}

async function messages(redis) {
  const subscriber = connect();
  check("subscribe", await subscriber.subscribe("node:c1", "node:c2"), 2);
  check("psubscribe", await subscriber.psubscribe("node:p*"), 3);
  let heard = next(subscriber, "message");
  check("publish", await redis.publish("node:c1", "m"), 1);
  check("message", await heard, ["node:c1", "m"]);
  heard = next(subscriber, "pmessage");
  await redis.publish("node:px", "m");
  check("pmessage", await heard, ["node:p*", "node:px", "m"]);
  check("ssubscribe", await subscriber.ssubscribe("node:s1"), 1);
  heard = next(subscriber, "smessage");
  check("spublish", await redis.spublish("node:s1", "m"), 1);
  check("smessage", await heard, ["node:s1", "m"]);
  await refused("get of a subscriber", subscriber.call("GET", "a"), "Connection in subscriber mode");
  check("unsubscribe", await subscriber.unsubscribe("node:c1", "node:c2"), 1);
  subscriber.disconnect();
}

async function invalidations(redis) {
  const listener = connect();
  const id = await listener.client("ID");
  await listener.subscribe("__redis__:invalidate");
  const cached = connect();
  check("tracking", await cached.client("TRACKING", "ON", "REDIRECT", id), "OK");
  await cached.get("node:s");
  const heard = next(listener, "message");
  await redis.set("node:s", "changed");
  check("invalidation", (await heard)[0], "__redis__:invalidate");
  listener.disconnect();
  cached.disconnect();
}

async function users(redis) {
  const rules = ["on", ">secret", "~node:*", "&node:*", "+@all", "-@dangerous"];
  check("setuser", await redis.acl("SETUSER", "node-user", ...rules), "OK");
  const user = connect({ username: "node-user", password: "secret" });
  check("whoami", await user.acl("WHOAMI"), "node-user");
  check("allowed", await user.set("node:u", "v"), "OK");
  await refused("another key", user.get("other"), "NOPERM");
  await refused("another command", user.flushall(), "NOPERM");
  await refused("another channel", user.publish("other", "m"), "NOPERM");
  user.disconnect();
  const stranger = connect({ username: "node-user", password: "wrong", lazyConnect: true });
  stranger.on("error", () => {});
  await refused("wrong password", stranger.get("node:u"), "WRONGPASS");
  stranger.disconnect();
  check("deluser", await redis.acl("DELUSER", "node-user"), 1);
}

main(async () => {
  const redis = connect();
  check("ping", await redis.ping(), "PONG");
  await redis.flushdb();
  for (const part of [values, units, messages, invalidations, users]) await part(redis);
  redis.disconnect();
});
