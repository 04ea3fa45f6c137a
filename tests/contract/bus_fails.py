"""What every bus promises of facts that cannot be applied."""

from datetime import timedelta
from uuid import UUID

import pytest

from libs.common.bus import Outgoing
from libs.common.errors import NotYet
from libs.common.tx import Tx
from tests.contract.bus_world import World, forged, refuse
from tests.contract.throwaway import EFFECTS


def garble(_tx: Tx) -> None:
    """Fails with words that PostgreSQL keeps in no text."""
    raise ValueError("it does \0 not fit")


def wait(_tx: Tx) -> None:
    raise NotYet("what it needs has not come")


WRONG: list[tuple[dict[str, object], str]] = [
    ({"sequence": "0"}, "invalid_sequence"),
    ({"sequence": "-1"}, "invalid_sequence"),
    ({"sequence": "two"}, "invalid_sequence"),
    ({"sequence": "٣"}, "invalid_sequence"),
    ({"sequence": str(2**63)}, "invalid_sequence"),
    ({"specversion": "2.0"}, "invalid_envelope"),
    ({"id": "not-an-id"}, "invalid_envelope"),
    ({"subject": None}, "invalid_envelope"),
    ({"type": "made"}, "invalid_envelope"),
    ({"type": "plumbline.thing.\0.v1"}, "invalid_envelope"),
    ({"source": "/elsewhere/maker"}, "invalid_envelope"),
    ({"time": "2026-01-01T00:00:00"}, "invalid_envelope"),
    ({"data": []}, "invalid_envelope"),
]
NO_ENVELOPES = [
    (b"", "malformed"),
    (b"{", "malformed"),
    (b"[" * 100_000, "invalid_envelope"),
    (b"\xff\xfe{}", "malformed"),
    (b"\x80\x04pickled", "malformed"),
]


