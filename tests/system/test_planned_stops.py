"""A new version is rolled out: one instance after the other is stopped and started, and no caller notices."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from libs.local import nginx
from libs.local.ports import free_port
from tests.system.callers import asked_again, callers, numbers
from tests.system.distributed_world import until
from tests.system.faulty_world import NAMES, STARTS_S, FaultyWorld, gateway_to

# One world for all files of the group; one worker of xdist has all of it.
pytestmark = pytest.mark.xdist_group("faults")
INSTANCE = "-2"


@pytest.fixture
def instances(faults: FaultyWorld) -> Iterator[dict[str, str]]:
    """Two of leads' api, and where they listen."""
    second = f"127.0.0.1:{free_port()}"
    process = faults.serve("leads", second, INSTANCE)
    until(lambda: numbers(second), "the second instance answers", STARTS_S)
    yield {"": faults.binds["leads"], INSTANCE: second}
    faults.processes.pop(f"leads-api{INSTANCE}", process).kill()


@pytest.fixture
def gateway(instances: dict[str, str], tmp_path: Path) -> Iterator[nginx.Gateway]:
    with gateway_to(instances.values(), tmp_path) as running:
        yield running


@pytest.mark.long
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("times", [1, 20])
def test_a_rolling_restart_fails_no_request(
    faults: FaultyWorld,
    instances: dict[str, str],
    gateway: nginx.Gateway,
    measured: Callable[[str], None],
    times: int,
) -> None:
    """Both apis and the workers in turn, each when the one before is back. What was answered is there and arrives."""
    began = time.monotonic()
    with callers(faults, gateway.port) as crowd:
        for _ in range(times):
            for instance, bind in instances.items():
                faults.processes[f"leads-api{instance}"].stop()
                faults.serve("leads", bind, instance)
                until(lambda: asked_again(bind), "the gateway asks it again", STARTS_S)  # noqa: B023
            for name in NAMES:
                faults.processes[f"{name}-worker"].stop()
                faults.work(name)

    asked, seconds = sum(caller.asked for caller in crowd), time.monotonic() - began
    measured(f"{times} rolling restarts, {asked} requests, {asked / seconds:.0f} a second")
    assert [failure for caller in crowd for failure in caller.failed] == []
    faults.until_arrived(*(lead for caller in crowd for lead in caller.valid), seconds=STARTS_S)
