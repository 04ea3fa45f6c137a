"""`./plumbline demo` as somebody would run it: a file in, a funnel out, and books that balance."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from commands import ROOT
from demo.life import plan

FILE = """Full Name,Email,Trade,Postal Code,Converted
Ann Lee,ann@lee.example,hvac,37201,1
Bob Ray,bob@ray.example,plumbing,37201,1
Cy Fox,cy@fox.example,hvac,37201,1
Di Orr,di@orr.example,electrical,40202,1
Ed Poe,ed@poe.example,hvac,99999,0
Flo May,,plumbing,,0
Gus Nye,gus@nye.example,,,1
,,,,
"""


def demo(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "commands", "demo", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)


@pytest.mark.timeout(300)
def test_every_enquiry_of_a_file_has_its_life_and_the_books_balance(tmp_path: Path) -> None:
    file = tmp_path / "enquiries.csv"
    file.write_text(FILE)

    done = demo("--leads", str(file), "--json")

    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert (result["faults"], result["trouble"]) == ([], [])
    assert sum(one["count"] for one in result["stages"] if one["name"].startswith("lead ")) == result["rows"] == 7
    assert result["facts"]["plumbline.lead.captured.v1"] == 7
    assert result["applied"] > sum(result["facts"].values())


def test_a_file_that_is_no_list_of_enquiries_is_refused_plainly(tmp_path: Path) -> None:
    file = tmp_path / "picture.csv"
    file.write_bytes(b"\x89PNG\r\n\x1a\n")

    done = demo("--leads", str(file))

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "picture.csv cannot be taken in" in done.stderr


@pytest.mark.parametrize("mark", ["L-00001", "L-00002", "L-00003"])
def test_the_same_seed_gives_the_same_life(mark: str) -> None:
    assert plan(7, mark, {"trade": "hvac"}) == plan(7, mark, {"trade": "hvac"})
    assert len({plan(seed, mark, {}) for seed in range(20)}) > 15
