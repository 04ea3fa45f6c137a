"""A broker that dies, forgets, fills up, freezes or lets nobody in: named meanwhile, and healed without anybody."""

import contextlib
import os
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from libs.common.contracts.base import decode
from libs.common.rabbit.history import batches
from libs.common.rabbit.leaderless import without_leader
from libs.common.rabbit.management import Management
from libs.common.rabbit.publisher import HISTORY
from libs.common.rabbit.topology import queue_of
from tests.system.distributed_world import until
from tests.system.faulty_world import NAMES, FaultyWorld

# One world for all files of the group; one worker of xdist has all of it.
pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(240)]
TELLER, READER = NAMES
PACE_S = 0.1  #: between two of a load's acts: without, the longest wait for a word took the processor for itself
ALARMS = {
    "disk": (("set_disk_free_limit", "100000GB"), ("set_disk_free_limit", "50MB")),
    "memory": (
        ("set_vm_memory_high_watermark", "absolute", "1MB"),
        ("set_vm_memory_high_watermark", "absolute", "512MB"),
    ),
}


#: what RabbitMQ knows of its history while that is not up, and once it is
STREAM = f'R = rabbit_misc:r(<<"/">>, queue, <<"{HISTORY}">>), '
NOT_UP = f"{STREAM} mnesia:dirty_delete(rabbit_queue, R)."
UP = (
    f"{STREAM} [Q] = mnesia:dirty_read(rabbit_durable_queue, R), "
    "rabbit_amqqueue:ensure_rabbit_queue_record_is_initialized(Q)."
)


def outage(world: FaultyWorld, measured: Callable[[str], None], seconds: float, pause: float) -> None:
    """Commands go on while the broker is dead, and what they said is with its readers soon after it is back."""
    leads, began, never = [world.valid_lead()], time.monotonic(), threading.Event()
    took: list[float] = []
    with world.broker.away():
        while len(leads) < 5 or time.monotonic() < began + seconds:
            asked = time.monotonic()
            leads += world.valid_leads(1)
            took.append(time.monotonic() - asked)
            never.wait(pause)
        world.until_told(TELLER, "broker", "RabbitMQ cannot be reached")
        world.until_told(READER, "consumer", "RabbitMQ cannot be reached")
    assert statistics.median(took) < 1, "no command waits for the broker"
    back = time.monotonic()
    without = f"{2 * len(leads)} commands in {back - began:.0f} s without a broker"
    world.until_arrived(leads[-1], seconds=60)
    measured(f"{without}; the last of them arrived {time.monotonic() - back:.1f} s after it was back")
    world.until_arrived(*leads)


def test_a_dead_broker_stops_no_command_and_gets_everything_when_it_is_back(
    faults: FaultyWorld, measured: Callable[[str], None]
) -> None:
    outage(faults, measured, 0, 0)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_broker_that_is_dead_for_ten_minutes_stops_no_command(
    faults: FaultyWorld, measured: Callable[[str], None]
) -> None:
    outage(faults, measured, 600, 0.05)


def wiped(world: FaultyWorld, measured: Callable[[str], None], leads: int) -> None:
    """The broker loses what waits in it for a reader that is away, two facts of each lead, and all else it had."""
    world.processes[f"{READER}-worker"].stop()
    told = world.valid_leads(leads)
    queue = f"/api/queues/%2F/{queue_of(READER)}"
    until(lambda: world.broker.manage("GET", queue).get("messages", 0) >= 2 * leads, "the facts wait", 60)

    world.broker.wipe()
    world.until_told(TELLER, "broker", "ACCESS_REFUSED")
    world.provision()  # as `plumbline topology --watch` does
    began = time.monotonic()
    world.work(READER)

    until(lambda: world.opportunities_of(told[-1]), "the last lead's opportunity", 30 + leads / 10)
    world.until_arrived(*told)
    measured(f"{2 * leads} facts arrived within {time.monotonic() - began:.0f} s after the broker had lost them")


