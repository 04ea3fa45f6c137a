"""A file of enquiries on PostgreSQL, sent twice at once or losing its database half-way: each row comes in once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO

import pytest
import sqlalchemy as sa

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
from tests.system.postgres_world import NewDatabases, bench_over, until_one_waits


class GivenUp(Exception):
    """An act does not come to its end."""


@pytest.fixture
def leads(new_database: NewDatabases) -> Iterator[Bench]:
    bench = bench_over(SPEC, new_database)
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


def test_who_sends_a_file_whose_database_goes_away_half_way_is_told_of_every_row_that_came_in(
    leads: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    store, content = leads.system.parts["leads"].store, FILE.replace("not an address", "eve@poe.example")
    file = read_csv(BytesIO(content.splitlines(keepends=True)[0].encode() + content.splitlines()[4].encode()))
    columns = mapping(file.columns)
    other = importing.Report(columns.fields, columns.unknown)
    [batch] = importing.batches(file, columns, lambda body: load(LeadIn, body), other, lambda _: Where())
    killing = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with ThreadPoolExecutor(1) as pool:
        with suppress(GivenUp), store.begin() as tx:  # another is at the third row, and does not take it in
            importing.take_in(tx, batch, other, by=Caller(CAST["csr"][0], frozenset({Role.CSR})))
            sent = pool.submit(send, leads, content)
            until_one_waits(store.database.engine)
            with store.database.engine.connect() as killer:
                assert killer.execute(sa.text(f"{killing} AND datname = current_database()")).scalar_one()
            raise GivenUp
        report = sent.result().get_json()
    assert (report["created"], report["already"]) == (3, 1)
    assert len(leads.as_("csr").items("/api/v1/leads")) == 3
