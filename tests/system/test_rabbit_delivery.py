"""What only a real broker can do: refuse, return, cut off, lose a binding."""

import threading
from typing import Any
from urllib.parse import quote

import pytest
from pika.channel import Channel

from libs.common import relay
from libs.common.bus import BusDown, Refused
from libs.common.rabbit import RabbitPublisher, RabbitReader, connection, frames, publisher, reader, unrouted
from libs.common.rabbit.connection import Line
from libs.common.rabbit.management import Management
from libs.common.rabbit.topology import EVENTS, HISTORY, UNROUTED, Mismatch, queue_of
from libs.common.tx import Tx
from tests.contract.throwaway import (
    throwaway_facts,  # noqa: F401 - an autouse fixture
)
from tests.system.rabbit_world import RabbitWorld, unbind_all


def waiting(world: RabbitWorld, queue: str) -> list[str]:
    """The payloads in a queue, which stay there."""
    question = {"count": 100, "ackmode": "ack_requeue_true", "encoding": "auto"}
    found = world.management.call("POST", f"queues/{world.management.here}/{queue}/get", question)
    return [one["payload"] for one in found]


def test_many_facts_are_on_their_way_at_once(world: RabbitWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = 0

    def counted(line: Line, *given: object, **more: object) -> bool:
        nonlocal waits
        waits += 1
        return turn(line, *given, **more)  # type: ignore[arg-type]

    turn = Line.turn
    monkeypatch.setattr(Line, "turn", counted)
    world.make(*(str(fact) for fact in range(2000)))

    world.send(world.withhold())

    assert waits < 500, "a wait for each confirm would be 2000"


def test_a_fact_without_a_subscriber_goes_where_operators_see_it(world: RabbitWorld) -> None:
    unbind_all(world)
    world.make("lonely")

    assert world.relay.step() == 1

    [payload] = waiting(world, UNROUTED)
    assert "lonely" in payload
    own, said = Management(world.broker.management_url, world.url("taker")), list[tuple[str, bool, str]]()
    pause = threading.Event()  # a broker counts every few seconds

    def is_told() -> bool:
        return not pause.wait(0.3) and unrouted.look(own, lambda *word: said.append(word)) == 1

    world.until(is_told, "operators are told of it")
    assert (said[-1][:2], "1 messages found no queue" in said[-1][2]) == (("unrouted", False), True)


def test_a_fact_that_no_queue_takes_stops_the_relay_and_stays_in_the_outbox(world: RabbitWorld) -> None:
    unbind_all(world)
    world.management.call("DELETE", f"queues/{world.management.here}/{UNROUTED}")
    world.make("homeless")

    with pytest.raises(Refused):
        world.relay.step()

    world.provision()
    assert world.relay.step() == 1


def test_after_a_refusal_the_relay_comes_back_on_a_new_connection(
    world: RabbitWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old one may know a queue's leader that is gone, and be refused for as long as that one stays away."""
    lines: list[str] = []
    monkeypatch.setattr(publisher, "Line", lambda url, name: lines.append(name) or Line(url, name))
    full = {"arguments": {"x-max-length": 1, "x-overflow": "reject-publish"}}
    world.management.call("PUT", f"queues/{world.management.here}/full", full)
    world.management.bind(EVENTS, "full", "#")
    world.make("fits")
    assert world.relay.step() == 1
    world.make("does not fit")

    with pytest.raises(Refused):
        world.relay.step()

    world.management.call("DELETE", f"queues/{world.management.here}/full")
    assert world.relay.step() == 1
    assert lines == ["relay", "relay"]


def test_a_service_can_publish_only_what_it_owns(world: RabbitWorld) -> None:
    world.make("made")
    rows = world.withhold()

    with pytest.raises(BusDown, match="ACCESS_REFUSED"):
        RabbitPublisher(world.url("taker")).send(rows)


def test_a_service_cannot_speak_in_anothers_name(world: RabbitWorld) -> None:
    world.make("made")
    forger = RabbitPublisher(world.url("maker"))
    forger._open()
    forger._packer.user = world.accounts["taker"].name

    with pytest.raises(BusDown, match="user_id"):
        forger.send(world.withhold())


def test_a_fact_sent_by_a_user_who_is_not_its_service_is_parked(world: RabbitWorld) -> None:
    world.read()
    subject = world.make("forged")
    administrator = RabbitPublisher(world.vhost.url)

    administrator.send(world.withhold())
    administrator.close()

    world.until(lambda: len(world.taker.parked()) == 1, "the forged fact is parked")
    [parked] = world.taker.parked()
    assert (parked.reason, parked.blocks) == ("producer_mismatch", False)
    assert world.taker.heard(subject) == []


def test_a_body_of_another_content_type_is_parked(world: RabbitWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.read()
    world.make("packed")
    monkeypatch.setattr(frames, "CONTENT_TYPE", "application/gzip")
    world.publisher.close()  # what every message says was packed when it opened

    world.send(world.withhold())

    world.until(lambda: len(world.taker.parked()) == 1, "the packed fact is parked")
    assert world.taker.parked()[0].reason == "unsupported_encoding"


def test_a_service_cannot_read_anothers_queue(world: RabbitWorld) -> None:
    thief = RabbitReader(world.url("other"), queue_of("taker"), lambda some: None)

    with pytest.raises(BusDown, match="ACCESS_REFUSED"):
        thief.read_through()


def test_a_reader_and_a_relay_that_are_cut_off_come_back(world: RabbitWorld) -> None:
    world.read()
    before = world.make("before")
    world.until_heard(before, "before")
    connections = f"vhosts/{world.management.here}/connections"
    world.until(lambda: len(world.management.call("GET", connections)) >= 3, "the broker lists its connections")

    for one in world.management.call("GET", connections):
        world.management.call("DELETE", f"connections/{quote(one['name'], safe='')}")

    after = world.make("after")
    world.until_heard(after, "after")
    assert any("CONNECTION_FORCED" in detail for _, ok, detail in world.said if not ok)


def test_a_queue_that_is_deleted_is_told_and_refilled_from_the_outbox(world: RabbitWorld) -> None:
    world.read()
    world.until_heard(world.make("before"), "before")
    world.management.call("DELETE", f"queues/{world.management.here}/{queue_of('taker')}")
    lost = world.make("lost")
    world.until_heard(lost, "lost", by=[world.other])
    world.until(lambda: any(not ok for _, ok, _ in world.said), "the reader says that its queue is gone")

    world.provision()
    relay.refill(world.maker)

    world.until_heard(lost, "lost")


def test_a_slow_handler_does_not_cost_the_connection(world: RabbitWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEARTBEAT_S", 1)  # the broker cuts a silent client off after 2 to 3 s
    never = threading.Event()

    def slow(_tx: Tx) -> None:
        never.wait(4)

    world.taker.moods["slow"] = slow
    world.read()
    subject = world.make("slow", "next")

    world.until_heard(subject, "slow", "next")
    assert world.taker.tried.count("slow") == 1
    assert all(ok for _, ok, _ in world.said)


def test_the_topology_may_be_made_again_and_refuses_a_queue_that_is_not_as_it_must_be(world: RabbitWorld) -> None:
    world.provision()
    world.management.call("DELETE", f"queues/{world.management.here}/{HISTORY}")
    world.management.call("PUT", f"queues/{world.management.here}/{HISTORY}", {"durable": True})

    with pytest.raises(Mismatch, match=f"the queue {HISTORY} exists and is not as it must be"):
        world.provision()


def test_a_reader_whom_its_queue_does_not_know_any_more_reads_anew(
    world: RabbitWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A queue that was removed while its process was down, and made anew, told nobody: it filled, and all was well."""
    consume, forgotten = Channel.basic_consume, list[str]()

    def unknown(channel: Channel, queue: str, *given: Any, callback: Any, **more: Any) -> None:
        if queue in forgotten:
            consume(channel, queue, *given, callback=callback, **more)
        else:
            forgotten.append(queue)
            callback(None)

    monkeypatch.setattr(Channel, "basic_consume", unknown)
    monkeypatch.setattr(reader, "LISTED_S", 0.1)
    world.read()

    world.until_heard(world.make("heard"), "heard")
    assert {said for _, ok, said in world.said if not ok} == {"RabbitMQ: the queue does not know its reader any more"}
