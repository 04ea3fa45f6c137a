"""`./plumbline demo` as somebody would run it: a file in, a funnel out, and books that balance."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import services
from bench.reckoning import reckon
from commands import ROOT
from demo.life import plan
from embedded.system import System

# One worker of xdist has the one day that these tests look at.
pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(300)]

FILE = """Full Name,Email,Trade,Postal Code,Source,Converted
Ann Lee,ann@lee.example,hvac,37201,web,1
Bob Ray,bob@ray.example,plumbing,37201,radio,1
Cy Fox,cy@fox.example,hvac,37201,,1
Di Orr,di@orr.example,electrical,40202,,1
Ed Poe,ed@poe.example,hvac,99999,,0
Flo May,,plumbing,,,0
Gus Nye,gus@nye.example,,,,1
,,,,,
"""
MORE = "".join(
    f"Ann Lee {number},ann{number}@lee{number}.example,{trade},37201,{source},\n"
    for number, (trade, source) in enumerate(
        zip(8 * ("hvac", "plumbing", "electrical"), 8 * ("web", "radio", ""), strict=True)
    )
)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> "tuple[subprocess.CompletedProcess[str], Path]":
    """A day of these enquiries, and where it was kept."""
    folder = tmp_path_factory.mktemp("day")
    (folder / "enquiries.csv").write_text(FILE + MORE)
    kept = folder / "kept"
    return demo("--leads", str(folder / "enquiries.csv"), "--keep", str(kept), "--json"), kept


def demo(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "commands", "demo", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)


def test_every_enquiry_of_a_file_has_its_life_and_the_books_balance(day: Any) -> None:
    done, _ = day
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert (result["faults"], result["trouble"]) == ([], [])
    assert sum(one["count"] for one in result["stages"] if one["name"].startswith("lead ")) == result["rows"] == 31
    assert result["facts"]["plumbline.lead.captured.v1"] == 31
    assert result["applied"] > sum(result["facts"].values())


def test_after_a_demo_the_reports_agree_with_the_services_to_the_count_and_the_cent(day: Any) -> None:
    """Driven through the public doors by real processes."""
    system = System.on_files(day[1], services.every(), durable=False)
    system.settle()
    assert reckon(system) == []
    assert len(system.parts) == len(services.NAMES)
    system.close()


def test_a_file_that_is_no_list_of_enquiries_is_refused_plainly(tmp_path: Path) -> None:
    file = tmp_path / "picture.csv"
    file.write_bytes(b"\x89PNG\r\n\x1a\n")

    done = demo("--leads", str(file))

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "picture.csv cannot be taken in" in done.stderr
    assert "Starting" not in done.stderr


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (",12\n,\n,13\n", "none of its 2 rows is an enquiry (line 2: /phones/0 is not a phone number"),
        ("", "it has a header and no rows"),
    ],
)
def test_a_file_without_a_single_enquiry_is_no_success(tmp_path: Path, rows: str, said: str) -> None:
    file = tmp_path / "nobody.csv"
    file.write_text(f"person_name,phone\n{rows}")

    done = demo("--leads", str(file))

    assert (done.returncode, done.stdout) == (1, "")
    assert f"nobody.csv cannot be taken in: {said}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("mark", ["L-00001", "L-00002", "L-00003"])
def test_the_same_seed_gives_the_same_life(mark: str) -> None:
    assert plan(7, mark, {"trade": "hvac"}) == plan(7, mark, {"trade": "hvac"})
    assert len({plan(seed, mark, {}) for seed in range(20)}) > 15
