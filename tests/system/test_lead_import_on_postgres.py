"""A file of enquiries that is sent twice at once, on PostgreSQL: each row is taken in once, and nothing is refused."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest

from embedded.testing import CAST, Bench
from libs.common.auth import Caller, Role
from libs.common.csvfiles import read_csv
from libs.common.leadcolumns import mapping
from libs.common.leadvalues import Where
from libs.common.schema import load
from services.leads.schemas.incoming import LeadIn
from services.leads.service import SPEC
from services.leads.usecases import importing
from tests.service.test_lead_import import FILE, send
from tests.system.postgres_world import bench_over, until_one_waits


@pytest.fixture
def leads(new_database: Callable[[str], str]) -> Iterator[Bench]:
    bench = bench_over(SPEC, new_database("leads"))
    yield bench
    bench.close()


def test_a_file_that_is_sent_twice_at_once_comes_in_once(leads: Bench) -> None:
    store, file = leads.system.parts["leads"].store, read_csv(BytesIO(FILE.encode()))
    columns = mapping(file.columns)
    first = importing.Report(columns.fields, columns.unknown)
    [batch] = importing.batches(file, columns, lambda body: load(LeadIn, body), first, lambda _: Where())
    with ThreadPoolExecutor(1) as pool:
        with store.begin() as tx:
            importing.take_in(tx, batch, first, by=Caller(CAST["csr"][0], frozenset({Role.CSR})))
            tx.session.flush()
            second = pool.submit(send, leads, FILE)
            until_one_waits(store.database.engine)
        report = second.result().get_json()
    assert (first.created, report["created"], report["already"]) == (2, 0, 3)
    assert len(leads.as_("csr").items("/api/v1/leads")) == 2
