"""All trouble ends: whatever is under way gets the time it needs, until nothing moves any more."""

from datetime import UTC, datetime
from typing import Any

from tests.simulation.processes import NAMES
from tests.simulation.world import UNSENT, World

ROUNDS = 150
DUE = {
    "held": "SELECT due_at, reason LIKE 'NotYet%' FROM held WHERE due_at IS NOT NULL",
    "timers": "SELECT due_at, 0 FROM timers WHERE failed IS NULL",
}


def settle(world: World) -> None:
    """Notes a fault in the world when it never comes to rest."""
    waits = 0
    with world.calm():
        world.clients.finish()
        if world.to_refill:
            world.refill()
        for _ in range(ROUNDS):
            before = _signature(world)
            for _ in range(ROUNDS):
                if not _carry(world):
                    break
            due = _due(world)
            if not due:
                break
            if all(waiting for *_, waiting in due) and before == _signature(world):
                waits += 1  # what waits for a fact that is parked waits for ever; each had its chance twice
                if waits > 2:
                    break
            else:
                waits = 0
            world.pass_time(max(0.0, (min(at for at, *_ in due) - world.now).total_seconds()))
            _fire(world, due)
        else:
            world.faults.append(f"it never comes to rest: {_due(world)}")
        world.look()


def _carry(world: World) -> bool:
    """Outboxes and queues, once round. Whether there was anything."""
    moved = False
    for name in NAMES:
        if world.disks[name].rows(UNSENT):
            moved = True
            with world.at_work(name) as one:
                one.relay.step()
    for queue, letters in world.broker.queues.items():
        if letters:
            moved = True
            with world.at_work("desk" if queue == "wishes" else queue) as one:
                world.broker.deliver(queue, one.intake if queue == "wishes" else one.consumer)
    return moved


def _due(world: World) -> list[tuple[datetime, str, str, bool]]:
    """When, whose, of which table, and whether it waits for another fact."""
    found = []
    for name, disk in world.disks.items():
        for table, query in DUE.items():
            found += [(_instant(at), name, table, bool(waiting)) for at, waiting in disk.rows(query)]
    return found


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _fire(world: World, due: list[tuple[datetime, str, str, bool]]) -> None:
    for name, table in sorted({(name, table) for at, name, table, _ in due if at <= world.now}):
        with world.at_work(name) as one:
            if table == "timers":
                one.timers.step()
            else:
                one.consumer.retry_due()


def _signature(world: World) -> Any:
    """Changes when anything gets anywhere."""
    return [
        disk.rows(
            "SELECT (SELECT count(*) FROM outbox), (SELECT total(last_seq) FROM stream_pos), (SELECT count(*) FROM"
            " parked), (SELECT count(*) FROM held), (SELECT total(attempts) FROM held)"
        )
        for disk in world.disks.values()
    ]
