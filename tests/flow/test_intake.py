"""A wish from another system is fulfilled once, or kept with the reason why not."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from libs.common import orm
from libs.common import parked as operators
from libs.common.bus import Delivery
from libs.common.contracts.base import decode
from libs.common.contracts.commands import Command
from libs.common.errors import Fault, Invalid, Unavailable
from libs.common.intake import Intake
from libs.common.store import Store
from libs.common.tx import Tx
from tests.contract.throwaway import Thing, known, make, maker

NAME = "plumbline.thing.make.v1"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    database = orm.connect(f"sqlite:///{tmp_path / 'maker.db'}")
    with known():
        yield maker(database)
    database.dispose()


def make_thing(tx: Tx, command: Command) -> None:
    note = command.data["note"]
    if note == "said already":
        raise Invalid("/note is said already; /more as well", errors=[Fault("/note", "is said already")])
    if note == "wrong":
        raise Invalid("some values cannot be accepted", errors=[Fault("/note", "is wrong")])
    make(tx, note)


def wish(ident: str, note: str, **more: Any) -> Delivery:
    command = {"specversion": "1.0", "id": ident, "source": "/crm", "type": NAME, "data": {"note": note}, **more}
    return Delivery(msgspec.json.encode(command))


def things(store: Store) -> list[str]:
    with store.reading() as tx:
        return list(tx.session.scalars(sa.select(Thing.note).order_by(Thing.created_at)))


def parked(store: Store) -> list[tuple[str, str]]:
    table = store.tables.parked
    with store.reading() as tx:
        return [(row.reason, row.detail) for row in tx.session.execute(sa.select(table).order_by(table.c.id))]


def test_a_wish_is_fulfilled_once_however_often_it_comes(store: Store) -> None:
    intake = Intake(store, {NAME: make_thing})

    intake.deliver([wish("1", "one"), wish("1", "one"), wish("2", "two")])
    intake.deliver([wish("1", "another text, the same wish"), wish("1", "not the same", source="/other")])

    assert things(store) == ["one", "two", "not the same"]
    assert parked(store) == []


def test_nobody_takes_the_place_of_a_wish_by_claiming_its_source(store: Store) -> None:
    """The broker vouches for who sent it; what anybody says of themselves collides with nobody else's."""
    intake = Intake(store, {NAME: make_thing})

    intake.deliver([replace(wish("1", "of the other"), sender="subscriber.other")])
    intake.deliver([replace(wish("1", "ours"), sender="subscriber.crm")])
    intake.deliver([replace(wish("1", "ours again"), sender="subscriber.crm"), wish("1", "of nobody known")])
    intake.deliver([wish("1", "as if it were ours", source="subscriber.crm /crm")])

    assert things(store) == ["of the other", "ours", "of nobody known", "as if it were ours"]
    with store.reading() as tx:
        said = tx.session.scalars(sa.select(store.tables.audit.c.client).where(store.tables.audit.c.kind == "Thing"))
        assert "/crm (subscriber.crm)" in said.all()


def test_a_wish_that_was_replayed_is_the_senders_and_does_not_come_true_twice(store: Store) -> None:
    intake = Intake(store, {})
    sent = replace(wish("1", "one"), sender="subscriber.crm")
    intake.deliver([sent])
    [(reason, detail)] = parked(store)
    assert (reason, detail.split(":")[0]) == ("unknown_type", "1 of /crm (subscriber.crm)")

    with store.begin() as tx:
        operators.replay(tx, 1, {NAME: make_thing})
    Intake(store, {NAME: make_thing}).deliver([sent])

    assert (things(store), parked(store)) == (["one"], [])


def test_a_refused_wish_is_kept_with_every_reason_and_may_come_again(store: Store) -> None:
    intake = Intake(store, {NAME: make_thing})

    intake.deliver([wish("1", "wrong"), wish("2", "two")])
    intake.deliver([wish("1", "right")])

    assert parked(store) == [("refused", "1 of /crm: some values cannot be accepted /note is wrong")]
    assert things(store) == ["two", "right"]


