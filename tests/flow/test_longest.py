"""What is as long as may be typed, over files."""

from tests.flow.longest import Longest


class TestLongest(Longest):
    """With the ``funnel`` of all flow tests."""
