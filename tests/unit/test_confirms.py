"""What the broker says of facts on their way, in whatever way: none counts as safe that may not be."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.bus import BusDown, Outgoing
from libs.common.rabbit import RabbitPublisher, publisher

WINDOW = 8
TAKEN, REFUSED, GIVEN_BACK = "taken", "refused", "given back"  #: given back: it found no queue, and is confirmed then
Say = Callable[["Line"], bool]  #: what the broker says next; False where it says nothing before the time is over


class Line:
    """A connection to a broker that says what a test wants said, whenever it is waited for."""

    history_is_up = True

    def __init__(self, say: Say, number: int) -> None:
        self.say, self.number, self.user, self.closed = say, number, "maker", False
        self.fault: str | None = None
        self.got: list[UUID] = []  #: what came over it
        self.unsaid: list[int] = []  #: the tags of which nothing is said yet
        self.most, self.refused, self.stopped, self.over = 0, False, False, 0
        self.connection = SimpleNamespace(params=SimpleNamespace(frame_max=131072), take=self._take)
        self.loop = SimpleNamespace(stop=lambda: setattr(self, "stopped", True))
        self.channel: Any = SimpleNamespace(
            channel_number=1,
            is_open=True,
            add_on_return_callback=lambda hear: setattr(self, "returned", hear),
            confirm_delivery=self._confirming,
            queue_declare=lambda _queue, passive, callback: passive and self.history_is_up and callback(None),
        )
        self.returned: Any = None
        self.confirmed: Any = None

    @property
    def said(self) -> int:
        """Of how many it has said something."""
        return len(self.got) - len(self.unsaid)

    def _confirming(self, hear: Callable[[Any], None], callback: Callable[[Any], None]) -> None:
        self.confirmed = hear
        callback(None)

    def _take(self, rows: Sequence[Outgoing]) -> None:
        assert not self.refused, "what follows would come before what was refused"
        self.unsaid += range(len(self.got) + 1, len(self.got) + len(rows) + 1)
        self.got += [row.id for row in rows]
        self.most = max(self.most, len(self.unsaid))

    def confirm(self, tag: int, kind: str = TAKEN, *, multiple: bool = False) -> None:
        named = [one for one in self.unsaid if one == tag or (multiple and one < tag)]
        for one in named if kind == GIVEN_BACK else ():
            self.returned(None, None, SimpleNamespace(message_id=str(self.got[one - 1])), b"")
        self.unsaid = [one for one in self.unsaid if one not in named]
        self.refused = self.refused or kind == REFUSED
        name = "Basic.Nack" if kind == REFUSED else "Basic.Ack"
        self.confirmed(SimpleNamespace(method=SimpleNamespace(NAME=name, delivery_tag=tag, multiple=multiple)))

    def turn(self, _seconds: float, *, until: Callable[[], bool]) -> bool:
        """Only who stops the loop ends it before the time is ``over``."""
        self.stopped = False
        while not until() and self.fault is None:
            while not self.stopped and self.say(self):
                pass
            if not self.stopped:
                self.over += 1
                break
            self.stopped = False
        return until() and self.fault is None

    def end(self, why: str) -> None:
        self.fault = self.fault or why
        self.loop.stop()

    def close(self) -> None:
        self.closed = True


@contextmanager
def publishing(say: Say) -> Iterator[tuple[RabbitPublisher, list[Line]]]:
    """A publisher, and the lines that it has opened so far."""
    lines: list[Line] = []

    def opened(_url: str, _name: str) -> Line:
        lines.append(Line(say, len(lines)))
        return lines[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publisher, "Packer", lambda **_: SimpleNamespace(pack=list))
        patch.setattr(publisher, "Line", opened)
        yield RabbitPublisher("amqp://", window=WINDOW), lines


def facts(count: int, first: int = 1) -> list[Outgoing]:
    return [Outgoing(row, UUID(int=row), "plumbline.thing.made.v1", b"{}") for row in range(first, first + count)]


def takes(line: Line) -> bool:
    """A broker that is well: one after the other."""
    if line.unsaid:
        line.confirm(line.unsaid[0])
        return True
    return False


@given(st.data())
def test_as_many_are_safe_as_were_taken_before_the_first_that_was_not(data: st.DataObject) -> None:
    verdicts: dict[UUID, str] = {}

    def say(line: Line) -> bool:
        if not line.unsaid:
            return False
        tag = data.draw(st.sampled_from(line.unsaid), "tag")
        said = {verdicts[line.got[one - 1]] for one in line.unsaid if one <= tag}
        multiple = len(said) == 1 and data.draw(st.booleans(), "and all before it")
        line.confirm(tag, verdicts[line.got[tag - 1]], multiple=multiple)
        return True

    first = 1
    with publishing(say) as (bus, lines):
        for _ in range(data.draw(st.integers(1, 3), "batches")):
            batch = facts(data.draw(st.integers(0, 3 * WINDOW), "facts"), first)
            kinds = st.sampled_from([TAKEN] * 10 + [REFUSED, GIVEN_BACK])
            verdicts |= {row.id: data.draw(kinds, "verdict") for row in batch}
            good = next((n for n, row in enumerate(batch) if verdicts[row.id] != TAKEN), len(batch))

            assert bus.send(batch) == good

            first += len(batch)
    assert max(line.most for line in lines) <= WINDOW
    assert {line.closed for line in lines[:-1]} <= {True}
    assert lines[-1].closed == lines[-1].refused


@pytest.mark.parametrize("trouble", [None, "it broke"], ids=["silent", "broken"])
@pytest.mark.parametrize("taken", [0, 3, WINDOW + 3])
def test_what_was_taken_before_the_broker_went_away_is_safe_and_the_rest_goes_over_another_line(
    trouble: str | None, taken: int
) -> None:
    def say(line: Line) -> bool:
        if line.number > 0 or line.said < taken:
            return takes(line)
        if trouble is not None:
            line.end(trouble)
        return False

    batch = facts(3 * WINDOW)
    with publishing(say) as (bus, lines):
        if taken:
            assert bus.send(batch) == taken
        else:
            with pytest.raises(BusDown, match=trouble or "nothing was confirmed"):
                bus.send(batch)
        assert bus.send(batch[taken:]) == len(batch) - taken

    assert [line.closed for line in lines] == [True, False]
    assert lines[1].got == [row.id for row in batch[taken:]]


def test_a_broker_that_takes_all_is_waited_for_no_longer_than_that() -> None:
    with publishing(takes) as (bus, lines):
        assert [bus.send(facts(count)) for count in (1, WINDOW, 3 * WINDOW, 1)] == [1, WINDOW, 3 * WINDOW, 1]

    assert [(line.most, line.over) for line in lines] == [(WINDOW, 0)]


def test_a_broker_that_takes_its_time_is_waited_for_as_long_as_it_says_something() -> None:
    with publishing(lambda line: takes(line) and False) as (bus, lines):
        assert bus.send(facts(2 * WINDOW)) == 2 * WINDOW

    assert [line.closed for line in lines] == [False]


def test_the_next_facts_are_read_once_while_the_broker_is_at_work_and_not_where_it_went_away() -> None:
    at_work: list[int] = []

    def say(line: Line) -> bool:
        return line.said < WINDOW and takes(line)

    with publishing(say) as (bus, lines):
        bus.send(facts(WINDOW), lambda: at_work.append(len(lines[0].unsaid)))
        assert at_work == [WINDOW // 2]

        with pytest.raises(BusDown):
            bus.send(facts(WINDOW), lambda: at_work.append(len(lines[0].unsaid)))
        assert at_work == [WINDOW // 2]


def test_a_line_that_ended_while_nothing_was_to_be_sent_is_told_and_opened_anew() -> None:
    with publishing(takes) as (bus, lines):
        assert bus.send(facts(2)) == 2
        lines[0].end("it broke")
        with pytest.raises(BusDown, match="it broke"):
            bus.turn(1.0)
        assert bus.send(facts(3)) == 3
        lines[1].channel.is_open = False
        with pytest.raises(BusDown, match="the channel is closed"):
            bus.send(facts(4))
        assert bus.send(facts(4)) == 4

    assert [(line.closed, len(line.got)) for line in lines] == [(True, 2), (True, 3), (False, 4)]


def test_nothing_goes_to_a_broker_whose_history_is_not_up() -> None:
    def refuse(line: Line) -> bool:
        line.end("there is no such queue")
        return False

    with publishing(refuse) as (bus, lines), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Line, "history_is_up", False)
        with pytest.raises(BusDown, match="is not up: there is no such queue"):
            bus.send(facts(1))

    assert [(line.closed, line.got) for line in lines] == [(True, [])]
