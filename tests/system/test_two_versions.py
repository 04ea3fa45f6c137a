"""A new version is rolled out: for a while both serve and read each other's facts, and no caller notices."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from demo.client import Client
from libs.local import nginx
from libs.local.ports import free_port
from tests.system.callers import asked_again, callers, numbers
from tests.system.distributed_world import until
from tests.system.faulty_world import NAMES, STARTS_S, FaultyWorld, faulty_world, gateway_to
from tests.system.tomorrow import tomorrow

# A world of its own: this version's processes do not start any more on a database that the next one has migrated.
pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
SECOND = "-2"
TURNS = (
    ("leads", "api", ""),
    ("leads", "worker", ""),
    ("opportunities", "worker", ""),
    ("leads", "api", SECOND),
    ("opportunities", "api", ""),
)


class Versions(NamedTuple):
    """Whether the next version did it: took an enquiry in, decided on it, opened the opportunity."""

    taken: bool
    decided: bool
    opened: bool


@pytest.fixture
def world() -> Iterator[FaultyWorld]:
    with faulty_world() as running:
        yield running


@pytest.fixture
def instances(world: FaultyWorld) -> dict[str, str]:
    """Two of leads' api, and where they listen."""
    second = f"127.0.0.1:{free_port()}"
    world.serve("leads", second, SECOND)
    until(lambda: numbers(second), "the second instance answers", STARTS_S)
    return {"": world.binds["leads"], SECOND: second}


@pytest.fixture
def gateway(instances: dict[str, str], tmp_path: Path) -> Iterator[nginx.Gateway]:
    with gateway_to(instances.values(), tmp_path) as running:
        yield running


def ask(world: FaultyWorld, bind: str, method: str, path: str, body: Any = None) -> Any:
    """Of this instance, whatever the gateway makes of it."""
    client = Client(f"http://{bind}", world.token())
    try:
        return client.call(method, f"/api/v1/leads{path}", body).body
    finally:
        client.close()


def crosswise(world: FaultyWorld, instances: dict[str, str], new: set[str]) -> dict[str, Versions]:
    """Leads that one instance takes in and the other decides on, both ways; each becomes an opportunity."""
    made = {}
    for taker, decider in (("", SECOND), (SECOND, "")):
        lead = ask(world, instances[taker], "POST", "", world.enquiry())["id"]
        ask(world, instances[decider], "POST", f"/{lead}/validate", {})
        made[lead] = Versions(f"leads-api{taker}" in new, f"leads-api{decider}" in new, "opportunities-worker" in new)
    world.until_arrived(*made, seconds=STARTS_S)
    return made


def take_turn(world: FaultyWorld, name: str, role: str, instance: str, bind: str) -> None:
    """One process ends, and one of the code that the world runs by now has its place."""
    world.processes[f"{name}-{role}{instance}"].stop()
    if role == "worker":
        world.work(name)
    else:
        world.serve(name, bind, instance)
    if name == "leads" and role == "api":
        until(lambda: asked_again(bind), "the gateway asks it again", STARTS_S)
    until(lambda: not world.wrong(name), f"{name} is well", STARTS_S)


def test_while_a_new_version_is_rolled_out_both_serve_and_no_request_fails(
    world: FaultyWorld,
    instances: dict[str, str],
    gateway: nginx.Gateway,
    measured: Callable[[str], None],
    tmp_path: Path,
) -> None:
    """The migrations first, then one process after the other. What only the next version knows is kept where both who
    told and who heard are of it; nothing else is lost, and nothing is parked."""
    new, began = set[str](), time.monotonic()
    with callers(world, gateway.port) as crowd:
        made = crosswise(world, instances, new)
        world.code = tomorrow(tmp_path / "tomorrow")
        steps = [world.run(name, "migrate", {}) for name in NAMES]
        assert [step.wait(STARTS_S) for step in steps] == [0, 0]
        assert [ask(world, bind, "GET", "/readyz")["parts"]["schema"]["ok"] for bind in instances.values()] == [
            True
        ] * 2
        made |= crosswise(world, instances, new)
        for name, role, instance in TURNS:
            take_turn(world, name, role, instance, instances[instance] if name == "leads" else world.binds[name])
            new.add(f"{name}-{role}{instance}")
            made |= crosswise(world, instances, new)

    asked, seconds = sum(caller.asked for caller in crowd), time.monotonic() - began
    measured(f"rolled out in {seconds:.0f} s under {asked} requests, {asked / seconds:.0f} a second")
    assert [failure for caller in crowd for failure in caller.failed] == []
    world.until_arrived(*(lead for caller in crowd for lead in caller.valid), seconds=STARTS_S)
    assert [world.wrong(name) for name in NAMES] == [{}, {}], "nothing is parked or held"
    assert {(one.decided, one.opened) for one in made.values()} == {
        (a, b) for a in (False, True) for b in (False, True)
    }
    for lead, by in made.items():
        [opportunity] = world.opportunities_of(lead)
        assert world.get("leads", f"leads/{lead}")["loyalty"] == ("new" if by.taken else ""), by
        assert opportunity["loyalty"] == ("new" if all(by) else ""), by
