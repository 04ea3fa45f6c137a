"""Other systems' enquiries, on PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from embedded.testing import Bench
from services.leads.service import SPEC
from tests.service.lead_wishes import LeadWishes
from tests.system.postgres_world import NewDatabases, bench_over


class TestLeadWishes(LeadWishes):
    @pytest.fixture
    def leads(self, new_database: NewDatabases) -> Iterator[Bench]:
        with closing(bench_over(SPEC, new_database)) as bench:
            yield bench
