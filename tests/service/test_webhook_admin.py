"""What an admin does with webhooks: adds, tries, pauses, changes, removes them; and what nobody may have posted to."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
import sqlalchemy as sa
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks import Webhook as Checking

from embedded.testing import Bench, Caller
from libs.common.contracts import bookings, leads
from libs.common.deployment import Deployment
from libs.local.ports import free_port
from services.notifications.usecases import webhooks
from tests.listening import LOOPBACK, Listening, listening
from tests.service.hooks_world import HOOKS, hook, log, send, state, store_of, tell


@pytest.fixture
def company(bench: Callable[..., Bench]) -> Bench:
    made = bench("notifications")
    store_of(made).deployment = Deployment(public_url="http://plumbline.example", inside=LOOPBACK)
    return made


@pytest.fixture
def receiver() -> Iterator[Listening]:
    with listening() as there:
        yield there


def test_while_a_webhook_is_paused_its_facts_wait(company: Bench, receiver: Listening) -> None:
    path, other = hook(company, receiver.url), hook(company, "https://hooks.example.com/", "plumbline.job.#")
    receiver.say = [500]
    tell(company)
    send(company)
    company.as_("admin").post(f"{path}/pause")
    tell(company)
    company.clock.forward(hours=1)
    send(company)
    assert len(receiver.got) == 1
    assert [state(company, one)["waiting"] for one in (path, other)] == [2, 0]


def test_a_webhook_that_is_resumed_is_not_spared_any_more(company: Bench, receiver: Listening) -> None:
    path = hook(company, receiver.url)
    receiver.say = [500]
    tell(company)
    send(company)
    for act in ("pause", "resume"):
        company.as_("admin").post(f"{path}/{act}")
    send(company)
    assert len(receiver.got) == 2
    assert state(company, path)["waiting"] == 0


def test_what_waits_for_a_webhook_that_is_removed_goes_nowhere(company: Bench, receiver: Listening) -> None:
    path = hook(company, receiver.url)
    tell(company)
    company.as_("admin").post(f"{path}/remove")
    tell(company)
    send(company)
    assert receiver.got == []
    assert company.as_("admin").items(HOOKS) == []
    [lost] = log(company, path)
    assert (lost["state"], lost["error"]) == ("given_up", "the webhook was removed")
    assert company.as_("admin").edit("PATCH", path, {"types": ["plumbline.job.#"]}).status_code == 409
    for act in ("deliveries/again", f"deliveries/{lost['id']}/again", "rotate-secret", "test"):
        assert company.as_("admin").post(f"{path}/{act}").status_code == 409


def test_for_a_day_after_a_change_both_secrets_sign(company: Bench, receiver: Listening) -> None:
    path, admin = hook(company, receiver.url), company.as_("admin")
    old = admin.get(f"{path}/secret").get_json()["secret"]
    admin.post(f"{path}/rotate-secret")
    new = admin.get(f"{path}/secret").get_json()["secret"]
    tell(company)
    send(company)
    for secret in (old, new):
        Checking(secret).verify(receiver.got[0].body, receiver.got[0].headers)
    assert len(receiver.got[0].headers["webhook-signature"].split()) == 2
    company.clock.forward(hours=24)
    tell(company)
    send(company)
    assert len(receiver.got[1].headers["webhook-signature"].split()) == 1
    assert old != new


def test_a_try_goes_at_once_also_where_the_receiver_was_down(company: Bench, receiver: Listening) -> None:
    path = hook(company, receiver.url, "plumbline.booking.#")
    receiver.say = [500]
    tell(company, bookings.BookingAssigned, by="bookings")
    send(company)
    tried = company.as_("admin").post(f"{path}/test").get_json()
    send(company)
    assert receiver.types[-1] == "plumbline.webhook.tested.v1"
    assert [one["state"] for one in log(company, path) if one["id"] == tried["id"]] == ["delivered"]


def test_a_try_is_a_cloud_event_for_a_receiver_who_reads_it_with_its_library(
    company: Bench, receiver: Listening
) -> None:
    company.as_("admin").post(f"{hook(company, receiver.url)}/test")
    send(company)
    read = JSONFormat().read(CloudEvent, receiver.got[0].body)
    assert (read.get_type(), read.get_dataschema()) == ("plumbline.webhook.tested.v1", None)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.example.com/", "https"),
        ("ftp://hooks.example.com/", "https"),
        ("https://127.0.0.1/", "public internet"),
        ("https://2130706433/", "public internet"),
        ("https://0x7f.1/", "public internet"),
        ("https://[::ffff:10.0.0.1]/", "public internet"),
        ("https://localhost/", "only this network"),
        ("https://user:secret@hooks.example.com/", "password"),
        ("https://hooks.example.com:25/", "port 25"),
        ("nothing", "https"),
    ],
)
def test_an_address_that_is_not_outside_is_refused_with_its_reason(company: Bench, url: str, why: str) -> None:
    store_of(company).deployment = Deployment()
    answer = company.as_("admin").post(HOOKS, {"url": url, "types": ["#"]})
    assert answer.status_code == 422
    [fault] = answer.get_json()["errors"]
    assert fault["pointer"] == "/url"
    assert why in fault["detail"]
    assert company.as_("admin").items(HOOKS) == []


def test_an_address_is_named_together_with_everything_else_that_is_wrong(company: Bench) -> None:
    store_of(company).deployment = Deployment()
    wrong = {"url": "https://127.0.0.1/", "types": ["nonsense"], "description": 3, "more": True}
    answer = company.as_("admin").post(HOOKS, wrong)
    assert answer.status_code == 422
    pointers = {one["pointer"] for one in answer.get_json()["errors"]}
    assert pointers == {"/url", "/types/0", "/description", "/more"}
    path = hook(company, "https://hooks.example.com/")
    changed = company.as_("admin").edit("PATCH", path, {"url": "https://localhost/", "types": []})
    assert {one["pointer"] for one in changed.get_json()["errors"]} == {"/url", "/types"}
    nowhere = {"branch": str(uuid4())}
    added = company.as_("admin").post(HOOKS, {"url": "https://hooks.example.com/", "types": ["#"]} | nowhere)
    for answer in (added, company.as_("admin").edit("PATCH", path, nowhere)):
        assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/branch")
    mine = "/api/v1/notifications/preferences"
    chat = company.as_("csr").edit("PUT", mine, {"chat_url": "https://10.0.0.1/", "channels": {"nonsense": []}})
    assert {one["pointer"].split("/")[1] for one in chat.get_json()["errors"]} == {"chat_url", "channels"}


def test_there_are_no_more_webhooks_than_a_fact_can_be_looked_at_for(
    company: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MOST", 1)
    chat = {"chat_url": "https://chat.example.com/"}  # is none of them
    assert company.as_("csr").edit("PUT", "/api/v1/notifications/preferences", chat).status_code == 200
    path, wanted = hook(company, "https://hooks.example.com/"), {"url": "https://hooks.example.com/", "types": ["#"]}
    assert company.as_("admin").post(HOOKS, wanted).status_code == 409
    company.as_("admin").post(f"{path}/remove")
    assert company.as_("admin").post(HOOKS, wanted).status_code == 201


def test_what_there_is_no_fact_of_cannot_be_asked_for(company: Bench) -> None:
    for wrong in ("plumbline.booking.vanished.v1", "plumbline.staff.#", "plumbline.notification.#", "*"):
        answer = company.as_("admin").post(HOOKS, {"url": "https://hooks.example.com/", "types": [wrong]})
        [fault] = answer.get_json()["errors"]
        assert fault["pointer"] == "/types/0"
        assert "plumbline.booking." in fault["detail"]


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("plumbline.#", {"nurturing", "assigned"}),
        ("lead.*.v1", {"nurturing", "assigned"}),
        ("plumbline.*.assigned.v1", {"assigned"}),
        ("booking.#", set()),
    ],
)
def test_what_a_webhook_is_told_is_chosen_as_a_binding_chooses_it(
    company: Bench, receiver: Listening, pattern: str, told: set[str]
) -> None:
    hook(company, receiver.url, pattern)
    tell(company)
    tell(company, leads.LeadAssigned)
    send(company)
    assert {one.split(".")[2] for one in receiver.types} == told


def test_the_secret_and_the_address_stand_in_no_fact_and_no_audit(company: Bench, receiver: Listening) -> None:
    path = hook(company, f"{receiver.url}?key=hidden-in-the-address")
    admin = company.as_("admin")
    secret = admin.get(f"{path}/secret").get_json()["secret"]
    admin.post(f"{path}/rotate-secret")
    audit = store_of(company).tables.audit
    with store_of(company).reading() as tx:
        kept = str(tx.session.execute(sa.select(audit)).all())
    said = str([one.encode() for one in company.told("notifications")]) + str(admin.get(path).get_json()["host"])
    assert secret not in kept + said
    assert "hidden-in-the-address" not in kept + said
    assert company.as_("auditor").get(f"{path}/secret").status_code == 403


@pytest.mark.parametrize("who", ["csr", "salesperson", "manager", "office", "operations", "marketing", "technician"])
def test_only_admins_have_to_do_with_webhooks(company: Bench, who: str) -> None:
    path = hook(company, "https://hooks.example.com/")
    caller: Caller = company.as_(who)
    assert caller.get(HOOKS).status_code == 403
    assert caller.post(HOOKS, {"url": "https://hooks.example.com/", "types": ["#"]}).status_code == 403
    assert caller.post(f"{path}/pause").status_code == 403


def test_a_change_needs_the_version_that_was_read_and_sends_what_waits_to_the_new_address(
    company: Bench, receiver: Listening
) -> None:
    path, admin = hook(company, f"http://127.0.0.1:{free_port()}/"), company.as_("admin")
    tell(company)
    send(company)
    assert state(company, path)["failures"] == 1
    assert admin.call("PATCH", path, json={"url": receiver.url}).status_code == 428
    assert admin.edit("PATCH", path, {"url": receiver.url}).status_code == 200
    send(company)
    assert len(receiver.got) == 1


def test_what_was_delivered_long_ago_is_forgotten_and_what_waits_never(company: Bench, receiver: Listening) -> None:
    path = hook(company, receiver.url)
    tell(company)
    send(company)
    receiver.always = 500
    tell(company)
    company.clock.forward(days=31)
    assert webhooks.prune(store_of(company)) == 1
    assert [one["state"] for one in log(company, path)] == ["waiting"]
