"""Facts that come together are applied in one transaction: that means what it means when each has one of its own."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from embedded.testing import Bench, Clock, moment
from libs.common.bus import Delivery
from tests.contract.same_state import comparable, held, text_of
from tests.contract.scripts import Script

Heard = dict[str, list[Delivery]]

SOME, MANY, ALL = 16, 100, 600
LISTENERS = ("notifications", "console")  #: what they keep they keep of others' facts alone
BEGIN = "2026-05-04 15:00"
AT_MOST = 40  #: facts in one delivery


class Busy(Script):
    """People act so fast that facts have to wait for one another."""

    def _pass_time(self) -> None:
        if self.rng.random() < 0.4:
            self.bench.system.settle()
        if self.rng.random() < 0.1:
            self.bench.system.settle()
            self.bench.clock.forward(minutes=61)
            self.bench.system.due()


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("first", "count"),
    [(0, SOME), *(pytest.param(first, MANY, marks=pytest.mark.long) for first in range(0, ALL, MANY))],
)
def test_facts_that_come_together_leave_what_they_leave_one_by_one(first: int, count: int, tmp_path: Path) -> None:
    numbers, heard, ignored = range(first, first + count), Heard(), Heard()

    alone = _worked(tmp_path / "alone", numbers, heard, one_by_one=True)
    together = _worked(tmp_path / "together", numbers, ignored, one_by_one=False)

    assert together["bookings.bookings"]  # some got as far as that
    assert _different(alone, together) == []
    for name in LISTENERS:  # once more, with much to do
        each = [[delivery] for delivery in heard[name]]
        many = _gathered(heard[name], random.Random(first))
        left = _listened(tmp_path / f"{name}-each", name, each), _listened(tmp_path / f"{name}-many", name, many)
        assert _different(*left) == []


def _gathered(deliveries: list[Delivery], rng: random.Random) -> Iterator[list[Delivery]]:
    while deliveries:
        size = rng.randint(1, AT_MOST)
        yield deliveries[:size]
        deliveries = deliveries[size:]


def _worked(folder: Path, numbers: range, heard: Heard, *, one_by_one: bool) -> dict[str, list[Any]]:
    """What is there after these scripts; ``heard`` is what each service was told."""
    folder.mkdir()
    with closing(Bench(folder, clock=Clock(moment(BEGIN)))) as bench, comparable(bench):
        for name, part in bench.system.parts.items():
            told = heard.setdefault(name, [])
            part.consumer.deliver = _handing_over(part.consumer.deliver, told, one_by_one)  # type: ignore[method-assign]
        for number in numbers:
            Busy(bench, number).run()
        return held(bench)


def _handing_over(deliver: Callable[..., None], told: list[Delivery], one_by_one: bool) -> Callable[..., None]:
    def handing_over(deliveries: Sequence[Delivery]) -> None:
        told.extend(Delivery(delivery.body) for delivery in deliveries)
        for piece in [[each] for each in deliveries] if one_by_one else [deliveries]:
            deliver(piece)

    return handing_over


def _listened(folder: Path, name: str, told: Iterable[Sequence[Delivery]]) -> dict[str, list[Any]]:
    folder.mkdir()
    with closing(Bench(folder, [name], Clock(moment(BEGIN)))) as bench, comparable(bench):
        for deliveries in told:
            bench.system.parts[name].consumer.deliver(deliveries)
        return held(bench)


def _different(*left: dict[str, list[Any]]) -> list[str]:
    """The tables that are not alike. Of two notes that one moment brings, either may be numbered first."""
    texts = [
        {
            table: sorted(
                text_of({**row, "id": None} if table == "notifications.notifications" else row) for row in rows
            )
            for table, rows in tables.items()
        }
        for tables in left
    ]
    return [table for table in texts[0] if texts[0][table] != texts[1][table]]
