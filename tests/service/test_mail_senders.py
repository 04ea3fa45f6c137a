"""Several workers send mail, a server is slow or silent, and each mail goes once all the same."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from embedded.testing import Bench
from libs.common import mail
from libs.common.deployment import Deployment
from tests.service.test_mail import queued, rows, store_of


@pytest.fixture
def made(bench: Callable[..., Bench]) -> Bench:
    return bench("estimates")


@pytest.fixture
def handed_over(made: Bench, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], object]], None]:
    """A server in the test's own hands: what it is given is called with the subject of each mail that goes."""
    store_of(made).deployment = Deployment(smtp_url="smtp://nowhere.example")

    def to(take: Callable[[str], object]) -> None:
        monkeypatch.setattr(mail, "post", lambda _around, one: take(str(one["subject"])))

    return to


def test_many_mails_and_a_slow_server_go_once_each_though_two_workers_send_them(
    made: Bench, handed_over: Callable[[Callable[[str], object]], None]
) -> None:
    store, sent = store_of(made), list[str]()

    def slowly(subject: str) -> None:
        sent.append(subject)
        made.clock.forward(seconds=mail.TIMEOUT_S - 1)
        if len(sent) == 8:
            mail.deliver(store)  # the other worker

    for number in range(mail.BATCH):
        queued(store, f"Mail {number}")
    handed_over(slowly)
    mail.deliver(store)
    assert sorted(sent) == sorted(f"Mail {number}" for number in range(mail.BATCH))


@pytest.mark.parametrize("address", ["(@):"])
def test_a_mail_that_cannot_be_written_is_given_up_alone(
    made: Bench, handed_over: Callable[[Callable[[str], object]], None], address: str
) -> None:
    store, sent = store_of(made), list[str]()
    handed_over(sent.append)
    with store.begin() as tx:
        mail.queue(tx, address, "Bad", "Text", due_at=tx.now - timedelta(seconds=1))
    queued(store, "Good")
    for _ in range(mail.TRIES):
        mail.deliver(store)
        made.clock.forward(hours=2)
    assert sent == ["Good"]
    assert {row.subject: row.state for row in rows(store)} == {"Good": "sent", "Bad": "failed"}
    assert "Error" in next(row.error for row in rows(store) if row.subject == "Bad")


def test_a_mail_that_another_worker_has_sent_is_not_unsent_because_the_first_could_not(
    made: Bench, handed_over: Callable[[Callable[[str], object]], None]
) -> None:
    store, tried = store_of(made), list[str]()

    def silent_at_first(subject: str) -> None:
        tried.append(subject)
        if len(tried) == 1:
            made.clock.forward(minutes=6)
            mail.deliver(store)
            raise TimeoutError

    queued(store)
    handed_over(silent_at_first)
    mail.deliver(store)
    assert [row.state for row in rows(store)] == ["sent"]


def test_a_mail_that_another_worker_is_sending_goes_to_no_third_because_the_first_could_not(
    made: Bench, handed_over: Callable[[Callable[[str], object]], None]
) -> None:
    store, tried = store_of(made), list[str]()

    def stand_still(point: str) -> None:
        if point == "mail_leased":
            raise KeyboardInterrupt

    def silent_for_long(subject: str) -> None:
        tried.append(subject)
        made.clock.forward(minutes=6)
        store.crash = stand_still
        with pytest.raises(KeyboardInterrupt):
            mail.deliver(store)  # the other worker has it from here on
        store.crash = lambda _point: None
        raise TimeoutError

    queued(store)
    handed_over(silent_for_long)
    mail.deliver(store)
    handed_over(tried.append)
    made.clock.forward(seconds=mail.LEASE.total_seconds() - 1)
    assert mail.deliver(store) == 0
    made.clock.forward(seconds=2)
    assert (mail.deliver(store), tried) == (1, ["Hello", "Hello"])