def test_a_refused_wish_that_the_broker_brings_again_is_kept_once(store: Store) -> None:
    intake, unread = Intake(store, {NAME: make_thing}), Delivery(b"[]", sender="subscriber.crm")

    intake.deliver([wish("1", "wrong"), replace(wish("1", "wrong"), sender="subscriber.crm"), unread])
    intake.deliver([replace(one, redelivered=True) for one in (wish("1", "wrong"), unread)])
    intake.deliver([replace(wish("1", "wrong"), sender="subscriber.crm", redelivered=True)])

    assert [(code, detail.split(":")[0]) for code, detail in parked(store)] == [
        ("refused", "1 of /crm"),
        ("refused", "1 of /crm (subscriber.crm)"),
        ("invalid_envelope", "from subscriber.crm"),
    ]
    intake.deliver([replace(wish("1", "wrong"), sender="subscriber.other", redelivered=True)])
    assert len(parked(store)) == 4, "another system's, of which nothing is kept yet"


def test_a_reason_that_was_said_is_not_said_again(store: Store) -> None:
    Intake(store, {NAME: make_thing}).deliver([wish("1", "said already")])

    assert parked(store) == [("refused", "1 of /crm: /note is said already; /more as well")]


@pytest.mark.parametrize(
    ("delivery", "reason"),
    [
        (wish("1", "one", type="plumbline.thing.destroy.v1"), "unknown_type"),
        (wish("", "one"), "invalid_envelope"),
        (Delivery(b"{"), "malformed"),
        (Delivery(wish("1", "one").body, "text/plain"), "unsupported_encoding"),
        (wish("1", "one", data={}), "handler_error"),
    ],
)
def test_what_cannot_be_understood_is_kept_as_it_came(store: Store, delivery: Delivery, reason: str) -> None:
    Intake(store, {NAME: make_thing}).deliver([delivery, wish("2", "two")])

    assert [code for code, _ in parked(store)] == [reason]
    assert things(store) == ["two"]


def test_of_what_cannot_be_read_it_is_kept_who_sent_it(store: Store) -> None:
    Intake(store, {NAME: make_thing}).deliver([Delivery(b"[]", sender="subscriber.crm")])

    [(reason, detail)] = parked(store)
    assert reason == "invalid_envelope"
    assert detail.startswith("from subscriber.crm: ")


def test_a_cloud_event_that_names_its_letters_is_one_all_the_same(store: Store) -> None:
    kinds = ["; charset=utf-8", ";charset=UTF-8", '; charset="utf-8"', "; charset=latin-1"]
    wishes = [wish(kind, kind).body for kind in kinds]
    sent = [Delivery(body, f"application/cloudevents+json{kind}") for body, kind in zip(wishes, kinds, strict=True)]

    Intake(store, {NAME: make_thing}).deliver(sent)

    assert sorted(things(store)) == sorted(kinds[:3])
    assert [code for code, _ in parked(store)] == ["unsupported_encoding"]


def test_an_attribute_that_is_null_is_one_that_was_not_given(store: Store) -> None:
    """As CloudEvents' JSON format has it."""
    optional = ("datacontenttype", "dataschema", "subject", "time", "traceparent")
    Intake(store, {NAME: make_thing}).deliver([wish("1", "one", **dict.fromkeys(optional))])

    assert (things(store), parked(store)) == (["one"], [])


def test_a_fact_names_the_whole_id_of_the_wish_that_it_came_of(store: Store) -> None:
    Intake(store, {NAME: make_thing}).deliver([wish("x" * 200, "one")])

    with store.reading() as tx:
        [body] = tx.session.scalars(sa.select(store.tables.outbox.c.body))
    assert decode(bytes(body)).causationid == "x" * 200


def test_nothing_is_taken_while_the_database_is_away(store: Store) -> None:
    def away(_point: str) -> None:
        raise Unavailable("the database is away")

    store.crash = away
    with pytest.raises(Unavailable):
        Intake(store, {NAME: make_thing}).deliver([wish("1", "one")])
