"""Tasks for Celery: a module that the worker and `queue.py` beside it both read.

The environment says where the broker is, and which protocol is spoken: PORT and PROTOCOL.
"""

import os

import redis
from celery import Celery
from kombu.transport.redis import Channel, Transport

PROTOCOL = int(os.environ["PROTOCOL"])
URL = f"redis://127.0.0.1:{os.environ['PORT']}/0"


class Speaker(Channel):
    """A channel of the broker, which no setting of Celery tells the protocol."""

    def _connparams(self, *args, **options):
        return super()._connparams(*args, **options) | {"protocol": PROTOCOL}


Transport.Channel = Speaker

app = Celery("tasks", broker=URL, backend=f"{URL}?protocol={PROTOCOL}")
app.conf.update(
    task_acks_late=True,
    worker_prefetch_multiplier=8,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)
counts = redis.Redis.from_url(URL, protocol=PROTOCOL)


@app.task(bind=True, max_retries=3)
def work(self, at):
    """Gives back its number; each tenth fails two times at first."""
    counts.hincrby("tries", at, 1)
    if at % 10 == 2 and self.request.retries < 2:
        raise self.retry(countdown=0.01)
    counts.hincrby("done", at, 1)
    return at


@app.task
def add(one, other):
    return one + other


@app.task
def total(numbers):
    return sum(numbers)


@app.task
def broken():
    raise ValueError("broken")
