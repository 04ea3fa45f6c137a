"""A page of a list costs what it shows, however many records there are: PostgreSQL finds its beginning by an index."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from embedded.testing import AWAY, CAST, HOME, Bench
from services.leads.model import Lead
from services.leads.service import SPEC
from tests.service.test_leads import LEADS, captured
from tests.statements import hearing
from tests.system.postgres_world import NewDatabases, bench_over, looked_at

pytestmark = pytest.mark.xdist_group("lists")

MANY = 20_000
SALESPERSON, COLLEAGUE, STRANGER = (CAST[name][0] for name in ("salesperson", "colleague", "stranger"))
#: the same lead once more, i = 1, 2, …: what is another's own
OTHERS = {
    "id": "gen_random_uuid()",
    "number": "'L-' || (900000 + i)",
    "created_at": "created_at - i * interval '1 minute'",
    "state": "(ARRAY['new', 'contacted', 'valid', 'converted'])[1 + mod(i, 4)]",
    "source": "(ARRAY['web', 'fair', 'radio'])[1 + mod(i / 4, 3)]",
    "branch": f"(ARRAY['{HOME}', '{AWAY}'])[1 + mod(i / 36, 2)]::uuid",
    "owner_id": f"(ARRAY['{SALESPERSON}', '{COLLEAGUE}', '{STRANGER}'])[1 + mod(i / 12, 3)]::uuid",
}


@pytest.fixture(scope="module")
def leads(new_databases: Callable[[], NewDatabases]) -> Iterator[Bench]:
    with new_databases() as new_database, closing(bench_over(SPEC, new_database)) as bench:
        fill(bench)
        yield bench


def fill(bench: Bench) -> None:
    captured(bench)
    columns = [column.name for column in Lead.__table__.columns]
    copies = ", ".join(OTHERS.get(column, column) for column in columns)
    into = f"INSERT INTO leads ({', '.join(columns)}) SELECT {copies} FROM leads, generate_series(1, {MANY}) AS i"
    with bench.system.parts["leads"].store.database.engine.begin() as connection:
        connection.exec_driver_sql(into)
        connection.exec_driver_sql("ANALYZE leads")
        written = "at, actor, action, kind, changes, request, client"
        again = f"SELECT {written}, mod(i, 2000)::text FROM audit, generate_series(1, {MANY}) AS i"
        connection.exec_driver_sql(f"INSERT INTO audit ({written}, subject) {again}")
        connection.exec_driver_sql("ANALYZE audit")


def rows_read(leads: Bench, who: str, path: str) -> int:
    """How many rows and entries of indexes the page's own statement looks at."""
    database = leads.system.parts["leads"].store.database
    with hearing(database) as asked:
        leads.as_(who).items(path)
    [(statement, given)] = [one for one in asked if "ORDER BY" in one[0]]
    with database.engine.begin() as connection:
        [[[plan]]] = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", given)
    return looked_at(plan["Plan"])


@pytest.mark.parametrize("who", ["admin", "office", "manager", "salesperson"])
@pytest.mark.parametrize(
    "query",
    ["", "sort=created_at", "state=new", "source=fair", f"owner={SALESPERSON}", f"branch={HOME}",
     "created_after=2020-01-01T00:00:00Z", "state=new&sort=created_at"],
)  # fmt: skip
def test_a_page_of_leads_looks_at_few_of_them(leads: Bench, who: str, query: str) -> None:
    path, after = f"{LEADS}?{query}", ""
    assert rows_read(leads, who, path) < MANY / 20
    for _ in range(6):
        after = "&cursor=" + leads.as_(who).get(f"{path}&limit=200{after}").get_json()["next"]
    assert rows_read(leads, who, path + after) < MANY / 20


@pytest.mark.parametrize("query", ["", "subject=7"])
def test_a_page_of_the_audit_looks_at_few_of_its_rows(leads: Bench, query: str) -> None:
    assert rows_read(leads, "auditor", f"{LEADS}/audit?{query}") < 1000
