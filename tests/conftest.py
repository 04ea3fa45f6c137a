"""What every test may ask for: one service alone, or the whole funnel, on files of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from embedded.testing import Bench

# A busy machine is no fault of what is tested: nothing here is judged by how long it took.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")

MEASURED = "measured"  #: the property under which a test keeps it


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", action="store_true", help="the browser's tests paint docs/screens anew")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """``bench("leads")`` is that service alone; ``bench()`` is all of them. Nothing moves until ``settle()``."""
    from tests.answers import watch

    made, faults = list[Bench](), list[str]()

    def make(*names: str) -> Bench:
        made.append(Bench(tmp_path, names) if names else Bench(tmp_path))
        watch(made[-1], faults)
        return made[-1]

    yield make
    for one in made:
        one.close()
    assert not faults, "answers that the OpenAPI document does not know: " + "\n".join(sorted(set(faults)))


@pytest.fixture(autouse=True)
def databases_are_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Those that a test opened by itself: newer Pythons warn of each that nobody closed, in some later test."""
    from libs.common import orm

    opened, connect = list[orm.Database](), orm.connect

    def connected(*args: Any, **more: Any) -> orm.Database:
        opened.append(connect(*args, **more))
        return opened[-1]

    monkeypatch.setattr(orm, "connect", connected)
    yield
    for one in opened:
        one.dispose()


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """``measured("40 kills")``: stands at the end of pytest's output, also where the test passes."""
    return lambda text: record_property(MEASURED, text)


def pytest_sessionstart(session: pytest.Session) -> None:
    from tests.loading import load

    load(session.config)


def pytest_collection_finish(session: pytest.Session) -> None:
    from tests import programs
    from tests.kept import keep

    programs.fetch(session.items)
    keep()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """What shares one costly system runs on one worker."""
    from tests.groups import ByGroup

    return ByGroup(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests have measured, and what the simulation did to the kernel, if it ran."""
    from tests.simulation.report import summary

    passed = terminalreporter.stats.get("passed", ())
    for report in passed:
        for name, text in report.user_properties:
            if name == MEASURED:
                terminalreporter.write_sep("-", report.nodeid.rpartition("::")[2])
                terminalreporter.write_line(text)
    for line in summary(passed):
        terminalreporter.write_sep("-", "simulation")
        terminalreporter.write_line(line)
