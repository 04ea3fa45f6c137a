"""What was told before a service began to read a stream, taken out of the publishers' outboxes while all goes on."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice

import sqlalchemy as sa

from embedded.history import Outboxes
from embedded.system import Part, System
from libs.common import outbox, past
from libs.common.bus import Delivery
from libs.common.contracts.publishers import PUBLISHERS
from libs.common.store import Store

BATCH = 100  #: applied in one transaction; requests of that service wait for it


def take_in(system: System, name: str) -> Iterator[int]:
    """To the end as it is now: what is told later comes over the bus. How many facts so far, after each batch.

    Interrupted, it begins anew at the next start; what was taken in is skipped.
    """
    part = system.parts[name]
    streams = _begin(system, part)
    if not streams:
        return
    count = 0
    outboxes = Outboxes(_publishers(system, streams))
    facts = outboxes.read(outboxes.start(), streams)
    while some := [Delivery(body, reread=True) for _at, body in islice(facts, BATCH)]:
        part.consumer.deliver(some)
        count += len(some)
        yield count
    past.finish(part.store, streams)


def _begin(system: System, part: Part) -> list[str]:
    """The streams whose past this service lacks; that it takes it in is written down before it begins."""
    with part.store.reading() as tx:
        unread = set(past.unread(tx, part.service.subscriptions.streams))
        begun, written_down, now = past.begun(tx, unread), past.written_down(tx), past.moment(tx.now)
    if not unread:
        return []
    lacking = {stream for stream in unread if written_down or _lacks(system, part, stream)}
    if lacking and not written_down and _is_gone(system, part):
        past.tell_that_it_is_gone(part.store)
        lacking = set()
    past.note(part.store, unread - lacking, past.ALWAYS)
    past.note(part.store, lacking - begun, -now)
    return sorted(lacking)


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
    if _any(part.store, sa.true()):
        return False
    others = (other.store for other in system.parts.values() if other is not part)
    return any(_any(store, store.tables.stream_pos.c.producer == part.service.name) for store in others)


def _any(store: Store, which: "sa.ColumnElement[bool]") -> bool:
    with store.reading() as tx:
        return tx.execute(sa.select(store.tables.stream_pos.c.agg).where(which).limit(1)).first() is not None


def _publishers(system: System, streams: Collection[str]) -> dict[str, Store]:
    names: Iterable[str | None] = {PUBLISHERS.get(stream) for stream in streams}
    return {name: system.parts[name].store for name in sorted(one for one in names if one in system.parts)}
