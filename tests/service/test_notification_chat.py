"""Who wants to is told in their chat: by an address of their own, in the same words, after their quiet hours."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from embedded.testing import Bench, moment
from libs.common.contracts import leads
from libs.common.contracts.notifications import NotificationFailed, NotificationSent
from libs.common.deployment import Deployment
from services.notifications.states import Kind
from services.notifications.usecases import follow_up
from tests.listening import LOOPBACK, Listening, listening
from tests.service.console_reader import Reader
from tests.service.hooks_world import send, store_of
from tests.service.notification_facts import tell, told

PREFERENCES = "/api/v1/notifications/preferences"


@pytest.fixture
def company(bench: Callable[..., Bench]) -> Bench:
    made = bench("notifications")
    made.clock.now = moment("2027-05-04 15:00")  # ten in the morning in Nashville
    store_of(made).deployment = Deployment("https://plumbline.example", inside=LOOPBACK)
    return made


@pytest.fixture
def chat() -> Iterator[Listening]:
    with listening("/services/T1/B2") as there:
        yield there


def prefers(bench: Bench, who: str, *channels: str, **more: Any) -> Any:
    body = {"channels": {str(kind): list(channels) for kind in Kind}, "quiet_hours": None, **more}
    return bench.as_(who).edit("PUT", PREFERENCES, body)


def log(bench: Bench, channel: str = "chat") -> list[dict[str, Any]]:
    return bench.as_("auditor").items(f"/api/v1/notifications/deliveries?channel={channel}")


def test_who_wants_to_is_told_in_their_chat_with_where_to_look(company: Bench, chat: Listening) -> None:
    prefers(company, "salesperson", "in_app", "chat", chat_url=chat.url)
    event = tell(company, leads.LeadAssigned, actor="csr", title="Ivy <!channel> & Sons", first_response_due_at=None)
    send(company)

    [got] = chat.got
    words = "Lead L-00042 is yours: Ivy &lt;!channel&gt; &amp; Sons. Given by csr."
    assert got.fact == {"text": f"{words} https://plumbline.example/leads/{event.subject}"}
    assert got.headers["content-type"] == "application/json"
    assert "webhook-signature" not in got.headers
    assert told(company, "salesperson") == ["lead_assigned"]
    follow_up(store_of(company))
    assert [one["state"] for one in log(company)] == ["sent"]
    [fact] = company.told("notifications", NotificationSent)
    assert fact.data["channel"] == "chat"


def test_who_has_no_chat_is_told_in_the_app(company: Bench) -> None:
    prefers(company, "salesperson", "chat")
    tell(company, leads.LeadAssigned, actor="csr")
    assert log(company) == []
    assert told(company, "salesperson") == ["lead_assigned"]


def test_a_chat_is_still_in_its_quiet_hours(company: Bench, chat: Listening) -> None:
    prefers(company, "salesperson", "chat", chat_url=chat.url, quiet_hours={"from": "09:00", "until": "11:00"})
    tell(company, leads.LeadAssigned, actor="csr")
    send(company)
    assert chat.got == []
    company.clock.forward(hours=1)
    send(company)
    assert len(chat.got) == 1


def test_a_chat_that_is_gone_says_so_to_its_owner_who_is_told_in_the_app_from_then_on(
    company: Bench, chat: Listening
) -> None:
    prefers(company, "salesperson", "chat", chat_url=chat.url)
    chat.say = [410]
    tell(company, leads.LeadAssigned, actor="csr")
    send(company)
    follow_up(store_of(company))
    assert [one["state"] for one in log(company)] == ["failed"]
    assert len(company.told("notifications", NotificationFailed)) == 1
    tell(company, leads.LeadAssigned, actor="csr")
    assert sorted(told(company, "salesperson")) == ["chat_disabled", "lead_assigned"]
    [news] = company.as_("salesperson").items("/api/v1/notifications?kind=chat_disabled")
    assert "410" in news["text"]
    assert news["link"] == "/notifications/preferences"
    as_a_webhook = f"/api/v1/notifications/webhooks/{news['subject']}"
    for door in (as_a_webhook, f"{as_a_webhook}/secret", f"{as_a_webhook}/deliveries"):
        assert company.as_("admin").get(door).status_code == 404, "what holds a person's chat is theirs"

    prefers(company, "salesperson", "chat", chat_url=chat.url)  # saved once more: tried once more
    tell(company, leads.LeadAssigned, actor="csr")
    send(company)
    assert len(chat.got) == 2


def test_a_chat_is_its_owners_affair(company: Bench, chat: Listening) -> None:
    prefers(company, "salesperson", "chat", chat_url=chat.url)
    assert company.as_("salesperson").get(PREFERENCES).get_json()["chat_url"] == chat.url
    assert company.as_("colleague").get(PREFERENCES).get_json()["chat_url"] is None
    assert company.as_("admin").items("/api/v1/notifications/webhooks") == []
    assert company.told("notifications") == []


def test_preferences_that_say_nothing_of_a_chat_leave_it_and_none_ends_it(company: Bench, chat: Listening) -> None:
    prefers(company, "salesperson", "chat", chat_url=chat.url)
    prefers(company, "salesperson", "chat")
    assert company.as_("salesperson").get(PREFERENCES).get_json()["chat_url"] == chat.url
    prefers(company, "salesperson", "chat", chat_url=None)
    tell(company, leads.LeadAssigned, actor="csr")
    send(company)
    assert chat.got == []
    assert told(company, "salesperson") == ["lead_assigned"]


def test_an_address_inside_is_no_chat(company: Bench) -> None:
    answer = prefers(company, "salesperson", "chat", chat_url="https://192.168.0.7/hook")
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.get_json()["errors"]] == ["/chat_url"]
    assert company.as_("salesperson").get(PREFERENCES).get_json()["chat_url"] is None


def test_a_chat_is_set_on_the_page_where_one_says_how_one_is_told(bench: Callable[..., Bench], chat: Listening) -> None:
    office = bench("notifications", "console")
    store_of(office).deployment = Deployment("https://plumbline.example", inside=LOOPBACK)
    reader = Reader(office, "csr")
    reader.open("/notifications/preferences")
    assert "Saved." in reader.press("Save", chat_url=chat.url).text
    page = reader.open("/notifications/preferences")
    assert ("chat_url", chat.url) in page.forms[-1].fields
    page = reader.press("Save", chat_url="https://10.0.0.1/")
    assert page.status == 422
    assert "leads to 10.0.0.1" in page.text
