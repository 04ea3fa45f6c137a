"""The benchmarks measure what they say: each variant has its effect, whatever it takes on this machine."""

import json
import os
import subprocess
import sys

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


@pytest.mark.timeout(300)
def test_each_part_is_measured_and_its_effect_is_checked() -> None:
    done = bench("--only", "relay,latency,consumer,chain,write,list,process", "--json")

    assert done.returncode == 0, done.stderr[-3000:]
    measured = json.loads(done.stdout)
    assert {part: len(figures) for part, figures in measured.items()} == {
        "relay": 3, "latency": 1, "consumer": 3, "chain": 1, "write": 3, "list": 2, "process": 2,
    }  # fmt: skip
    assert all(run["rate"] > 0 for figures in measured.values() for run in figures.values())


def test_a_part_that_there_is_not_is_refused() -> None:
    refused = bench("--only", "relay,everything")

    assert refused.returncode == 2
    assert "there is no everything" in refused.stderr
