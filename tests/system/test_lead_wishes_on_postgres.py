"""Other systems' enquiries, on PostgreSQL."""

from collections.abc import Callable, Iterator

import pytest

from embedded.system import System
from embedded.testing import Bench, Clock, hire
from libs.common import migrate, orm
from services.leads.service import SPEC
from tests.service.lead_wishes import LeadWishes


class TestLeadWishes(LeadWishes):
    @pytest.fixture
    def leads(self, new_database: Callable[[str], str]) -> Iterator[Bench]:
        database = orm.connect(new_database("leads"), pool_size=10)
        migrate.upgrade(SPEC, database)
        bench = Bench.__new__(Bench)  # the same bench, over a database that is there
        bench.clock, bench._sequences = Clock(), {}
        bench.system = System.over({"leads": (SPEC, database)})
        hire(bench.system.parts["leads"].store)
        yield bench
        bench.close()
