"""Is this process alive, can it do its work, and how is the worker beside it? What a stuck system shows first."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from flask import Blueprint, current_app

from libs.common import mail, outbox
from libs.common.errors import DomainError, Unavailable
from libs.common.idempotency import Answer
from libs.common.service import Service
from libs.common.tx import Tx
from libs.common.web.acts import reading
from libs.common.web.context import JSON, PUBLIC, edge
from libs.common.web.endpoint import endpoint

LATE = timedelta(seconds=60)  #: a fact that waits longer is stuck
SILENT = timedelta(seconds=45)  #: a loop says something every 15 s
#: parts of the worker that never stop talking, and how long each may be silent; other jobs speak when they run
LOOPS = dict.fromkeys(("relay", "timers", "consumer", "commands", "dead letters", "dead commands", "bindings"), SILENT)
LOOPS["mail"] = timedelta(minutes=10)  #: a batch of it may wait for a slow server so long
TRIED = timedelta(minutes=5)  #: the longest pause between two tries of a timer, which the last one sets as well
TOLD = timedelta(days=1)  #: so long one is told of mail that no server took

Parts = dict[str, dict[str, Any]]


def add(bp: Blueprint) -> None:
    bp.get("/livez")(livez)
    bp.get("/readyz")(readyz)


@endpoint(may=PUBLIC, kinds=(JSON,))
def livez() -> Answer:
    """Alive: this process answers."""
    return _json({"status": "ok"})


@endpoint(may=PUBLIC, kinds=(JSON,))
def readyz() -> Answer:
    """Ready: 503 only when this process cannot do its own work; what is wrong elsewhere is ``degraded``."""
    try:
        with reading() as tx:
            parts: Parts = {"database": {"ok": True}, "schema": _schema(edge().service, tx)}
            if parts["schema"]["ok"]:
                parts |= worker_parts(tx) | _delivery(tx)
    except DomainError as trouble:
        parts = {"database": {"ok": False, "detail": trouble.detail}}
    except sa.exc.ProgrammingError:
        parts = {"database": {"ok": False, "detail": "the tables that this code expects are not there"}}
    if not all(parts[name]["ok"] for name in ("database", "schema") if name in parts):
        raise Unavailable("this service cannot do its work", headers={"Retry-After": "2"}, parts=parts)
    well = all(part["ok"] for part in parts.values())
    return _json({"status": "ok" if well else "degraded", "parts": parts})


def _schema(service: Service, tx: Tx) -> dict[str, Any]:
    """Whether the database has the shape that this code expects, or a newer one: a migration leaves the version before
    it at work, until its processes are replaced one by one."""
    if not service.migrations.is_dir():
        return {"ok": True}
    from libs.common import migrate  # alembic is slow to import

    known = current_app.extensions
    if "plumbline.revisions" not in known:  # read from files once: this is asked every few seconds
        known["plumbline.revisions"] = migrate.head(service)
    expected = known["plumbline.revisions"]
    found = migrate.current(tx.session.connection())
    if found == expected:
        return {"ok": True, "revision": found}
    if found is not None and found.isdecimal() and found > expected:  # they are counted: 0001, 0002, …
        return {"ok": True, "revision": found, "detail": f"newer than this code, which expects {expected}"}
    return {"ok": False, "detail": f"the database is at {found or 'nothing'}, this code expects {expected}"}


def worker_parts(tx: Tx) -> Parts:
    """What the worker said of its parts, and whether it still speaks."""
    parts: Parts = {}
    for row in tx.session.execute(sa.select(tx.tables.worker_status)):
        silent = abs(tx.now - row.at)  # a clock may have been set back
        if row.part in LOOPS and silent > LOOPS[row.part]:
            last = f"; it last said: {row.detail}" if row.detail else ""
            detail = f"nothing heard of it for {int(silent.total_seconds())} s{last}"
            parts[row.part] = {"ok": False, "detail": detail}
        else:
            parts[row.part] = {"ok": row.ok, **({"detail": row.detail} if row.detail else {})}
    return parts


def _delivery(tx: Tx) -> Parts:
    """What waits: facts to be sent, facts held for another, facts nobody could apply; and what is tried no more."""
    now = backlog(tx)
    parts = {
        "outbox": _outbox(tx, now),
        "held": _waiting(tx, "for what comes before them", now["held"], now["oldest_held"]),
    }
    parts["parked"] = {"ok": True}
    if now["parked"]:
        what = f"{now['parked']} could not be applied: ./plumbline parked list --service {edge().service.name}"
        parts["parked"] = {"ok": False, "detail": what}
    parts["timers given up"] = _given_up(now["timers_given_up"], "of them failed time and again, `failed` says why")
    parts["mail given up"] = _given_up(now["mail_given_up"], "of the last day, which no server took")
    return parts


def _given_up(count: int, what: str) -> dict[str, Any]:
    """What somebody has to have tried again: docs/operations.md tells how."""
    return {"ok": False, "detail": f"{count} {what}: docs/operations.md, Health"} if count else {"ok": True}


def _outbox(tx: Tx, now: Mapping[str, Any]) -> dict[str, Any]:
    """What waits to be sent; what an operator has sent again may take its time."""
    if full := outbox.too_much(tx):
        return {"ok": False, "detail": f"{full}, so changes are refused: is the broker there, and does the relay run?"}
    part = _waiting(tx, "to be sent", now["unpublished"], now["oldest_unpublished"])
    return {**part, "detail": f"{now['replayed']} are sent again"} if now["replayed"] else part


def backlog(tx: Tx) -> Mapping[str, Any]:
    """How much waits, and since when."""
    facts, held, parked = tx.tables.outbox, tx.tables.held, tx.tables.parked
    unsent, again = facts.c.published_at.is_(None), facts.c.id <= outbox.mark(tx)
    first = sa.select(facts.c.created_at).where(unsent, ~again).order_by(facts.c.id).limit(1)
    count = sa.func.count()
    timers, mails = tx.tables.timers.c, tx.tables.mail.c
    # A timer that is given up was due; asked so, the index on that leaves out all that are still to come.
    no_timer = timers.failed.is_not(None), timers.due_at <= tx.now + TRIED
    # One that was refused for good before has a wrong address: that is its sender's affair, and told to them.
    no_mail = mails.state == mail.FAILED, mails.attempts >= mail.TRIES, mails.due_at > tx.now - TOLD
    return {
        "unpublished": tx.session.scalar(sa.select(count).where(unsent, ~again)) or 0,
        "replayed": tx.session.scalar(sa.select(count).where(unsent, again)) or 0,
        "oldest_unpublished": tx.session.scalar(first),
        "held": tx.session.scalar(sa.select(count).select_from(held)) or 0,
        "oldest_held": tx.session.scalar(sa.select(sa.func.min(held.c.held_at))),
        "parked": tx.session.scalar(sa.select(count).select_from(parked)) or 0,
        "timers_given_up": tx.session.scalar(sa.select(count).where(*no_timer)) or 0,
        "mail_given_up": tx.session.scalar(sa.select(count).where(*no_mail)) or 0,
    }


def _waiting(tx: Tx, what: str, count: int, oldest: datetime | None) -> dict[str, Any]:
    if oldest is None:
        return {"ok": True}
    waits = tx.now - oldest
    detail = f"{count} wait {what}, the first for {max(0, int(waits.total_seconds()))} s"
    return {"ok": waits <= LATE, "detail": detail}


def _json(said: Mapping[str, Any]) -> Answer:
    return msgspec.json.encode(said), 200, {"Content-Type": "application/json"}
