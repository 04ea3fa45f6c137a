"""What the console's read model shows is never more than the doors do, on SQLite."""

from tests.flow.no_more import ShowsNoMore


class TestShowsNoMore(ShowsNoMore):
    pass
