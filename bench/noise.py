"""How a figure is made on a machine that others use as well: rounds, a noise meter, the least disturbed of them."""

import math
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

HZ, PROCESSORS = os.sysconf("SC_CLK_TCK"), os.cpu_count() or 1
PACED = 5
KEPT = 3  #: of each variant's rounds so many count, chosen by how little others disturbed them, never by result
QUIET, PATIENCE_S = 0.12, 1.5  #: a round waits so long for others to use less than this share of the machine

Run = dict[str, Any]  #: ``rate`` a second, and whatever else was measured


def _stat(pid: int) -> tuple[float, int]:
    """CPU seconds, its reaped children's included, and the parent."""
    try:
        parts = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0, 0
    return sum(map(int, parts[11:15])) / HZ, int(parts[1])


def cpu_of(*pids: int) -> float:
    """CPU seconds of processes with all they started."""
    below: dict[int, list[tuple[int, float]]] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208 - it is looked at often, and has hundreds
        if entry.isdigit():
            used, parent = _stat(int(entry))
            below.setdefault(parent, []).append((int(entry), used))
    total, todo = sum(_stat(pid)[0] for pid in pids), list(pids)
    while todo:
        for child, used in below.get(todo.pop(), ()):
            total += used
            todo.append(child)
    return total


def _machine() -> float:
    """CPU seconds that anybody used, and those that the host took away."""
    parts = [int(part) for part in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(parts) - parts[3] - parts[4]) / HZ


class Meter:
    """``with Meter(database=pid) as m``: then ``m.foreign`` is the share of the machine that was not ours."""

    def __init__(self, **watched: int) -> None:
        self.watched = watched  #: trees that are told apart, by name
        self.used: dict[str, float] = {}
        self.foreign = self.wall = 0.0

    def __enter__(self) -> "Meter":
        self._before = (time.monotonic(), _machine(), cpu_of(os.getpid()), self._apart())
        return self

    def __exit__(self, *_: object) -> None:
        began, machine, own, apart = self._before
        self.wall = time.monotonic() - began
        self.used = {name: now - apart[name] for name, now in self._apart().items()}
        ours = cpu_of(os.getpid()) - own
        self.foreign = max(0.0, _machine() - machine - ours) / (self.wall * PROCESSORS)

    def _apart(self) -> dict[str, float]:
        return {name: cpu_of(pid) for name, pid in self.watched.items()}

    def each(self, count: float) -> Run:
        """Microseconds of CPU a message, by name."""
        return {f"{name}_us": used / count * 1e6 for name, used in self.used.items()} | {"foreign": self.foreign}


def pace() -> float:
    """CPU seconds of a piece of plain Python: they grow when the host is slow, which nothing else in here shows."""
    best = math.inf
    for _ in range(PACED):
        began = time.process_time()
        len({str(number): number for number in range(50_000)})
        best = min(best, time.process_time() - began)
    return best


def gate() -> None:
    """Waits for a quiet moment, not for ever."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with Meter() as meter:
            time.sleep(0.25)
        if meter.foreign < QUIET:
            return


def interleaved(
    plan: Mapping[str, Callable[[], Run]], rounds: int, say: Callable[[str], None], faults: list[str]
) -> dict[str, Run]:
    """Every variant in every round. A figure is the median of the least disturbed; ``spread`` is theirs, in percent.

    A run is disturbed by what others use of the machine, and by how much slower it is itself than at its best.
    ``rounds`` are all of them, for ratios. A run that raises is a fault: its effect was not what it must be, and it is
    left out (None).
    """
    runs: dict[str, list[Run | None]] = {name: [] for name in plan}
    for turn in range(rounds):
        for name, once in plan.items():
            gate()
            before = pace()
            try:
                with Meter() as meter:
                    run = once()
            except Exception as wrong:  # noqa: BLE001 - the others go on; a variant without runs is missing in the table
                faults.append(f"{name}: {type(wrong).__name__}: {str(wrong)[-600:]}")
                say(faults[-1])
                runs[name].append(None)
                continue
            runs[name].append({"foreign": meter.foreign, **run, "pace": (before + pace()) / 2})
            say(f"{turn + 1}/{rounds} {name}: {run['rate']:,.1f} a second")
    measured = [run for some in runs.values() for run in some if run]
    quickest = min((run["pace"] for run in measured), default=1.0)
    for run in measured:
        run["disturbed"] = run["foreign"] + run["pace"] / quickest - 1
    return {name: _figure(some) for name, some in runs.items() if any(some)}


def ratio(ours: Run, theirs: Run, figure: str) -> float | None:
    """Of the least disturbed rounds, the median of what the one reached over what the other reached right beside it.

    What was measured in another round, minutes apart, is no measure for this one. None where the two were never in one
    round.
    """
    both = [(one, other) for one, other in zip(ours["rounds"], theirs["rounds"], strict=True) if one and other]
    kept = sorted(both, key=lambda pair: max(run["disturbed"] for run in pair))[:KEPT]
    return statistics.median(one[figure] / other[figure] for one, other in kept) if kept else None


def _figure(rounds: Sequence[Run | None]) -> Run:
    kept = sorted((run for run in rounds if run), key=lambda run: run["disturbed"])[:KEPT]
    middle = {key: statistics.median(run[key] for run in kept) for key in kept[0]}
    rates = [run["rate"] for run in kept]
    spread = (max(rates) - min(rates)) / middle["rate"] * 100 if middle["rate"] else 0.0
    return {**middle, "spread": spread, "runs": len(kept), "rounds": list(rounds)}


def percentile(values: Sequence[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part / 100))]
