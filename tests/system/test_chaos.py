"""Funnels under load while processes, broker and database die: nothing acknowledged is lost, nothing happens twice."""

from collections.abc import Callable

import pytest

from bench.chaos import Plan, run

pytestmark = [pytest.mark.xdist_group("chaos"), pytest.mark.timeout(1200)]

WHOLE = Plan(funnels=300, kill=8.0, broker=90.0, database=120.0)  # beside two other workers of the suite
BEFORE_A_RELEASE = Plan(funnels=10_000, clients=12, kill=4.0, broker=60.0, database=90.0)  # within an hour and a half


def test_three_hundred_funnels_outlive_the_death_of_everything(measured: Callable[[str], None]) -> None:
    """The auditor has nothing to say; a run in which one of the things that were to go wrong never did fails too."""
    report = run(WHOLE)
    measured(report.text())
    assert report.faults == [], report.text()


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
def test_ten_thousand_funnels_outlive_the_death_of_everything(measured: Callable[[str], None]) -> None:
    report = run(BEFORE_A_RELEASE)
    measured(report.text())
    assert report.faults == [], report.text()
