"""A cluster of brokers: who dies or is too few stops nobody for long, and nothing that was confirmed is lost."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from libs.common.rabbit.topology import queue_of
from tests.contract.throwaway import throwaway_facts  # noqa: F401 - an autouse fixture
from tests.system.cluster_world import Cluster
from tests.system.rabbit_world import RabbitWorld

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("cluster"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(Path(tmp_path_factory.mktemp("cluster")))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


@pytest.fixture
def world(
    cluster: Cluster, new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[RabbitWorld]:
    monkeypatch.setattr("tests.system.rabbit_world.PATIENCE_S", 120.0)
    with cluster.vhost() as vhost:
        world = RabbitWorld(cluster, vhost, [new_database(name) for name in ("maker", "taker", "other")])
        kept = ["rabbit_stream_coordinator", *(f"{vhost.name}_{queue_of(each.name)}" for each in world.takers)]
        try:
            world.until(lambda: all(one.remembers(*kept) for one in cluster.members), "all have it on disk")
            yield world
        finally:
            world.close()


def test_each_queue_is_kept_by_all_three(cluster: Cluster, world: RabbitWorld) -> None:
    everyone = {one.name for one in cluster.members}
    for name in (queue_of("taker"), "plumbline.history"):
        path = f"/api/queues/{world.vhost.name}/{name}"
        world.until(lambda: set(cluster.manage("GET", path).get("members", ())) == everyone, f"all keep {name}")  # noqa: B023


def test_a_queue_whose_leader_is_killed_goes_on_with_the_others(cluster: Cluster, world: RabbitWorld) -> None:
    world.read()
    made = [world.make(str(number), "changed") for number in range(100)]
    world.until_heard(made[0], "0", "changed")
    leader = cluster.leader(world.vhost.name, queue_of("taker"))
    made += [world.make(str(number), "changed") for number in range(100, 400)]

    leader.kill()
    cluster.lead_to(next(one for one in cluster.members if one is not leader))
    try:
        made += [world.make(str(number), "changed") for number in range(400, 500)]

        for number, subject in enumerate(made):
            world.until_heard(subject, str(number), "changed")
        assert any(not ok for _, ok, _ in world.said), "it was noticed"
    finally:
        leader.start()


def test_one_of_three_takes_nothing_and_two_take_everything(cluster: Cluster, world: RabbitWorld) -> None:
    world.read()
    world.until_heard(world.make("before"), "before")
    stays, one, other = cluster.members
    cluster.lead_to(stays)
    one.kill()
    other.kill()
    made = [world.make(str(number)) for number in range(50)]
    world.until(lambda: any(part == "relay" and not ok for part, ok, _ in world.said), "the relay says so")
    assert world.taker.heard(made[0]) == []

    one.start()
    try:
        world.until(stays.goes_on, "who was alone goes on")
        for number, subject in enumerate(made):
            world.until_heard(subject, str(number))
    finally:
        other.start()
