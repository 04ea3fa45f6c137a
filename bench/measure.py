"""All parts, one after the other, each on the same servers."""

from collections.abc import Callable, Iterable
from pathlib import Path

from bench import table
from bench.noise import Run, interleaved
from bench.place import place


def measure(
    home: Path,
    ours: Path,
    peers: Path | None,
    parts: Iterable[str],
    rounds: int,
    size: table.Size,
    say: Callable[[str], None],
) -> tuple[dict[str, dict[str, Run]], int]:
    """Figures by part and variant, and how many runs failed. NotReady where a server cannot be started.

    ``ours`` and ``peers`` are the interpreters of our own processes and of the peers', if there are such.
    """
    found: dict[str, dict[str, Run]] = {}
    faults: list[str] = []
    some = [part for part in parts if part in table.PARTS]
    if some:
        with place(home, ours, peers) as here:
            plans = table.plans(here, size)
            for part in some:
                say(part)
                found[part] = interleaved(plans[part](), rounds, say, faults)
    return found, len(faults)
