"""The command that gives another system its user, changes what it may, and ends it; what it says of nonsense."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from uuid import uuid4

import pika
import pytest

from libs.common.rabbit import subscribers
from libs.common.rabbit.management import Management
from libs.common.rabbit.topology import EVENTS
from libs.local.broker import Broker
from tests.system.strangers import Company, Stranger, every_fact, is_refused, provisioned, until

BOOKINGS, LEADS = "plumbline.booking.#", "plumbline.lead.#"
CAPTURE = "plumbline.lead.capture.v1"
FACTS = every_fact()


@pytest.fixture(scope="module")
def company(rabbit: Broker) -> Iterator[Company]:
    with provisioned(rabbit) as company:
        yield company


def test_adding_somebody_again_keeps_the_password_and_sets_the_rights(company: Company) -> None:
    name = f"s{uuid4().hex[:8]}"
    first = company.run("add", name, "--pattern", BOOKINGS)
    again = company.run("add", name, "--pattern", LEADS, "--no-history")

    assert (first.exit_code, again.exit_code) == (0, 0)
    secret = pika.URLParameters(first.stdout.strip()).credentials.password
    assert again.stdout.strip() == first.stdout.strip().replace(f":{secret}@", "@")
    assert "password stays" in again.stderr
    crm = Stranger(first.stdout.strip())
    queue = crm.queue(LEADS)
    assert "ACCESS_REFUSED" in crm.refused(lambda channel: channel.queue_bind(queue, EVENTS, BOOKINGS))
    crm.close()

    renewed = company.run("add", name, "--pattern", LEADS, "--new-password")
    assert is_refused(first.stdout.strip())
    Stranger(renewed.stdout.strip()).close()


def test_who_is_given_less_than_before_hears_no_more_than_that_from_then_on(company: Company) -> None:
    name = f"s{uuid4().hex[:8]}"
    url = company.run("add", name, "--pattern", BOOKINGS, "--pattern", LEADS).stdout.strip()
    crm = Stranger(url)
    queue = crm.queue(BOOKINGS, LEADS, "plumbline.lead.captured.v1")
    crm.channel.exchange_declare(f"{crm.name}.relay", "topic", durable=True)
    crm.channel.exchange_bind(f"{crm.name}.relay", EVENTS, LEADS)
    crm.channel.queue_bind(queue, f"{crm.name}.relay", LEADS)

    company.run("add", name, "--pattern", BOOKINGS)
    company.publish(FACTS["plumbline.lead.captured.v1"], last := FACTS["plumbline.booking.held.v1"])

    again = Stranger(url)
    heard = again.read(queue, lambda found: any(body == last for _, _, body in found))
    assert [key for key, _, _ in heard] == ["plumbline.booking.held.v1"]
    again.close()
    crm.close()


@pytest.mark.parametrize("less", [["--no-history"], ["--new-password"]])
def test_who_is_given_less_than_before_does_not_read_on_over_a_line_of_before(
    company: Company, less: list[str]
) -> None:
    name = f"s{uuid4().hex[:8]}"
    crm = Stranger(company.run("add", name, "--pattern", BOOKINGS).stdout.strip())
    company.run("add", name, "--pattern", BOOKINGS)
    assert crm.queue(BOOKINGS), "the same rights once more disturb nobody"

    company.run("add", name, "--pattern", BOOKINGS, *less)

    with pytest.raises(pika.exceptions.ConnectionClosedByBroker):
        crm.connection.process_data_events(time_limit=20)
        crm.connection.channel()


def test_a_command_that_was_killed_half_way_is_finished_by_the_same_once_more(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in count(1):
        name = f"s{uuid4().hex[:8]}"
        crm = Stranger(company.run("add", name, "--pattern", BOOKINGS, "--pattern", LEADS).stdout.strip())
        queue = crm.queue(BOOKINGS, LEADS)
        with monkeypatch.context() as patch:
            patch.setattr(Management, "call", killing(Management.call, step))
            try:
                company.run("add", name, "--pattern", BOOKINGS)
            except Killed:
                was_killed = True
            else:
                was_killed = False

        company.run("add", name, "--pattern", BOOKINGS)

        with pytest.raises(pika.exceptions.ConnectionClosedByBroker):
            crm.connection.process_data_events(time_limit=20)
            crm.connection.channel()
        assert {one.key for one in company.management.bindings(EVENTS) if one.queue == queue} == {BOOKINGS}, step
        assert [one.patterns for one in subscribers.known(company.management) if one.name == name] == [(BOOKINGS,)]
        if not was_killed:
            break
    assert step > 5


class Killed(BaseException):
    """The command's process is gone."""


def killing(call: Callable[..., Any], step: int) -> Callable[..., Any]:
    """Asks the broker, until so many things would have been changed."""
    left = step

    def until(broker: Management, method: str, path: str, body: object = None) -> Any:
        nonlocal left
        left -= method != "GET"
        if not left:
            raise Killed
        return call(broker, method, path, body)

    return until


