"""The whole funnel in one process: facts move when the test settles, and every one of them may come twice."""

from collections.abc import Callable, Iterator

import pytest

from embedded.testing import Bench
from tests.flow import unit_of_work
from tests.flow.funnel import Funnel


@pytest.fixture
def funnel(bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch) -> Iterator[Funnel]:
    left = unit_of_work.watch(monkeypatch)
    yield Funnel(bench())
    assert not left - unit_of_work.LEFT_TO_IT.keys(), "slow: what does it hang on? docs/adr/0019"
