"""What every bus promises while databases go away and processes end."""

from contextlib import suppress

import pytest

from libs.common.errors import Unavailable
from libs.common.store import no_crash
from libs.common.tx import Tx
from tests.contract.bus_world import World, refuse
from tests.contract.throwaway import Killed


class Trouble:
    """Databases go away and processes end; no attempt is counted for the first, one for the second."""

    def test_a_subscriber_whose_database_is_away_gets_everything_when_it_is_back(self, world: World) -> None:
        def away(point: str) -> None:
            if point == "before_begin" and world.away:
                world.refusals += 1
                raise Unavailable("the database is away")

        world.away, world.refusals = True, 0
        world.taker.store.crash = away
        subject = world.make("made", "changed")
        world.until(lambda: world.refusals > 0, "the taker refuses")
        assert world.taker.heard(subject) == []

        world.away = False

        world.until_heard(subject, "made", "changed")
        assert world.taker.tried == ["made", "changed"]

    def test_a_database_in_trouble_costs_no_attempt(self, world: World) -> None:
        troubles = 0

        def trouble(point: str) -> None:
            nonlocal troubles
            if point == "consumer_applied" and troubles < 6:
                troubles += 1
                raise Unavailable("the database went away in the middle")

        world.taker.store.crash = trouble
        subject = world.make("made", "changed")

        world.until(lambda: "made" in world.taker.heard(subject), "the first is applied")
        world.taker.consumer.retry_due()  # given back by the broker, the second may have come before it, and waits
        world.until_heard(subject, "made", "changed")
        assert troubles == 6  # more than the tries that a fact has
        assert not world.taker.parked()

    def test_an_attempt_of_which_nobody_knows_whether_it_was_written_down_costs_none(self, world: World) -> None:
        world.taker.moods["fickle"] = refuse
        subject = world.make("fickle")
        world.until(lambda: len(world.taker.held()) == 1, "the fickle fact is held")
        del world.taker.moods["fickle"]

        def lose(point: str) -> None:
            if point == "after_commit":
                raise Unavailable("it is committed, and the word of that was lost")

        for _ in range(6):  # more than the tries that a fact has
            world.taker.let_time_pass()
            world.taker.store.crash = lose
            with pytest.raises(Unavailable):
                world.taker.consumer.retry_due()
            world.taker.store.crash = no_crash
        assert not world.taker.parked()

        world.taker.let_time_pass()
        world.taker.consumer.retry_due()
        world.until_heard(subject, "fickle")

    def test_a_process_that_ends_in_the_middle_leaves_nothing_half_done(self, world: World) -> None:
        deaths = iter(["consumer_applied", "before_commit", "after_commit", "consumer_committed", "consumer_marked"])
        next_death = next(deaths)

        def die(point: str) -> None:
            nonlocal next_death
            if point == next_death:
                next_death = next(deaths, "")
                raise Killed(point)

        subject = world.make(*map(str, range(6)))
        world.taker.store.crash = die

        world.until_heard(subject, *map(str, range(6)))
        assert next_death == ""
        assert not world.taker.parked()

    def test_a_fact_that_ends_the_process_each_time_is_parked_and_blocks_only_its_record(self, world: World) -> None:
        def die(_tx: Tx) -> None:
            raise Killed("a fatal fact")

        world.taker.moods["fatal"] = die
        troubled = world.make("made", "fatal", "after")
        fine = world.make("made", "changed")

        world.until(lambda: len(world.taker.parked()) == 1, "the fatal fact is parked")
        [parked] = world.taker.parked()
        assert (parked.reason, parked.agg, parked.agg_seq, parked.blocks) == ("crash_loop", troubled, 2, True)
        assert world.taker.tried.count("fatal") <= 6
        world.until_heard(fine, "made", "changed")
        assert world.taker.heard(troubled) == ["made"]

    def test_a_fact_that_ends_the_process_is_blamed_itself_also_where_it_had_waited_behind_another(
        self, world: World
    ) -> None:
        def die(_tx: Tx) -> None:
            raise Killed("a fatal fact")

        world.taker.moods["fatal"] = die
        subject = world.make("made", "fatal", "after")
        first, *behind = world.withhold()
        world.send(behind)
        world.settle()
        world.send([first])

        world.until(lambda: world.taker.heard(subject) == ["made"], "the fact before the fatal one is applied")
        for _ in range(20):
            with suppress(Killed):
                world.taker.consumer.retry_due()
            world.taker.let_time_pass()
        [parked] = world.taker.parked()
        assert (parked.reason, parked.agg, parked.agg_seq) == ("crash_loop", subject, 2)
        assert world.taker.heard(subject) == ["made"]
