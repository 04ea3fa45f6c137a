"""Facts come together or one by one, and each record's in its order but those of two records in any: all one."""

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from embedded.testing import Bench, Clock, moment
from libs.common.bus import Delivery
from tests.contract.same_state import comparable, held, text_of
from tests.contract.script_acts import ALONG, ASIDE
from tests.contract.scripts import Script

Deliver = Callable[[Sequence[Delivery]], None]
State = dict[str, list[Any]]

BEGIN = "2026-05-04 15:00"
SOME, MANY, ALL = 16, 50, 300
SCRIPTS = [(0, SOME), *(pytest.param(first, MANY, marks=pytest.mark.long) for first in range(0, ALL, MANY))]
AT_MOST = 40  #: facts in one delivery
LISTENERS = ("notifications", "console")  #: what they keep they keep of others' facts alone
OURS = re.compile(r"0000000\d-0000-7000-8000-[0-9a-f]{12}")  #: an id that was counted
#: what tells how it came to the state, and in which order
ON_THE_WAY = ("outbox", "stream_pos", "bookings.audit", "console.timeline", "console.stages")


class Busy(Script):
    """Goes far, and people act so fast that facts come together: they wait only for a record of another service."""

    waits = 0.2  #: how often they wait all the same

    def run(self) -> None:
        place = ""
        for act in ALONG[: self.rng.randint(9, len(ALONG))]:
            while self.rng.random() < 0.25:
                self._act(self.rng.choice(ASIDE), newest=self.rng.random() < 0.8)
                self._wait(self.rng.random() < self.waits)
            there = act.path.replace("shared", "estimates").split("/")[1]
            self._wait(there != place)
            self._act(act, newest=True)
            self._wait(self.rng.random() < self.waits)
            place = there
        self._wait(True)

    def _wait(self, long_enough: bool) -> None:
        if long_enough:
            self.bench.system.settle()
            if self.rng.random() < 0.1:
                self.bench.clock.forward(minutes=61)
                self.bench.system.due()


class Calm(Busy):
    """Whoever acts sees what came of the act before."""

    waits = 1.0


class AnyOrder:
    """Lets facts go on in an order of its own, each service's apart; a record's in theirs."""

    def __init__(self, bench: Bench, rng: random.Random) -> None:
        self.parts, self.rng = bench.system.parts, rng
        self.waiting: dict[str, list[tuple[str, Delivery]]] = {name: [] for name in self.parts}
        self.deliver = {name: part.consumer.deliver for name, part in self.parts.items()}
        for name, part in self.parts.items():
            part.consumer.deliver = self._kept(self.waiting[name])  # type: ignore[method-assign]

    def settle(self) -> int:
        moved = 0
        while True:
            going = self.rng.sample(list(self.parts.values()), self.rng.randint(1, len(self.parts)))
            sent = sum(part.relay.step() for part in going) or sum(part.relay.step() for part in self.parts.values())
            hearing = [name for name, waiting in self.waiting.items() if waiting]
            if not sent and not hearing:
                return moved
            moved += sent
            if hearing:
                self._hand_one_over(self.rng.choice(hearing))

    def _hand_one_over(self, name: str) -> None:
        first: dict[str, int] = {}
        for place, (record, _) in enumerate(self.waiting[name]):
            first.setdefault(record, place)
        _, delivery = self.waiting[name].pop(self.rng.choice(list(first.values())))
        self.deliver[name]([delivery])

    @staticmethod
    def _kept(waiting: list[tuple[str, Delivery]]) -> Deliver:
        return lambda deliveries: waiting.extend((json.loads(one.body)["subject"], one) for one in deliveries)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("first", "count"), SCRIPTS)
def test_facts_that_come_together_leave_what_they_leave_one_by_one(first: int, count: int, tmp_path: Path) -> None:
    heard: dict[str, list[Delivery]] = {}

    def each(bench: Bench) -> None:
        for name, part in bench.system.parts.items():
            part.consumer.deliver = _one_by_one(part.consumer.deliver, heard.setdefault(name, []))  # type: ignore[method-assign]

    scripts = range(first, first + count)
    (_, alone), (_, together) = _worked(tmp_path, Busy, scripts, each), _worked(tmp_path, Busy, scripts)

    assert together["bookings.bookings"]  # some got as far as that
    assert _different(alone, together) == []
    for name in LISTENERS:  # once more, with much to do
        gathered = _gathered(heard[name], random.Random(first))
        assert (
            _different(*(_listened(tmp_path, name, told) for told in ([[one] for one in heard[name]], gathered))) == []
        )


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("first", "count"), SCRIPTS)
def test_whichever_records_facts_come_first_people_are_answered_alike_and_it_ends_alike(
    first: int, count: int, tmp_path: Path
) -> None:
    def in_another_order(bench: Bench) -> None:
        bench.system.settle = AnyOrder(bench, random.Random(first)).settle  # type: ignore[method-assign]

    scripts = range(first, first + count)
    (answers, left), (others, state) = (
        _worked(tmp_path, Calm, scripts),
        _worked(tmp_path, Calm, scripts, in_another_order),
    )

    assert left["bookings.bookings"]
    for ours, theirs in zip(answers, others, strict=True):
        assert [_unnamed(one) for one in theirs] == [_unnamed(one) for one in ours]
    assert [name for name in _different(left, state, _unnamed) if not name.endswith(ON_THE_WAY)] == []


def _worked(
    folder: Path, kind: type[Script], numbers: range, prepare: Callable[[Bench], None] = lambda _: None
) -> tuple[list[Any], State]:
    """What these scripts were answered, and what is there after them."""
    with closing(Bench(_new(folder), clock=Clock(moment(BEGIN)))) as bench, comparable(bench):
        prepare(bench)
        scripts = [kind(bench, number) for number in numbers]
        for script in scripts:
            script.run()
        return [script.told for script in scripts], held(bench)


def _listened(folder: Path, name: str, told: Iterable[Sequence[Delivery]]) -> State:
    with closing(Bench(_new(folder), [name], Clock(moment(BEGIN)))) as bench, comparable(bench):
        for deliveries in told:
            bench.system.parts[name].consumer.deliver(deliveries)
        return held(bench)


def _new(folder: Path) -> Path:
    made = folder / str(len(list(folder.iterdir())))
    made.mkdir()
    return made


def _one_by_one(deliver: Deliver, heard: list[Delivery]) -> Deliver:
    def handing_over(deliveries: Sequence[Delivery]) -> None:
        heard.extend(Delivery(delivery.body) for delivery in deliveries)
        for delivery in deliveries:
            deliver([delivery])

    return handing_over


def _gathered(deliveries: list[Delivery], rng: random.Random) -> Iterator[list[Delivery]]:
    while deliveries:
        size = rng.randint(1, AT_MOST)
        yield deliveries[:size]
        deliveries = deliveries[size:]


def _different(one: State, other: State, text: Callable[[Any], str] = text_of) -> list[str]:
    """The tables that are not alike. Of two notes that one moment brings, either may be numbered first."""
    texts = [
        {
            table: sorted(text({**row, "id": None} if table == "notifications.notifications" else row) for row in rows)
            for table, rows in state.items()
        }
        for state in (one, other)
    ]
    return [table for table in texts[0] if texts[0][table] != texts[1][table]]


def _unnamed(value: Any) -> str:
    """Ids are counted as records are made: which is first of two says nothing."""
    return OURS.sub("-", text_of(value))
