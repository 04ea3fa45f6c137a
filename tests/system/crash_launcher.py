"""Real processes that kill themselves at a named point: forked from this one, which has loaded everything.

python -m tests.system.crash_launcher reads a line of JSON a process and answers with its pid. ``crash_at`` is
``point:n``: the n-th time that the process passes the point it is gone, as if by kill -9. Production code is handed a
crash that does nothing (``libs.common.store.no_crash``); this is the only place that hands it another.
"""

import ctypes
import gc
import json
import logging
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import configure_mappers
from werkzeug.serving import make_server

import services
from embedded.gateway import Gateway
from embedded.run import Threads
from embedded.system import System
from libs.common import config, log, loops, orm, statements, worker
from libs.common.consumer import Consumer
from libs.common.service import Service
from libs.common.store import Store, no_crash
from libs.common.tokens import Signer, Verifier
from libs.common.web import create_app
from libs.common.worker import Part, Report, Worker
from libs.local.nursery import PR_SET_PDEATHSIG

Crash = Callable[[str], None]
APART = ("-relay", "-timers", "-past")  #: threads of the embedded process that nobody asks anything
SOON_S = 0.25  #: how often is looked for what nobody is woken for; production's seconds would only be waited for


def crash_at(told: str, deaths: Path, *, requests_only: bool) -> Crash:
    """Ends this process at the point. ``requests_only``: what other threads of this process pass does not count."""
    point, _, turn = told.partition(":")
    passes, guard = 0, threading.Lock()

    def crash(passed: str) -> None:
        nonlocal passes
        if passed != point or (requests_only and threading.current_thread().name.endswith(APART)):
            return
        with guard:
            passes += 1
            if passes < int(turn):
                return
            with deaths.open("a") as book:
                book.write(f"{os.getpid()} {point}\n")
            os.kill(os.getpid(), signal.SIGKILL)

    return crash if point else no_crash


class Doomed(Worker):
    """A worker whose parts have a crash of ours."""

    crash: Crash = staticmethod(no_crash)

    def parts(self) -> dict[str, Part]:
        return {name: self._armed(part) for name, part in super().parts().items()}

    def _armed(self, part: Part) -> Part:
        def run(own: Worker, store: Store, report: Report) -> None:
            store.crash = self.crash
            part(own, store, report)

        return run


def address(port: int = 0) -> socket.socket:
    """An address that several processes may have, one after the other; nobody listens there yet."""
    here = socket.socket()
    here.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    here.bind(("127.0.0.1", port))
    return here


def serve(app: Any, port: int) -> None:
    listening = address(port)
    listening.listen(64)
    make_server("127.0.0.1", port, app, threaded=True, fd=listening.fileno()).serve_forever()


def hurried(service: Service) -> Service:
    return replace(service, jobs=tuple(replace(job, every_s=SOON_S) for job in service.jobs))


def run_embedded(told: Mapping[str, Any], crash: Crash, port: int) -> None:
    deployment = config.load(told["environment"]).deployment
    databases = {name: (hurried(services.spec(name)), orm.connect(url)) for name, url in told["databases"].items()}
    system = System.over(databases, signer=Signer(told["key"]), deployment=deployment)
    system.parts[told["service"]].store.crash = crash
    if told.get("part") == "replay":
        replay(system.parts[told["service"]].consumer)
    threads = Threads(system)
    serve(Gateway(system), port)
    threads.stop()


def run_api(told: Mapping[str, Any], crash: Crash, port: int) -> None:
    service = services.spec(told["service"])
    store = Store(service.name, orm.connect(told["databases"][service.name]), service.tables, crash=crash)
    serve(create_app(service, store, Verifier(Signer(told["key"]).jwks())), port)


def run_worker(told: Mapping[str, Any], crash: Crash, _port: int) -> None:
    doomed = Doomed(
        hurried(services.spec(told["service"])), config.load(told["environment"], "worker"), threading.Event()
    )
    doomed.crash = crash  # type: ignore[method-assign]
    doomed.run()


def run_replay(told: Mapping[str, Any], crash: Crash, _port: int) -> None:
    service = services.spec(told["service"])
    store = Store(service.name, orm.connect(told["databases"][service.name]), service.tables, crash=crash)
    replay(Consumer(store, service.subscriptions))


def replay(consumer: Consumer) -> None:
    parked = consumer.store.tables.parked
    with consumer.store.reading() as tx:
        idents = list(tx.session.scalars(sa.select(parked.c.id)))
    consumer.replay(idents)


ROLES = {"embedded": run_embedded, "api": run_api, "worker": run_worker, "replay": run_replay}


def born(told: Mapping[str, Any], port: int) -> None:
    """The child's whole life. It ends with the launcher, which ends with the tests."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    output = os.open(told["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log.configure(told["service"])
    try:
        crash = crash_at(told["crash_at"], Path(told["deaths"]), requests_only=told.get("part") == "api")
        ROLES[told["role"]](told, crash, port)
    except BaseException:  # noqa: BLE001 - its last words
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would tell of each request
    loops.POLL_S = loops.DUE_S = worker.STANDBY_S = SOON_S
    for service in services.every():
        service.blueprints()
        statements.of(service.tables)
    configure_mappers()
    gc.collect()
    gc.freeze()  # what is loaded stays where it is, in one piece of memory for all
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here: the tests look at their pids
    with address() as kept:  # while nobody serves there, callers are refused at once
        port = kept.getsockname()[1]
        print(json.dumps({"port": port}), flush=True)  # noqa: T201 - whoever started us listens
        for line in sys.stdin:
            pid = os.fork()
            if pid == 0:
                sys.stdin.close()
                born(json.loads(line), port)
            print(json.dumps({"pid": pid}), flush=True)  # noqa: T201 - as above


if __name__ == "__main__":
    main()
