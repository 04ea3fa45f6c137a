"""What each subscriber did, holds and has parked, against what it should have."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.simulation.tables import PRODUCERS, STREAMS
from tests.simulation.world import World

Facts = dict[str, list[tuple[str, str]]]  #: record → its facts' notes and ids, in order


def reader(world: World, service: str, said: dict[str, Facts], heard: dict[str, list[str]]) -> Iterator[str]:
    """One effect a fact, in the record's order, up to what is poison; that is parked, and what is behind it held."""
    effects, parked, held = _effects(world, service), _parked(world, service), _held(world, service)
    for stream in STREAMS[service]:
        for subject, facts in said[stream].items():
            due, stop, poison = _expected(world, service, stream, facts, heard.get(subject, []))
            if stream == "order":
                heard[subject] = [note for note, _ in due]
            key = (PRODUCERS[stream], subject)
            rest = list(range(stop + 1 + bool(poison), len(facts) + 1))
            behind = [number for number in held.pop(key, []) if not (poison and number == stop + 1)]  # a repeat of it
            done = effects.pop((stream, subject), [])
            difference = "" if done == due else _difference(done, due)
            for what, is_, right in (
                (difference, done, due), ("parked", parked.pop(key, []), poison), ("holds", behind, rest),
            ):  # fmt: skip
                if is_ != right:
                    yield f"{service} {stream} {subject} {what}: {is_} where {right} is right"
    if effects or parked or held:
        yield f"{service} has something of nobody's: {dict(effects)} {dict(parked)} {dict(held)}"


def _effects(world: World, service: str) -> dict[tuple[str, str], list[tuple[str, str]]]:
    found = defaultdict(list)
    for stream, subject, *effect in world.disks[service].rows(
        "SELECT stream, subject, note, event FROM effects ORDER BY id"
    ):
        found[stream, subject].append(tuple(effect))
    return found


def _parked(world: World, service: str) -> dict[tuple[str, str], list[str]]:
    """The facts; bytes that are none are only expected to be the ones that were sent."""
    found = defaultdict(list)
    for producer, subject, ident, body in world.disks[service].rows("SELECT producer, agg, event_id, body FROM parked"):
        if producer is not None:
            found[producer, subject].append(ident)
        elif body != b"junk":
            world.faults.append(f"{service} could not read {body!r}")
    return found


def _held(world: World, service: str) -> dict[tuple[str, str], list[int]]:
    found = defaultdict(list)
    for producer, subject, number in world.disks[service].rows(
        "SELECT producer, agg, agg_seq FROM held ORDER BY agg_seq"
    ):
        found[producer, subject].append(number)
    return found


def _expected(world: World, service: str, stream: str, facts: Any, heard: list[str]) -> tuple[Any, int, list[str]]:
    """The effects that are due, how many facts that is, and the fact that must be parked, if any."""
    due: list[tuple[str, str]] = []
    for place, (note, ident) in enumerate(facts):
        if note.endswith("~") or (service, stream, note) in world.discarded:
            continue
        if stream == "slip" and note not in heard and (service, "order", note) not in world.discarded:
            return due, place, []  # it waits for a fact that is parked or behind one
        if (service, stream, note) in world.poison:
            return due, place, [ident]
        due.append((note, ident))
    return due, len(facts), []


def _difference(got: Any, due: Any) -> str:
    if len(got) != len(set(got)):
        return "does something twice"
    if sorted(got) == sorted(due):
        return "is out of order"
    return "lost something" if set(due) - set(got) else "does too much"
