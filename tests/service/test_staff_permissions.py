"""Who may do what with staff: every route against every role."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from embedded.testing import CAST, Bench
from services.staff.api import BLUEPRINTS

STAFF = "/api/v1/staff"
PUBLIC = {("POST", f"{STAFF}/sessions"), ("GET", f"{STAFF}/jwks")}
CHANGING = {
    ("POST", f"{STAFF}/people"),
    ("PATCH", f"{STAFF}/people/<id>"),
    ("POST", f"{STAFF}/people/<id>/password"),
    ("POST", f"{STAFF}/people/<id>/deactivate"),
    ("POST", f"{STAFF}/people/<id>/activate"),
    ("POST", f"{STAFF}/people/<id>/absence"),
    ("POST", f"{STAFF}/teams"),
    ("PATCH", f"{STAFF}/teams/<id>"),
    ("POST", f"{STAFF}/teams/<id>/members"),
    ("POST", f"{STAFF}/branches"),
    ("PATCH", f"{STAFF}/branches/<id>"),
}
READING = {
    ("GET", f"{STAFF}/me"),
    ("POST", f"{STAFF}/sessions/renew"),
    ("POST", f"{STAFF}/sessions/end"),
    *(("GET", f"{STAFF}/{what}{one}") for what in ("people", "teams", "branches") for one in ("", "/<id>")),
}


@pytest.fixture
def staff(bench: Callable[..., Bench]) -> Bench:
    return bench("staff")


def test_every_route_of_staff_is_in_this_table(staff: Bench) -> None:
    app, mine = staff.system.parts["staff"].app, {one.name for one in BLUEPRINTS}
    routes = {
        (
            method,
            str(rule)
            .replace("<uuid:person_id>", "<id>")
            .replace("<uuid:team_id>", "<id>")
            .replace("<uuid:branch_id>", "<id>"),
        )
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in mine
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == PUBLIC | CHANGING | READING


@pytest.mark.parametrize("who", CAST)
def test_only_an_admin_changes_staff(staff: Bench, who: str) -> None:
    for method, path in sorted(CHANGING):
        headers = {"If-Match": "*"}
        status = staff.as_(who).call(method, path.replace("<id>", str(uuid4())), json={}, headers=headers).status_code
        assert status in ({404, 422} if who == "admin" else {403}), (method, path)


@pytest.mark.parametrize("who", CAST)
def test_everybody_signed_in_sees_names_and_who_runs_plumbline_the_rest(staff: Bench, who: str) -> None:
    admin = staff.as_("admin")
    person = admin.post(f"{STAFF}/people", {"name": "Ann", "email": "ann@demo.example", "roles": ["csr"]}).get_json()
    team = admin.post(f"{STAFF}/teams", {"name": "T", "kind": "sales"}).get_json()
    branch = admin.post(f"{STAFF}/branches", {"name": "B", "time_zone": "UTC", "currency": "USD"}).get_json()
    caller, details = staff.as_(who), who in ("admin", "auditor")

    assert caller.get(f"{STAFF}/me").get_json()["name"] == who
    for what, record in (("people", person), ("teams", team), ("branches", branch)):
        one = caller.get(f"{STAFF}/{what}/{record['id']}").get_json()
        assert one["name"] == record["name"]
        assert caller.items(f"{STAFF}/{what}")[0]["name"] == record["name"]
        assert ("version" in one) == (details or what == "teams")
    shown = [caller.get(f"{STAFF}/people/{person['id']}").get_json(), *caller.items(f"{STAFF}/people")]
    assert [("email" in one, "phone" in one) for one in shown] == [(details, details)] * 2
    assert len(caller.items(f"{STAFF}/people?q=ann@demo")) == (1 if details else 0)


def test_nobody_comes_in_without_a_token(staff: Bench) -> None:
    for method, path in sorted(CHANGING | READING):
        assert staff.public.call(method, path.replace("<id>", str(uuid4())), json={}).status_code == 401, (method, path)
    assert staff.public.get(f"{STAFF}/jwks").status_code == 200
    assert staff.public.post(f"{STAFF}/sessions").status_code == 422


def test_what_is_not_there_is_not_found(staff: Bench) -> None:
    for what in ("people", "teams", "branches"):
        assert staff.as_("admin").get(f"{STAFF}/{what}/{uuid4()}").status_code == 404
        assert staff.as_("admin").get(f"{STAFF}/{what}/not-an-id").status_code == 404
