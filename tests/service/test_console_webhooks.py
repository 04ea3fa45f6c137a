"""Webhooks by an admin at a browser: added, tried, looked at, sent again, stopped; and an auditor who only looks."""

from collections.abc import Callable

import pytest

import services
from embedded.testing import Bench
from tests.listening import LOOPBACK, listening
from tests.service.console_reader import Reader
from tests.service.hooks_world import send, store_of, tell

PAGE = "/settings/webhooks"


@pytest.fixture
def office(bench: Callable[..., Bench]) -> Bench:
    made = bench(*services.NAMES)
    around = store_of(made).deployment
    store_of(made).deployment = type(around)(public_url=around.public_url, inside=LOOPBACK)
    return made


def test_an_admin_adds_a_webhook_tries_it_and_sees_what_became_of_everything(office: Bench) -> None:
    admin = Reader(office, "admin")
    with listening() as there:
        assert "No webhook yet" in admin.open(PAGE).text
        admin.open("/do/webhook.add")
        page = admin.press(
            "A new webhook", url=there.url, types="plumbline.lead.#\nplumbline.booking.#", description="Books"
        )
        assert "Try it, and give its secret to the other system." in page.text

        path = page.answer.request.path
        assert "whsec_" not in page.text
        assert "whsec_" in admin.open(f"{path}/secret").text
        admin.open(path)
        admin.press("Try it")
        send(office)
        assert there.types == ["plumbline.webhook.tested.v1"]
        there.always = 503
        tell(office)
        send(office)
        page = admin.open(path)
        assert "Its receiver does not answer as it should: 503." in page.text
        assert "Nothing yet" not in page.text

        admin.press("Pause")
        there.always = 204
        admin.open(path)
        admin.press("Go on")
        send(office)
        assert there.types[-1] == "plumbline.lead.nurturing.v1"
        before = there.ids

        admin.open(path)
        admin.press("Send it again")
        send(office)
        [again] = there.ids[len(before) :]
        assert again in before
        admin.open(f"/do/webhook.remove/{path.rpartition('/')[2]}")
        assert "No webhook yet" in admin.press("Remove").text


def test_an_address_inside_is_refused_at_its_field(office: Bench) -> None:
    admin = Reader(office, "admin")
    admin.open("/do/webhook.add")
    page = admin.press("A new webhook", url="https://10.0.0.1/", types="#")
    assert page.status == 422
    assert "leads to 10.0.0.1, which is not on the public internet" in page.text


def test_an_auditor_sees_webhooks_without_their_secret_and_changes_none(office: Bench) -> None:
    path = office.as_("admin").post(
        "/api/v1/notifications/webhooks", {"url": "https://hooks.example.com/", "types": ["#"]}
    )
    auditor = Reader(office, "auditor")
    page = auditor.open(f"{PAGE}/{path.get_json()['id']}")
    assert "hooks.example.com" in page.text
    assert "Secret" not in page.text
    assert "Pause" not in page.text
    assert auditor.open(f"{PAGE}/{path.get_json()['id']}/secret").status == 403
