"""Who may, whose record it is, and what is said of both."""

from uuid import uuid4

import sqlalchemy as sa

from tests.contract.web_world import (
    ADMIN,
    AUDITOR,
    BOXES,
    CSR,
    HERE,
    SALES,
    TABLES,
    THERE,
    World,
    problem,
)


class People:
    def test_nobody_comes_in_without_a_token(self, world: World) -> None:
        for headers in (
            {},
            {"Authorization": "Basic eDp5"},
            {"Authorization": "Bearer"},
            {"Authorization": "Bearer x"},
        ):
            answer = world.call("GET", "", by=None, **headers)
            problem(answer, 401, "unauthenticated")
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        problem(world.call("POST", "", b"{", by=None), 401)

    def test_a_role_without_the_permission_is_refused_and_the_refusal_is_kept(self, world: World) -> None:
        said = problem(world.post("", {"label": "x"}, by="auditor", X_Request_Id="probe-1"), 403, "forbidden")
        assert said["request_id"] == "probe-1"
        with world.store.reading() as tx:
            [row] = tx.session.execute(sa.select(TABLES.audit)).all()
        assert (row.actor, row.action, row.kind, row.request) == (str(AUDITOR), f"POST {BOXES}", "denied", "probe-1")

    def test_nobody_passes_a_request_off_as_a_timer_or_job_of_ours(self, world: World) -> None:
        answer = world.post("", {"label": "x"}, X_Request_Id="timer:box-is-late")
        assert answer.status_code == 201
        with world.store.reading() as tx:
            [row] = tx.session.execute(sa.select(TABLES.audit)).all()
        assert row.request == answer.headers["X-Request-Id"] != "timer:box-is-late"

    def test_a_record_out_of_scope_is_not_there(self, world: World) -> None:
        mine, other = world.box(owner_id=str(SALES))["id"], world.box(owner_id=str(CSR))["id"]
        far = world.box(branch=str(THERE))["id"]
        assert world.get(f"/{mine}", by="sales").status_code == 200
        problem(world.get(f"/{other}", by="sales"), 404, "not-found")
        problem(world.call("PATCH", f"/{other}", {"size": 1}, by="sales", If_Match="*"), 404)
        problem(world.get(f"/{far}"), 404)
        assert [box["id"] for box in (world.get("", by="sales").json or {})["items"]] == [mine]
        assert {box["id"] for box in (world.get("").json or {})["items"]} == {mine, other}
        assert {box["id"] for box in (world.get("", by="auditor").json or {})["items"]} == {mine, other, far}

    def test_roles_are_the_service_s_own_copy_s_and_not_the_token_s(self, world: World) -> None:
        row = {"name": "C", "email": "c@example.com", "branch": HERE, "teams": [], "details": {}}
        team = {"name": "T", "kind": "sales", "branch": HERE, "lead_id": CSR, "members": [str(SALES), str(ADMIN)]}
        assert (world.get("/mine").json or {})["seen"] == "csr"
        with world.store.begin() as tx:
            people = tx.insert(TABLES.people).values(id=CSR, roles=["manager"], active=True, **row)
            tx.session.execute(people)
            tx.session.execute(tx.insert(TABLES.teams).values(id=uuid4(), **team))
        world.app.extensions["plumbline.edge"].people.forget()
        assert world.get("/mine").json == {"count": 3, "seen": "manager"}
        with world.store.begin() as tx:
            tx.session.execute(sa.update(TABLES.people).values(active=False))
        world.app.extensions["plumbline.edge"].people.forget()
        problem(world.get("/mine"), 401)

    def test_a_record_shows_what_this_caller_may_do_and_what_is_missing(self, world: World) -> None:
        path = f"/{world.box(owner_id=str(SALES))['id']}"
        ship = {"action": "ship", "ok": False, "missing": [{"field": "size", "text": "say how large it is"}]}
        fine = {"ok": True, "missing": []}
        assert (world.get(path).json or {})["allowed"] == [
            {"action": "validate", **fine},
            {"action": "assign", **fine},
            ship,
        ]
        assert (world.get(path, by="sales").json or {})["allowed"] == [{"action": "validate", **fine}, ship]
        assert (world.get(path, by="auditor").json or {})["allowed"] == []

    def test_guessing_is_slowed_down(self, world: World) -> None:
        for _ in range(3):
            problem(world.post("/guess", by=None), 409)
        answer = world.post("/guess", by=None)
        problem(answer, 429, "too-many-requests")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
