"""Other systems hear of the funnel by webhooks: signed, at least once, a record's facts in order, and never inside."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook as Checking

from embedded.testing import AWAY, HOME, Bench, Caller
from libs.common import outside
from libs.common.contracts import bookings, leads, sales
from libs.common.contracts.webhooks import WebhookChanged
from libs.common.surroundings import Surroundings
from libs.local.ports import free_port
from services.notifications.adapters import SENDERS, posting
from services.notifications.usecases import webhooks
from tests.listening import LOOPBACK, Listening, listening
from tests.service.notification_facts import fact

HOOKS = "/api/v1/notifications/webhooks"


@pytest.fixture
def company(bench: Callable[..., Bench]) -> Bench:
    made = bench("notifications")
    store_of(made).surroundings = Surroundings(public_url="http://plumbline.example", inside=LOOPBACK)
    return made


@pytest.fixture
def receiver() -> Iterator[Listening]:
    with listening() as there:
        yield there


def store_of(bench: Bench) -> Any:
    return bench.system.parts["notifications"].store


def send(bench: Bench) -> None:
    """The senders do what is to be done now."""
    while any(job.run(store_of(bench)) for job in SENDERS):
        pass


def tell(bench: Bench, kind: type[Any] = leads.LeadNurturing, by: str = "leads", **more: Any) -> UUID:
    event = fact(kind, **{"subject": uuid4(), **more})
    bench.tell(event, by=by)
    return event.subject


def hook(bench: Bench, url: str, *types: str, **more: Any) -> str:
    answer = bench.as_("admin").post(HOOKS, {"url": url, "types": list(types or ("#",)), **more})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return f"{HOOKS}/{answer.get_json()['id']}"


def state(bench: Bench, path: str) -> dict[str, Any]:
    found: dict[str, Any] = bench.as_("auditor").get(path).get_json()
    return found


def log(bench: Bench, path: str, **asked: str) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return bench.as_("auditor").items(f"{path}/deliveries?{query}")


def test_a_fact_arrives_as_it_was_on_the_bus_and_its_signature_says_that_it_is_ours(
    company: Bench, receiver: Listening
) -> None:
    path = hook(company, receiver.url, "plumbline.lead.#")
    lead = tell(company)
    send(company)

    [got] = receiver.got
    secret = company.as_("admin").get(f"{path}/secret").get_json()["secret"]
    assert Checking(secret).verify(got.body, got.headers)["subject"] == str(lead)
    assert got.headers["content-type"] == "application/cloudevents+json"
    assert got.fact["type"] == "plumbline.lead.nurturing.v1"
    assert got.fact["specversion"] == "1.0"
    assert (got.fact["source"], got.fact["sequence"]) == ("/plumbline/leads", "1")
    [row] = log(company, path)
    assert (row["id"], row["state"], row["attempts"], row["status"]) == (got.id, "delivered", 1, 204)


def test_only_what_a_webhook_asked_for_of_its_branch_goes_there(company: Bench, receiver: Listening) -> None:
    hook(company, receiver.url, "plumbline.booking.assigned.v1", "plumbline.job.#", branch=str(HOME))
    tell(company)
    tell(company, bookings.BookingAssigned, by="bookings", branch=AWAY)
    tell(company, bookings.BookingAccepted, by="bookings")
    tell(company, bookings.BookingAssigned, by="bookings")
    tell(company, sales.JobCreated, by="bookings")
    send(company)
    assert receiver.types == ["plumbline.booking.assigned.v1", "plumbline.job.created.v1"]


def test_a_receiver_that_was_down_gets_everything_in_order_and_others_never_waited(
    company: Bench, receiver: Listening
) -> None:
    with listening() as well:
        path = hook(company, receiver.url)
        hook(company, well.url)
        receiver.always = 503
        lead = tell(company)
        tell(company, leads.LeadValidated, subject=lead)
        send(company)
        assert well.types == ["plumbline.lead.nurturing.v1", "plumbline.lead.validated.v1"]
        assert len(receiver.got) == 1
        assert state(company, path)["waiting"] == 2

        receiver.always = 204
        send(company)
        assert len(receiver.got) == 1  # it rests
        company.clock.forward(seconds=5)
        send(company)

    assert receiver.types[1:] == ["plumbline.lead.nurturing.v1", "plumbline.lead.validated.v1"]
    assert receiver.ids[0] == receiver.ids[1]
    assert receiver.got[0].body == receiver.got[1].body
    now = state(company, path)
    assert (now["waiting"], now["failures"], now["trouble"]) == (0, 0, None)


def test_the_longer_a_receiver_is_down_the_less_often_it_is_asked(company: Bench, receiver: Listening) -> None:
    path = hook(company, receiver.url)
    receiver.always = 500
    tell(company)
    for pause in (5, 10, 20, 40):
        send(company)
        tried = len(receiver.got)
        company.clock.forward(seconds=pause - 1)
        send(company)
        assert len(receiver.got) == tried
        company.clock.forward(seconds=1)
    assert state(company, path)["failures"] == 4


def test_a_receiver_that_asks_to_be_spared_is_but_for_no_longer_than_a_day(company: Bench, receiver: Listening) -> None:
    path = hook(company, receiver.url)
    receiver.say = [(429, {"Retry-After": "3600"}), (503, {"Retry-After": str(10 * 365 * 86400)})]
    tell(company)
    send(company)
    company.clock.forward(minutes=59)
    send(company)
    assert len(receiver.got) == 1
    company.clock.forward(minutes=1)
    send(company)
    assert len(receiver.got) == 2
    company.clock.forward(hours=24)
    send(company)
    assert state(company, path)["waiting"] == 0


def test_a_receiver_that_is_gone_for_good_is_sent_no_more_and_the_admins_are_told(
    company: Bench, receiver: Listening
) -> None:
    path = hook(company, receiver.url)
    receiver.say = [410]
    lead = tell(company)
    send(company)
    tell(company, leads.LeadValidated, subject=lead)
    company.clock.forward(days=1)
    send(company)

    assert len(receiver.got) == 1
    now = state(company, path)
    assert (now["state"], now["waiting"]) == ("disabled", 2)
    assert "410" in now["reason"]
    [told] = company.as_("admin").items("/api/v1/notifications?kind=webhook_disabled")
    assert told["link"] == f"/settings/webhooks/{now['id']}"
    assert told["text"].startswith("Nothing more is sent to 127.0.0.1: its receiver said")
    assert [one.data["state"] for one in company.told("notifications", WebhookChanged)] == ["active", "disabled"]

    company.as_("admin").post(f"{path}/resume")
    send(company)
    assert receiver.types[1:] == ["plumbline.lead.nurturing.v1", "plumbline.lead.validated.v1"]


def test_a_receiver_that_fails_for_five_days_is_disabled_and_keeps_what_is_for_it(
    company: Bench, receiver: Listening
) -> None:
    path = hook(company, receiver.url)
    receiver.always = 500
    tell(company)
    for _ in range(5):
        send(company)
        company.clock.forward(hours=24)
    assert state(company, path)["state"] == "active"
    send(company)
    now = state(company, path)
    assert (now["state"], now["waiting"]) == ("disabled", 1)
    assert "failed since" in now["reason"]


def test_what_a_receiver_refuses_is_given_up_after_a_while_and_holds_up_its_own_record_alone(
    company: Bench, receiver: Listening
) -> None:
    path = hook(company, receiver.url)
    refused, fine = tell(company), uuid4()
    receiver.say = [422]
    send(company)
    tell(company, leads.LeadValidated, subject=refused)
    tell(company, subject=fine)
    send(company)
    receiver.say = [422] * 5
    assert [one.fact["subject"] for one in receiver.got] == [str(refused), str(fine)]
    for minutes in (1, 3, 5, 10, 30):
        company.clock.forward(minutes=minutes)
        send(company)

    assert receiver.types[-1] == "plumbline.lead.validated.v1"
    [lost] = log(company, path, state="given_up")
    assert (lost["attempts"], lost["status"]) == (6, 422)

    again = company.as_("admin").post(f"{path}/deliveries/{lost['id']}/again")
    assert again.get_json()["state"] == "waiting"
    send(company)
    assert receiver.ids[-1] == lost["id"] == receiver.ids[0]
    assert receiver.got[-1].body == receiver.got[0].body


def test_all_that_was_given_up_goes_once_more_at_one_word(company: Bench, receiver: Listening) -> None:
    path = hook(company, receiver.url)
    receiver.always = 400
    tell(company)
    tell(company)
    for _ in range(6):
        send(company)
        company.clock.forward(hours=1)
    assert len(log(company, path, state="given_up")) == 2
    receiver.always = 204
    assert company.as_("admin").post(f"{path}/deliveries/again").get_json() == {"again": 2}
    send(company)
    assert len(log(company, path, state="delivered")) == 2


def test_a_redirect_is_a_failure_and_not_followed(company: Bench, receiver: Listening) -> None:
    with listening() as elsewhere:
        path = hook(company, receiver.url)
        receiver.say = [(307, {"Location": elsewhere.url})]
        tell(company)
        send(company)
        assert elsewhere.got == []
    assert state(company, path)["trouble"] == "307: it leads elsewhere, and is not followed"


def test_while_a_webhook_is_paused_its_facts_wait(company: Bench, receiver: Listening) -> None:
    path = hook(company, receiver.url)
    company.as_("admin").post(f"{path}/pause")
    tell(company)
    send(company)
    assert receiver.got == []
    assert state(company, path)["waiting"] == 1
    company.as_("admin").post(f"{path}/resume")
    send(company)
    assert len(receiver.got) == 1


def test_what_waits_for_a_webhook_that_is_removed_goes_nowhere(company: Bench, receiver: Listening) -> None:
    path = hook(company, receiver.url)
    tell(company)
    company.as_("admin").post(f"{path}/remove")
    tell(company)
    send(company)
    assert receiver.got == []
    assert company.as_("admin").items(HOOKS) == []
    assert [(one["state"], one["error"]) for one in log(company, path)] == [("given_up", "the webhook was removed")]
    assert company.as_("admin").post(f"{path}/deliveries/again").status_code == 409


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


class Died(BaseException):
    """The process, as far as a sender is concerned."""


def test_a_sender_that_dies_after_the_post_sends_it_once_more_under_the_same_id(
    company: Bench, receiver: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(company, receiver.url)
    tell(company)

    def die(point: str) -> None:
        if point == "webhook_sent":
            raise Died

    with monkeypatch.context() as patched:
        patched.setattr(store_of(company), "crash", die)
        patched.setattr(posting, "_change", lambda *_a, **_k: None)  # nor does it give its lease back
        with pytest.raises(Died):
            send(company)
    send(company)
    assert len(receiver.got) == 1  # its lease is not over
    company.clock.forward(seconds=60)
    send(company)
    send(company)
    assert len(receiver.got) == 2
    assert receiver.ids[0] == receiver.ids[1]
    assert receiver.got[0].body == receiver.got[1].body


def test_a_receiver_that_hangs_or_drips_is_cut_off_and_rests(
    company: Bench, receiver: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "LONGEST_S", 0.3)
    over = []

    def drip(door: Any) -> None:
        try:
            while True:
                door.wfile.write(b"H")
                door.wfile.flush()
                over.append(door.connection.recv(1) == b"")
        except OSError:
            over.append(True)

    path = hook(company, receiver.url)
    receiver.say = [drip]
    tell(company)
    send(company)
    assert state(company, path)["failures"] == 1
    assert state(company, path)["waiting"] == 1


def test_an_answer_without_end_is_not_read_to_its_end(company: Bench, receiver: Listening) -> None:
    sent = []

    def talk(door: Any) -> None:
        door.send_response(200)
        door.send_header("Content-Length", str(10 * 1024**3))
        door.end_headers()
        try:
            while True:
                door.wfile.write(b"x" * 65536)
                sent.append(65536)
        except OSError:
            door.close_connection = True

    path = hook(company, receiver.url)
    receiver.say = [talk]
    tell(company)
    send(company)
    assert state(company, path)["waiting"] == 0
    assert sum(sent) < 50 * 1024**2


def test_a_name_that_leads_inside_by_now_is_not_posted_to(
    company: Bench, receiver: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_of(company).surroundings = Surroundings()
    path = hook(company, "https://hooks.customer.example/")
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    found = [(2, 1, 6, "", ("93.184.216.34", int(port))), (2, 1, 6, "", ("127.0.0.1", int(port)))]
    monkeypatch.setattr(outside.socket, "getaddrinfo", lambda *_a, **_k: found)
    tell(company)
    send(company)
    assert receiver.got == []
    assert state(company, path)["trouble"] == "leads to 127.0.0.1, which is not on the public internet"


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
    store_of(company).surroundings = Surroundings()
    answer = company.as_("admin").post(HOOKS, {"url": url, "types": ["#"]})
    assert answer.status_code == 422
    [fault] = answer.get_json()["errors"]
    assert fault["pointer"] == "/url"
    assert why in fault["detail"]
    assert company.as_("admin").items(HOOKS) == []


def test_there_are_no_more_webhooks_than_a_fact_can_be_looked_at_for(
    company: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MOST", 1)
    path, wanted = hook(company, "https://hooks.example.com/"), {"url": "https://hooks.example.com/", "types": ["#"]}
    assert company.as_("admin").post(HOOKS, wanted).status_code == 409
    company.as_("admin").post(f"{path}/remove")
    assert company.as_("admin").post(HOOKS, wanted).status_code == 201


def test_what_there_is_no_fact_of_cannot_be_asked_for(company: Bench) -> None:
    for wrong in ("plumbline.booking.vanished.v1", "plumbline.staff.#", "plumbline.notification.#", "*"):
        answer = company.as_("admin").post(HOOKS, {"url": "https://hooks.example.com/", "types": [wrong]})
        assert [one["pointer"] for one in answer.get_json()["errors"]] == ["/types/0"]


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
