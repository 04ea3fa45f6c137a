"""The real kernel in ten thousand worlds of bad luck: nothing is lost, done twice, out of order or stuck in any."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from commands import ROOT
from tests.simulation.disk import disks
from tests.simulation.processes import Kit
from tests.simulation.report import SIMULATED
from tests.simulation.simulate import Outcome, simulate

SEEDS, CHUNK, SELDOM = 10_000, 250, 500
#: what must have happened in each chunk, or it proved nothing
TROUBLE = (
    "crash", "redelivered", "shuffled", "overtaken", "duplicated", "held", "parked", "refused", "away", "unconfirmed",
    "ack_lost", "begin_failed", "commit_failed", "commit_unknown", "late_row", "pause", "stumble", "poison", "killer",
    "replayed", "discarded", "refilled", "wiped", "fired", "answered_again", "junk",
)  # fmt: skip
KERNEL = ("store", "tx", "relay", "consumer", "timers")

Record = Callable[[str, object], None]


def told(outcome: Outcome) -> str:
    again = f"./plumbline test tests/simulation --seed {outcome.seed}"
    return "\n  ".join([f"seed {outcome.seed} failed; run it again: {again}", *outcome.faults])


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_every_guarantee_holds_whatever_goes_wrong(first: int, record_property: Record) -> None:
    seen: Counter[str] = Counter(seeds=CHUNK)
    for number in range(first, first + CHUNK):
        outcome = simulate(number)
        assert not outcome.faults, told(outcome)
        seen += outcome.seen

    assert not [what for what in TROUBLE if not seen[what]]
    record_property(SIMULATED, json.dumps(seen))


def test_a_seed_that_failed_once_or_was_asked_for_holds(seed: int) -> None:
    outcome = simulate(seed)
    assert not outcome.faults, told(outcome)


def points() -> list[str]:
    """The crash points that the kernel names in its own code."""
    code = "".join(Path(ROOT, "libs", "common", f"{name}.py").read_text() for name in KERNEL)
    return sorted(set(re.findall(r'\.crash\("(\w+)"\)', code)))


@pytest.mark.parametrize("point", points())
def test_every_guarantee_holds_when_processes_keep_dying_at_one_point(point: str) -> None:
    crashed = 0
    for number in range(SELDOM):  # forty worlds, and more where hardly anybody passes the point
        outcome = simulate(number, Kit(crash_at=point))
        assert not outcome.faults, f"dying at {point}: {told(outcome)}"
        crashed += outcome.crashed[point]
        if crashed and number >= 39:
            return

    pytest.fail(f"nobody died at {point}")


def digest() -> list[str]:
    """What a few seeds leave on their disks."""
    left = []
    for number in range(8):
        outcome = simulate(number)
        rows = (line for disk in disks().values() for line in disk.connection.iterdump() if line.startswith("INSERT"))
        left += [str(sorted(outcome.seen.items())), *rows]
    return left


def test_a_seed_is_the_same_story_every_time() -> None:
    assert digest() == digest()

    told = "import hashlib\nfrom tests.simulation.test_simulation import digest\n"
    told += "print(hashlib.sha256(repr(digest()).encode()).hexdigest())"
    hashes = {
        subprocess.run(
            [sys.executable, "-c", told],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(hashes) == 1
