"""People on the real database: whoever comes second to an e-mail address is told whose it is."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from embedded.testing import Bench
from services.staff import usecases
from services.staff.service import SPEC
from tests.system.postgres_world import NewDatabases, bench_over, until_one_waits

PEOPLE = "/api/v1/staff/people"


@pytest.fixture
def bench(new_database: NewDatabases) -> Iterator[Bench]:
    bench = bench_over(SPEC, new_database)
    yield bench
    bench.close()


def test_of_two_who_give_one_e_mail_address_to_somebody_at_once_the_second_is_told_that_it_is_taken(
    bench: Bench,
) -> None:
    store, admin = bench.system.parts["staff"].store, bench.as_("admin")
    who = {"name": "Ann Lee", "email": "ann@lee.example", "roles": ["csr"]}
    with ThreadPoolExecutor(1) as pool:
        with store.begin() as tx:
            usecases.add_person(tx, name="Anna Lee", email="Ann@Lee.example", roles=["csr"])
            tx.session.flush()
            second = pool.submit(admin.post, PEOPLE, who)
            until_one_waits(store.database.engine)
        refused = second.result()
    assert (refused.status_code, [one["pointer"] for one in refused.get_json()["errors"]]) == (409, ["/email"])
