"""After a day of enquiries, driven through the public doors by real processes, reports and records agree."""

import csv
from pathlib import Path

import pytest

import services
from bench.reckoning import reckon
from embedded.system import System
from tests.system.test_demo import demo


@pytest.mark.timeout(300)
def test_after_a_demo_the_reports_agree_with_the_services_to_the_count_and_the_cent(tmp_path: Path) -> None:
    file, kept = tmp_path / "enquiries.csv", tmp_path / "kept"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("Full Name", "Email", "Trade", "Postal Code", "Source"))
        for number in range(24):
            trade, source = ("hvac", "plumbing", "electrical")[number % 3], ("web", "radio", "")[number % 3]
            writer.writerow((f"Ann Lee {number}", f"ann{number}@lee{number}.example", trade, "37201", source))

    done = demo("--leads", str(file), "--keep", str(kept), "--json")

    assert done.returncode == 0, done.stdout + done.stderr
    system = System.on_files(kept, services.every(), durable=False)
    system.settle()
    assert reckon(system) == []
    assert len(system.parts) == len(services.NAMES)
    system.close()
