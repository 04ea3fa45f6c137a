"""`./plumbline test tests/simulation --seed N` runs that seed alone, and says everything that was wrong with it."""

import pytest

from tests.simulation.found import FOUND


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, action="append", help="the one seed of the simulation to run")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        asked = metafunc.config.getoption("--seed", None)
        metafunc.parametrize("seed", asked or sorted(FOUND))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--seed", None):
        others = [item for item in items if "seed" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]