def test_at_no_moment_may_anybody_more_than_what_was_agreed(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has rights and none by topic may everything there: also where a command is killed between the two."""
    call, name = Management.call, f"s{uuid4().hex[:8]}"
    moments: list[set[str]] = []

    def watched(broker: Management, method: str, path: str, body: object = None) -> Any:
        answer = call(broker, method, path, body)
        if method != "GET":
            may, by_topic = (
                {one["user"] for one in call(broker, "GET", f"vhosts/{broker.here}/{kind}")}
                for kind in ("permissions", "topic-permissions")
            )
            moments.append({one for one in may - by_topic if one.startswith("subscriber.")})
        return answer

    monkeypatch.setattr(Management, "call", watched)
    for args in (["add", name, "--pattern", LEADS], ["add", name, "--pattern", BOOKINGS], ["remove", name]):
        assert company.run(*args).exit_code == 0

    assert len(moments) > 10
    assert set().union(*moments) == set()


def test_the_list_says_who_reads_what_and_what_waits(company: Company) -> None:
    name = f"s{uuid4().hex[:8]}"
    said = company.run("add", name, "--pattern", BOOKINGS, "--pattern", "plumbline.*.created.v1", "--command", CAPTURE)
    crm = Stranger(said.stdout.strip())
    queue = crm.queue("plumbline.booking.held.v1")
    small = f"{crm.name}.small"
    crm.channel.queue_declare(small, durable=True, arguments={"x-max-length": 1})
    crm.channel.queue_bind(small, EVENTS, "plumbline.booking.held.v1")
    crm.channel.basic_consume(queue, lambda *_: None)  # and leaves it open
    company.publish(*[FACTS["plumbline.booking.held.v1"]] * 2)

    def listed() -> dict[str, Any]:
        everybody = json.loads(company.run("list", "--json").stdout)
        return next(one for one in everybody if one["name"] == name)

    until(lambda: listed()["unread"] == [small] and listed()["queues"] == {queue: 2, small: 1}, "they wait")
    assert listed() == {
        "name": name,
        "patterns": [BOOKINGS, "plumbline.*.created.v1"],
        "commands": [CAPTURE],
        "history": True,
        "queues": {queue: 2, small: 1},
        "full": [small],
        "unread": [small],
    }
    said = company.run("list").stdout
    assert f"{queue}: 2 waiting\n" in said
    assert f"{small}: 1 waiting, no reader, full: its oldest are dropped" in said
    crm.close()


def test_somebody_removed_is_out_at_once_with_all_that_was_theirs(company: Company) -> None:
    name = f"s{uuid4().hex[:8]}"
    url = company.run("add", name, "--pattern", BOOKINGS).stdout.strip()
    crm = Stranger(url)
    queue = crm.queue(BOOKINGS)

    done = company.run("remove", name)

    assert done.exit_code == 0
    assert f"removed queue {queue}" in done.stderr
    with pytest.raises(pika.exceptions.AMQPError):
        crm.connection.process_data_events(time_limit=20)
        crm.connection.channel()
    assert is_refused(url)
    assert name not in company.run("list").stdout
    again = company.run("remove", name)
    assert (again.exit_code, again.stderr.strip()) == (0, f"There is no {name}; nothing was removed.")


def test_a_pattern_is_told_whole_though_its_first_word_was_left_out(company: Company) -> None:
    name = f"s{uuid4().hex[:8]}"
    done = company.run("add", name, "--pattern", "booking.#", "--pattern", "#")

    assert f"reads {BOOKINGS}, reads plumbline.#" in done.stderr
    [one] = [one for one in subscribers.known(company.management) if one.name == name]
    assert one.patterns == (BOOKINGS, "plumbline.#")


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["add", "CRM", "--pattern", BOOKINGS], "is no name"),
        (["add", "leads.x", "--pattern", BOOKINGS], "is no name"),
        (["add", "crm"], "say what it reads"),
        (["add", "crm", "--pattern", "plumbline.booking.(.*)"], "is no pattern"),
        (["add", "crm", "--pattern", "plumbline.bookings.#"], "possible: plumbline.lead.#, plumbline.opportunity.#"),
        (["add", "crm", "--pattern", "plumbline.booking.asigned.v1"], "plumbline.booking.assigned.v1"),
        (["add", "crm", "--command", "plumbline.lead.delete.v1"], "is not"),
        (["remove", "*"], "is no name"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_made(company: Company, args: list[str], why: str) -> None:
    done = company.run(*args)

    assert (done.exit_code, why in done.stderr) == (2, True), done.stderr
    assert not [one for one in subscribers.known(company.management) if one.name == "crm"]


def test_a_broker_that_is_not_ready_is_told_with_what_to_do(company: Company, rabbit: Broker) -> None:
    with rabbit.vhost() as empty:
        bare = company.run("add", "crm", "--pattern", BOOKINGS, PLUMBLINE_AMQP_URL=empty.url)
    away = company.run("list", PLUMBLINE_MANAGEMENT_URL="http://127.0.0.1:9")
    wrong = company.run("list", PLUMBLINE_AMQP_URL=company.vhost.url.replace(company.vhost.password, "wrong"))

    assert (bare.exit_code, "./plumbline topology" in bare.stderr) == (3, True)
    assert (away.exit_code, "cannot be reached" in away.stderr) == (3, True)
    assert (wrong.exit_code, "RabbitMQ refuses" in wrong.stderr) == (1, True)
