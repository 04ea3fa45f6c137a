"""Outgoing mail: with its act, at least once, under one Message-ID; and never an error where no server is."""

import email
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from email import policy
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import services
from embedded.testing import CAST, HOME, Bench
from libs.common import mail
from libs.common.contracts.staff import Branch, BranchChanged, Person, PersonChanged
from libs.common.deployment import Deployment
from libs.common.errors import Invalid
from libs.common.store import Store
from libs.local.ports import free_port
from tests.papers import papers as papers_of
from tests.service.bookings_world import Orders
from tests.service.estimate_world import PUMP, drafted, priced, send, sent
from tests.service.on_paper import words
from tests.service.opportunity_stories import opened


class Receiver:
    """A real SMTP server that keeps what it gets, or answers as the test says."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.say: list[str] = []
        self.of_whom: list[str] = []  #: what it says before it takes anything, of who is to get it

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.of_whom:
            return self.of_whom.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

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


@contextmanager
def receiving(
    bench: Bench, scheme: str = "smtp", store: Store | None = None, who: str = "", **how: Any
) -> Iterator[Receiver]:
    from aiosmtpd.controller import Controller

    port, handler = free_port(), Receiver()
    controller = Controller(handler, hostname="127.0.0.1", port=port, **how)
    controller.start()
    sender = "Plumbline <plumbline@company.example>"
    (store or store_of(bench)).deployment = Deployment(smtp_url=f"{scheme}://{who}127.0.0.1:{port}", mail_from=sender)
    try:
        yield handler
    finally:
        controller.stop()


@pytest.fixture
def receiver(made: Bench) -> Iterator[Receiver]:
    with receiving(made) as handler:
        yield handler


@pytest.fixture
def papers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ssl.SSLContext, Callable[[], None]]]:
    """What a server at 127.0.0.1 shows of itself, and what makes this machine trust it."""
    shown, certificate = papers_of(tmp_path)
    mail.trusted.cache_clear()
    yield shown, lambda: monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    mail.trusted.cache_clear()


def queued(store: Store, subject: str = "Hello", body: str = "Text", **more: Any) -> None:
    with store.begin() as tx:
        mail.queue(tx, "ivy@castellan.example", subject, body, **more)


def rows(store: Store) -> list[Any]:
    with store.reading() as tx:
        return list(tx.session.execute(sa.select(store.tables.mail)).all())


@pytest.mark.parametrize(
    ("service", "way"),
    [("bookings", "/api/v1/bookings/{}/mail"), ("opportunities", "/api/v1/opportunities/{}/mail")],
)
def test_a_paper_that_is_mailed_arrives(bench: Callable[..., Bench], service: str, way: str) -> None:
    office = bench(service)
    record = Orders(office).sell() if service == "bookings" else opened(office)
    store = office.system.parts[service].store
    with receiving(office, store=store) as receiver:
        assert office.as_("office").post(way.format(record["id"]), {"to": ["crew@trucks.example"]}).status_code == 200
        for job in services.spec(service).jobs:
            job.run(store)
    [got] = receiver.got
    [paper] = got.iter_attachments()
    assert (got["to"], paper.get_filename()) == ("crew@trucks.example", f"{record['number']}.pdf")
    assert got["reply-to"] == "office@test.example", "who reads it answers whoever sent it"
    assert record["number"] in words(paper.get_content())


def test_a_customer_who_answers_an_offers_mail_reaches_whoever_sells_it(made: Bench, receiver: Receiver) -> None:
    """It went to the address that mail comes from, which nobody reads."""
    sent(made)
    mail.deliver(store_of(made))

    [got] = receiver.got
    assert (got["from"], got["reply-to"]) == ("Plumbline <plumbline@company.example>", "salesperson@test.example")


def test_a_customers_answer_reaches_the_branch_while_whoever_sells_it_is_away(made: Bench, receiver: Receiver) -> None:
    home = Branch(name="Nashville", time_zone="America/Chicago", currency="USD", email="hello@nashville.example")
    made.tell(BranchChanged(subject=HOME, branch=home), by="staff")
    ident, role, branch, teams = CAST["salesperson"]
    theirs = {"name": "salesperson", "email": "salesperson@test.example", "branch": branch, "team_ids": teams}
    away = Person(**theirs, roles=(role,), absent_from=made.clock() - timedelta(days=1))
    made.tell(PersonChanged(subject=ident, person=away), by="staff")

    offer = drafted(made)["id"]
    priced(made, offer, PUMP)
    send(made, offer, by="manager")
    mail.deliver(store_of(made))

    assert [one["reply-to"] for one in receiver.got] == ["hello@nashville.example"]


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
    with store_of(made).reading() as tx:
        assert abs(got["date"].datetime - tx.now) < timedelta(minutes=1)
    assert got.get_body().get_content().strip() == "Füße"
    assert [part.get_filename() for part in got.iter_attachments()] == ["é.pdf"]
    assert (row.state, row.body, row.attachments) == ("sent", None, [])


def test_old_mail_is_kept_until_a_setting_lets_go_of_what_went(made: Bench, receiver: Receiver) -> None:
    store = store_of(made)
    queued(store, "It went")
    assert mail.JOB.run(store) == 1
    store.deployment = replace(store.deployment, smtp_url="")
    queued(store, "It waits")
    made.clock.forward(days=4000)
    assert mail.RETENTION.run(store) == 0

    store.deployment = replace(store.deployment, news_keep_days=30)

    assert [mail.RETENTION.run(store) for _ in range(2)] == [1, 0]
    assert [row.subject for row in rows(store)] == ["It waits"]
    assert [one["Subject"] for one in receiver.got] == ["It went"]


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


@pytest.mark.parametrize("refusals", ["say", "of_whom"])
def test_a_refusal_for_now_is_tried_again_under_the_same_id_and_one_for_good_is_not(
    made: Bench, receiver: Receiver, refusals: str
) -> None:
    setattr(receiver, refusals, ["451 later"])
    queued(store_of(made))
    mail.deliver(store_of(made))
    [row] = rows(store_of(made))
    assert row.state == "unsent"
    assert "later" in row.error
    assert mail.deliver(store_of(made)) == 0
    made.clock.forward(minutes=1)
    mail.deliver(store_of(made))
    assert [got["message-id"] for got in receiver.got] == [f"<{row.id}@company.example>"]

    setattr(receiver, refusals, ["554 never"])
    queued(store_of(made))
    made.clock.forward(minutes=1)
    mail.deliver(store_of(made))
    made.clock.forward(days=1)
    mail.deliver(store_of(made))
    assert sorted(row.state for row in rows(store_of(made))) == ["failed", "sent"]


def test_one_that_ends_its_sender_each_time_is_given_up_and_says_so(made: Bench, receiver: Receiver) -> None:
    store = store_of(made)
    queued(store)

    def die(point: str) -> None:
        if point == "mail_leased":
            raise KeyboardInterrupt

    store.crash = die
    for _ in range(mail.TRIES):
        with pytest.raises(KeyboardInterrupt):
            mail.deliver(store)
        made.clock.forward(minutes=6)
    assert mail.deliver(store) == 0
    [row] = rows(store)
    assert (row.state, row.error) == ("failed", f"{mail.TRIES} attempts ended without a word")
    assert receiver.got == []


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
    made.clock.forward(minutes=6)
    assert mail.deliver(store) == 1
    assert len({got["message-id"] for got in receiver.got}) == 1
    assert len(receiver.got) == 2


def encrypted(bench: Bench, how: str, shown: ssl.SSLContext) -> AbstractContextManager[Receiver]:
    """A server that takes nothing in the open."""
    if how == "smtps":
        return receiving(bench, "smtps", ssl_context=shown)
    return receiving(bench, tls_context=shown, require_starttls=True)


@pytest.mark.parametrize("how", ["smtps", "starttls"])
def test_mail_goes_encrypted_to_a_server_that_shows_papers_which_are_trusted(
    made: Bench, papers: tuple[ssl.SSLContext, Callable[[], None]], how: str
) -> None:
    shown, trust = papers
    trust()
    with encrypted(made, how, shown) as receiver:
        queued(store_of(made))
        mail.deliver(store_of(made))
    assert [got["subject"] for got in receiver.got] == ["Hello"]
    assert [row.state for row in rows(store_of(made))] == ["sent"]


@pytest.mark.parametrize("how", ["smtps", "starttls"])
def test_a_server_whose_papers_nobody_vouches_for_gets_nothing_and_the_mail_waits(
    made: Bench, papers: tuple[ssl.SSLContext, Callable[[], None]], how: str
) -> None:
    with encrypted(made, how, papers[0]) as receiver:
        queued(store_of(made))
        mail.deliver(store_of(made))
    [row] = rows(store_of(made))
    assert (receiver.got, row.state) == ([], "unsent")
    assert "certificate" in row.error


def test_a_server_that_lets_in_only_whom_it_knows_is_told_who_sends(
    made: Bench, papers: tuple[ssl.SSLContext, Callable[[], None]]
) -> None:
    from aiosmtpd.smtp import AuthResult, LoginPassword

    def knows(_server: Any, _session: Any, _envelope: Any, _how: str, who: Any) -> AuthResult:
        return AuthResult(success=who == LoginPassword(b"we@company", b"s/cret"))

    shown, trust = papers
    trust()
    how = {"tls_context": shown, "authenticator": knows, "auth_required": True}
    with receiving(made, who="we%40company:s%2Fcret@", **how) as receiver:
        queued(store_of(made))
        mail.deliver(store_of(made))
        assert [got["subject"] for got in receiver.got] == ["Hello"]
