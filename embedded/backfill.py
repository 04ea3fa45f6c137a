"""What a service should know and does not, found as the system starts, as after an upgrade or a restore.

It was told before the service began to read a stream, or since the moment of the backup that its file is; it is taken
out of the publishers' outboxes while all goes on.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

import sqlalchemy as sa

from embedded.history import Outboxes
from embedded.system import Part, System
from libs.common import backfill, outbox
from libs.common.bus import Delivery
from libs.common.contracts.publishers import PUBLISHERS
from libs.common.store import Store

BATCH = 100  #: applied in one transaction; requests of that service wait for it


@dataclass(frozen=True)
class Told:
    """How many facts of each stream a service has told, all and those that every reader was given; and how many of its
    facts each reader had applied a moment before.
    """

    whole: bool  #: nothing was let go of
    heard: Mapping[str, int] = field(default_factory=dict)
    all: Mapping[str, int] = field(default_factory=dict)
    sent: Mapping[str, int] = field(default_factory=dict)


def told(system: System) -> dict[str, Told]:
    """By service. Every fact is looked at once, so ask once."""
    heard = {
        name: {other: _heard(reader, name) for other, reader in system.parts.items() if other != name}
        for name in system.parts
    }
    return {name: _told(part, heard[name]) for name, part in system.parts.items()}


def _told(part: Part, heard: Mapping[str, int]) -> Told:
    facts = part.store.tables.outbox.c
    count = sa.select(facts.type, sa.func.count().label("all"), sa.func.count(facts.published_at).label("sent"))
    with part.store.reading() as tx:
        rows, whole = tx.execute(count.group_by(facts.type)).all(), outbox.is_whole(tx)
    everything, sent = dict[str, int](), dict[str, int]()
    for row in rows:
        stream = row.type.split(".")[1]
        everything[stream] = everything.get(stream, 0) + row.all
        sent[stream] = sent.get(stream, 0) + row.sent
    return Told(whole, heard, everything, sent)


def forgotten(system: System, told: Told) -> int:
    """How many facts of this service another one knows and it does not; 0 also where it let old ones go."""
    most = 0
    for reader, heard in told.heard.items() if told.whole else ():
        streams = system.parts[reader].consumer.subscriptions.streams
        most = max(most, heard - sum(told.all.get(one, 0) for one in streams))
    return most


def take_in(system: System, name: str, told: Mapping[str, Told]) -> Iterator[int]:
    """To the end as it is now: what is told later comes over the bus. How many facts so far, after each batch.

    Interrupted, it begins anew at the next start; what was taken in is skipped.
    """
    part = system.parts[name]
    new = _begin(system, part)
    streams = sorted({*new, *_behind(part, told)})
    if not streams:
        return
    count = 0
    outboxes = Outboxes(_publishers(system, streams))
    facts = outboxes.read(outboxes.start(), streams)
    while some := [Delivery(body, reread=True) for _at, body in islice(facts, BATCH)]:
        part.consumer.deliver(some)
        count += len(some)
        yield count
    backfill.finish(part.store, new)


def _begin(system: System, part: Part) -> list[str]:
    """The streams whose past this service lacks; that it takes it in is written down before it begins."""
    with part.store.reading() as tx:
        unread = set(backfill.unread(tx, part.service.subscriptions.streams))
        begun, written_down, now = backfill.begun(tx, unread), backfill.written_down(tx), backfill.moment(tx.now)
    if not unread:
        return []
    lacking = {stream for stream in unread if written_down or _lacks(system, part, stream)}
    if lacking and not written_down and _is_gone(system, part):
        backfill.tell_that_it_is_gone(part.store)
        lacking = set()
    backfill.note(part.store, unread - lacking, backfill.ALWAYS)
    backfill.note(part.store, lacking - begun, -now)
    return sorted(lacking)


def _behind(part: Part, told: Mapping[str, Told]) -> list[str]:
    """The streams of which more was sent than is known here, as in a file that was restored."""
    if backfill.is_gone(part.store):
        return []
    behind = []
    for name, theirs in told.items():
        mine = [one for one in part.service.subscriptions.streams if PUBLISHERS.get(one, "") == name]
        if mine and _heard(part, name) + _waiting(part, name) < sum(theirs.sent.get(one, 0) for one in mine):
            behind += mine
    return behind


def _lacks(system: System, part: Part, stream: str) -> bool:
    """Whether the first record that was told of is not known here: a version before this one wrote down nothing."""
    for store in _publishers(system, [stream]).values():
        facts = store.tables.outbox
        with store.reading() as tx:
            sent = sa.select(facts.c.agg).where(facts.c.published_at.is_not(None), outbox.of_streams(tx, [stream]))
            first = tx.execute(sent.order_by(facts.c.id).limit(1)).scalar()
        if first is not None:
            known = part.store.tables.stream_pos
            with part.store.reading() as tx:
                return tx.execute(sa.select(known.c.agg).where(known.c.agg == first).limit(1)).first() is None
    return False


def _is_gone(system: System, part: Part) -> bool:
    """Whether it has heard nothing, and others have heard of it."""
    if any(_heard(part, name) + _waiting(part, name) for name in system.parts):
        return False
    return any(_heard(other, part.service.name) for other in system.parts.values())


def _heard(part: Part, producer: str) -> int:
    """How many facts of a publisher's it has applied."""
    known = part.store.tables.stream_pos.c
    with part.store.reading() as tx:
        applied = sa.select(sa.func.coalesce(sa.func.sum(known.last_seq), 0)).where(known.producer == producer)
        return int(tx.execute(applied).scalar_one())


def _waiting(part: Part, producer: str) -> int:
    """How many it keeps until it can apply them."""
    held, parked = part.store.tables.held.c, part.store.tables.parked.c
    with part.store.reading() as tx:
        kept = ((held.producer == producer,), (parked.producer == producer, parked.blocks))
        return sum(int(tx.execute(sa.select(sa.func.count()).where(*one)).scalar_one()) for one in kept)


def _publishers(system: System, streams: Collection[str]) -> dict[str, Store]:
    names = {PUBLISHERS.get(stream, "") for stream in streams}
    return {name: system.parts[name].store for name in sorted(names) if name in system.parts}
