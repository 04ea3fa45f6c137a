"""The auditor: compares sets of ids after crashes, in the services' own databases. No faults means that nothing was
lost, nothing happened twice, nothing is out of order, and nothing is stuck.

It looks at what is written down in several places and must agree: the client's ledger, kept answers, records, outboxes,
positions, effects in other services, the audit of every change.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from bench.ledger import Ledger
from embedded.balance import balance
from embedded.system import Part, System
from libs.common.columns import Aggregate

#: what a fact must have brought about elsewhere, exactly once: its type, which of its ids, service, table, column
EFFECTS = (
    ("plumbline.lead.captured.v1", "notifications", "lead_watch", "id"),
    ("plumbline.lead.validated.v1", "opportunities", "opportunities", "lead_id"),
    ("plumbline.opportunity.converted.v1", "estimates", "estimates", "opportunity_id"),
    ("plumbline.estimate.accepted.v1", "bookings", "sales", "estimate_id"),
    ("plumbline.estimate.accepted.v1", "bookings", "jobs", "estimate_id"),
    ("plumbline.estimate.accepted.v1", "bookings", "booking_parts", "estimate_id"),
)
SHOWN = 3  #: examples of a fault


def audit(system: System, ledger: Ledger | None = None, *, forged: Collection[UUID] = ()) -> list[str]:
    """What is wrong, in words. ``forged``: records that a test made up facts of, without there being any."""
    faults = list(balance(system).faults)
    for part in system.parts.values():
        name = part.service.name
        faults += (f"{name}: {fault}" for fault in _records(part, set(forged)))
        faults += (f"{name}: {fault}" for fault in _twice(part))
    faults += _effects(system, set(forged))
    if ledger is not None:
        faults += _answers(system, ledger)
    return faults


def fact_ids(system: System) -> dict[str, set[UUID]]:
    """Every fact ever committed, by service."""
    found = {}
    for name, part in system.parts.items():
        outbox = part.store.tables.outbox
        found[name] = {row.event_id for row in _rows(part, sa.select(outbox.c.event_id))}
    return found


def _rows(part: Part, statement: Any) -> list[Any]:
    with part.store.reading() as tx:
        return list(tx.session.execute(statement))


def _records(part: Part, forged: set[UUID]) -> Iterator[str]:
    """G2, G5: each record has told as many facts as it has counted, numbered without a gap; no fact is without one."""
    outbox = part.store.tables.outbox
    count, first, last = sa.func.count(), sa.func.min(outbox.c.agg_seq), sa.func.max(outbox.c.agg_seq)
    rows = _rows(part, sa.select(outbox.c.agg, count, first, last).group_by(outbox.c.agg))
    told = {row[0]: row[3] for row in rows if row[0] not in forged}
    yield from _listed("facts are not numbered 1, 2, …", [row[0] for row in rows if (row[2], row[3]) != (1, row[1])])
    counted: dict[UUID, int] = {}
    for table in _tables(part):
        counted |= {row.id: row.agg_seq for row in _rows(part, sa.select(table.c.id, table.c.agg_seq))}
    yield from _listed("a fact without its record", told.keys() - counted.keys())
    silent = [agg for agg, number in counted.items() if told.get(agg, 0) < number]
    yield from _listed("a record without its facts", silent)
    yield from _listed(
        "facts beyond what the record has counted", [a for a, n in told.items() if counted.get(a, n) < n]
    )


def _tables(part: Part) -> Iterator[sa.Table]:
    """Of the service's records."""
    for kind in Aggregate.__subclasses__():
        table = getattr(kind, "__table__", None)
        if table is not None and table.metadata is part.service.metadata:
            yield table


def _twice(part: Part) -> Iterator[str]:
    """G4: what a fact did to a record is written down once. A repeat that took effect would be there again."""
    audit = part.store.tables.audit
    what = (audit.c.request, audit.c.action, audit.c.kind, audit.c.subject)
    by_facts = sa.select(*what).where(audit.c.action.startswith("plumbline."))
    again = by_facts.group_by(*what).having(sa.func.count() > 1)
    yield from _listed("changed twice by the same fact", [" ".join(row) for row in _rows(part, again)])


def _effects(system: System, forged: set[UUID]) -> Iterator[str]:
    """G3, G4: what facts bring about in other services is there, once."""
    for kind, reader, table, column in EFFECTS:
        if reader not in system.parts:
            continue
        there = system.parts[reader].service.metadata.tables[table].c[column]
        done = Counter(row[0] for row in _rows(system.parts[reader], sa.select(there)))
        for part in system.parts.values():
            outbox = part.store.tables.outbox
            asked = {row[0] for row in _rows(part, sa.select(outbox.c.agg).where(outbox.c.type == kind))} - forged
            wrong = [agg for agg in asked if done[agg] != 1]
            yield from _listed(f"{kind} does not have one row in {reader}.{table}", wrong)


def _answers(system: System, ledger: Ledger) -> Iterator[str]:
    """G1, G7: what was acknowledged is there, and kept under its key as it was told, once."""
    kept: dict[str, list[tuple[int, str]]] = {}
    known: set[str] = set()
    for part in system.parts.values():
        table = part.store.tables.idempotency
        for row in _rows(part, sa.select(table.c.key, table.c.status, table.c.body)):
            kept.setdefault(row.key, []).append((row.status, hashlib.sha256(bytes(row.body)).hexdigest()))
        for records in _tables(part):
            known |= {str(row.id) for row in _rows(part, sa.select(records.c.id))}
    entries: Mapping[str, Any] = dict(ledger.entries)
    done = {key: one for key, one in entries.items() if one.done}
    yield from _listed("acknowledged, and lost", [f"{one.path} {key}" for key, one in done.items() if key not in kept])
    others = [one.path for key, one in done.items() if key in kept and kept[key] != [(one.status, one.digest)]]
    yield from _listed("kept otherwise than it was answered", others)
    odd = [f"{one.path}: {one.odd}" for one in done.values() if one.odd]
    yield from _listed("a repeat was answered otherwise, or not marked as one", odd)
    yield from _listed(
        "done, though it was refused", [o.path for k, o in entries.items() if o.status >= 300 and k in kept]
    )
    gone = [one.ident for one in done.values() if one.ident and one.ident not in known]
    yield from _listed("answered with a record that is not there", gone)


def _listed(fault: str, found: Iterable[object]) -> Iterator[str]:
    some = list(found)
    if some:
        yield f"{fault}: {len(some)}, such as {', '.join(map(str, some[:SHOWN]))}"
