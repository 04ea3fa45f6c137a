"""The benchmarks measure what they say: each variant has its effect, whatever it takes on this machine."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from commands import ROOT


def bench(*args: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "commands", "bench", "--tiny", "--rounds", "1", "--no-peers", *args],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


#: how many variants each part has without the peers
PARTS = {"relay": 3, "latency": 1, "consumer": 3, "chain": 1, "write": 3, "list": 2, "process": 2}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("parts", [("relay",), pytest.param(tuple(PARTS), marks=pytest.mark.long)])
def test_each_part_is_measured_and_its_effect_is_checked(parts: tuple[str, ...]) -> None:
    done = bench("--only", ",".join(parts), "--json")

    assert done.returncode == 0, done.stderr[-3000:]
    measured = json.loads(done.stdout)
    assert {part: len(figures) for part, figures in measured.items()} == {part: PARTS[part] for part in parts}
    assert all(run["rate"] > 0 for figures in measured.values() for run in figures.values())


def test_a_part_that_there_is_not_is_refused() -> None:
    refused = bench("--only", "relay,everything")

    assert refused.returncode == 2
    assert "there is no everything" in refused.stderr


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_bench_that_is_told_to_end_leaves_nothing_behind() -> None:
    with tempfile.TemporaryDirectory(prefix="plumbline-test-") as home:
        Path(home).chmod(0o755)
        command = [sys.executable, "-m", "commands", "bench", "--only", "chain", "--no-peers"]
        bench = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": home}, stderr=subprocess.PIPE
        )
        assert bench.stderr is not None
        with bench.stderr as said:
            while line := said.readline():  # the servers are there when the first part begins
                if line == b"plumbline: chain\n":
                    break
            assert begun_in(home)
            bench.send_signal(signal.SIGTERM)
            said.read()
        assert bench.wait() == 128 + signal.SIGTERM
        assert not begun_in(home)
        assert not list(Path(home).iterdir())


def begun_in(home: str) -> list[str]:
    """Every process that was told of this folder, by arguments or environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if home.encode() in told and int(process.name) != os.getpid():
            found.append(told.decode(errors="replace"))
    return found
