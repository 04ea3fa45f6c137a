"""The reckoning finds what it is there for: whatever the console would say wrongly, it says so."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from bench.reckoning import reckon
from embedded.testing import Bench
from tests.flow.busy import worked
from tests.flow.funnel import Funnel

pytestmark = pytest.mark.xdist_group("figures")  # one worker makes the company, and not each of them

NOBODY = uuid.UUID(int=99)
#: what is reckoned, what the console has wrong, and how
WRONG = [
    ("lanes", "cards", "stage", lambda _column: "elsewhere"),
    ("worth", "cards", "contract_total", lambda column: column + 1),
    ("funnel", "cards", "won_at", lambda _column: None),
    ("won value", "cards", "contract_total", lambda column: column + 1),
    ("close rate", "cards", "salesperson_id", lambda _column: NOBODY),
    ("answers", "cards", "responded_at", lambda _column: None),
    ("stages", "stages", "stage", lambda _column: "elsewhere"),
    ("losses", "cards", "lost_reason", lambda _column: "weather"),
    ("offers", "estimates", "total", lambda column: column + 1),
    ("live offers", "estimates", "state", lambda _column: "expired"),
    ("discounts", "estimates", "discount", lambda column: column + 1),
    ("hand-over", "bookings", "accepted_at", lambda _column: None),
]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp("busy"))
    worked(Funnel(bench))
    yield bench
    bench.close()


@contextmanager
def wrong(bench: Bench, table: str, column: str, how: Any) -> Iterator[None]:
    """Every row of the console's that has the column has it wrong meanwhile."""
    console = bench.system.parts["console"]
    here = console.service.metadata.tables[table]
    key = list(here.primary_key)
    with console.store.begin() as tx:
        before = tx.session.execute(sa.select(*key, here.c[column]).where(here.c[column].is_not(None))).all()
        assert before, f"no row of {table} has a {column}"
        tx.execute(sa.update(here).where(here.c[column].is_not(None)).values({column: how(here.c[column])}))
    yield
    with console.store.begin() as tx:
        for *idents, value in before:
            mine = sa.and_(*(one == ident for one, ident in zip(key, idents, strict=True)))
            tx.execute(sa.update(here).where(mine).values({column: value}))


@pytest.mark.parametrize(("name", "table", "column", "how"), WRONG, ids=[one[0] for one in WRONG])
def test_a_number_that_the_services_do_not_bear_out_is_named(
    busy: Bench, name: str, table: str, column: str, how: Any
) -> None:
    with wrong(busy, table, column, how):
        found = reckon(busy.system)
    assert [one for one in found if one.startswith(f"{name}, ")], found
    assert reckon(busy.system) == []


def test_everything_that_is_reckoned_has_been_wrong_once(busy: Bench) -> None:
    from bench.reckoning import _right

    assert {one[0] for one in WRONG} == set(_right(busy.system))
