"""Photos and documents on PostgreSQL: the same as on files, also where several are put at a record at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from embedded.testing import Bench, Clock
from libs.common import files
from services.leads.service import SPEC
from tests.flow import test_files_in_the_funnel as stories
from tests.flow.funnel import Funnel
from tests.service.some_files import kept, put
from tests.service.test_files import API, big, lead, stored
from tests.system.postgres_world import NewDatabases, bench_of_all, bench_over


@pytest.fixture
def leads(new_database: NewDatabases) -> Iterator[Bench]:
    bench = bench_over(SPEC, new_database)
    yield bench
    bench.close()


def test_the_largest_file_comes_back_as_it_was_and_leaves_nothing_behind(leads: Bench) -> None:
    where, photo = lead(leads), big(files.MOST_BYTES)
    one = kept(leads, "csr", where, photo)
    assert leads.as_("csr").get(one["href"]).data == photo
    assert leads.as_("csr").post(f"{one['href']}/remove", {"reason": "blurred"}).status_code == 200
    assert stored(leads) == 0


def test_those_who_put_files_there_at_once_do_not_overfill_a_record(
    leads: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_FILES", 3)
    where = lead(leads)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: put(leads, "csr", where).status_code, range(8)))
    assert sorted(answers) == [201] * 3 + [409] * 5
    assert len(leads.as_("csr").items(f"{API}{where}/files")) == 3


def test_files_go_from_the_enquiry_to_the_job_and_back(new_database: NewDatabases) -> None:
    bench = bench_of_all(new_database, Clock())
    try:
        stories.test_files_go_to_the_job_with_the_sale_and_the_originals_stay(Funnel(bench), twice=True)
        stories.test_an_undone_sale_gives_the_files_back(Funnel(bench))
    finally:
        bench.close()
