"""What a worker does all day, as plain functions for a thread: send what is committed, do what is due."""

import contextlib
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from libs.common import audit, log, outbox
from libs.common.backoff import Backoff, rest_after
from libs.common.bus import BusDown
from libs.common.consumer import Consumer
from libs.common.errors import Unavailable
from libs.common.relay import Relay
from libs.common.service import Job, Service
from libs.common.store import Store
from libs.common.timers import Timers

Wait = Callable[[float], None]  #: returns when there may be something to send, at most so many seconds later
Report = Callable[[str, bool, str], None]  #: takes a part's name, whether it is well, and what is to be said about it

POLL_S = 1.0  #: the longest that a committed fact waits when its wake-up was lost
MANY = 50  #: so much was due that there is certainly more
DUE_S = 0.5  #: how often due timers, held facts and jobs are looked for
AGAIN_S = 5.0  #: when a job that failed is tried again
KEEP_ANSWERS = timedelta(days=7)  #: how long a repeated request gets its first answer


def keep(part: str, work: Callable[[], None], stop: threading.Event, report: Report) -> None:
    """Runs a part until ``stop``, and begins it anew whatever ends it."""
    backoff = Backoff()
    while not stop.is_set():
        try:
            work()
        except (Unavailable, BusDown) as away:  # it says by itself what is away, again and again: no stack tells more
            log.get("worker").warning("a part failed and begins anew", part=part, detail=str(away))
            report(part, False, f"{type(away).__name__}: {away}")
            backoff.wait(stop)
        except Exception as failure:  # noqa: BLE001 - a thread that ended would be missed by nobody
            log.get("worker").exception("a part failed and begins anew", part=part)
            report(part, False, f"{type(failure).__name__}: {failure}")
            backoff.wait(stop)


def relay_loop(
    relay: Relay,
    wait: Wait,
    stop: threading.Event,
    report: Report,
    rest: Callable[[float], float] = rest_after,
    linger: Callable[[int], None] = lambda _sent: None,
) -> None:
    """Sends committed facts until ``stop``. Trouble is reported and waited out: the facts are safe in the outbox.

    ``rest`` says how long to let facts gather after a step that took so long; ``linger`` is called after that, and told
    how many it sent: perhaps it waits for the next. Where the bus is away it is told of a full batch.
    """
    backoff = Backoff()
    while not stop.is_set():
        try:
            began = time.monotonic()
            sent = relay.step()
            if not sent:
                wait(POLL_S)
            elif sent < relay.batch:  # else more wait already
                stop.wait(rest(time.monotonic() - began))
                linger(sent)
        except BusDown as away:
            report("relay", True, "")  # it has done what it can
            report("broker", False, str(away))
            linger(relay.batch)
            backoff.wait(stop)
            continue
        except Unavailable as trouble:
            report("relay", False, trouble.detail)
            backoff.wait(stop)
            continue
        backoff.reset()
        report("relay", True, "")  # only now: where every step fails, nobody may look and find it well
        report("broker", True, "")
    with contextlib.suppress(Unavailable):
        relay.finish()


def timers_loop(
    service: Service, store: Store, timers: Timers, consumer: Consumer, stop: threading.Event, report: Report
) -> None:
    """Fires timers, tries held facts and runs the service's jobs, each when it is due, until ``stop``."""
    jobs = (*KERNEL_JOBS, *(job for job in service.jobs if not job.apart))
    due = dict.fromkeys((job.name for job in jobs), 0.0)
    backoff = Backoff()
    while not stop.is_set():
        try:
            found = timers.step() + consumer.retry_due()
            for job in jobs:
                if not stop.is_set():
                    _run(job, store, due, report)
        except Unavailable as trouble:
            report("timers", False, trouble.detail)
            backoff.wait(stop)
            continue
        backoff.reset()
        report("timers", True, "")
        if found < MANY:
            stop.wait(DUE_S)


def job_loop(job: Job, store: Store, stop: threading.Event, report: Report) -> None:
    """Runs one job that goes apart, whenever it is due, until ``stop``."""
    due, backoff = {job.name: 0.0}, Backoff()
    while not stop.is_set():
        try:
            _run(job, store, due, report)
        except Unavailable as trouble:
            report(job.name, False, trouble.detail)
            backoff.wait(stop)
            continue
        backoff.reset()
        stop.wait(DUE_S)


def _run(job: Job, store: Store, due: dict[str, float], report: Report) -> int:
    """One batch of a job, when it is time. A job that fails says so, and neither stops nor hurries the others."""
    if time.monotonic() < due[job.name]:
        return 0
    try:
        found = job.run(store)
    except Unavailable:
        raise
    except Exception as failure:  # noqa: BLE001 - whatever a job stumbles over, the others go on; it is reported
        report(job.name, False, f"{type(failure).__name__}: {failure}")
        due[job.name] = time.monotonic() + AGAIN_S  # not after its ten minutes: so long it would be said to be ill
        return 0
    report(job.name, True, "")
    if found < job.many:
        due[job.name] = time.monotonic() + job.every_s
    return found


def forget_answers(store: Store, batch: int = 1000) -> int:
    """Removes kept answers whose week is over. Returns how many."""
    table = store.tables.idempotency
    with store.alone(changing=False) as look:  # mostly there is nothing old, and nobody has to wait for this
        given = {"past": store.now(look) - KEEP_ANSWERS, "most": batch}
        oldest = look.scalars(store.statements.answers_before, given).all()
    if oldest:  # by their time, which is an index: a thousand keys took PostgreSQL a second and a half
        with store.begin() as tx:
            tx.execute(sa.delete(table).where(table.c.created_at <= oldest[-1]))
    return len(oldest)


KERNEL_JOBS = (
    Job("audit", audit.chain, every_s=2.0, many=MANY),
    Job("idempotency", forget_answers, every_s=600.0),
    Job("retention", outbox.prune, every_s=600.0),
)