def test_what_waited_in_a_broker_that_lost_its_data_arrives_all_the_same(
    faults: FaultyWorld, measured: Callable[[str], None]
) -> None:
    wiped(faults, measured, 10)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_five_thousand_facts_that_a_broker_lost_arrive_all_the_same(
    faults: FaultyWorld, measured: Callable[[str], None]
) -> None:
    wiped(faults, measured, 2500)


def test_a_broker_whose_history_is_not_up_yet_is_told_nothing(faults: FaultyWorld) -> None:
    """It would confirm what its history never gets: after a start its door opens before its streams are up."""
    faults.broker.ctl("eval", NOT_UP)
    try:
        faults.processes[f"{TELLER}-worker"].stop()
        lead = faults.valid_lead()
        faults.work(TELLER)
        faults.until_told(TELLER, "broker", f"{HISTORY} is not up")
        assert not faults.opportunities_of(lead)
    finally:  # or no later test begins with everything well
        faults.broker.ctl("eval", UP)

    faults.until_arrived(lead)
    told = [one for batch in batches(faults.broker.url(), None, "a test") for one in batch]
    kinds = {decode(one.body, one.content_type).type for one in told if lead in one.body.decode()}
    assert kinds >= {"plumbline.lead.captured.v1", "plumbline.lead.validated.v1"}


def test_bindings_lost_under_load_are_named_and_nothing_is_missing(faults: FaultyWorld) -> None:
    leads: list[str] = []
    stop = threading.Event()

    def load() -> None:
        while not stop.wait(PACE_S):
            leads.extend(faults.valid_leads(1))

    working = threading.Thread(target=load)
    working.start()
    until(lambda: leads, "the load has begun")
    path = f"/api/bindings/%2F/e/plumbline.events/q/{queue_of(READER)}"
    for one in faults.broker.manage("GET", path):
        if one["routing_key"] == "plumbline.lead.#":
            faults.broker.manage("DELETE", f"{path}/{one['properties_key'].replace('#', '%23')}")

    try:
        faults.until_told(READER, "bindings", "the queue was not bound to plumbline.lead.#")
    finally:
        stop.set()
        working.join()

    faults.until_arrived(*leads)


def test_a_deleted_queue_is_named_and_what_it_held_arrives(faults: FaultyWorld) -> None:
    faults.broker.manage("DELETE", f"/api/queues/%2F/{queue_of(READER)}")
    lead = faults.valid_lead()
    faults.until_told(READER, "consumer", "no queue")

    faults.provision()  # as `plumbline topology --watch` does

    faults.until_arrived(lead)


@pytest.mark.long
def test_a_queue_that_came_back_without_a_leader_stops_nobody_for_long(faults: FaultyWorld) -> None:
    queue = queue_of("late")
    made = {"durable": True, "arguments": {"x-queue-type": "quorum"}}
    faults.broker.manage("PUT", f"/api/queues/%2F/{queue}", made)
    faults.broker.manage("POST", f"/api/bindings/%2F/e/plumbline.events/q/{queue}", {"routing_key": "#"})
    faults.broker.kill()  # before it has written down who leads it
    faults.broker.start()
    broker = Management(faults.broker.management_url, faults.broker.url())
    until(lambda: without_leader(broker) == {queue}, "the queue has no leader")
    lead = faults.valid_lead()
    faults.until_told(TELLER, "broker", "nothing was confirmed for")

    with faults.watched() as said:
        faults.until_arrived(lead, seconds=90)

    assert f"The queue {queue} had no leader" in said.read_text()
    assert queue not in {one["name"] for one in faults.broker.manage("GET", "/api/queues")}


