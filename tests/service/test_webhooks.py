"""Other systems hear of the funnel by webhooks: signed, at least once, a record's facts in order, and never inside."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks import Webhook as Checking

from embedded.testing import AWAY, HOME, Bench
from libs.common import egress
from libs.common.contracts import bookings, leads, sales
from libs.common.contracts.webhooks import WebhookChanged
from libs.common.deployment import Deployment
from services.notifications.adapters import posting
from tests.listening import LOOPBACK, Listening, listening
from tests.service.hooks_world import hook, log, send, state, store_of, tell


@pytest.fixture
def company(bench: Callable[..., Bench]) -> Bench:
    made = bench("notifications")
    store_of(made).deployment = Deployment(public_url="http://plumbline.example", inside=LOOPBACK)
    return made


@pytest.fixture
def receiver() -> Iterator[Listening]:
    with listening() as there:
        yield there


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
    assert len(log(company, path, subject=str(refused))) == 2
    assert [one["type"] for one in log(company, path, type="plumbline.lead.validated.v1")] == [receiver.types[-1]]

    other, once_more = hook(company, "https://hooks.example.com/"), f"deliveries/{lost['id']}/again"
    assert company.as_("admin").post(f"{other}/{once_more}").status_code == 404
    again = company.as_("admin").post(f"{path}/{once_more}")
    assert again.get_json()["state"] == "waiting"
    assert company.as_("admin").post(f"{path}/{once_more}").status_code == 409
    send(company)
    assert receiver.ids[-1] == lost["id"] == receiver.ids[0]
    assert receiver.got[-1].body == receiver.got[0].body


def test_all_that_was_given_up_goes_once_more_at_one_word(company: Bench, receiver: Listening) -> None:
    path, other = hook(company, receiver.url), hook(company, receiver.url)
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
    assert company.as_("admin").post(f"{path}/deliveries/again").get_json() == {"again": 0}
    assert len(log(company, other, state="given_up")) == 2, "another webhook's are another matter"


def test_a_redirect_is_a_failure_and_not_followed(company: Bench, receiver: Listening) -> None:
    with listening() as elsewhere:
        path = hook(company, receiver.url)
        receiver.say = [(307, {"Location": elsewhere.url})]
        tell(company)
        send(company)
        assert elsewhere.got == []
    assert state(company, path)["trouble"] == "307: it leads elsewhere, and is not followed"


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
        patched.setattr(posting, "_let_go", lambda *_: None)  # nor does it give its lease back
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


def test_a_sender_that_stood_still_does_not_give_back_the_lease_of_who_took_over(
    company: Bench, receiver: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else two would post to one receiver at once, and a record's facts would overtake each other."""
    hook(company, receiver.url)
    tell(company)
    another = []

    def stand_still(point: str) -> None:
        if point == "webhook_sent" and not another:
            company.clock.forward(seconds=60)
            another.append(posting._take(store_of(company)))

    monkeypatch.setattr(store_of(company), "crash", stand_still)
    send(company)
    tell(company)
    send(company)
    assert len(receiver.got) == len(another) == 1
    company.clock.forward(seconds=60)
    send(company)
    assert len(receiver.got) == 2


def test_of_two_senders_who_see_the_same_webhook_one_serves_it(
    company: Bench, receiver: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(company, receiver.url)
    tell(company)
    store, another = store_of(company), list[Any]()
    alone = store.alone

    def slower(*, changing: bool = True) -> Any:
        if changing and not another:
            another.append(store)
            another.append(posting._take(store))
        return alone(changing=changing)

    monkeypatch.setattr(store, "alone", slower)
    send(company)
    assert (another[1] is not None, receiver.got) == (True, [])
    company.clock.forward(seconds=60)
    send(company)
    assert len(receiver.got) == 1


def test_a_webhook_that_is_paused_while_it_is_served_gets_no_more_until_it_goes_on(
    company: Bench, receiver: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hook(company, receiver.url)
    lead = tell(company)
    tell(company, leads.LeadValidated, subject=lead)

    def pause(point: str) -> None:
        if point == "webhook_sent" and len(receiver.got) == 1:
            assert company.as_("admin").post(f"{path}/pause").status_code == 200

    monkeypatch.setattr(store_of(company), "crash", pause)
    send(company)
    assert receiver.types == ["plumbline.lead.nurturing.v1"]
    assert company.as_("admin").post(f"{path}/resume").status_code == 200
    send(company)
    assert receiver.types == ["plumbline.lead.nurturing.v1", "plumbline.lead.validated.v1"]


def test_a_receiver_that_drips_is_cut_off_and_rests(
    company: Bench, receiver: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "LONGEST_S", 0.3)
    left = threading.Event()

    def drip(door: Any) -> None:
        with contextlib.suppress(OSError):  # it is cut off
            while not left.wait(0.05):
                door.wfile.write(b"H")
                door.wfile.flush()
        door.close_connection = True

    path = hook(company, receiver.url)
    receiver.say = [drip]
    tell(company)
    send(company)
    left.set()
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
    store_of(company).deployment = Deployment()
    path = hook(company, "https://hooks.customer.example/")
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    found = [(2, 1, 6, "", ("93.184.216.34", int(port))), (2, 1, 6, "", ("127.0.0.1", int(port)))]
    monkeypatch.setattr(egress.socket, "getaddrinfo", lambda *_a, **_k: found)
    tell(company)
    send(company)
    assert receiver.got == []
    assert state(company, path)["trouble"] == "leads to 127.0.0.1, which is not on the public internet"
