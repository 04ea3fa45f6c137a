"""What is shown or changed is read once, with all that belongs to it: how often the database is asked, is promised."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from embedded.testing import OPERATIONS
from tests.flow.funnel import API, Funnel


@contextmanager
def reads(funnel: Funnel, service: str) -> Iterator[list[str]]:
    """The SELECTs that a service sends while the block runs, but for those that find out who calls."""
    engine, seen = funnel.bench.system.parts[service].store.database.engine, list[str]()

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("SELECT") and "FROM people" not in statement and "FROM teams" not in statement:
            seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", note)


def test_an_order_with_its_parts_and_its_chain_is_read_by_one_statement(funnel: Funnel) -> None:
    booking = funnel.booked()["id"]
    funnel.ready(booking)
    with reads(funnel, "bookings") as seen:
        done = funnel.do("manager", f"/bookings/{booking}/assign-to-operation", {"team_id": str(OPERATIONS)})
    assert len([one for one in seen if "FROM bookings" in one]) == 1
    with reads(funnel, "bookings") as seen:
        shown = funnel.see(f"/bookings/{booking}")
    assert len(seen) == 1
    assert (shown["parts"], shown["assignments"]) == (done["parts"], done["assignments"])


@pytest.mark.parametrize("who", ["staff", "customer"])
def test_an_estimate_with_its_options_and_its_opportunity_is_read_by_one_statement(funnel: Funnel, who: str) -> None:
    estimate, token = funnel.sent()
    funnel.bench.public.get(f"{API}/shared/{token}")  # the branch's settings are known for a second
    with reads(funnel, "estimates") as seen:
        if who == "staff":
            shown = funnel.see(f"/estimates/{estimate}")
        else:
            shown = funnel.bench.public.get(f"{API}/shared/{token}").get_json()
    assert len(seen) == 1
    assert shown["title"]
    assert shown["options"][0]["lines"]


def test_only_who_looks_at_sales_reads_their_orders_and_that_once(funnel: Funnel) -> None:
    with reads(funnel, "bookings") as seen:
        funnel.booked()
        funnel.booked()
    assert not [one for one in seen if "FROM bookings" in one and "bookings.id IN (?" in one]
    with reads(funnel, "bookings") as seen:
        sales = funnel.see("/bookings/sales")["items"]
    assert [sale["allowed"][-1]["action"] for sale in sales] == ["undo", "undo"]
    assert len([one for one in seen if "FROM bookings" in one]) == 1
