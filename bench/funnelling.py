"""Whole funnels a second on the whole system as ``./plumbline up --distributed`` starts it, the demo company in it."""

import os
import subprocess
import sys
from itertools import count

from bench import funnels
from bench.noise import Run
from bench.place import Place, end
from commands import ROOT
from libs.local.ports import free_port

CLIENTS, LEAST_S = 4, 3.0
_runs = count()


def run(place: Place, seconds: float) -> Run:
    """Four clients, each from the first call to work completed, again and again. RuntimeError for any that failed."""
    port, data = free_port(), place.home / f"funnels-{next(_runs)}"
    command = ["-m", "commands", "up", "--distributed", "--json", "--port", str(port), "--data", str(data)]
    system = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        assert system.stdout is not None
        if not system.stdout.readline():  # a line of JSON says that it is ready
            raise RuntimeError("the system did not start")
        found = funnels.run(f"http://127.0.0.1:{port}", CLIENTS, max(2 * seconds, LEAST_S))
    finally:
        end(system)
    if found["failures"] or not found["funnels"]:
        raise RuntimeError(f"{len(found['failures'])} funnels failed: {found['failures'][:3]}")
    return {"rate": found["funnels_per_second"], "n": found["funnels"], "seconds": found["median_seconds"]}
