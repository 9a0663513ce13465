"""Drives a server with Celery: its broker and the store of its results.

Arguments are a port, a protocol and a number of tasks. The worker is a process of its own.
"""

import os
import subprocess
import sys
import time

PORT, PROTOCOL, JOBS = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.environ.update(PORT=PORT, PROTOCOL=PROTOCOL)

from celery import chain, chord, group
from tasks import add, app, broken, counts, total, work

LIMIT = 120 + JOBS / 10


def check(name, got, expected):
    if got != expected:
        sys.exit(f"{name}: expected {expected!r}, got {got!r}")


def protocol():
    with app.connection_for_write() as connection:
        for client in (connection.default_channel.client, app.backend.client, counts):
            used = client.connection_pool.connection_kwargs["protocol"]
            check("protocol", int(used), int(PROTOCOL))


def wait(results):
    """The values of results, each of which the store tells of as soon as it is there."""
    return [result.get(timeout=LIMIT) for result in results]


def mass():
    """Every task is done once: a tenth of them is delayed, a tenth fails two times."""
    start = time.monotonic()
    sent = []
    with app.producer_pool.acquire(block=True) as producer:
        for at in range(JOBS):
            delay = {"countdown": 0.1} if at % 10 == 1 else {}
            sent.append(work.apply_async((at,), producer=producer, **delay))
    check("values", wait(sent), list(range(JOBS)))
    print(f"{JOBS} tasks in {time.monotonic() - start:.1f} s")
    done = {int(at): int(times) for at, times in counts.hgetall("done").items()}
    check("done once", done, dict.fromkeys(range(JOBS), 1))
    tries = {int(at): int(times) for at, times in counts.hgetall("tries").items()}
    check("tries", tries, {at: 3 if at % 10 == 2 else 1 for at in range(JOBS)})


def together():
    numbers = group(add.s(at, at) for at in range(20))
    check("group", numbers.apply_async().get(timeout=LIMIT), [2 * at for at in range(20)])
    whole = chord((add.s(at, 1) for at in range(20)), total.s())
    check("chord", whole.apply_async().get(timeout=LIMIT), 210)
    steps = chain(add.s(1, 2), add.s(3), add.s(4))
    check("chain", steps.apply_async().get(timeout=LIMIT), 10)


def failures():
    result = broken.delay()
    try:
        result.get(timeout=LIMIT)
        sys.exit("a broken task has a result")
    except ValueError as error:
        check("error", str(error), "broken")
    check("state", result.state, "FAILURE")
    result.forget()
    check("forgotten", counts.exists(f"celery-task-meta-{result.id}"), 0)


def control():
    """Workers answer by another queue, and a task that is revoked is not done."""
    replies = [list(reply.values()) for reply in app.control.ping(timeout=5)]
    check("ping", replies, [[{"ok": "pong"}]])
    revoked = work.apply_async((JOBS,), countdown=2)
    app.control.revoke(revoked.id, reply=True, timeout=5)
    try:
        revoked.get(timeout=LIMIT)
        sys.exit("a task that is revoked has a result")
    except Exception as error:
        check("revoked", type(error).__name__, "TaskRevokedError")


def settled():
    """Nothing waits, and nothing is held for a worker that might not have done it."""
    deadline = time.monotonic() + 30
    keys = ("celery", "unacked", "unacked_index")
    while left := [key for key in keys if counts.exists(key)]:
        if time.monotonic() > deadline:
            sys.exit(f"still there: {left}")
        time.sleep(0.05)


def main():
    counts.flushdb()
    words = [sys.executable, "-m", "celery", "-A", "tasks", "worker", "--loglevel", "WARNING"]
    words += ["--pool", "threads", "--concurrency", "8", "--without-mingle"]
    worker = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        for part in (protocol, together, failures, control, mass, settled):
            part()
    finally:
        worker.terminate()
        try:
            worker.wait(30)
        except subprocess.TimeoutExpired:
            worker.kill()
    check("the worker's end", worker.returncode, 0)


main()
