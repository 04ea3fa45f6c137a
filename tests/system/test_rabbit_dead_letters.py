"""What a real broker gives up, or cannot route, ends where people see it, and can be replayed from there."""

from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from libs.common.bus import Delivery
from libs.common.deadletters import DeadLetters
from libs.common.rabbit import RabbitReader, unrouted
from libs.common.rabbit.management import Management
from libs.common.rabbit.topology import dead_of, queue_of
from libs.local.broker import Broker, VirtualHost
from tests.contract.throwaway import throwaway_facts  # noqa: F401 - an autouse fixture
from tests.system.rabbit_world import RabbitWorld, unbind_all
from tests.system.test_worker import Company


@pytest.fixture
def company(rabbit: Broker, vhost: VirtualHost, new_database: Callable[[str], str]) -> Iterator[Company]:
    company = Company(rabbit, vhost, [new_database(name) for name in ("maker", "taker", "other")])
    try:
        yield company
    finally:
        company.close()


def reject(world: RabbitWorld, count: int) -> None:
    """As a broker does that gives messages up: the first of the taker's queue go to its dead letters."""
    question = {"count": count, "ackmode": "reject_requeue_false", "encoding": "auto"}
    path = f"queues/{world.management.here}/{queue_of('taker')}/get"
    world.until(lambda: len(world.management.call("POST", path, question)) == count, "the broker gives them up")


def test_a_dead_letter_is_parked_with_its_bytes_by_the_worker_and_replayed_in_order(company: Company) -> None:
    subject = company.make("made", "changed", "again")
    company.relay.step()
    company.relay.finish()  # else the maker's worker sends it once more, and what came whole is no longer dead
    reject(company, 1)
    for service in company.services:
        company.work(service)

    company.until(lambda: len(company.taker.parked()) == 1, "the dead letter is parked")
    [parked] = company.taker.parked()
    assert (parked.reason, parked.agg, parked.agg_seq, parked.blocks) == ("dead_letter", subject, 1, True)
    assert bytes(parked.body) == company.rows()[0].body
    company.until_heard(subject, "made", "changed", "again", by=[company.other])
    assert company.taker.heard(subject) == []

    company.taker.consumer.replay([parked.id])

    company.until_heard(subject, "made", "changed", "again")
    assert not company.taker.parked()


def test_a_dead_letter_whose_turn_has_not_come_does_not_let_its_record_slip_past(company: Company) -> None:
    subject = company.make("made", "changed", "again")
    rows = company.withhold()
    dead = DeadLetters(company.taker.store, dead_of(queue_of("taker")))
    company.send(rows[1:2])
    reject(company, 1)
    reader = RabbitReader(company.url("taker"), dead.queue, dead.deliver)
    company.until(lambda: reader.read_through(1.0) == 1, "the dead letter is read")
    [parked] = company.taker.parked()
    assert (parked.agg_seq, parked.blocks) == (2, False)
    company.send([rows[0], rows[2]])
    company.read()
    company.until(lambda: company.taker.heard(subject) == ["made"], "the first is applied")

    company.taker.consumer.replay([parked.id])

    company.until(lambda: company.taker.heard(subject) == ["made", "changed", "again"], "the others follow in order")


def test_a_dead_letter_that_was_applied_after_all_is_no_news(company: Company) -> None:
    subject = company.make("made")
    company.taker.consumer.deliver([Delivery(company.rows()[0].body)])
    assert company.taker.heard(subject) == ["made"]
    company.relay.step()
    reject(company, 1)
    path = f"exchanges/{company.management.here}/{quote('amq.default', safe='')}/publish"
    junk = {"payload": "nothing we know", "payload_encoding": "string", "properties": {}}
    company.management.call("POST", path, {"routing_key": dead_of(queue_of("taker")), **junk})

    company.work(company.taker.service)

    company.until(lambda: len(company.taker.parked()) == 1, "only what is not known is parked")
    [parked] = company.taker.parked()
    assert (parked.reason, bytes(parked.body)) == ("dead_letter", b"nothing we know")


def test_what_found_no_queue_is_told_with_what_to_do(company: Company) -> None:
    said: list[tuple[str, bool, str]] = []
    own = Management(company.broker.management_url, company.url("taker"))  # with the service's rights, no more
    assert unrouted.look(own, lambda *word: said.append(word)) == 0
    unbind_all(company)
    company.make("lonely")
    company.relay.step()

    company.until(lambda: unrouted.look(own, lambda *word: said.append(word)) == 1, "the broker counts it")

    part, well, detail = said[-1]
    assert (part, well) == ("unrouted", False)
    assert "./plumbline topology" in detail
    assert said[0] == ("unrouted", True, "")
