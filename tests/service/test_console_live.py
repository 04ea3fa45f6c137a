"""A page that is open is told: counts, news, who else looks at its record, and that somebody changed it."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from werkzeug.test import TestResponse

from embedded.testing import OPERATIONS, Bench
from libs.common.errors import Unavailable
from services.console.adapters.doors import BRIEF_S
from services.console.api.screens import live
from tests.service.bookings_world import Orders
from tests.service.console_reader import Reader


@pytest.fixture
def orders(bench: Callable[..., Bench]) -> Orders:
    return Orders(bench("bookings", "notifications", "console"))


class Open:
    """A page of a record at somebody's, which asks as its script does."""

    def __init__(self, orders: Orders, who: str, record: str = "") -> None:
        self.client, self.record, self.cursor = Reader(orders.bench, who).client, record, ""

    def ask(self) -> dict[str, Any]:
        answer = self.client.get("/live.json", query_string={"record": self.record, "cursor": self.cursor})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        news: dict[str, Any] = answer.get_json()
        self.cursor = news["cursor"]
        return news

    def listen(self, ending: threading.Event, threads: int = 3) -> TestResponse:
        given = {"plumbline.threads": threads, "plumbline.ending": ending}
        return self.client.get(
            "/live", query_string={"record": self.record, "cursor": self.cursor}, environ_overrides=given
        )


def events(answer: TestResponse) -> Iterator[dict[str, Any]]:
    for part in answer.response:
        line = next((one for one in bytes(part).split(b"\n") if one.startswith(b"data: ")), b"")  # type: ignore[arg-type]
        if line:
            yield msgspec.json.decode(line[6:])


@pytest.mark.parametrize("cursor", ["²|0", "9" * 5000 + "|0", "x", "|", "-1|0"])
def test_a_cursor_that_nobody_gave_out_counts_as_none(bench: Callable[..., Bench], cursor: str) -> None:
    told = Reader(bench("console"), "office").client.get("/live.json", query_string={"cursor": cursor})
    assert told.status_code == 200


def test_who_looks_at_a_record_is_told_when_somebody_else_changes_it(orders: Orders) -> None:
    booking = orders.sell()
    mine = Open(orders, "office", booking["id"])
    assert mine.ask()["changed"] is None
    orders.ticked(booking)
    orders.bench.settle()
    assert mine.ask()["changed"] is None, "one's own change is no news"

    orders.act(booking, "ready", "manager")
    orders.bench.settle()
    assert mine.ask()["changed"] == {"by": "manager"}


def test_two_people_on_one_record_are_told_of_each_other_and_for_as_long_as_they_are(orders: Orders) -> None:
    booking = orders.sell()
    mine, theirs = Open(orders, "office", booking["id"]), Open(orders, "manager", booking["id"])
    assert mine.ask()["others"] == []
    assert theirs.ask()["others"] == ["office"]
    assert mine.ask()["others"] == ["manager"]
    orders.bench.clock.forward(minutes=1)
    assert mine.ask()["others"] == []


def test_a_record_that_one_may_not_see_tells_nothing(orders: Orders) -> None:
    booking = orders.sell()
    Open(orders, "office", booking["id"]).ask()
    news = Open(orders, "stranger", booking["id"]).ask()
    assert "others" not in news
    assert "changed" not in news


def test_what_is_told_is_said_once_and_not_what_was_there_before(orders: Orders) -> None:
    orders.assigned()
    orders.bench.settle()
    page = Open(orders, "operations")
    assert (page.ask()["told"], page.ask()["counts"]["unacknowledged_bookings"]) == ([], [1, "booking waiting"])

    orders.bench.clock.forward(minutes=1)
    booking = orders.assigned(name="Greta Hollis")
    orders.bench.settle()
    [told] = page.ask()["told"]
    assert "Greta Hollis" in told["text"]
    assert told["link"] == f"/bookings/{booking['id']}"
    assert page.ask()["told"] == []


def test_a_page_that_is_open_waits_briefly_for_its_counts(orders: Orders, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that were open held every thread while the service of the counters hung; then none could be opened."""
    page = Open(orders, "office")
    page.ask()
    app, waited = orders.bench.system.parts["console"].app, []

    def stuck(_method: str, _path: str, _headers: Any, _body: Any, patience: float, _flows: bool) -> Any:
        waited.append(patience)
        raise Unavailable("nobody answers")

    monkeypatch.setitem(app.extensions, "carrier", stuck)
    assert page.ask()["told"] == []
    assert waited == [BRIEF_S]


def test_a_stream_tells_as_it_happens_and_ends_when_its_server_does(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LOOK_S", 0.01)
    monkeypatch.setattr(live, "ASK_S", 0.01)
    booking, ending = orders.ready(), threading.Event()
    answer = Open(orders, "office", booking["id"]).listen(ending)
    assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
    news = events(answer)
    assert next(news)["changed"] is None
    orders.act(booking, "assign-to-operation", "manager", {"team_id": str(OPERATIONS)})
    orders.bench.settle()
    assert next(one for one in news if one["changed"])["changed"] == {"by": "manager"}

    ending.set()
    assert list(news) == []


def test_a_stream_ends_by_itself(orders: Orders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LASTS_S", 0.05)
    assert len(list(events(Open(orders, "office").listen(threading.Event())))) == 1


def test_streams_hold_a_third_of_a_process_and_a_place_is_free_when_its_stream_is_closed(orders: Orders) -> None:
    ending = threading.Event()
    held = [Open(orders, "office").listen(ending, 6) for _ in range(3)]
    assert [one.status_code for one in held] == [200, 200, 204]
    held[0].close()  # never read: as when the caller left before the first byte
    assert Open(orders, "office").listen(ending, 6).status_code == 200


def test_a_server_of_one_thread_streams_to_nobody(orders: Orders) -> None:
    assert Open(orders, "office").listen(threading.Event(), 1).status_code == 204
