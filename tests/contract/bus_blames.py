"""Whom every bus's readers blame for what goes wrong: the fact itself, and never one that came with it."""

from collections.abc import Callable
from uuid import UUID, uuid4

import msgspec
import pytest
import sqlalchemy as sa

from libs.common.bus import Delivery
from libs.common.contracts.base import MAX_BYTES
from libs.common.errors import Unavailable
from libs.common.tx import Tx
from tests.contract.bus_world import World, forged, refuse


def asks_nonsense(tx: Tx) -> None:
    tx.session.execute(sa.text("SELECT :x"), {"x": {"no": "parameter"}})


def asks_what_is_no_question(tx: Tx) -> None:
    tx.session.execute(sa.text("SELEC 1"))


def leaves_a_row_twice(tx: Tx) -> None:
    row = {"id": UUID(int=77), "recipient": "a@b.example", "subject": "s", "body": "b", "attachments": []}
    tx.put(tx.tables.mail, [row | {"state": "unsent", "attempts": 0, "due_at": tx.now}] * 2)


def leaves_what_no_row_can_hold(tx: Tx) -> None:
    tx.remind("nudge", UUID(int=1), tx.now, thing=object())


def away(_tx: Tx) -> None:
    raise Unavailable("the database is in trouble")


class Blame:
    """A fact answers for itself alone."""

    @pytest.mark.parametrize(
        "wrong", [asks_nonsense, asks_what_is_no_question, leaves_a_row_twice, leaves_what_no_row_can_hold]
    )
    def test_a_handler_with_a_faulty_statement_is_parked_and_delays_nobody_else(
        self, world: World, wrong: Callable[[Tx], None]
    ) -> None:
        world.taker.moods["bad"] = wrong
        troubled, fine = world.make("made", "bad"), world.make("made", "changed")

        [parked] = world.until_parked(1)

        assert (parked.reason, parked.agg, parked.agg_seq, parked.blocks) == ("handler_error", troubled, 2, True)
        world.until_heard(fine, "made", "changed")

    @pytest.mark.parametrize("wrong", [leaves_a_row_twice, leaves_what_no_row_can_hold])
    def test_a_fact_is_not_blamed_for_what_the_one_held_behind_it_leaves_to_write(
        self, world: World, wrong: Callable[[Tx], None]
    ) -> None:
        world.taker.moods["bad"] = wrong
        subject = world.make("good", "bad", "after")
        first, second, third = world.withhold()
        world.send([third, second])
        world.settle()

        world.send([first])

        world.until_heard(subject, "good", by=[world.taker])
        [parked] = world.until_parked(1)
        assert parked.agg_seq == 2
        del world.taker.moods["bad"]
        world.taker.consumer.replay([parked.id])
        world.until_heard(subject, "good", "bad", "after", by=[world.taker])

    def test_bytes_that_are_no_fact_are_parked_each_once_however_often_they_come_again(self, world: World) -> None:
        world.taker.moods["good"] = away
        subject = world.make("good")
        [row] = world.withhold()
        for again in range(4):
            with pytest.raises(Unavailable):
                world.taker.consumer.deliver([Delivery(raw, redelivered=again > 0) for raw in (b"junk", row.body)])

        assert [bytes(one.body) for one in world.taker.parked()] == [b"junk"]
        world.taker.consumer.deliver([Delivery(b"other junk", redelivered=True)])
        assert len(world.taker.parked()) == 2

        del world.taker.moods["good"]
        world.taker.consumer.deliver([Delivery(row.body, redelivered=True)])
        world.until_heard(subject, "good", by=[world.taker])

    def test_a_fact_as_long_as_may_be_waits_for_its_time_and_stops_nobody_else(self, world: World) -> None:
        world.taker.moods["big"] = world.taker.moods["other"] = refuse
        big, other = world.make("big"), world.make("other")
        first, second = world.withhold()
        envelope = msgspec.json.decode(first.body)
        for name in ("traceparent", "actor", "branch", "datacontenttype", "dataschema"):
            envelope.pop(name, None)
        envelope["data"]["padding"] = ""
        envelope["data"]["padding"] = "x" * (MAX_BYTES - len(msgspec.json.encode(envelope)))
        world.taker.consumer.deliver([Delivery(msgspec.json.encode(envelope)), Delivery(second.body)])
        assert len(world.taker.held()) == 2

        world.taker.moods.clear()
        world.taker.let_time_pass()
        world.taker.consumer.retry_due()

        assert (world.taker.heard(big), world.taker.heard(other)) == (["big"], ["other"])

    @pytest.mark.parametrize("again", [False, True])
    def test_another_fact_with_the_number_of_one_that_waits_is_a_fork_of_history(
        self, world: World, again: bool
    ) -> None:
        subject = world.make("one", "two")
        first, second = world.withhold()
        fork = forged(second, id=str(uuid4()), data={"note": "other"})
        world.taker.consumer.deliver([Delivery(second.body)])

        for redelivered in (again, True):
            world.taker.consumer.deliver([Delivery(fork.body, redelivered=redelivered)])

        [parked] = world.taker.parked()
        assert (parked.reason, parked.blocks) == ("history_fork", False)
        world.taker.consumer.deliver([Delivery(first.body)])
        assert world.taker.heard(subject) == ["one", "two"]
