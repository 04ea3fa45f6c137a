"""A database that is stopped, frozen, full, locked or cut off: told quickly, and healed without anybody."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from demo.client import Refused
from libs.local.ports import free_port
from tests.system.distributed_world import until
from tests.system.faulty_world import STARTS_S, FaultyWorld
from tests.system.proxy import Link

# One world for all files of the group; one worker of xdist has all of it.
pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(240)]
SLOWEST_S, NORMAL_S = 3.5, 10.0
REFUSED = "refuses the user or the password"
BEYOND_S = 1.5  #: what a busy machine may add to a lock's five seconds


class Caller:
    """Somebody who asks, and writes down how long each answer took."""

    def __init__(self, world: FaultyWorld) -> None:
        self.world, self.token = world, world.token()
        self.took: list[float] = []

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, dict[str, str], Any]:
        """Status, headers, body; on a connection of its own, and never repeated."""
        wire = http.client.HTTPConnection(self.world.binds["leads"], timeout=60)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        began = time.monotonic()
        wire.request(method, path, None if body is None else json.dumps(body), headers)
        answer = wire.getresponse()
        content = answer.read()
        self.took.append(time.monotonic() - began)
        wire.close()
        return answer.status, dict(answer.headers), json.loads(content) if content else None

    def enquire(self, key: str, body: Any) -> tuple[int, dict[str, str], Any]:
        return self.ask("POST", "/api/v1/leads", body, key)


class Load(threading.Thread):
    """Enters enquiries one after the other, each under its key until it is taken; ``taken`` holds what was promised."""

    def __init__(self, world: FaultyWorld) -> None:
        super().__init__()
        self.world, self.caller, self.stop = world, Caller(world), threading.Event()
        self.taken: list[tuple[str, float]] = []
        self.refused: set[int] = set()

    def run(self) -> None:
        while not self.stop.is_set():
            key, body = str(uuid4()), self.world.enquiry()
            while (said := self.caller.enquire(key, body))[0] != 201:
                self.refused.add(said[0])
                assert said[1]["Retry-After"]
                self.stop.wait(0.05)
            self.taken.append((said[2]["id"], time.monotonic()))


@pytest.fixture
def loads(faults: FaultyWorld) -> Iterator[list[Load]]:
    loads = [Load(faults) for _ in range(3)]
    for load in loads:
        load.start()
    yield loads
    for load in loads:
        load.stop.set()
    for load in loads:
        load.join(60)


def finish(loads: list[Load]) -> None:
    for load in loads:
        load.stop.set()
    for load in loads:
        load.join(60)
        assert not load.is_alive()


def all_leads(world: FaultyWorld) -> list[str]:
    with psycopg.connect(world.database.url("leads").replace("+psycopg", "")) as looking:
        return [str(row[0]) for row in looking.execute("SELECT id FROM leads")]


def stopped_under_load(world: FaultyWorld, loads: list[Load], seconds: float) -> None:
    until(lambda: all(load.taken for load in loads), "the load has begun")
    with world.database.away(seconds):
        until(lambda: all(503 in load.refused for load in loads), "everybody is told")
        anybody = Caller(world)
        status, _, said = anybody.ask("GET", "/api/v1/leads/readyz")
        assert (status, said["parts"]["database"]["ok"]) == (503, False)
        assert b"plumbline_database_up" in metrics(world)
    back = time.monotonic()
    until(lambda: all(load.taken[-1][1] > back for load in loads), "work goes on", NORMAL_S)
    finish(loads)

    slowest = max(max(load.caller.took) for load in loads)
    assert slowest <= SLOWEST_S
    promised = [lead for load in loads for lead, _ in load.taken]
    there = all_leads(world)
    assert set(promised) <= set(there)
    assert len(there) == len(set(there))
    world.validate(promised[-1])
    world.until_arrived(promised[-1])


def metrics(world: FaultyWorld) -> bytes:
    wire = http.client.HTTPConnection(world.binds["leads"], timeout=10)
    wire.request("GET", "/api/v1/leads/metrics")
    said = wire.getresponse().read()
    wire.close()
    return said


def test_a_database_stopped_under_load_is_told_quickly_and_loses_nothing(
    faults: FaultyWorld, loads: list[Load]
) -> None:
    stopped_under_load(faults, loads, 2)


@pytest.mark.long
def test_a_database_that_is_away_for_a_minute_is_told_quickly_and_loses_nothing(
    faults: FaultyWorld, loads: list[Load]
) -> None:
    stopped_under_load(faults, loads, 60)


def test_a_frozen_database_is_told_within_seconds_and_thawed_it_works_on(faults: FaultyWorld) -> None:
    lead = faults.valid_lead()
    asking = [Caller(faults) for _ in range(6)]
    questions = ["/api/v1/leads", f"/api/v1/leads/{lead}", "/api/v1/leads/readyz"]
    answers: list[int] = []

    def ask(number: int) -> None:
        for turn in range(2):  # the first time on connections that are there, the second on none
            if (number + turn) % 2:
                answers.append(asking[number].ask("GET", questions[number % 3])[0])
            else:
                answers.append(asking[number].enquire(str(uuid4()), faults.enquiry())[0])

    with faults.database.frozen():
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    assert answers == [503] * 8
    assert max(second for one in asking for second in one.took) <= SLOWEST_S
    began = time.monotonic()
    faults.until_arrived(faults.valid_lead())
    assert time.monotonic() - began <= NORMAL_S


def test_after_a_restart_the_first_question_and_the_first_act_succeed(faults: FaultyWorld) -> None:
    someone = Caller(faults)
    for first in ("GET", "POST"):
        faults.valid_lead()  # so that there are connections to be broken
        with faults.database.away():
            pass
        if first == "GET":
            status, _, said = someone.ask("GET", "/api/v1/leads")
            assert status == 200, said
        else:
            status, _, said = someone.enquire(str(uuid4()), faults.enquiry())
            assert status == 201, said


def kill_backend(faults: FaultyWorld, link: Link) -> None:
    with faults.database.connect() as administrator:
        which = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE client_port = %s"
        administrator.execute(which, [link.server_sees])
    link.cut()


def killed_at_commit(faults: FaultyWorld, *, before: bool) -> None:
    """The backend dies when it is told to commit, or when it has and could not say so."""
    someone, key, body = Caller(faults), str(uuid4()), faults.enquiry()
    there = set(all_leads(faults))

    def kill(link: Link) -> None:
        if not before:
            answered = link.hold()
            link.server.sendall(link.said)
            assert answered.wait(60)
        kill_backend(faults, link)

    # its key, not its INSERT: that one is prepared, and has no words, on a connection that has entered some before
    faults.to_database.once(b"COMMIT", kill, by=key.encode())
    first, headers, _ = someone.enquire(key, body)
    assert (first, headers["Retry-After"]) == (503, "2")
    made = set(all_leads(faults)) - there
    assert len(made) == (0 if before else 1)

    status, headers, lead = someone.enquire(key, body)

    assert status == 201
    assert headers.get("Idempotency-Replayed") == (None if before else "true")
    assert set(all_leads(faults)) - there == {lead["id"]}


def test_an_act_whose_backend_was_killed_as_it_committed_is_answered_by_its_key(faults: FaultyWorld) -> None:
    killed_at_commit(faults, before=False)


def test_an_act_whose_backend_was_killed_before_it_committed_is_done_by_the_retry(faults: FaultyWorld) -> None:
    killed_at_commit(faults, before=True)


def test_a_repeat_whose_backend_was_killed_as_it_was_undone_is_answered_as_the_first_time(faults: FaultyWorld) -> None:
    someone, key, body = Caller(faults), str(uuid4()), faults.enquiry()
    _, _, lead = someone.enquire(key, body)
    killed = threading.Event()

    def kill(link: Link) -> None:
        kill_backend(faults, link)
        killed.set()

    faults.to_database.once(b"ROLLBACK", kill, by=key.encode())
    status, headers, again = someone.enquire(key, body)

    assert killed.wait(60)
    assert (status, headers.get("Idempotency-Replayed"), again) == (201, "true", lead), again


def test_a_server_that_has_no_connection_to_give_is_told_at_once_and_heals(faults: FaultyWorld) -> None:
    someone = Caller(faults)
    with faults.database.connect() as administrator:
        administrator.execute("ALTER ROLE leads CONNECTION LIMIT 0")
        try:
            administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'leads'")
            status, headers, _ = someone.ask("GET", "/api/v1/leads")
            assert (status, headers["Retry-After"]) == (503, "2")
            assert someone.enquire(str(uuid4()), faults.enquiry())[0] == 503
            status, _, said = someone.ask("GET", "/api/v1/leads/readyz")
            assert (status, said["parts"]["database"]["ok"]) == (503, False)
        finally:
            administrator.execute("ALTER ROLE leads CONNECTION LIMIT -1")
    assert someone.enquire(str(uuid4()), faults.enquiry())[0] == 201
    assert max(someone.took) <= SLOWEST_S


def test_a_password_that_is_changed_is_named_at_the_start_too_and_put_back_it_works_on(faults: FaultyWorld) -> None:
    password = psycopg.conninfo.conninfo_to_dict(faults.urls["leads"].replace("+psycopg", ""))["password"]
    change = sql.SQL("ALTER ROLE leads PASSWORD {}")
    with faults.database.connect() as administrator:
        administrator.execute(change.format("another password"))
        try:
            administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'leads'")
            until(lambda: REFUSED in faults.wrong("leads").get("database", ""), "leads says it")
            migrating = faults.run("leads", "migrate", {})
            assert migrating.wait(STARTS_S) == 3
            assert REFUSED in migrating.last_words()
            begun = faults.serve("leads", f"127.0.0.1:{free_port()}", "-begun")
            until(lambda: REFUSED in begun.log_tail(), "it says so at its start")
            begun.kill()
        finally:
            administrator.execute(change.format(password))
    faults.until_arrived(faults.valid_lead())


def test_a_record_that_somebody_holds_keeps_others_waiting_for_five_seconds_at_most(faults: FaultyWorld) -> None:
    held, free = Caller(faults), Caller(faults)
    lead, other = (free.enquire(str(uuid4()), faults.enquiry())[2]["id"] for _ in range(2))
    status: list[int] = []
    with psycopg.connect(faults.database.url("leads").replace("+psycopg", "")) as somebody:
        somebody.execute("SELECT 1 FROM leads WHERE id = %s FOR UPDATE", [lead])
        waiting = threading.Thread(
            target=lambda: status.append(held.ask("POST", f"/api/v1/leads/{lead}/validate", {})[0])
        )
        waiting.start()
        assert free.ask("POST", f"/api/v1/leads/{other}/validate", {})[0] == 200
        assert free.ask("GET", f"/api/v1/leads/{lead}")[0] == 200
        waiting.join(30)
    assert status == [409]
    assert held.took[-1] <= 5 + BEYOND_S
    assert max(free.took) <= SLOWEST_S
    assert held.ask("POST", f"/api/v1/leads/{lead}/validate", {})[0] == 200


def test_a_line_that_delays_and_slices_only_takes_longer(faults: FaultyWorld) -> None:
    faults.to_database.delay, faults.to_database.slice = 0.002, 100
    faults.until_arrived(faults.valid_lead())


def test_a_line_that_swallows_everything_is_told_within_seconds(faults: FaultyWorld) -> None:
    someone = Caller(faults)
    assert someone.ask("GET", "/api/v1/leads")[0] == 200
    faults.to_database.hole = True
    status, headers, _ = someone.ask("GET", "/api/v1/leads")
    with pytest.raises(Refused, match="does not answer"):
        faults.get("leads", "leads")
    faults.to_database.cut()  # as one who notices does; what was swallowed never comes
    faults.to_database.well()

    assert (status, headers["Retry-After"]) == (503, "2")
    assert max(someone.took) <= SLOWEST_S
    faults.until_arrived(faults.valid_lead())
