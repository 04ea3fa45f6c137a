"""A seed's whole life: trouble, rest, an audit; then what was poison is mended, replayed or given up, and audited."""

import traceback
from collections import Counter
from dataclasses import dataclass, field

import msgspec

from tests.simulation.auditor import audit
from tests.simulation.processes import Kit
from tests.simulation.rest import settle
from tests.simulation.world import World, world_of


@dataclass
class Outcome:
    """``faults`` is empty when every guarantee held. ``seen`` counts what the world did to the kernel."""

    seed: int
    faults: list[str]
    seen: Counter[str] = field(default_factory=Counter)
    crashed: Counter[str] = field(default_factory=Counter)


def simulate(seed: int, kit: Kit | None = None) -> Outcome:
    with world_of(seed, kit or Kit()) as world:
        try:
            _live(world)
        except Exception:  # noqa: BLE001 - whatever the kernel did not expect is a fault of its own
            world.faults.append(traceback.format_exc())
        return Outcome(seed, world.faults, world.seen, world.crashed)


def _live(world: World) -> None:
    for _ in range(world.rng.randint(2, 8)):
        world.step()
        if world.faults:
            return
    settle(world)
    audit(world)
    if world.faults or not world.poison:
        return
    _mend(world)
    settle(world)
    audit(world)


def _mend(world: World) -> None:
    """People correct what is parked: some is given up, the rest replayed as it can be applied now."""
    with world.calm():
        if world.rng.random() < 0.3:
            _give_up(world)
        world.poison.clear()
        for name in ("yard", "board"):
            world.replay(name)


def _give_up(world: World) -> None:
    for name in ("yard", "board"):
        rows = world.disks[name].rows("SELECT id, body FROM parked WHERE blocks LIMIT 1")
        for ident, body in rows:
            note, stream = _named(bytes(body))
            world.discarded.add((name, stream, note))
            with world.at_work(name) as one:
                world.seen["discarded"] += one.consumer.discard(ident)


def _named(body: bytes) -> tuple[str, str]:
    fact = msgspec.json.decode(body)
    return fact["data"]["note"], fact["type"].split(".")[1]
