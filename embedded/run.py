"""Serves the embedded system: request threads only commit; threads a service relay, keep time and send mail."""

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import services
from embedded import backfill
from embedded.gateway import Gateway
from embedded.system import System
from libs.common import restored
from libs.common.deployment import Deployment
from libs.common.loops import Report, job_loop, keep, relay_loop, timers_loop
from libs.common.status import report_to
from libs.common.tokens import Signer
from libs.common.web.server import Served, refusing

THREADS = 24  #: requests in hand at once; writers take turns per file anyway
GRACE_S = 20
LONGEST_REST_S = 0.1


def rest(took: float) -> float:
    """Longer than a worker of its own would: here a relay applies facts too, beside the threads that answer people."""
    return min(10 * took, LONGEST_REST_S)


class Threads:
    """The relays, timers and jobs of a system, until stopped."""

    def __init__(self, system: System) -> None:
        self.stop_asked = threading.Event()
        self.wakes = {name: threading.Event() for name in system.parts}
        self.threads: list[threading.Thread] = []
        reports = {name: report_to(part.store) for name, part in system.parts.items()}
        for name, part in system.parts.items():
            part.store.woken = self.wakes[name].set
            report = reports[name]
            sending = (part.relay, self._waiter(name), self.stop_asked, report, rest)
            self._start(name, "relay", report, partial(relay_loop, *sending))
            timing = (part.service, part.store, part.timers, part.consumer, self.stop_asked, report)
            self._start(name, "timers", report, partial(timers_loop, *timing))
            for job in part.service.jobs:
                if job.apart:
                    self._start(name, job.name, report, partial(job_loop, job, part.store, self.stop_asked, report))
        self._start("system", "past", _to_all(reports), partial(self._catch_up, system, reports))

    def _start(self, service: str, part: str, report: Report, loop: Callable[[], None]) -> None:
        thread = threading.Thread(
            target=keep, args=(part, loop, self.stop_asked, report), name=f"{service}-{part}", daemon=True
        )
        self.threads.append(thread)
        thread.start()

    def _catch_up(self, system: System, reports: Mapping[str, Report]) -> None:
        """What a service lacks, as after an upgrade or a restore; mostly there is nothing."""
        told = backfill.told(system)
        for name, part in system.parts.items():
            restored.tell(part.store, backfill.forgotten(system, told[name]))
            began, count = time.monotonic(), 0
            for count in backfill.take_in(system, name, told):
                reports[name]("past", True, f"{count} facts that were told before are taken in; more follow")
                if self.stop_asked.wait(rest(time.monotonic() - began)):
                    return
                began = time.monotonic()
            if count:
                reports[name]("past", True, "")
        self.stop_asked.wait()

    def _waiter(self, name: str) -> Callable[[float], None]:
        wake = self.wakes[name]

        def wait(seconds: float) -> None:
            wake.wait(seconds)
            wake.clear()

        return wait

    def stop(self) -> None:
        """Lets each finish what it has in hand; what is left is in the outboxes."""
        self.stop_asked.set()
        for wake in self.wakes.values():
            wake.set()
        for thread in self.threads:
            thread.join(timeout=GRACE_S / 2)


def _to_all(reports: Mapping[str, Report]) -> Report:
    def report(part: str, ok: bool, detail: str) -> None:
        for each in reports.values():
            each(part, ok, detail)

    return report


class Embedded(Served):
    """One gunicorn worker that holds everything; the arbiter above it starts it anew should it die."""

    def __init__(self, *, data: Path, port: int, signer: Signer, deployment: Deployment) -> None:
        self.data, self.port, self.signer, self.deployment = data, port, signer, deployment
        self.running: tuple[System, Threads] | None = None
        super().__init__()

    def load_config(self) -> None:
        settings = {
            "bind": f"127.0.0.1:{self.port}",
            "workers": 1,
            **refusing("threads"),
            "threads": THREADS,
            "graceful_timeout": GRACE_S,
            "timeout": 60,
            "loglevel": "warning",
            "control_socket_disable": True,
            "proc_name": "plumbline",
            "worker_exit": self._worker_exit,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Gateway:
        """Runs in the worker, after the fork: connections and threads belong to it alone."""
        system = System.on_files(self.data, services.every(), signer=self.signer, deployment=self.deployment)
        self.running = system, Threads(system)
        return Gateway(system)

    def _worker_exit(self, _server: Any, _worker: Any) -> None:
        if self.running is not None:
            system, threads = self.running
            threads.stop()
            system.close()
