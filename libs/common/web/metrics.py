"""Numbers for a Prometheus: requests by route and status, and how much waits in this service."""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest, multiprocess, values
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from libs.common.errors import DomainError
from libs.common.idempotency import Answer
from libs.common.outbox import too_much
from libs.common.web.acts import reading
from libs.common.web.context import PUBLIC, edge
from libs.common.web.endpoint import endpoint
from libs.common.web.health import backlog, worker_parts

#: numbers of each are kept for good, and gunicorn lets any word of letters through: a stranger's own are all OTHER
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
PREFIX, LOCK = "plumbline-metrics-", "lock"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"  #: where the library looks for what several processes have counted
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


@contextlib.contextmanager
def together(processes: int) -> Iterator[None]:
    """Within, whichever of an api's processes is asked tells the numbers of all. Called before they begin."""
    if processes == 1:
        yield
        return
    _clear_up()
    here, folder = os.getpid(), tempfile.mkdtemp(prefix=PREFIX)
    os.environ[FOLDER] = folder
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]  # the library chose as it was loaded
    with Path(folder, "new").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until the last of these processes is gone, however it ends
        Path(lock.name).rename(Path(folder, LOCK))
        try:
            yield
        finally:
            if os.getpid() == here:  # and no process that ends before the others
                shutil.rmtree(folder, ignore_errors=True)


def _clear_up() -> None:
    """What an api that was killed has left: nobody holds its lock any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), Path(folder, LOCK).open() as lock:  # another user's, held, or just begun
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)


def watch(app: Flask, name: str) -> None:
    """Times every request of an app, in a registry of its own: several apps live in one process."""
    registry = CollectorRegistry()
    taken = Histogram(
        "plumbline_http_request_seconds",
        "How long requests took, by route and status.",
        ("service", "method", "route", "status"),
        buckets=BUCKETS,
        registry=registry,
    )
    app.extensions["plumbline.metrics"] = registry

    def begun() -> None:
        g.begun = time.perf_counter()

    def done(answer: Response) -> Response:
        route = str(request.url_rule) if request.url_rule else "(none)"
        seconds = time.perf_counter() - g.get("begun", time.perf_counter())
        method = request.method if request.method in METHODS else "OTHER"
        taken.labels(name, method, route, answer.status_code).observe(seconds)
        return answer

    app.before_request(begun)
    app.after_request(done)


def add(bp: Blueprint) -> None:
    bp.get("/metrics")(metrics)


@endpoint(may=PUBLIC, kinds=("text/plain",))
def metrics() -> Answer:
    """Numbers for a Prometheus; the gateway does not pass this on."""
    from flask import current_app

    if os.environ.get(FOLDER):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's own
    else:
        registry = current_app.extensions["plumbline.metrics"]
    now = CollectorRegistry()
    now.register(_Waiting())
    return generate_latest(registry) + generate_latest(now), 200, {"Content-Type": CONTENT_TYPE_LATEST}


class _Waiting(Collector):
    """What the database says at the moment it is asked."""

    def collect(self) -> Iterator[Metric]:
        service = edge().service.name
        try:
            with reading() as tx:
                found, full, parts = backlog(tx), bool(too_much(tx)), worker_parts(tx)
                since = {name: found[f"oldest_{name}"] for name in ("unpublished", "held")}
                waits = {name: (tx.now - at).total_seconds() if at else 0.0 for name, at in since.items()}
        except DomainError:
            yield _gauge("plumbline_database_up", "Whether the database answers.", service, 0)
            return
        yield _gauge("plumbline_database_up", "Whether the database answers.", service, 1)
        for name, text in (("unpublished", "Facts to be sent."), ("held", "Facts that wait for others.")):
            yield _gauge(f"plumbline_{name}", text, service, found[name])
            yield _gauge(f"plumbline_{name}_oldest_seconds", "How long the first has waited.", service, waits[name])
        text = "Facts that could not be applied: ./plumbline parked list."
        yield _gauge("plumbline_parked", text, service, found["parked"])
        for name, text in (
            ("timers", "Timers that failed too often."),
            ("mail", "Mail that no server took, for a day."),
        ):
            yield _gauge(f"plumbline_{name}_given_up", text, service, found[f"{name}_given_up"])
        yield _gauge("plumbline_replayed", "Facts that an operator has sent again.", service, found["replayed"])
        text = "Whether so much waits to be sent that changes are refused: is the broker there, does the relay run?"
        yield _gauge("plumbline_outbox_full", text, service, float(full))
        text = "Whether a part of the worker is well: /readyz says more."
        up = GaugeMetricFamily("plumbline_part_up", text, labels=("part", "service"))
        for part, word in parts.items():
            up.add_metric((part, service), float(word["ok"]))
        yield up


def _gauge(name: str, text: str, service: str, value: float) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, text, labels=("service",))
    gauge.add_metric((service,), value)
    return gauge
