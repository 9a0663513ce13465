"""Drives a server with the public Python client.

Arguments are a port, a protocol and, for TLS, the directory of the certificates.
"""

import faulthandler
import sys
import time

import redis

faulthandler.dump_traceback_later(90, exit=True)


def check(name, got, expected):
    if got != expected:
        sys.exit(f"{name}: expected {expected!r}, got {got!r}")


def strings(r):
    check("set", r.set("s", "v"), True)
    check("get", r.get("s"), b"v")
    check("get absent", r.get("absent"), None)
    check("set nx", r.set("s", "w", nx=True), None)
    check("set get", r.set("s", "w", get=True), b"v")
    check("append", r.append("s", "!!"), 3)
    check("strlen", r.strlen("s"), 3)
    check("getrange", r.getrange("s", 0, -2), b"w!")
    check("mset", r.mset({"m1": 1, "m2": 2}), True)
    check("mget", r.mget("m1", "absent", "m2"), [b"1", None, b"2"])
    check("incrby", r.incrby("m1", 41), 42)
    check("incrbyfloat", float(r.incrbyfloat("m2", 0.5)), 2.5)
    check("exists", r.exists("s", "m1", "absent"), 2)
    check("type", r.type("s"), b"string")
    check("delete", r.delete("s", "m1", "m2"), 3)


def expiry(r):
    r.set("e", "v", ex=100)
    if not 0 < r.ttl("e") <= 100:
        sys.exit(f"ttl: {r.ttl('e')}")
    check("persist", r.persist("e"), True)
    check("ttl without", r.ttl("e"), -1)
    check("ttl absent", r.ttl("absent"), -2)
    check("pexpire", r.pexpire("e", 1), True)
    deadline = time.monotonic() + 5
    while r.get("e") is not None:
        if time.monotonic() > deadline:
            sys.exit("an expired key is still there")


def binary(r):
    every = bytes(range(256)) * 300
    key = b"k\x00\r\n\xff"
    r.set(key, every)
    check("binary value", r.get(key), every)
    large = b"x" * (3 << 20)
    r.set("large", large)
    check("large value", r.get("large"), large)
    check("empty value", (r.set("empty", b""), r.get("empty")), (True, b""))


def pipelines(r):
    pipe = r.pipeline(transaction=False)
    for i in range(1000):
        pipe.set(f"p:{i}", i)
        pipe.get(f"p:{i}")
    replies = pipe.execute()
    check("pipeline", replies[1::2], [b"%d" % i for i in range(1000)])
    pipe = r.pipeline(transaction=False)
    pipe.set("word", "x")
    pipe.incr("word")
    pipe.get("word")
    replies = pipe.execute(raise_on_error=False)
    check("error in the middle", (type(replies[1]), replies[2]), (redis.ResponseError, b"x"))


def walks(r):
    r.flushdb()
    keys = {b"scan:%d" % i for i in range(2000)}
    r.mset({key: b"v" for key in keys})
    check("dbsize", r.dbsize(), 2000)
    seen = list(r.scan_iter(match="scan:*", count=50))
    check("scan", (set(seen), len(seen)), (keys, 2000))
    check("flushdb", (r.flushdb(), r.dbsize()), (True, 0))


def strangers(port, tls):
    """Who trusts nobody, or speaks no TLS, gets no answer."""
    no_roots = {key: value for key, value in tls.items() if key != "ssl_ca_certs"}
    for settings in (no_roots, {}):
        try:
            redis.Redis(port=port, socket_timeout=60, **settings).ping()
        except redis.ConnectionError:
            continue
        sys.exit(f"a stranger was answered: {settings}")


def transactions(r):
    r.set("t", 1)
    with r.pipeline() as pipe:
        pipe.watch("t")
        r.set("t", 2)
        pipe.multi()
        pipe.incr("t")
        try:
            pipe.execute()
            sys.exit("a watched key has changed, and nobody says so")
        except redis.WatchError:
            pass

    def bump(pipe):
        pipe.multi()
        pipe.incr("t")

    check("transaction", r.transaction(bump, "t"), [3])
    r.rpush("l", "a", "b")
    check("blpop", list(r.blpop(["none", "l"], timeout=10)), [b"l", b"a"])
    check("blpop timeout", r.blpop("none", timeout=0.05), None)


