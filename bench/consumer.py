"""Facts from a queue into a database, each with one effect: how many a second."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.noise import Run, cpu_of
from bench.place import Place, facts, until

PEERS = Path(__file__).parent / "peers"
REPEATS = 33  #: every so many-th message comes twice
EFFECTS = {"board": "cards", "clerk": "jobs"}


def plan(place: Place, count: int) -> dict[str, Callable[[], Run]]:
    few = max(count // 4, 20)
    found: dict[str, Callable[[], Run]] = {
        "one statement by hand": lambda: _limit(place, count),
        "Consumer, projection": lambda: _ours(place, "board", count),
        "Consumer, handlers": lambda: _ours(place, "clerk", count),
    }
    if place.peers:
        found["FastStream, projection"] = lambda: _peer(place, "board", few)
        found["FastStream, handlers"] = lambda: _peer(place, "clerk", few)
    return found


def _fill(place: Place, service: str, count: int) -> None:
    """The queue with so many facts, some of them twice; the database empty."""
    place.purge("board", "clerk")
    place.empty(service)
    rows = facts(place.stores["desk"], count)
    twice = [one for place_, row in enumerate(rows) for one in ([row, row] if place_ % REPEATS == 9 else [row])]
    place.tell(twice)


def _limit(place: Place, count: int) -> Run:
    _fill(place, "board", count)
    sent = count + sum(1 for number in range(count) if number % REPEATS == 9)
    with place.meter() as meter:
        command = place.module("bench.limits", "statement", place.queue("board"), str(sent))
        run = place.result_of(command, "board")
    _demand(place, "board", "cards", count)
    return {**run, **meter.each(count)}


def _ours(place: Place, service: str, count: int) -> Run:
    _fill(place, service, count)
    command, env = place.role("reader", service)
    return _watch(place, service, EFFECTS[service], count, command, env)


def _peer(place: Place, service: str, count: int) -> Run:
    _fill(place, service, count)
    name = "fs_" + EFFECTS[service]
    for table, model in (("inbox", ""), (name, "")):
        place.sql(service, f"DROP TABLE IF EXISTS {table}{model}")
    place.sql(service, "CREATE TABLE inbox (message_id uuid PRIMARY KEY)")
    like = "LIKE cards INCLUDING ALL" if service == "board" else "LIKE jobs INCLUDING ALL"
    place.sql(service, f"CREATE TABLE {name} ({like})")
    place.sql(service, f"GRANT ALL ON inbox, {name} TO {service}")
    assert place.peers is not None
    command: list[Any] = [place.peers, "-m", "faststream", "run", "fs_consumer:app", "--log-level", "warning"]
    env = place.environment(service, QUEUE=place.queue(service), EFFECT=service, PYTHONPATH=str(PEERS))
    return _watch(place, service, name, count, command, env, cwd=PEERS)


def _watch(place: Place, service: str, table: str, count: int, command: Any, env: Any, **more: Any) -> Run:
    """From the first effect that is seen to the last: what starting takes is measured elsewhere."""
    with place.running(command, env, **more) as process:
        until(lambda: _count(place, service, table) > 0, "the first effect", every=0.01, process=process)
        begun, began, used = _count(place, service, table), time.perf_counter(), cpu_of(process.pid)
        with place.meter() as meter:
            until(lambda: _count(place, service, table) >= count, "the last effect", every=0.02, process=process)
            seconds, used = time.perf_counter() - began, cpu_of(process.pid) - used
        left = max(count - begun, 1)
        until(lambda: place.depth(service) == 0, "the queue is empty", process=process)
    _demand(place, service, table, count)
    return {"n": left, "rate": left / seconds, "own_us": used / left * 1e6, **meter.each(left)}


def _count(place: Place, service: str, table: str) -> int:
    return int(place.sql(service, f"SELECT count(*) FROM {table}")[0][0])


def _demand(place: Place, service: str, table: str, count: int) -> None:
    """Each fact had its effect, once."""
    each = "subject" if table.endswith("cards") else "id"
    [(rows, different)] = place.sql(service, f"SELECT count(*), count(DISTINCT {each}) FROM {table}")
    if not rows == different == count:
        raise RuntimeError(f"{rows} effects of {count} facts, {different} different")
