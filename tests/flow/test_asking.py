"""A publisher tells again what others ask for by the marks of their bindings: each stream to each of them once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from libs.common import orm, outbox
from libs.common.contracts.publishers import PUBLISHERS
from libs.common.rabbit.backfill import SINCE_FIRST, Answering
from libs.common.rabbit.management import Binding
from libs.common.rabbit.topology import queue_of
from libs.common.store import Store
from tests.contract.throwaway import MAKER, MAKER_TABLES, known, make, maker

SENT = MAKER_TABLES.outbox


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Of a service that told of three things and three parts, all of it long ago."""
    database = orm.connect(f"sqlite:///{tmp_path / 'maker.db'}")
    with known():
        store = maker(database)
        with store.begin() as tx:
            for number in range(6):
                make(tx, str(number))
        with store.begin() as tx:
            parts = sa.update(SENT).where(SENT.c.id % 2 == 0)
            tx.execute(parts.values(type="plumbline.part.made.v1"))
        sent(store)
        yield store
    database.dispose()


def sent(store: Store) -> list[str]:
    """Lets everything be sent that waits for it; of which streams that was."""
    with store.begin() as tx:
        waiting = SENT.c.published_at.is_(None)
        told = tx.execute(sa.select(SENT.c.type).where(waiting).order_by(SENT.c.id)).scalars().all()
        tx.execute(sa.update(SENT).where(waiting).values(published_at=tx.now))
    return [kind.split(".")[1] for kind in told]


def asked(*streams: str, by: str = queue_of("taker"), at: int = 1_800_000_000_000) -> set[Binding]:
    return {Binding(by, f"plumbline.{stream}.#", f"{SINCE_FIRST}{at}") for stream in streams}


def told(store: Store, there: set[Binding]) -> list[str]:
    """What a worker that has just begun tells again of what is asked for."""
    answering, found = Answering(MAKER, store), list[str]()
    while answering.step(there, lambda *_: None):
        found += sent(store)
    return found


def test_who_is_seen_asking_for_one_stream_before_they_ask_for_the_next_is_told_the_past_of_both(store: Store) -> None:
    """They bind one after the other, and may end in between."""
    assert told(store, asked("thing")) == ["thing"] * 3
    assert told(store, asked("thing", "part")) == ["part"] * 3
    assert told(store, asked("thing", "part")) == []


def test_what_was_told_to_one_is_told_to_another_who_asks_and_to_the_same_who_asks_anew(store: Store) -> None:
    first = asked("thing", "part")
    assert told(store, first) == ["thing", "part"] * 3
    assert told(store, first | asked("part", by=queue_of("other"))) == ["part"] * 3
    assert told(store, first | asked("thing", at=1_900_000_000_000)) == ["thing"] * 3


def test_nobody_is_told_for_whom_it_is_not_to_do_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another system reads the history, and of another's facts this service has none."""
    monkeypatch.setitem(PUBLISHERS, "part", "bookings")

    assert told(store, asked("thing", by="subscriber.crm.inbox") | asked("part")) == []
    assert told(store, {Binding(queue_of("taker"), "plumbline.thing.#", "read")}) == []


def test_it_goes_piece_by_piece_and_who_asks_meanwhile_is_told_all_of_it_afterwards(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox.send_again, "__defaults__", (0, None, 2))
    answering, found, there = Answering(MAKER, store), list[list[str]](), asked("thing")
    while answering.step(there, lambda *_: None):
        found.append(sent(store))
        there = asked("thing", "part")

    assert found == [["thing", "thing"], ["thing"], ["part", "part"], ["part"]]


def test_what_died_half_way_is_told_anew_and_what_is_told_meanwhile_is_told_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox.send_again, "__defaults__", (0, None, 2))
    assert Answering(MAKER, store).step(asked("thing"), lambda *_: None)
    assert sent(store) == ["thing", "thing"]  # then its process ends

    answering, found = Answering(MAKER, store), list[str]()
    for _ in range(3):
        more = answering.step(asked("thing"), lambda *_: None)
        found += sent(store)
        with store.begin() as tx:
            make(tx, "meanwhile")
        assert sent(store) == ["thing"]

    assert (found, more) == (["thing"] * 3, False)
