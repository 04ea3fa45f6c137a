"""Another system reads what was agreed, with a plain AMQP client and a user of its own, and can do nothing else."""

import contextlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from unittest.mock import MagicMock
from uuid import uuid4

import pika
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from commands import topology
from libs.common import config, migrate, orm
from libs.common.rabbit.subscribers import BOUNDS
from libs.common.rabbit.topology import DELIVERY_LIMIT, EVENTS, HISTORY
from libs.common.store import Store
from libs.common.worker import run_worker
from libs.local.broker import Broker
from services.leads.model import Lead
from services.leads.service import SPEC as LEADS_SERVICE
from tests.contract.freeze import ASKED
from tests.system.strangers import Company, Frame, Stranger, every_fact, provisioned, until

BOOKINGS, LEADS, JOBS = "plumbline.booking.#", "plumbline.lead.#", "plumbline.job.#"
CAPTURE = "plumbline.lead.capture.v1"
FACTS = every_fact()


@pytest.fixture(scope="module")
def company(rabbit: Broker) -> Iterator[Company]:
    with provisioned(rabbit) as company:
        yield company


@pytest.fixture
def stranger(company: Company) -> Iterator[Callable[..., Stranger]]:
    """``stranger("--pattern", …)``: somebody who was added with these words, connected."""
    made: list[Stranger] = []

    def make(*args: str) -> Stranger:
        made.append(Stranger(company.add(*args)))
        return made[-1]

    yield make
    for one in made:
        one.close()


