"""What a measured process of ours does: ``python -m bench.role worker|reader|drain|api SERVICE``, as in production."""

import json
import os
import resource
import signal
import sys
import threading
import time
from typing import Any

from bench import toy
from libs.common import config, orm
from libs.common.cli import server_settings
from libs.common.gctuning import settle_memory
from libs.common.store import Store


def worker(name: str) -> None:
    """The whole worker: relay, reader, timers."""
    from libs.common.worker import run_worker

    run_worker(toy.SERVICES[name], config.load(os.environ, "worker"), _stop())


def reader(name: str) -> None:
    """A worker's reader alone: what relay and timers cost is measured elsewhere."""
    from libs.common.worker import Worker

    settings = config.load(os.environ, "worker")
    own = Worker(toy.SERVICES[name], settings, _stop())
    settle_memory()
    own.read(_store(name, settings), _tell)


def drain(name: str) -> None:
    """A worker's relay until the outbox is empty."""
    from libs.common.rabbit import RabbitPublisher
    from libs.common.relay import Relay

    settings = config.load(os.environ, "worker")
    publisher = RabbitPublisher(settings.amqp_url)
    relay = Relay(_store(name, settings), publisher)
    publisher.turn(0.01)  # connected, as a worker is
    settle_memory()
    began, used = time.perf_counter(), cpu()
    sent = 0
    while taken := relay.step():
        sent += taken
    say(sent, began, used)
    publisher.close()


def api(name: str) -> None:
    """The service's own routes, served as its api serves them."""
    from libs.common.tokens import Verifier
    from libs.common.web import create_app
    from libs.common.web.server import serve

    settings = config.load(os.environ, "api")
    service = toy.SERVICES[name]

    def load() -> Any:
        database = orm.connect(settings.database_url, pool_size=settings.web_threads)
        return create_app(service, Store(name, database, service.tables), Verifier({"keys": []}))

    sys.argv[1:] = []  # gunicorn would read them
    serve(load, server_settings(service, settings))


def _store(name: str, settings: config.Config) -> Store:
    return Store(name, orm.connect(settings.database_url, pool_size=2), toy.SERVICES[name].tables)


def _tell(part: str, ok: bool, detail: str) -> None:
    if not ok:
        print(f"{part}: {detail}", file=sys.stderr, flush=True)


def _stop() -> threading.Event:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    return stop


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def say(count: int, began: float, used: float) -> None:
    seconds = time.perf_counter() - began
    print(json.dumps({"n": count, "rate": count / seconds, "own_us": (cpu() - used) / max(count, 1) * 1e6}))


if __name__ == "__main__":
    {"worker": worker, "reader": reader, "drain": drain, "api": api}[sys.argv[1]](*sys.argv[2:])
