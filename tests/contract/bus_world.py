"""What a bus's tests are told in: a maker, two takers and a bus between them, whichever bus it is."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from libs.common.bus import Outgoing
from libs.common.store import Store
from libs.common.tx import Tx
from tests.contract.throwaway import Taker, change, make


def refuse(_tx: Tx) -> None:
    """A mood of a taker: it cannot apply this fact."""
    raise ValueError("it does not fit")


class World(ABC):
    """``taker`` is the one that tests trouble; ``other`` must never notice."""

    maker: Store
    taker: Taker
    other: Taker

    # -- what differs between buses

    @abstractmethod
    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Lets facts travel until the condition holds; fails the test when it never does."""

    @abstractmethod
    def send(self, rows: Sequence[Outgoing]) -> None:
        """Hands rows to the bus past the outbox."""

    # -- what does not

    @property
    def takers(self) -> tuple[Taker, Taker]:
        return self.taker, self.other

    def make(self, *notes: str) -> UUID:
        with self.maker.begin() as tx:
            return make(tx, *notes)

    def change(self, subject: UUID, *notes: str) -> None:
        with self.maker.begin() as tx:
            change(tx, subject, *notes)

    def rows(self) -> list[Outgoing]:
        """Every fact ever committed by the maker, oldest first."""
        outbox = self.maker.tables.outbox
        with self.maker.reading() as tx:
            found = tx.session.execute(sa.select(outbox).order_by(outbox.c.id)).all()
        return [Outgoing(row.id, row.event_id, row.type, bytes(row.body)) for row in found]

    def withhold(self) -> list[Outgoing]:
        """Takes all unsent facts out of the relay's sight, so that a test may send them in its own way."""
        outbox = self.maker.tables.outbox
        with self.maker.begin() as tx:
            unsent = sa.update(outbox).where(outbox.c.published_at.is_(None)).values(published_at=tx.now)
            gone = set(tx.session.scalars(unsent.returning(outbox.c.id)))
        return [row for row in self.rows() if row.row in gone]

    def until_heard(self, subject: UUID, *notes: str, by: Sequence[Taker] | None = None) -> None:
        for taker in by or self.takers:
            self.until(
                lambda taker=taker: len(taker.heard(subject)) >= len(notes),
                f"{taker.name} hears {len(notes)} facts of {subject}, not {taker.heard(subject)}",
            )
            assert taker.heard(subject) == list(notes)

    def settle(self) -> None:
        """Everything sent so far has been looked at by every taker: a later thing has passed behind it."""
        self.until_heard(self.make("marker"), "marker")

    def until_parked(self, count: int) -> list[sa.Row[tuple[object, ...]]]:
        """Tries again at once whatever waits for its time, until so many facts are parked."""
        for _ in range(60):
            self.settle()
            if len(self.taker.parked()) >= count:
                break
            self.taker.let_time_pass()
            self.taker.consumer.retry_due()
        assert len(self.taker.parked()) == count
        return self.taker.parked()


def forged(row: Outgoing, **changes: object) -> Outgoing:
    """The same envelope with other values in it."""
    envelope = {**msgspec.json.decode(row.body), **changes}
    return Outgoing(row.row, row.id, row.type, msgspec.json.encode(envelope))