@contextlib.contextmanager
def watching(company: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """`./plumbline topology --watch` for this broker; afterwards what it said."""
    env = {
        "AMQP_URL": company.vhost.url,
        "MANAGEMENT_URL": company.broker.management_url,
        "BROKER_PASSWORDS": "leads=-",
    }
    told, end = {f"PLUMBLINE_{name}": value for name, value in env.items()}, MagicMock()
    monkeypatch.setattr(topology, "AGAIN_S", 0.05)
    monkeypatch.setattr(topology.signal, "signal", end)
    with ThreadPoolExecutor() as beside:
        done = beside.submit(CliRunner().invoke, topology.command, ["--watch"], env=told)
        try:
            yield lambda: done.result().stderr
        finally:
            until(lambda: end.called, "it watches")
            end.call_args.args[1]()


def test_a_subscriber_reads_what_its_pattern_says_as_it_was_published(
    company: Company, stranger: Callable[..., Stranger]
) -> None:
    crm = stranger("--pattern", BOOKINGS)
    queue = crm.queue(BOOKINGS)

    company.publish(*FACTS.values())

    wanted = {name: body for name, body in FACTS.items() if name.startswith("plumbline.booking.")}
    heard = crm.read(queue, lambda found: len(found) == len(wanted))
    assert {key: body for key, _, body in heard} == wanted
    assert {properties.content_type for _, properties, _ in heard} == {"application/cloudevents+json"}
    assert {properties.message_id for _, properties, _ in heard} == {json.loads(body)["id"] for body in wanted.values()}


@pytest.mark.parametrize("key", [BOOKINGS, "plumbline.booking.created.v1", "plumbline.booking.*.v1"])
def test_it_may_bind_its_pattern_or_a_part_of_it(stranger: Callable[..., Stranger], key: str) -> None:
    stranger("--pattern", BOOKINGS).queue(key)


@pytest.mark.parametrize(
    "key",
    ["#", "plumbline.#", "plumbline.*.created.v1", LEADS, "plumbline.lead.captured.v1", "plumbline.bookings.#", ""],
)
def test_it_cannot_bind_more_than_its_pattern(stranger: Callable[..., Stranger], key: str) -> None:
    crm = stranger("--pattern", BOOKINGS)
    queue = crm.queue()

    assert "ACCESS_REFUSED" in crm.refused(lambda channel: channel.queue_bind(queue, EVENTS, key))


def acts(own: str, other: str) -> dict[str, Callable[[Any], object]]:
    """What a user with evil intent would try on a channel of its own."""
    commands = "plumbline.commands"
    dead = {"x-dead-letter-exchange": EVENTS}
    return {
        "publish a fact": lambda ch: ch.basic_publish(EVENTS, "plumbline.booking.created.v1", b"{}"),
        "publish anything": lambda ch: ch.basic_publish(EVENTS, "anything", b"{}"),
        "ask": lambda ch: ch.basic_publish(commands, CAPTURE, b"{}"),
        "publish past the exchanges": lambda ch: ch.basic_publish("", "plumbline.leads", b"{}"),
        "publish elsewhere": lambda ch: ch.basic_publish("amq.topic", "x", b"{}"),
        "read a service's queue": lambda ch: ch.basic_get("plumbline.bookings"),
        "read what services gave up": lambda ch: ch.basic_get("plumbline.bookings.dead"),
        "read the commands": lambda ch: ch.basic_get(commands),
        "read what found no reader": lambda ch: ch.basic_get("plumbline.unrouted"),
        "read another's queue": lambda ch: ch.basic_get(other),
        "bind another's queue": lambda ch: ch.queue_bind(other, EVENTS, BOOKINGS),
        "unbind a service": lambda ch: ch.queue_unbind("plumbline.bookings", EVENTS, "plumbline.estimate.#"),
        "empty a service's queue": lambda ch: ch.queue_purge("plumbline.bookings"),
        "empty another's queue": lambda ch: ch.queue_purge(other),
        "delete a service's queue": lambda ch: ch.queue_delete("plumbline.bookings"),
        "delete the history": lambda ch: ch.queue_delete(HISTORY),
        "delete the exchange": lambda ch: ch.exchange_delete(EVENTS),
        "own a queue of another name": lambda ch: ch.queue_declare("bookings"),
        "own a queue of a nameless kind": lambda ch: ch.queue_declare("", exclusive=True),
        "own an exchange": lambda ch: ch.exchange_declare("mine", "fanout"),
        "listen to others' wishes": lambda ch: ch.queue_bind(own, commands, "#"),
        "publish by dying letters": lambda ch: ch.queue_declare(f"{own}.dead", durable=True, arguments=dead),
    }


@pytest.mark.parametrize("what", acts("", ""))
def test_it_can_do_nothing_else(stranger: Callable[..., Stranger], what: str) -> None:
    crm, other = stranger("--pattern", BOOKINGS), stranger("--pattern", BOOKINGS)
    act = acts(crm.queue(BOOKINGS), other.queue(BOOKINGS))[what]

    assert "ACCESS_REFUSED" in crm.refused(act)


def test_it_has_no_part_in_running_the_broker(company: Company) -> None:
    url = company.add("--pattern", BOOKINGS)

    parameters = pika.URLParameters(url)
    who = (parameters.credentials.username, parameters.credentials.password)
    as_them = Broker(host="", port=0, management_url=company.broker.management_url, admin=who)
    with pytest.raises(OSError, match="401"):
        as_them.manage("GET", "/api/overview")


def test_a_reader_who_left_does_not_fill_the_disk_for_everybody(
    company: Company, stranger: Callable[..., Stranger]
) -> None:
    queue = stranger("--pattern", BOOKINGS).queue(BOOKINGS)

    policies = company.broker.manage("GET", f"/api/operator-policies/{company.vhost.name}")
    mine = [one["definition"] for one in policies if re.search(one["pattern"], queue)]
    assert mine
    assert [bounds for bounds in mine if not bounds.items() >= BOUNDS.items()] == []
    assert not [one for one in policies if re.search(one["pattern"], "plumbline.bookings")]


def test_what_a_reader_gave_back_often_comes_again_whatever_the_brokers_version_has_as_its_limit(
    company: Company, stranger: Callable[..., Stranger]
) -> None:
    """RabbitMQ 4 drops a message of a quorum queue after twenty tries, unless it is told of another limit."""
    queue = stranger("--pattern", BOOKINGS).queue(BOOKINGS)

    policies = company.broker.manage("GET", f"/api/operator-policies/{company.vhost.name}")
    first, second = sorted(policies, key=lambda one: -one["priority"])  # a classic queue passes over what it cannot do
    assert re.search(first["pattern"], queue)
    assert first["definition"]["delivery-limit"] == DELIVERY_LIMIT
    assert "delivery-limit" not in second["definition"]


def test_a_queue_that_refuses_what_it_has_no_room_for_stops_nobody_for_long(
    company: Company, stranger: Callable[..., Stranger], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its broker says no to the publisher, who goes on with nothing before that fact is taken."""
    crm = stranger("--pattern", JOBS)
    mine, full = crm.queue(JOBS), f"{crm.name}.full"
    for kind in ("quorum", "classic"):
        refuses = {"x-queue-type": kind, "x-max-length": 1, "x-overflow": "reject-publish"}
        crm.channel.queue_declare(f"{full}.{kind}", durable=True, arguments=refuses)
        crm.channel.queue_bind(f"{full}.{kind}", EVENTS, JOBS)
    until(lambda: company.stops(marked()), "one of them is full")

    monkeypatch.setattr(topology, "provision", lambda *_: [])
    with watching(company, monkeypatch) as said:
        until(lambda: not company.stops(marked()), "the publisher goes on")

    assert sorted(said().splitlines()) == [topology.REFUSING.format(f"{full}.{kind}") for kind in ("classic", "quorum")]
    assert mine in company.run("list").stdout


# -- the history


def test_the_history_is_read_from_the_first_fact_on(company: Company, stranger: Callable[..., Stranger]) -> None:
    company.publish(mark := marked())

    found = stranger("--pattern", BOOKINGS).history("first", [mark])

    assert [offset_of(one) for one in found] == list(range(len(found)))


def test_the_history_is_read_on_from_where_somebody_was(company: Company, stranger: Callable[..., Stranger]) -> None:
    company.publish(*(marks := [marked() for _ in range(3)]))
    crm = stranger("--pattern", BOOKINGS)
    offsets = {body: offset_of(one) for one in crm.history("first", marks) if (body := one[2]) in marks}

    again = crm.history(offsets[marks[0]] + 1, marks[1:])

    assert offset_of(again[0]) == offsets[marks[0]] + 1
    assert [body for _, _, body in again if body in marks] == marks[1:]


def test_the_history_is_read_from_a_time_on(company: Company, stranger: Callable[..., Stranger]) -> None:
    company.publish(early := marked())
    begin = int(time.time()) + 1  # the broker tells times apart by the second
    until(lambda: time.time() > begin, "the next second")
    company.publish(late := marked())

    found = stranger("--pattern", BOOKINGS).history(datetime.fromtimestamp(begin, UTC), [late])

    assert early not in [body for _, _, body in found]


def marked() -> bytes:
    """A fact with an id of its own."""
    return json.dumps(json.loads(FACTS["plumbline.job.created.v1"]) | {"id": str(uuid4())}).encode()


def offset_of(frame: Frame) -> int:
    return int(frame[1].headers["x-stream-offset"])


def test_who_may_not_read_the_history_cannot(stranger: Callable[..., Stranger]) -> None:
    crm = stranger("--pattern", BOOKINGS, "--no-history")
    first = {"x-stream-offset": "first"}

    def peek(channel: Any) -> None:
        channel.basic_qos(prefetch_count=1)
        channel.basic_consume(HISTORY, lambda *_: None, arguments=first)

    assert "ACCESS_REFUSED" in crm.refused(peek)


# -- asking


def test_who_may_ask_can_send_that_command_and_no_other(company: Company, stranger: Callable[..., Stranger]) -> None:
    form = stranger("--command", CAPTURE)

    form.send("plumbline.commands", CAPTURE, b"a wish nobody understands")

    for exchange, key in (("plumbline.commands", "plumbline.lead.delete.v1"), (EVENTS, CAPTURE)):
        assert "ACCESS_REFUSED" in form.refused(lambda channel: channel.basic_publish(exchange, key, b"{}"))  # noqa: B023
    queue = form.queue()
    assert "ACCESS_REFUSED" in form.refused(lambda channel: channel.queue_bind(queue, EVENTS, CAPTURE))


def test_an_enquiry_sent_by_another_system_becomes_one_lead_and_a_wrong_one_is_parked(
    company: Company, stranger: Callable[..., Stranger], new_database: Callable[[str], str]
) -> None:
    form = stranger("--command", CAPTURE, "--pattern", LEADS)
    leads = form.queue("plumbline.lead.captured.v1")
    ident = f"form-{uuid4().hex}"
    wish = json.loads((ASKED / "samples" / f"{CAPTURE}.json").read_bytes()) | {"id": ident}
    right, wrong = (json.dumps(one).encode() for one in (wish, wish | {"id": "wrong", "data": {"channel": "pigeon"}}))

    with working(company, new_database("leads")) as store:
        for body in (right, wrong, right):
            form.send("plumbline.commands", CAPTURE, body)
        until(lambda: parked(store, wrong), "the wrong one is parked")

        def its_own(found: list[Frame]) -> list[Any]:
            told = [json.loads(body) for _, _, body in found]
            return [fact for fact in told if fact["causationid"] == ident]

        [fact] = its_own(form.read(leads, its_own))
        assert fact["data"]["prospect"]["person_name"] == wish["data"]["person_name"]
        form.send("plumbline.commands", CAPTURE, last := json.dumps(wish | {"id": "last", "data": {}}).encode())
        until(lambda: parked(store, last), "what was sent before it is done")
        assert parked(store, wrong) == ["refused"]
        with store.reading() as tx:
            assert [lead.person_name for lead in tx.all(sa.select(Lead))].count(wish["data"]["person_name"]) == 1


def test_no_other_system_can_send_an_enquiry_in_its_name_first(
    company: Company, stranger: Callable[..., Stranger], new_database: Callable[[str], str]
) -> None:
    form, thief = stranger("--command", CAPTURE), stranger("--command", CAPTURE)
    ident = f"form-{uuid4().hex}"
    wish = json.loads((ASKED / "samples" / f"{CAPTURE}.json").read_bytes()) | {"id": ident}
    stolen, right = (
        json.dumps(wish | {"data": wish["data"] | {"person_name": name}}).encode() for name in ("A Thief", "A Prospect")
    )

    with working(company, new_database("leads")) as store:
        thief.send("plumbline.commands", CAPTURE, stolen, user_id=thief.name)
        form.send("plumbline.commands", CAPTURE, right, user_id=form.name)
        form.send("plumbline.commands", CAPTURE, last := json.dumps(wish | {"id": "last", "data": {}}).encode())
        until(lambda: parked(store, last), "what was sent before it is done")
        with store.reading() as tx:
            assert sorted(lead.person_name for lead in tx.all(sa.select(Lead))) == ["A Prospect", "A Thief"]
    named = pika.BasicProperties(user_id=form.name)
    refusal = thief.refused(lambda channel: channel.basic_publish("plumbline.commands", CAPTURE, right, named))
    assert "PRECONDITION_FAILED" in refusal, "the broker lets nobody pass for somebody else"


def parked(store: Store, body: bytes) -> list[str]:
    """Why these bytes are kept, if they are."""
    with store.reading() as tx:
        rows = tx.session.execute(sa.select(store.tables.parked)).all()
    return [row.reason for row in rows if bytes(row.body) == body]


@contextlib.contextmanager
def working(company: Company, database_url: str) -> Iterator[Store]:
    """The worker of leads, as in production, on a database of its own."""
    database = orm.connect(database_url)
    migrate.upgrade(LEADS_SERVICE, database)
    account = company.accounts["leads"]
    environ = {
        "PLUMBLINE_DATABASE_URL": database_url,
        "PLUMBLINE_AMQP_URL": company.broker.url(account.name, account.password, company.vhost.name),
        "PLUMBLINE_MANAGEMENT_URL": company.broker.management_url,
    }
    stop = threading.Event()
    worker = threading.Thread(target=run_worker, args=(LEADS_SERVICE, config.load(environ, "worker"), stop))
    worker.start()
    try:
        yield Store("leads", database, LEADS_SERVICE.tables)
    finally:
        stop.set()
        worker.join(60)
        database.dispose()
        assert not worker.is_alive()
