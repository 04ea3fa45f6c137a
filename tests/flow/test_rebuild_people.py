"""Every service's copy of staff can be built anew from what staff has told."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from embedded.system import Part
from embedded.testing import Bench
from libs.common.bus import Delivery
from libs.common.rebuild import people_of, rebuild


def copies(part: Part) -> list[Any]:
    tables = part.store.tables
    with part.store.reading() as tx:
        return [sorted(map(repr, tx.execute(sa.select(one)))) for one in (tables.people, tables.teams, tables.branches)]


def test_a_rebuilt_copy_of_staff_is_equal_to_the_live_one_in_every_service(bench: Callable[..., Bench]) -> None:
    company = bench()
    for part in company.system.parts.values():  # the cast was not told by staff, so no history has it
        with part.store.begin() as tx:
            for table in (tx.tables.people, tx.tables.teams, tx.tables.branches):
                tx.session.execute(sa.delete(table))
    admin = company.as_("admin")
    branch = admin.post(
        "/api/v1/staff/branches", {"name": "Nashville", "time_zone": "America/Chicago", "currency": "USD"}
    ).get_json()
    ids = []
    for number in range(12):
        person = {
            "name": f"Ann {number}",
            "email": f"ann{number}@test.example",
            "roles": ["csr"],
            "branch": branch["id"],
        }
        ids.append(admin.post("/api/v1/staff/people", person).get_json()["id"])
    for ident in ids[::3]:
        admin.edit("PATCH", f"/api/v1/staff/people/{ident}", {"name": "Ann, renamed"})
    admin.post("/api/v1/staff/teams", {"name": "North", "kind": "sales", "branch": branch["id"], "member_ids": ids[:4]})
    company.settle()
    staff = company.system.parts["staff"].store
    with staff.reading() as tx:
        told = [Delivery(bytes(row)) for row in tx.session.scalars(sa.select(tx.tables.outbox.c.body))]

    for name, part in company.system.parts.items():
        if name == "staff":
            continue
        right = copies(part)
        assert [len(one) for one in right] == [12, 1, 1]
        with part.store.begin() as tx:
            tx.session.execute(sa.update(tx.tables.people).values(name="spoilt"))

        rebuild(part.store, part.consumer, people_of(part.store.tables), lambda since: [told])

        assert copies(part) == right, name
    company.settle(deliver_twice=True)
