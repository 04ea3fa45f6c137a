"""Do the books balance? Compares sets of ids in the services' own files: nothing lost, nothing twice, nothing stuck."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa

from embedded.system import Part, System


@dataclass
class Books:
    """What was found. ``faults`` is empty when they balance."""

    facts: int = 0
    by_type: dict[str, int] = field(default_factory=dict)
    applied: int = 0
    faults: list[str] = field(default_factory=list)


def balance(system: System) -> Books:
    """Every fact published was applied by each subscriber, in full, and none is held or parked."""
    books = Books()
    for part in system.parts.values():
        _count(part, books)
    for part in system.parts.values():
        for producer in system.parts.values():
            _compare(producer, part, books)
        _stuck(part, books)
    return books


def _count(part: Part, books: Books) -> None:
    outbox = part.store.tables.outbox
    with part.store.reading() as tx:
        rows = tx.session.execute(sa.select(outbox.c.type, sa.func.count()).group_by(outbox.c.type)).all()
        left = tx.session.execute(sa.select(sa.func.count()).where(outbox.c.published_at.is_(None))).scalar_one()
    for kind, count in rows:
        books.by_type[kind] = books.by_type.get(kind, 0) + count
        books.facts += count
    if left:
        books.faults.append(f"{part.service.name} has {left} facts that were never sent")


def _compare(producer: Part, reader: Part, books: Books) -> None:
    """The reader's position in every stream it binds is the producer's last number there."""
    streams = reader.service.subscriptions.streams
    said = _last(producer, streams)
    table = reader.store.tables.stream_pos
    mine = sa.select(table.c.agg, table.c.last_seq).where(table.c.producer == producer.service.name)
    with reader.store.reading() as tx:
        heard = {row.agg: row.last_seq for row in tx.session.execute(mine)}
    books.applied += sum(heard.values())
    wrong = [agg for agg in said.keys() | heard.keys() if said.get(agg, 0) != heard.get(agg, 0)]
    if wrong and producer is not reader:
        example = wrong[0]
        books.faults.append(
            f"{reader.service.name} is not where {producer.service.name} is in {len(wrong)} streams,"
            f" such as {example}: {heard.get(example, 0)} of {said.get(example, 0)}"
        )


def _last(producer: Part, streams: Iterable[str]) -> dict[UUID, int]:
    outbox = producer.store.tables.outbox
    kinds = [outbox.c.type.startswith(f"plumbline.{stream}.") for stream in streams]
    if not kinds:
        return {}
    last = sa.select(outbox.c.agg, sa.func.max(outbox.c.agg_seq)).where(sa.or_(*kinds)).group_by(outbox.c.agg)
    with producer.store.reading() as tx:
        return {row[0]: row[1] for row in tx.session.execute(last)}


def _stuck(part: Part, books: Books) -> None:
    for name in ("held", "parked"):
        table = getattr(part.store.tables, name)
        with part.store.reading() as tx:
            count = tx.session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        if count:
            books.faults.append(f"{part.service.name} has {count} facts {name}")
