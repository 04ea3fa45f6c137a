"""What every bus promises of facts that nothing is wrong with."""

import random

import pytest
import sqlalchemy as sa

from libs.common import bus, relay
from tests.contract.bus_world import World
from tests.contract.throwaway import make


class Delivery:
    """Nothing lost, nothing twice, everything in its record's order."""

    def test_every_committed_fact_reaches_every_subscriber_once_and_in_order(self, world: World) -> None:
        things = [world.make(*(f"{thing}.{fact}" for fact in range(5))) for thing in range(20)]

        for thing, subject in enumerate(things):
            world.until_heard(subject, *(f"{thing}.{fact}" for fact in range(5)))
        assert all(not taker.held() and not taker.parked() for taker in world.takers)

    def test_an_act_that_is_rolled_back_says_nothing(self, world: World) -> None:
        with pytest.raises(ZeroDivisionError), world.maker.begin() as tx:
            make(tx, "never", "ever")
            raise ZeroDivisionError

        world.settle()
        assert [row.type for row in world.rows()] == ["plumbline.thing.made.v1"]

    def test_a_fact_that_arrives_twice_has_one_effect(self, world: World) -> None:
        subject = world.make("made", "changed")
        world.until_heard(subject, "made", "changed")

        world.send([*world.rows(), *world.rows()])

        world.settle()
        assert [taker.heard(subject) for taker in world.takers] == [["made", "changed"]] * 2

    def test_facts_that_arrive_shuffled_are_applied_in_their_records_order(self, world: World) -> None:
        notes = [str(fact) for fact in range(1, 9)]
        things = [world.make(*notes) for _ in range(10)]
        rows = world.withhold()
        random.Random(7).shuffle(rows)

        for start in range(0, len(rows), 9):
            world.send(rows[start : start + 9])

        for subject in things:
            world.until_heard(subject, *notes)
        assert all(not taker.held() for taker in world.takers)

    def test_a_fact_waits_for_the_one_before_it(self, world: World) -> None:
        subject = world.make("first", "second", "third")
        first, second, third = world.withhold()

        world.send([third, second])
        world.settle()
        assert world.taker.heard(subject) == []
        assert [row.agg_seq for row in world.taker.held()] == [2, 3]
        world.send([first])

        world.until_heard(subject, "first", "second", "third")

    def test_a_fact_that_nobody_reacts_to_only_moves_the_position(self, world: World) -> None:
        subject = world.make("made", "forgotten", "changed")

        world.until_heard(subject, "made", "changed")
        assert world.taker.position(subject) == 3

    def test_a_fact_that_nobody_reacts_to_takes_no_record_past_one_that_somebody_does(self, world: World) -> None:
        told = "made forgotten changed", "made changed forgotten", "made forgotten", "made forgotten changed forgotten"
        new = world.make("made", "changed", "forgotten")
        waits, misses, goes, jumps = things = [world.make(*notes.split()) for notes in told]
        came = [bus.Delivery(row.body) for row in world.withhold()]
        facts = {(one.read().subject, one.read().number): one for one in came}
        deliver, stands = world.taker.consumer.deliver, world.taker.position
        deliver([*(facts[thing, 1] for thing in things), facts[waits, 3]])

        deliver([facts[waits, 2], facts[misses, 3], facts[goes, 2], facts[jumps, 2], facts[jumps, 4], facts[new, 3]])

        assert [stands(thing) for thing in things] == [3, 1, 2, 2]
        deliver([facts[misses, 2], facts[jumps, 3], facts[new, 1], facts[new, 2]])
        assert [stands(thing) for thing in (*things, new)] == [3, 3, 2, 4, 3]
        assert all(world.taker.heard(thing) == ["made", "changed"] for thing in (waits, misses, jumps, new))

    def test_facts_sent_again_from_the_outbox_change_nothing_where_they_are_known(self, world: World) -> None:
        subject = world.make("made", "changed")
        world.until_heard(subject, "made", "changed")

        assert relay.refill(world.maker) == 2

        world.settle()
        assert world.taker.heard(subject) == ["made", "changed"]

    def test_a_relay_that_dies_before_it_has_marked_repeats_itself_without_effect(self, world: World) -> None:
        subject = world.make("made", "changed")
        world.until_heard(subject, "made", "changed")
        outbox = world.maker.tables.outbox
        with world.maker.begin() as tx:  # as the death leaves it: the bus has them, the outbox does not know
            tx.session.execute(sa.update(outbox).values(published_at=None))

        world.settle()
        assert [taker.heard(subject) for taker in world.takers] == [["made", "changed"]] * 2
