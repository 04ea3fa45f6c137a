"""Who works here: people, teams and branches, through the HTTP door of the staff service."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from embedded.testing import CAST, Bench
from libs.common import people, workhours
from libs.common.contracts.staff import BranchChanged, PersonChanged, TeamChanged

STAFF = "/api/v1/staff"


@pytest.fixture
def staff(bench: Callable[..., Bench]) -> Bench:
    return bench("staff")


def made(staff: Bench, what: str, **body: Any) -> dict[str, Any]:
    answer = staff.as_("admin").post(f"{STAFF}/{what}", body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    record: dict[str, Any] = answer.get_json()
    return record


def person(staff: Bench, **more: Any) -> dict[str, Any]:
    body = {"name": "Ann Abel", "email": f"{uuid4().hex}@demo.example", "roles": ["csr"]}
    return made(staff, "people", **body | more)


def branch(staff: Bench, **more: Any) -> dict[str, Any]:
    return made(staff, "branches", **{"name": "Nashville", "time_zone": "America/Chicago", "currency": "USD"} | more)


def pointers(answer: Any) -> set[str]:
    return {one["pointer"] for one in answer.get_json()["errors"]}


def copied(staff: Bench, service: str, ident: str) -> Any:
    from uuid import UUID

    with staff.system.parts[service].store.reading() as tx:
        return people.person(tx, UUID(ident))


# -- people


def test_a_new_person_is_told_whole_and_known_to_staff_itself_at_once(staff: Bench) -> None:
    home = branch(staff)
    ann = person(staff, branch=home["id"], roles=["auditor", "csr", "csr"], phone="+16155550121", skills=["hvac"])

    [fact] = staff.told("staff", PersonChanged)
    assert (str(fact.subject), fact.branch, fact.sequence) == (ann["id"], home["id"], "1")
    assert fact.data["person"]["roles"] == ann["roles"] == ["csr", "auditor"]
    assert fact.data["person"]["skills"] == ["hvac"]
    assert copied(staff, "staff", ann["id"]) == fact.data["person"]
    assert "password" not in str(fact.data)


def test_every_service_has_the_person_however_often_it_hears_of_them(bench: Callable[..., Bench]) -> None:
    both = bench("staff", "leads")
    ann = person(both)
    both.as_("admin").post(f"{STAFF}/people/{ann['id']}/deactivate")
    both.settle(deliver_twice=True)

    assert copied(both, "leads", ann["id"]) == copied(both, "staff", ann["id"])
    assert copied(both, "leads", ann["id"])["active"] is False


def test_nobody_works_at_a_branch_that_there_is_not(staff: Bench) -> None:
    ann, admin, nowhere = person(staff), staff.as_("admin"), {"branch": str(uuid4())}
    body = {"name": "Bob", "email": "bob@demo.example", "roles": ["csr"]} | nowhere
    for refused in (admin.post(f"{STAFF}/people", body), admin.edit("PATCH", f"{STAFF}/people/{ann['id']}", nowhere)):
        assert (refused.status_code, pointers(refused)) == (422, {"/branch"})
    assert len(staff.told("staff", PersonChanged)) == 1


def test_everything_wrong_with_a_person_is_named_at_once(staff: Bench) -> None:
    wrong = {"email": "ann@x.example, bob@x.example", "roles": ["boss"], "calendar": {"hours": {"someday": []}}}
    answer = staff.as_("admin").post(f"{STAFF}/people", wrong)
    assert answer.status_code == 422
    assert {"/name", "/email", "/roles/0"} <= pointers(answer)


@pytest.mark.parametrize("field", ["password", "password_hash", "active", "state", "team_ids", "version"])
def test_what_has_an_act_of_its_own_cannot_be_set_by_the_way(staff: Bench, field: str) -> None:
    body = {"name": "A", "email": "a@demo.example", "roles": ["csr"], field: "x"}
    assert pointers(staff.as_("admin").post(f"{STAFF}/people", body)) == {f"/{field}"}


def test_an_email_address_belongs_to_one_person_in_whatever_case(staff: Bench) -> None:
    person(staff, email="Ann@Demo.example")
    bob = person(staff)
    again = {"name": "Other", "email": "ANN@demo.EXAMPLE", "roles": ["csr"]}

    answer = staff.as_("admin").post(f"{STAFF}/people", again)
    assert (answer.status_code, pointers(answer)) == (409, {"/email"})
    answer = staff.as_("admin").edit("PATCH", f"{STAFF}/people/{bob['id']}", {"email": "ann@demo.example"})
    assert (answer.status_code, pointers(answer)) == (409, {"/email"})
    answer = staff.as_("admin").edit("PATCH", f"{STAFF}/people/{bob['id']}", {"email": bob["email"].upper()})
    assert (answer.status_code, answer.get_json()["email"]) == (200, bob["email"].upper())


def test_a_loader_may_choose_ids_and_run_again(staff: Bench) -> None:
    body = {"id": str(uuid4()), "name": "Ann", "email": "ann@demo.example", "roles": ["csr"]}
    key = {"Idempotency-Key": "loader-1"}
    first = staff.as_("admin").post(f"{STAFF}/people", body, headers=key)
    again = staff.as_("admin").post(f"{STAFF}/people", body, headers=key)

    assert first.get_json()["id"] == body["id"]
    assert (again.status_code, again.data, again.headers["Idempotency-Replayed"]) == (201, first.data, "true")
    assert staff.as_("admin").post(f"{STAFF}/people", body).status_code == 409
    assert len(staff.told("staff", PersonChanged)) == 1


def test_an_id_names_one_record_of_whatever_kind(staff: Bench) -> None:
    taken = branch(staff)["id"]  # facts are counted by id: a person's would mix with the branch's
    for what, body in (
        ("people", {"name": "A", "email": "a@demo.example", "roles": ["csr"]}),
        ("teams", {"name": "T", "kind": "sales"}),
        ("branches", {"name": "B", "time_zone": "UTC", "currency": "USD"}),
    ):
        answer = staff.as_("admin").post(f"{STAFF}/{what}", body | {"id": taken})
        assert (answer.status_code, pointers(answer)) == (409, {"/id"})


def test_a_change_tells_the_whole_record_and_no_change_tells_nothing(staff: Bench) -> None:
    ann = person(staff, territory=["37201"])
    path = f"{STAFF}/people/{ann['id']}"
    changed = staff.as_("admin").edit("PATCH", path, {"name": "Ann Baker", "phone": None})
    same = staff.as_("admin").edit("PATCH", path, {"name": "Ann Baker", "territory": ["37201"]})

    assert changed.get_json()["version"] == same.get_json()["version"] == 2
    facts = [fact.data["person"] for fact in staff.told("staff", PersonChanged)]
    assert [(one["name"], one["territory"]) for one in facts] == [("Ann Abel", ["37201"]), ("Ann Baker", ["37201"])]


def test_an_edit_says_which_version_it_has_seen(staff: Bench) -> None:
    path = f"{STAFF}/people/{person(staff)['id']}"
    admin = staff.as_("admin")
    assert admin.call("PATCH", path, json={"name": "B"}).status_code == 428
    assert admin.call("PATCH", path, json={"name": "B"}, headers={"If-Match": '"7"'}).status_code == 412


def test_nobody_changes_their_own_roles_or_closes_their_own_account(staff: Bench) -> None:
    me = str(CAST["admin"][0])
    person(staff, id=me, roles=["admin"])
    admin, path = staff.as_("admin"), f"{STAFF}/people/{me}"

    assert admin.edit("PATCH", path, {"roles": ["admin", "manager"]}).status_code == 403
    assert admin.edit("PATCH", path, {"roles": ["admin"], "name": "Boss"}).status_code == 200
    assert admin.post(f"{path}/deactivate").status_code == 409
    assert admin.get(path).get_json()["roles"] == ["admin"]


def test_who_leaves_may_come_back_but_not_twice(staff: Bench) -> None:
    path = f"{STAFF}/people/{person(staff)['id']}"
    admin = staff.as_("admin")

    refused = admin.post(f"{path}/activate")
    assert (refused.status_code, refused.get_json()["allowed"]) == (409, ["deactivate"])
    left = admin.post(f"{path}/deactivate").get_json()
    assert (left["active"], [one["action"] for one in left["allowed"]]) == (False, ["activate"])
    assert admin.post(f"{path}/deactivate").status_code == 409
    assert admin.post(f"{path}/activate").get_json()["active"] is True
    assert [fact.data["person"]["active"] for fact in staff.told("staff", PersonChanged)] == [True, False, True]


def test_an_absence_names_who_stands_in_and_ends(staff: Bench) -> None:
    ann, bob = person(staff), person(staff)
    path, admin = f"{STAFF}/people/{ann['id']}/absence", staff.as_("admin")
    away = {"from": "2027-07-05T00:00:00-05:00", "until": "2027-07-17T00:00:00-05:00", "cover_id": bob["id"]}

    kept = admin.post(path, away).get_json()["absence"]
    assert kept == {"from": "2027-07-05T05:00:00Z", "until": "2027-07-17T05:00:00Z", "cover_id": bob["id"]}
    assert staff.told("staff", PersonChanged)[-1].data["person"]["cover_id"] == bob["id"]
    assert admin.post(path, {}).get_json()["absence"] is None
    assert staff.told("staff", PersonChanged)[-1].data["person"]["absent_from"] is None


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"from": "2027-07-05T00:00:00Z", "until": "2027-07-04T00:00:00Z"}, "/until"),
        ({"until": "2027-07-04T00:00:00Z"}, "/from"),
        ({"from": "2027-07-05T00:00:00"}, "/from"),
        ({"from": "2027-07-05T00:00:00Z", "cover_id": str(uuid4())}, "/cover_id"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(staff: Bench, wrong: dict[str, Any], where: str) -> None:
    answer = staff.as_("admin").post(f"{STAFF}/people/{person(staff)['id']}/absence", wrong)
    assert (answer.status_code, pointers(answer)) == (422, {where})


def test_nobody_who_has_left_or_is_away_themselves_stands_in(staff: Bench) -> None:
    ann, bob = person(staff), person(staff)
    admin = staff.as_("admin")
    admin.post(f"{STAFF}/people/{bob['id']}/deactivate")
    for cover in (bob, ann):
        answer = admin.post(
            f"{STAFF}/people/{ann['id']}/absence", {"from": "2027-07-05T00:00:00Z", "cover_id": cover["id"]}
        )
        assert (answer.status_code, pointers(answer)) == (422, {"/cover_id"})


def test_people_are_found_by_role_team_branch_and_words(staff: Bench) -> None:
    home = branch(staff)
    ann = person(staff, name="Ann Ábel", branch=home["id"], roles=["csr", "salesperson"])
    bob = person(staff, name="Bob", roles=["salesperson"])
    team = made(staff, "teams", name="T", kind="sales", member_ids=[bob["id"]])
    admin = staff.as_("admin")

    def found(query: str) -> set[str]:
        return {one["name"] for one in admin.items(f"{STAFF}/people?{query}")}

    assert found("role=csr") == found(f"branch={home['id']}") == found("q=abel") == {ann["name"]}
    assert found("role=salesperson") == {ann["name"], "Bob"}
    assert found(f"team={team['id']}") == found(f"q={bob['email'][:12].upper()}") == {"Bob"}
    assert found("role=manager") == found("q=%25") - {ann["name"], "Bob"} == set()
    admin.post(f"{STAFF}/people/{bob['id']}/deactivate")
    assert found("active=true") == {ann["name"]}
    assert found("active=false") == {"Bob"}
    assert admin.get(f"{STAFF}/people?role=boss").status_code == 422


# -- teams


def test_a_membership_changes_the_team_and_each_person_concerned(staff: Bench) -> None:
    ann, bob, cid = (person(staff) for _ in range(3))
    team = made(staff, "teams", name="Advisors", kind="sales", lead_id=cid["id"], member_ids=[ann["id"], bob["id"]])
    before = len(staff.told("staff"))
    answer = staff.as_("admin").post(
        f"{STAFF}/teams/{team['id']}/members", {"person_ids": [bob["id"], cid["id"], bob["id"]]}
    )

    assert answer.get_json()["member_ids"] == [bob["id"], cid["id"]]
    told = {(fact.type.split(".")[2], str(fact.subject)) for fact in staff.told("staff")[before:]}
    assert told == {("person_changed", ann["id"]), ("person_changed", cid["id"]), ("team_changed", team["id"])}
    assert copied(staff, "staff", ann["id"])["team_ids"] == []
    assert copied(staff, "staff", cid["id"])["team_ids"] == [team["id"]]
    again = staff.as_("admin").post(f"{STAFF}/teams/{team['id']}/members", {"person_ids": [bob["id"], cid["id"]]})
    assert again.status_code == 200
    assert len(staff.told("staff")) == before + 3


def test_a_team_refers_only_to_people_and_branches_that_are_there(staff: Bench) -> None:
    gone, stranger = person(staff), str(uuid4())
    staff.as_("admin").post(f"{STAFF}/people/{gone['id']}/deactivate")
    body = {"name": "T", "kind": "sales", "branch": stranger, "lead_id": stranger, "member_ids": [gone["id"], stranger]}

    answer = staff.as_("admin").post(f"{STAFF}/teams", body)
    assert (answer.status_code, pointers(answer)) == (422, {"/branch", "/lead_id", "/member_ids/0", "/member_ids/1"})
    there = made(staff, "teams", name="T", kind="sales")
    led = {"branch": stranger, "lead_id": gone["id"]}
    answer = staff.as_("admin").edit("PATCH", f"{STAFF}/teams/{there['id']}", led)
    assert (answer.status_code, pointers(answer)) == (422, {"/branch", "/lead_id"})
    assert len(staff.told("staff", TeamChanged)) == 1


def test_who_left_may_stay_in_a_team_but_not_join_one(staff: Bench) -> None:
    ann, bob = person(staff), person(staff)
    old = made(staff, "teams", name="Old", kind="office", member_ids=[ann["id"]])
    new = made(staff, "teams", name="New", kind="office")
    admin = staff.as_("admin")
    admin.post(f"{STAFF}/people/{ann['id']}/deactivate")

    both = {"person_ids": [ann["id"], bob["id"]]}
    assert admin.post(f"{STAFF}/teams/{old['id']}/members", both).status_code == 200
    answer = admin.post(f"{STAFF}/teams/{new['id']}/members", both)
    assert (answer.status_code, pointers(answer)) == (422, {"/person_ids/0"})


def test_a_team_is_renamed_and_led_by_another(staff: Bench) -> None:
    ann = person(staff)
    team = made(staff, "teams", name="T", kind="operations", acknowledge_minutes=240)
    changed = staff.as_("admin").edit("PATCH", f"{STAFF}/teams/{team['id']}", {"name": "U", "lead_id": ann["id"]})

    assert (changed.get_json()["name"], changed.get_json()["lead_id"]) == ("U", ann["id"])
    fact = staff.told("staff", TeamChanged)[-1].data["team"]
    assert (fact["name"], fact["lead_id"], fact["acknowledge_minutes"]) == ("U", ann["id"], 240)
    assert [one["id"] for one in staff.as_("csr").items(f"{STAFF}/teams?kind=operations")] == [team["id"]]
    assert staff.as_("csr").items(f"{STAFF}/teams?kind=sales") == []


# -- branches


def test_a_branch_is_told_with_its_hours_and_area(staff: Bench) -> None:
    hours = {"monday": [{"opens": "07:00", "closes": "12:00"}, {"opens": "13:00", "closes": "18:00"}]}
    calendar = {"hours": hours, "holidays": [{"day": "2027-01-01", "name": "New Year"}]}
    home = branch(staff, calendar=calendar, service_area=["37201"], trades=["hvac"], address={"line1": "1 Row"})

    assert home["calendar"] == calendar
    [fact] = staff.told("staff", BranchChanged)
    assert fact.branch == str(fact.subject) == home["id"]
    assert fact.data["branch"]["calendar"]["hours"]["monday"][1] == {"opens": "13:00:00", "closes": "18:00:00"}
    assert fact.data["branch"]["calendar"]["holidays"] == calendar["holidays"]
    assert fact.data["branch"]["address"]["line1"] == "1 Row"
    changed = staff.as_("admin").edit("PATCH", f"{STAFF}/branches/{home['id']}", {"service_area": ["37201", "37203"]})
    assert changed.get_json()["calendar"] == calendar
    assert staff.told("staff", BranchChanged)[-1].data["branch"]["service_area"] == ["37201", "37203"]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"time_zone": "America/Nashville"}, "/time_zone"),
        ({"currency": "dollars"}, "/currency"),
        ({"currency": "CLF"}, "/currency"),  # a unit of account: its amounts have four decimals
        ({"locale": "en_XX_nowhere"}, "/locale"),
        (
            {"calendar": {"hours": {"monday": [{"opens": "18:00", "closes": "07:00"}]}}},
            "/calendar/hours/monday/0/closes",
        ),
        (
            {"calendar": {"hours": {"monday": [{"opens": "7", "closes": "24:00"}]}}},
            "/calendar/hours/monday/0/opens",
        ),
        ({"calendar": {"holidays": [{"day": "2027-02-30"}]}}, "/calendar/holidays/0/day"),
    ],
)
def test_a_branch_that_cannot_be_is_refused(staff: Bench, wrong: dict[str, Any], where: str) -> None:
    body = {"name": "N", "time_zone": "UTC", "currency": "USD"} | wrong
    answer = staff.as_("admin").post(f"{STAFF}/branches", body)
    assert answer.status_code == 422
    assert where in pointers(answer)


def test_a_night_shift_is_given_as_two_and_no_minute_of_it_is_lost(staff: Bench) -> None:
    body = {"name": "N", "time_zone": "America/Chicago", "currency": "USD"}
    over_midnight = {"calendar": {"hours": {"monday": [{"opens": "22:00", "closes": "06:00"}]}}}
    [fault] = staff.as_("admin").post(f"{STAFF}/branches", body | over_midnight).get_json()["errors"]
    assert fault["pointer"] == "/calendar/hours/monday/0/closes"
    assert "over midnight give 23:59, and from 00:00 on the next day" in fault["detail"]

    two = {"monday": [{"opens": "22:00", "closes": "23:59"}], "tuesday": [{"opens": "00:00", "closes": "06:00"}]}
    night = staff.as_("admin").post(f"{STAFF}/branches", body | {"calendar": {"hours": two}}).get_json()
    monday = datetime(2026, 6, 8, 22, 30, tzinfo=ZoneInfo("America/Chicago"))
    assert workhours.after_working_minutes(monday, 120, night) == monday + timedelta(hours=2)
    assert workhours.after_working_minutes(monday, 90, night) == monday + timedelta(minutes=90)
    assert workhours.after_working_minutes(monday, 8 * 60, night) == monday + timedelta(days=7)


def test_hours_that_overlap_are_refused(staff: Bench) -> None:
    spans = [{"opens": "07:00", "closes": "13:00"}, {"opens": "12:00", "closes": "18:00"}]
    body = {"name": "N", "time_zone": "UTC", "currency": "USD", "calendar": {"hours": {"monday": spans}}}
    answer = staff.as_("admin").post(f"{STAFF}/branches", body)
    assert (answer.status_code, pointers(answer)) == (422, {"/calendar/hours/monday"})