class Failure:
    """A failure is tried again, then set aside, and stands in the way of its own record only."""

    def test_a_handler_that_fails_once_is_tried_again_whatever_it_says(self, world: World) -> None:
        world.taker.moods["fickle"] = garble
        subject = world.make("made", "fickle", "changed")
        world.until(lambda: len(world.taker.held()) == 2, "the fickle fact and the one behind it are held")

        del world.taker.moods["fickle"]
        world.taker.let_time_pass()
        world.taker.consumer.retry_due()

        world.until_heard(subject, "made", "fickle", "changed")
        assert world.taker.tried.count("fickle") >= 2

    def test_a_held_fact_is_tried_again_though_the_clock_was_set_back(self, world: World) -> None:
        """Then it seems due in days, which no pause is long."""
        world.taker.moods["fickle"] = refuse
        subject = world.make("made", "fickle", "changed")
        world.until(lambda: len(world.taker.held()) == 2, "the fickle fact and the one behind it are held")

        del world.taker.moods["fickle"]
        world.taker.let_time_pass(-timedelta(days=3))
        world.taker.consumer.retry_due()

        world.until_heard(subject, "made", "fickle", "changed")

    def test_a_held_fact_is_not_tried_before_its_time(self, world: World) -> None:
        world.taker.moods["fickle"] = refuse
        world.make("fickle")
        world.until(lambda: len(world.taker.held()) == 1, "the fickle fact is held")
        world.taker.let_time_pass(-timedelta(minutes=1))  # the longest pause
        tried = len(world.taker.tried)

        assert world.taker.consumer.retry_due() == 0
        assert len(world.taker.tried) == tried

    def test_a_handler_that_keeps_failing_is_tried_five_times_then_parked_and_blocks_only_its_record(
        self, world: World
    ) -> None:
        world.taker.moods["bad"] = refuse
        troubled, fine = world.make("made", "bad", "after"), world.make("made", "changed")

        [parked] = world.until_parked(1)

        assert (parked.reason, parked.agg, parked.agg_seq, parked.blocks) == ("handler_error", troubled, 2, True)
        assert parked.detail == "ValueError: it does not fit"
        assert world.taker.tried.count("bad") in (5, 6)  # once more, where it first spoiled a whole batch
        assert world.taker.heard(troubled) == ["made"]
        world.until_heard(fine, "made", "changed")
        world.until_heard(troubled, "made", "bad", "after", by=[world.other])

    def test_a_handler_that_leaves_a_row_which_cannot_be_written_is_parked_and_delays_nobody_else(
        self, world: World
    ) -> None:
        world.taker.moods["bad"] = lambda tx: tx.put(EFFECTS, [{"subject": UUID(int=1), "note": None}])
        troubled, fine = world.make("made", "bad"), world.make("made", "changed")

        [parked] = world.until_parked(1)

        assert (parked.reason, parked.agg, parked.agg_seq, parked.blocks) == ("handler_error", troubled, 2, True)
        world.until_heard(fine, "made", "changed")

    def test_a_parked_fact_is_replayed_and_what_waited_behind_it_follows_in_order(self, world: World) -> None:
        world.taker.moods["bad"] = refuse
        subject = world.make("made", "bad", "after")
        [parked] = world.until_parked(1)
        world.change(subject, "later")
        world.settle()
        assert world.taker.heard(subject) == ["made"]

        del world.taker.moods["bad"]
        assert world.taker.consumer.replay([parked.id]) == 1

        world.until_heard(subject, "made", "bad", "after", "later")
        assert not world.taker.parked()
        assert not world.taker.held()

    def test_a_parked_fact_replayed_too_early_is_parked_again(self, world: World) -> None:
        world.taker.moods["bad"] = refuse
        world.make("bad")
        [parked] = world.until_parked(1)

        world.taker.consumer.replay([parked.id])

        [again] = world.until_parked(1)
        assert again.id != parked.id

    def test_a_parked_fact_is_discarded_and_what_waited_behind_it_follows(self, world: World) -> None:
        world.taker.moods["bad"] = refuse
        subject = world.make("made", "bad", "after", "later")
        [parked] = world.until_parked(1)
        world.send([row for row in world.rows() if row.id == world.rows()[1].id])  # repeated while it is parked
        world.settle()

        assert world.taker.consumer.discard(parked.id)

        world.until_heard(subject, "made", "after", "later", by=[world.taker])
        assert not world.taker.held()
        assert not world.taker.consumer.discard(parked.id)

    @pytest.mark.parametrize("count", [80, pytest.param(1700, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
    def test_one_percent_of_poison_is_parked_delays_nobody_else_and_replays_to_the_state_of_a_clean_run(
        self, world: World, count: int
    ) -> None:
        world.taker.moods["poison"] = refuse
        bad, good = (("made", "0", "1", third, "3", "4") for third in ("poison", "2"))
        things = [world.make(*(bad if n % 17 == 7 else good)) for n in range(count)]
        poisoned = [subject for n, subject in enumerate(things) if n % 17 == 7]

        for subject in things:
            if subject not in poisoned:  # before any retry: nobody waits for the poison's five tries
                world.until(lambda subject=subject: len(world.taker.heard(subject)) == 6, "the others are not delayed")
        parked = world.until_parked(len(poisoned))
        assert {row.agg for row in parked} == set(poisoned)
        assert {row.reason for row in parked} == {"handler_error"}
        assert all(b"poison" in bytes(row.body) for row in parked)
        assert all(world.taker.heard(subject) == ["made", "0", "1"] for subject in poisoned)

        del world.taker.moods["poison"]
        assert world.taker.consumer.replay(row.id for row in parked) == len(poisoned)

        for subject in things:
            world.until(lambda subject=subject: len(world.taker.heard(subject)) == 6, "all is applied")
            assert world.taker.heard(subject) == world.other.heard(subject)  # to whom nothing ever happened
        assert not world.taker.parked()
        assert not world.taker.held()

    def test_a_fact_that_fails_behind_another_does_not_take_that_one_with_it(self, world: World) -> None:
        world.taker.moods["bad"] = refuse
        subject = world.make("first", "bad", "third")
        first, second, third = world.withhold()
        world.send([third, second])
        world.settle()

        world.send([first])

        world.until_heard(subject, "first", by=[world.taker])
        [parked] = world.until_parked(1)
        assert parked.agg_seq == 2

    def test_what_needs_something_that_has_not_come_waits_and_is_never_parked(self, world: World) -> None:
        world.taker.moods["early"] = wait
        subject = world.make("early", "after")
        for _ in range(12):
            world.settle()
            world.taker.let_time_pass()
            world.taker.consumer.retry_due()
        assert world.taker.tried.count("early") >= 12
        assert not world.taker.parked()

        del world.taker.moods["early"]
        world.settle()  # another fact was applied: that is reason enough to try

        world.until_heard(subject, "early", "after")

    def test_a_payload_that_does_not_fit_its_schema_is_parked_at_once(self, world: World) -> None:
        subject = world.make("made", "changed")
        first, second = world.withhold()

        world.send([forged(first, data={"note": 7}), second])

        world.until(lambda: len(world.taker.parked()) == 1, "the misfit is parked")
        [parked] = world.taker.parked()
        assert (parked.reason, parked.agg, parked.blocks) == ("invalid_payload", subject, True)
        assert "$.note" in parked.detail
        assert world.taker.heard(subject) == []

    def test_another_fact_with_a_number_that_was_used_is_kept_as_a_fork_of_history(self, world: World) -> None:
        subject = world.make("made")
        world.until_heard(subject, "made")
        [row] = world.rows()

        world.send([forged(row, id="0190e0c0-0000-7000-8000-00000000000f", data={"note": "another"})])

        world.until(lambda: len(world.taker.parked()) == 1, "the fork is parked")
        [parked] = world.taker.parked()
        assert (parked.reason, parked.blocks) == ("history_fork", False)
        assert world.taker.heard(subject) == ["made"]

    def test_wrong_envelopes_are_parked_with_their_reasons_and_block_nothing(self, world: World) -> None:
        subject = world.make("made", "changed")
        first, second = world.withhold()
        wrong = [(forged(first, **changes), reason) for changes, reason in WRONG]
        wrong += [(Outgoing(first.row, first.id, first.type, body), reason) for body, reason in NO_ENVELOPES]

        world.send([*(row for row, _ in wrong), first, second])

        world.until_heard(subject, "made", "changed")
        parked = [(row.reason, row.blocks, bytes(row.body)) for row in world.taker.parked()]
        assert parked == [(reason, False, row.body) for row, reason in wrong]
