"""The processes' clocks jump three days ahead and back: order, leases and timers go by the database's clock.

libfaketime stands between the processes and the kernel; what it tells them stands in a file that the test rewrites.
"""

import http.client
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from embedded.testing import CAST
from libs.common.contracts.base import CONTENT_TYPE, decode
from libs.common.store import utc_now
from libs.common.tokens import Signer
from libs.local.broker import Broker
from libs.local.database import DatabaseServer
from libs.local.debian import tree_of
from tests.system.crash_apart import Apart, apart

pytestmark = [pytest.mark.xdist_group("clocks"), pytest.mark.timeout(240)]
JUMP = timedelta(days=3)
BESIDE = timedelta(minutes=2)  #: how far from our clock the database's may be, and what a busy machine takes
Set = Callable[[timedelta], None]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that says what the clocks show."""
    file = tmp_path_factory.mktemp("clocks") / "shown"
    file.write_text("+0")
    return file


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, postgres: DatabaseServer, rabbit: Broker, told: Path
) -> Iterator[Apart]:
    around = {
        "LD_PRELOAD": str(tree_of("libfaketime").program("libfaketime")),
        "FAKETIME_TIMESTAMP_FILE": str(told),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with apart(tmp_path_factory.mktemp("clocks"), postgres, rabbit, around) as world:
        csr, role, branch, teams = CAST["csr"]
        signer = Signer(world.key, clock=lambda: time.time() - 2 * JUMP.total_seconds())
        life = 4 * JUMP.total_seconds()  # good whatever the api takes today for
        world.client.token = signer.issue(csr, name="csr", roles=[role], branch=branch, teams=teams, life=life)
        yield world


@pytest.fixture
def show(world: Apart, told: Path) -> Iterator[Set]:
    """Lets the processes' clocks be so far ahead."""

    def show(ahead: timedelta) -> None:
        told.write_text(f"{ahead.total_seconds():+.0f}")
        world.until(lambda: abs(shown(world) - utc_now() - ahead) < BESIDE, "the clocks show it")

    yield show
    show(timedelta())


def shown(world: Apart) -> datetime:
    """What the api's process takes for now, as each of its answers says."""
    wire = http.client.HTTPConnection("127.0.0.1", world.processes.port, timeout=10)
    wire.request("GET", "/api/v1/leads/livez")
    answer = wire.getresponse()
    answer.read()
    wire.close()
    return parsedate_to_datetime(answer.headers["Date"])


@pytest.mark.parametrize("days", [3, -3])
def test_clocks_that_jump_change_nothing_in_what_happens_when(world: Apart, show: Set, days: int) -> None:
    """The auditor finds each effect once and in order; of two reminders only the one that is due is given."""
    world.enquire()
    show(timedelta(days=days))
    for _ in range(3):
        world.enquire()
    world.settle()

    due, later = [subject for subject in waiting(world) if subject not in reminded(world)][-2:]
    make_due(world, due)
    world.settle()

    assert due in reminded(world)
    assert later not in reminded(world)
    assert later in waiting(world)
    assert all(abs(at - utc_now()) < JUMP / 2 for at in told_at(world))


def waiting(world: Apart) -> list[UUID]:
    """Of what somebody is to be reminded and has not been, what comes last last."""

    def later(tables: Any) -> Any:
        timers = tables.timers.c
        return sa.select(timers.subject, timers.due_at).where(timers.due_at > sa.func.now()).order_by(timers.due_at)

    return list(dict.fromkeys(row.subject for row in world.rows("notifications", later)))


def make_due(world: Apart, subject: UUID) -> None:
    store = world.system.parts["notifications"].store
    timers = store.tables.timers
    with store.begin() as tx:
        tx.execute(sa.update(timers).where(timers.c.subject == subject).values(due_at=tx.now))
    world.reminded.add(subject)


def reminded(world: Apart) -> set[UUID]:
    told = world.system.parts["notifications"].service.metadata.tables["notifications"].c
    return {row.subject for row in world.rows("notifications", lambda _: sa.select(told.subject).where(told.reminder))}


def told_at(world: Apart) -> list[datetime]:
    """The times that stand in all facts of leads."""
    bodies = world.rows("leads", lambda tables: sa.select(tables.outbox.c.body))
    return [decode(bytes(row.body), CONTENT_TYPE).time for row in bodies]
