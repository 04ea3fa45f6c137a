"""Where a service begins to read again: with what its queue may have held, however long that had waited there."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from libs.common.bus import Delivery
from libs.common.rabbit import RabbitPublisher, RabbitReader, bindings
from libs.common.rabbit.topology import queue_of
from libs.local.broker import Broker, VirtualHost
from tests.contract.throwaway import throwaway_facts  # noqa: F401 - an autouse fixture
from tests.system.rabbit_world import RabbitWorld, Watch, unbind

LONG_S = 3.0  #: longer than the margin, and than the whole seconds that a stream is asked for


@pytest.fixture
def world(
    rabbit: Broker, vhost: VirtualHost, new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[RabbitWorld]:
    monkeypatch.setattr(bindings, "MARGIN", timedelta(seconds=1))
    world = RabbitWorld(rabbit, vhost, [new_database(name) for name in ("maker", "taker", "other")])
    try:
        yield world
    finally:
        world.close()


def make_the_queue_anew(world: RabbitWorld) -> None:
    world.management.call("DELETE", f"queues/{world.management.here}/{queue_of('taker')}")
    world.provision()


def for_long() -> None:
    threading.Event().wait(LONG_S)


def test_what_waited_long_in_a_queue_that_is_deleted_is_read_again(world: RabbitWorld) -> None:
    watch = Watch(world)
    watch.look()
    lost = world.make("waits", "long")
    world.step()
    for_long()  # the consumer is behind; all looks well meanwhile
    watch.look()
    late = world.make("late")
    world.step()

    make_the_queue_anew(world)
    watch.look()

    assert world.taker.heard(late) == ["late"]
    assert world.taker.heard(lost) == ["waits", "long"]


def test_what_was_parked_before_is_not_parked_once_more_when_it_is_read_again(world: RabbitWorld) -> None:
    watch = Watch(world)
    watch.look()
    forged = world.make("forged")
    administrator = RabbitPublisher(world.vhost.url)
    administrator.send(world.withhold())
    administrator.close()
    reader = RabbitReader(world.url("taker"), queue_of("taker"), world.taker.consumer.deliver)
    reader.read_through()
    assert [one.reason for one in world.taker.parked()] == ["producer_mismatch"]

    make_the_queue_anew(world)
    assert watch.look() > 0

    assert len(world.taker.parked()) == 1
    assert world.taker.heard(forged) == []


def test_a_binding_lost_while_others_facts_are_read_again_costs_nothing(
    world: RabbitWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    Watch(world).look()
    world.make("told")
    world.step()
    monkeypatch.setattr(bindings, "OLD", timedelta(0))
    watch, lost = Watch(world), list[UUID]()
    deliver = watch.bindings.consumer.deliver

    def long(some: Sequence[Delivery]) -> None:
        deliver(some)
        unbind(world, queue_of("taker"))
        lost.append(world.make("lost"))
        world.step()
        for_long()

    with monkeypatch.context() as reading:
        reading.setattr(watch.bindings.consumer, "deliver", long)
        watch.look()
    world.make("later")
    world.step()
    watch.look()

    assert [world.taker.heard(one) for one in lost] == [["lost"]]