def next_message(subscriber, kind):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        message = subscriber.get_message(timeout=1)
        if message and message["type"] == kind:
            return message["channel"], message["data"]
    sys.exit(f"no {kind}")


def messages(r):
    subscriber = r.pubsub()
    subscriber.subscribe("py:c")
    subscriber.psubscribe("py:p*")
    check("subscribe", next_message(subscriber, "psubscribe"), (b"py:p*", 2))
    check("publish", r.publish("py:c", "m"), 1)
    check("message", next_message(subscriber, "message"), (b"py:c", b"m"))
    r.publish("py:px", "m")
    check("pmessage", next_message(subscriber, "pmessage"), (b"py:px", b"m"))
    subscriber.ssubscribe("py:s")
    check("ssubscribe", next_message(subscriber, "ssubscribe"), (b"py:s", 1))
    check("spublish", r.execute_command("SPUBLISH", "py:s", "m"), 1)
    deadline = time.monotonic() + 30
    heard = None
    while heard is None and time.monotonic() < deadline:
        heard = subscriber.get_sharded_message(timeout=1)
    check("smessage", heard and (heard["type"], heard["data"]), ("smessage", b"m"))
    check("channels", r.pubsub_channels("py:*"), [b"py:c"])
    check("numsub", r.pubsub_numsub("py:c"), [(b"py:c", 1)])
    subscriber.close()
    r.config_set("notify-keyspace-events", "KEA")
    subscriber = r.pubsub()
    subscriber.psubscribe("__key*__:*")
    check("psubscribe", next_message(subscriber, "psubscribe"), (b"__key*__:*", 1))
    r.set("py:k", "v")
    seen = {next_message(subscriber, "pmessage") for _ in range(2)}
    check("event", seen, {(b"__keyspace@0__:py:k", b"set"), (b"__keyevent@0__:set", b"py:k")})
    r.config_set("notify-keyspace-events", "")
    subscriber.close()


def users(r, settings):
    rules = {"keys": ["py:*"], "channels": ["py:*"], "categories": ["+@all", "-@dangerous"]}
    check("setuser", r.acl_setuser("py", enabled=True, passwords=["+secret"], **rules), True)
    connect = lambda password: redis.Redis(username="py", password=password, **settings)
    user = connect("secret")
    check("whoami", user.acl_whoami() in ("py", b"py"), True)
    check("allowed", user.set("py:k", "v"), True)
    for name, call in (
        ("key", lambda: user.get("other")),
        ("command", lambda: user.flushall()),
        ("channel", lambda: user.publish("other", "m")),
    ):
        try:
            call()
            sys.exit(f"another {name} is allowed")
        except redis.exceptions.NoPermissionError:
            pass
    try:
        connect("wrong").ping()
        sys.exit("a wrong password is right")
    except redis.AuthenticationError:
        pass
    check("log", {entry["reason"] for entry in r.acl_log()}, {"key", "command", "channel", "auth"})
    check("deluser", r.acl_deluser("py"), 1)


def cache(r, settings):
    """The client's own cache, which tracks in RESP3."""
    if settings["protocol"] != 3:
        return
    from redis.cache import CacheConfig

    cached = redis.Redis(cache_config=CacheConfig(), **settings)
    r.set("py:cached", "old")
    check("read", cached.get("py:cached"), b"old")
    check("size", cached.get_cache().size, 1)
    r.set("py:cached", "new")
    deadline = time.monotonic() + 30
    while cached.get("py:cached") != b"new":
        if time.monotonic() > deadline:
            sys.exit("the cache is never told of a change")


def main():
    port, protocol = int(sys.argv[1]), int(sys.argv[2])
    tls = {}
    if len(sys.argv) > 3:
        folder = sys.argv[3]
        tls = {
            "ssl": True,
            "ssl_ca_certs": f"{folder}/ca.crt",
            "ssl_certfile": f"{folder}/client.crt",
            "ssl_keyfile": f"{folder}/client.key",
        }
    settings = {"port": port, "protocol": protocol, "socket_timeout": 60, **tls}
    r = redis.Redis(**settings)
    check("ping", r.ping(), True)
    r.acl_log_reset()
    for part in (strings, expiry, binary, pipelines, walks, transactions, messages):
        part(r)
    users(r, settings)
    cache(r, settings)
    if tls:
        strangers(port, tls)


main()