@pytest.mark.long
def test_a_queue_whose_process_is_down_stops_nobody_for_long(faults: FaultyWorld) -> None:
    queue = queue_of(READER)
    faults.broker.ctl("eval", f"ra:stop_server(quorum_queues, {{'%2F_{queue}', node()}}).")
    lead = faults.valid_lead()
    faults.until_told(TELLER, "broker", "the bus did not take")

    with faults.watched() as said:
        faults.until_arrived(lead, seconds=90)
    faults.until_arrived(faults.valid_lead())  # by the queue, not by the history: it was made anew, and told nobody

    assert f"The queue {queue} had no leader" in said.read_text()


@pytest.mark.parametrize("short", ["disk", pytest.param("memory", marks=pytest.mark.long)])
def test_a_broker_that_is_short_of_something_is_named_and_takes_what_waited(faults: FaultyWorld, short: str) -> None:
    alarm, calm = ALARMS[short]
    faults.broker.ctl(*alarm)
    try:
        lead = faults.valid_lead()
        faults.until_told(TELLER, "broker", f"it takes nothing: low on {short}")
    finally:
        faults.broker.ctl(*calm)
    faults.until_arrived(lead)


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_frozen_broker_is_named_and_thawed_it_takes_what_waited(faults: FaultyWorld) -> None:
    faults.until_arrived(faults.valid_lead())  # the relay's line is open: to one that froze before, it says other words
    with frozen(faults.broker.pid):
        lead = faults.valid_lead()
        faults.until_told(TELLER, "broker", "nothing was confirmed for")
    faults.until_arrived(lead)


@pytest.mark.long
def test_a_broker_that_freezes_while_nobody_has_anything_to_say_is_named(faults: FaultyWorld) -> None:
    with frozen(faults.broker.pid):
        for name in NAMES:
            faults.until_told(name, "consumer", "RabbitMQ")
            faults.until_told(name, "broker", "RabbitMQ")


def test_a_password_that_is_changed_is_named_and_put_back_it_works_on(faults: FaultyWorld) -> None:
    account = faults.accounts[TELLER]
    faults.broker.put_user(account.name, "another password", tags="management")
    faults.to_broker.cut()
    lead = faults.valid_lead()
    faults.until_told(TELLER, "broker", "ACCESS_REFUSED")
    faults.until_told(TELLER, "consumer", "ACCESS_REFUSED")
    faults.broker.put_user(account.name, account.password, tags="management")
    faults.until_arrived(lead)


def test_a_line_to_the_broker_that_delays_slices_and_breaks_loses_nothing(faults: FaultyWorld) -> None:
    faults.to_broker.delay, faults.to_broker.slice = 0.001, 200
    leads = []
    for _ in range(3):
        leads += faults.valid_leads(2)
        faults.to_broker.cut()
    faults.to_broker.well()
    faults.until_arrived(*leads)


@pytest.mark.long
def test_a_line_to_the_broker_that_swallows_everything_is_named(faults: FaultyWorld) -> None:
    faults.to_broker.hole = True
    lead = faults.valid_lead()
    faults.until_told(TELLER, "broker", "nothing was confirmed for")
    faults.until_told(READER, "consumer", "RabbitMQ")
    faults.to_broker.cut()
    faults.to_broker.well()
    faults.until_arrived(lead)


@pytest.mark.long
def test_a_worker_that_freezes_is_named_by_the_api_beside_it(faults: FaultyWorld) -> None:
    with frozen(faults.processes[f"{READER}-worker"].pid):
        lead = faults.valid_lead()
        faults.until_told(READER, "relay", "nothing heard of it")
        faults.until_told(READER, "consumer", "nothing heard of it")
    faults.until_arrived(lead)


@pytest.mark.long
def test_nothing_is_named_while_there_is_nothing_to_do(faults: FaultyWorld) -> None:
    began, never = time.monotonic(), threading.Event()
    while time.monotonic() < began + 100:
        assert {name: faults.wrong(name) for name in NAMES} == {name: {} for name in NAMES}
        never.wait(1)
