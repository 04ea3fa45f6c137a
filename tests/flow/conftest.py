"""The whole funnel in one process: facts move when the test settles, and every one of them may come twice."""

from collections.abc import Callable

import pytest

from embedded.testing import Bench
from tests.flow.funnel import Funnel


@pytest.fixture
def funnel(bench: Callable[..., Bench]) -> Funnel:
    return Funnel(bench())
