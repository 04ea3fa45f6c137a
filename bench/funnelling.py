"""Whole funnels a second on the whole system as ``./plumbline up --distributed`` starts it, the demo company in it."""

import json
import os
import subprocess
import sys
from itertools import count
from typing import Any

from bench import funnels
from bench.noise import Run, cpu_of
from bench.place import Place
from commands import ROOT
from libs.local.ports import free_port

CLIENTS, WARM = 4, 0.25
END_S = 60  #: the broker alone takes six seconds to stop
_runs = count()


def run(place: Place, seconds: float) -> Run:
    """Four clients, each from the first call to work completed, again and again. RuntimeError for any that failed.

    The first quarter does not count: what is compiled and prepared once is, by then.
    """
    port, data = free_port(), place.home / f"funnels-{next(_runs)}"
    command = ["-m", "commands", "up", "--distributed", "--json", "--port", str(port), "--data", str(data)]
    with (place.home / "said").open("w") as said:
        system = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,
        )
    try:
        assert system.stdout is not None
        line = system.stdout.readline()  # it says so when it is ready
        if not line:
            raise RuntimeError(f"the system did not start: {(place.home / 'said').read_text()[-600:]}")
        return _measured(f"http://127.0.0.1:{port}", json.loads(line)["pids"], seconds)
    finally:
        system.terminate()
        system.wait(END_S)


def _measured(url: str, pids: dict[str, int], seconds: float) -> Run:
    warm = funnels.run(url, CLIENTS, WARM * seconds)
    before = _used(pids)
    found = funnels.run(url, CLIENTS, seconds)
    failures = [*warm["failures"], *found["failures"]]
    if failures or not found["funnels"]:
        raise RuntimeError(f"{len(failures)} funnels failed: {failures[:3]}")
    walked = found["funnels"] + 1  # a first one is walked before the clock runs
    each: dict[str, Any] = {name: (now - before[name]) / walked * 1e6 for name, now in _used(pids).items()}
    return {"rate": found["funnels_per_second"], "n": found["funnels"], "seconds": found["median_seconds"], **each}


def _used(pids: dict[str, int]) -> dict[str, float]:
    """CPU seconds so far: of our own processes, the broker, the database."""
    servers = {"broker_us": pids["rabbitmq"], "database_us": pids["postgres"]}
    ours = [pid for name, pid in pids.items() if pid not in servers.values()]
    return {"own_us": cpu_of(*ours), **{name: cpu_of(pid) for name, pid in servers.items()}}
