"""Compares what was asked with what there is: sets and sequences of ids, past the kernel, each sentence a guarantee."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from uuid import UUID

import msgspec

from tests.simulation.readers import Facts, reader
from tests.simulation.tables import PRODUCERS, STREAMS
from tests.simulation.world import World


def audit(world: World) -> None:
    """To be called when nothing moves any more. What is wrong goes into the world's faults."""
    said = {stream: _facts(world, name) for stream, name in PRODUCERS.items()}
    world.faults += [*_desk(world, said["order"]), *_timers(world, said["order"]), *_yard(world, said["slip"])]
    heard: dict[str, list[str]] = {}
    for service, streams in STREAMS.items():
        if streams:
            world.faults += reader(world, service, said, heard)


def _facts(world: World, name: str) -> Facts:
    found: Facts = defaultdict(list)
    for agg, seq, ident, body in world.disks[name].rows("SELECT * FROM ledger ORDER BY agg_seq"):
        found[agg].append((msgspec.json.decode(body)["data"]["note"], str(UUID(ident))))
        if seq != len(found[agg]):
            world.faults.append(f"{name} {agg} has a fact number {seq} where {len(found[agg])} was due")
    return found


def _desk(world: World, said: Facts) -> Iterator[str]:
    """Every answered request has one effect, and its record and its facts were committed together."""
    rows = world.disks["desk"].rows("SELECT note, subject FROM done ORDER BY id")
    done = Counter(note for note, _ in rows)
    asked = world.clients.requests | {note: one for note, one in world.clients.wishes.items() if note in done}
    for note, request in asked.items():
        if request.answer is None and note not in world.clients.wishes:
            yield f"request {note} is never answered"
        if done[note] != 1:
            yield f"request {note} has {done[note]} effects"
    if lost := [note for note in world.clients.wishes if note not in done]:
        yield f"wishes {lost} were not granted"
    for subject, facts in said.items():
        acts = [note for each, subject_ in rows if subject_ == subject for note in asked[each].notes if each in asked]
        told = [note for note, _ in facts if not note.endswith("!")]
        if acts != told:
            yield f"order {subject} had the acts {acts} and told {told}"
    records = world.disks["desk"].rows("SELECT id, agg_seq, note FROM orders")
    if wrong := [row for row in records if (len(said[row[0]]), said[row[0]][-1][0]) != (row[1], row[2])]:
        yield f"orders and their facts differ: {wrong}"
    if {row[0] for row in records} != set(said):
        yield "there are facts without a record, or records without a fact"


def _timers(world: World, said: Facts) -> Iterator[str]:
    """Each timer that was not moved or taken back has fired once, when it was due, and no other."""
    asked = world.clients.requests | world.clients.wishes
    nudges = []
    for subject, facts in said.items():
        running = None
        for note, _ in facts:
            if note.endswith("!"):
                nudges.append(note[:-1])
                if note[:-1] != running:
                    yield f"order {subject} was nudged for {note[:-1]} while {running} was running"
                running = None
            elif note.endswith(".0"):
                timer = asked[note[:-2]].timer
                running = {"set": note[:-2], "drop": None, "leave": running}[timer]
        if running is not None:
            yield f"timer {running} of order {subject} never fired"
    fired = world.disks["desk"].rows("SELECT note, early FROM fired ORDER BY id")
    world.seen["fired"] += len(fired)
    if sorted(note for note, _ in fired) != sorted(nudges):
        yield f"the timers {fired} and their facts {nudges} differ"
    if any(early for _, early in fired):
        yield f"a timer fired before it was due: {fired}"
    if left := world.disks["desk"].rows("SELECT kind, subject, failed FROM timers"):
        yield f"timers are left: {left}"


def _yard(world: World, said: Facts) -> Iterator[str]:
    """An effect and the fact that tells of it are there together."""
    for subject, facts in said.items():
        effects = world.disks["yard"].rows("SELECT note FROM effects WHERE subject = ? ORDER BY id", subject)
        if [note for note, _ in facts] != [note for (note,) in effects]:
            yield f"the yard did {effects} for {subject} and told {facts}"
