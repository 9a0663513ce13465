"""Drives a server with the public Python client.

Arguments are a port, a protocol and, for TLS, the directory of the certificates.
"""

import sys
import time

import redis


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
    r = redis.Redis(port=port, protocol=protocol, socket_timeout=60, **tls)
    check("ping", r.ping(), True)
    for part in (strings, expiry, binary, pipelines, walks):
        part(r)
    if tls:
        strangers(port, tls)


main()
