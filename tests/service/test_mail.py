"""Outgoing mail: with its act, at least once, under one Message-ID; and never an error where no server is."""

import email
import socket
from collections.abc import Callable, Iterator
from email import policy
from typing import Any

import pytest
import sqlalchemy as sa

from embedded.testing import Bench
from libs.common import mail
from libs.common.errors import Invalid
from libs.common.store import Store
from libs.common.surroundings import Surroundings


class Receiver:
    """A real SMTP server that keeps what it gets, or answers as the test says."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.say: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self.say.pop(0) if self.say else "250 OK"
        if answer.startswith("250"):
            self.got.append(email.message_from_bytes(envelope.content, policy=policy.default))
        return answer


@pytest.fixture
def made(bench: Callable[..., Bench]) -> Bench:
    return bench("estimates")


def store_of(bench: Bench) -> Store:
    return bench.system.parts["estimates"].store


@pytest.fixture
def receiver(made: Bench) -> Iterator[Receiver]:
    from aiosmtpd.controller import Controller

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    handler = Receiver()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    sender = "Plumbline <plumbline@company.example>"
    store_of(made).surroundings = Surroundings(smtp_url=f"smtp://127.0.0.1:{port}", mail_from=sender)
    yield handler
    controller.stop()


def queued(store: Store, subject: str = "Hello", body: str = "Text", **more: Any) -> None:
    with store.begin() as tx:
        mail.queue(tx, "ivy@castellan.example", subject, body, **more)


def rows(store: Store) -> list[Any]:
    with store.reading() as tx:
        return list(tx.session.execute(sa.select(store.tables.mail)).all())


def test_without_a_server_mail_waits_and_is_no_error(made: Bench) -> None:
    queued(store_of(made))
    assert mail.JOB.run(store_of(made)) == 0
    assert [(row.state, row.attempts) for row in rows(store_of(made))] == [("unsent", 0)]


def test_mail_goes_out_once_with_its_attachments_and_keeps_no_text(made: Bench, receiver: Receiver) -> None:
    queued(store_of(made), "Grüße, 山田", "Füße\n", attachments=[mail.Attachment("é.pdf", "application/pdf", b"%PDF-")])
    assert mail.deliver(store_of(made)) == 1
    assert mail.deliver(store_of(made)) == 0

    [got], [row] = receiver.got, rows(store_of(made))
    assert (got["subject"], got["to"]) == ("Grüße, 山田", "ivy@castellan.example")
    assert got["message-id"] == f"<{row.id}@company.example>"
    assert got.get_body().get_content().strip() == "Füße"
    assert [part.get_filename() for part in got.iter_attachments()] == ["é.pdf"]
    assert (row.state, row.body, row.attachments) == ("sent", None, [])


def test_no_header_can_be_smuggled_in(made: Bench, receiver: Receiver) -> None:
    for break_ in ("\r\n", "\n", "%0d%0a", "=0A", "&#13;&#10;", "\u2028", "\x00"):
        queued(store_of(made), f"Hello{break_}Bcc: everybody@example.com")
    mail.deliver(store_of(made))
    assert len(receiver.got) == 7
    assert {got["bcc"] for got in receiver.got} == {None}
    assert {got["subject"] for got in receiver.got} == {"Hello Bcc: everybody@example.com"}
    for address in ("a@b.example\nBcc: c@d.example", "a@b.example, c@d.example", "nobody", "a@b%0ac.example"):
        with pytest.raises(Invalid), store_of(made).begin() as tx:
            mail.queue(tx, address, "x", "y")


def test_a_refusal_for_now_is_tried_again_under_the_same_id_and_one_for_good_is_not(
    made: Bench, receiver: Receiver
) -> None:
    receiver.say = ["451 later"]
    queued(store_of(made))
    mail.deliver(store_of(made))
    [row] = rows(store_of(made))
    assert row.state == "unsent"
    assert "later" in row.error
    assert mail.deliver(store_of(made)) == 0
    made.clock.forward(minutes=1)
    mail.deliver(store_of(made))
    assert [got["message-id"] for got in receiver.got] == [f"<{row.id}@company.example>"]

    receiver.say = ["554 never"]
    queued(store_of(made))
    made.clock.forward(minutes=1)
    mail.deliver(store_of(made))
    made.clock.forward(days=1)
    mail.deliver(store_of(made))
    assert sorted(row.state for row in rows(store_of(made))) == ["failed", "sent"]


def test_one_that_died_while_sending_is_taken_over_when_its_lease_ends(made: Bench, receiver: Receiver) -> None:
    store = store_of(made)
    queued(store)

    def die(point: str) -> None:
        if point == "mail_sent":
            raise KeyboardInterrupt

    store.crash = die
    with pytest.raises(KeyboardInterrupt):
        mail.deliver(store)
    store.crash = lambda _point: None
    assert mail.deliver(store) == 0
    made.clock.forward(minutes=3)
    assert mail.deliver(store) == 1
    assert len({got["message-id"] for got in receiver.got}) == 1
    assert len(receiver.got) == 2
