"""python -m services.<name> api|worker|migrate|rebuild: a service's processes, configured by the environment alone."""

import functools
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from libs.common import config, log, orm
from libs.common.bus import Delivery
from libs.common.config import EXIT_NOT_READY, Config
from libs.common.dberrors import kept_out
from libs.common.errors import Conflict, Unavailable
from libs.common.progress import counted
from libs.common.service import Service
from libs.common.store import Store

ROLES = ("api", "worker", "migrate", "rebuild")
SIGNER = "staff"  #: the one service that signs tokens; the others fetch its public keys


def main(service: Service, arguments: list[str] | None = None) -> None:
    """Runs one role. Exit codes: 2 for a wrong environment, 3 where the database is not migrated."""
    asked = sys.argv[1:] if arguments is None else arguments
    if len(asked) != 1 or asked[0] not in ROLES:
        config.quit_with(f"usage: python -m services.{service.name} {'|'.join(ROLES)}")
    [role] = asked
    also = () if role != "api" else ("signer",) if service.name == SIGNER else ("verifier",)
    settings = config.load_or_exit(os.environ, "worker" if role == "rebuild" else role, *also)
    log.configure(service.name, level=settings.log_level)
    {"api": _api, "worker": _worker, "migrate": _migrate, "rebuild": _rebuild}[role](service, settings)


def _migrate(service: Service, settings: Config) -> None:
    from libs.common import migrate  # these take half a second, and a wrong environment is told before

    database = orm.connect(settings.database_url)
    try:
        migrate.upgrade(service, database)
    except Unavailable as newer:
        config.quit_with(newer.detail)
    except sa.exc.OperationalError as away:
        why = kept_out(away) or f"{service.name}'s database cannot be reached"
        config.quit_with(f"{why}: {away.orig}", code=EXIT_NOT_READY)
    finally:
        database.dispose()


def _worker(service: Service, settings: Config) -> None:
    from libs.common.worker import PartEnded, run_worker

    demand_schema(service, settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        run_worker(service, settings, stop)
    except PartEnded as ended:
        config.quit_with(str(ended), code=1)


def _rebuild(service: Service, settings: Config) -> None:
    """Told what a worker is told, beside the workers that go on."""
    from libs.common.bus import BusDown
    from libs.common.consumer import Consumer
    from libs.common.rabbit.history import batches
    from libs.common.rebuild import models_of, rebuild

    demand_schema(service, settings)
    database = orm.connect(settings.database_url, pool_size=2)
    store = Store(service.name, database, service.tables, deployment=settings.deployment)
    every = functools.partial(batches, settings.amqp_url, name=f"{service.name} rebuild")

    def history(since: datetime | None) -> Iterator[Sequence[Delivery]]:
        return counted("facts read", every(since))

    try:
        for model in models_of(service):
            count = rebuild(store, Consumer(store, service.subscriptions), model, history)
            sys.stdout.write(json.dumps({"tables": [table.name for table in model.tables], "records": count}) + "\n")
    except BusDown as away:
        config.quit_with(f"the history cannot be read: {away}", code=EXIT_NOT_READY)
    except (Unavailable, sa.exc.OperationalError) as away:
        config.quit_with(f"{service.name}'s database cannot be reached: {away}", code=EXIT_NOT_READY)
    except Conflict as refused:
        config.quit_with(refused.detail, code=1)
    finally:
        database.dispose()


def _api(service: Service, settings: Config) -> None:
    from libs.common.web.metrics import together
    from libs.common.web.server import serve

    demand_schema(service, settings)
    sys.argv[1:] = []  # gunicorn would read them
    with together(settings.web_workers):
        serve(lambda: app(service, settings), server_settings(service, settings))


def server_settings(service: Service, settings: Config) -> dict[str, Any]:
    """gunicorn's; it forks first and loads the app afterwards, so that each process has engines of its own."""
    # A sync worker would be taken whole by a request that waits, for a record's lock or for its twin in flight; threads
    # keep the others moving.
    threads = settings.web_threads
    return {
        "bind": settings.bind,
        "workers": settings.web_workers,
        "threads": threads,
        "worker_class": "threads" if threads > 1 else "sync",
        "timeout": 60,
        "graceful_timeout": 20,
        "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108 - a read-only image
        "proc_name": f"plumbline-{service.name}",
    }


def app(service: Service, settings: Config) -> Any:
    """The WSGI app with connections of its own; called in each process after the fork."""
    from libs.common.tokens import Signer, Verifier
    from libs.common.web import create_app

    database = orm.connect(settings.database_url, pool_size=settings.web_threads)
    store = Store(service.name, database, service.tables, deployment=settings.deployment)
    more: dict[str, Any] = {"trusted_proxies": settings.trusted_proxies, "gateway_url": settings.gateway_url}
    if service.name == SIGNER:
        more["signer"] = Signer(settings.signing_key)
        verifier = Verifier(more["signer"].jwks())
    else:
        verifier = Verifier(url=settings.jwks_url)
    return create_app(service, store, verifier, config=more)


def demand_schema(service: Service, settings: Config) -> None:
    """Ends the process when the database has another shape than this code; one that is away is waited for later.

    It is looked at in a process of its own: what knows migrations would hold 9 MB here that nobody needs again.
    """
    child = os.fork()
    if not child:
        code: Any = 1
        try:
            _compare_schema(service, settings)
            code = 0
        except SystemExit as end:
            code = end.code
        except BaseException:  # noqa: BLE001 - it must not go on as a second one of us
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    if code := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        sys.exit(code)


def _compare_schema(service: Service, settings: Config) -> None:
    from libs.common import migrate

    database = orm.connect(settings.database_url)
    try:
        with database.reader.connect() as connection:
            at, known = migrate.current(connection), migrate.revisions(service)
    except sa.exc.OperationalError as away:
        why = kept_out(away) or "the database cannot be reached yet"
        log.get(__name__).warning(f"{why}; it is tried again and again", detail=str(away.orig))
        return
    finally:
        database.dispose()
    if at is not None and at not in known:
        config.quit_with(f"{service.name}'s database is at {at}, which this code does not know: it is newer")
    if at != migrate.head(service):
        config.quit_with(
            f"{service.name}'s database is at {at or 'nothing'}; run: python -m services.{service.name} migrate",
            code=EXIT_NOT_READY,
        )
