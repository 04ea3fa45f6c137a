"""What operators can do by HTTP about facts that could not be applied, all of it, on one database at a time."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from libs.common.bus import Delivery, Outgoing
from libs.common.deadletters import DeadLetters
from libs.common.inprocess import InProcessBus
from libs.common.orm import Database
from libs.common.relay import Relay
from libs.common.tokens import Signer, Verifier
from libs.common.tx import Tx
from libs.common.web import create_app
from tests.contract.bus_world import forged
from tests.contract.throwaway import MAKER, MAKER_TABLES, TAKER_TABLES, change, known, make, maker, taker
from tests.contract.web_world import problem

ROLES = ("admin", "auditor", "csr")


def refuse(_tx: Tx) -> None:
    raise ValueError("it does not fit")


class Desk:
    """A maker, a taker that may stumble, and their doors."""

    def __init__(self, *databases: Database) -> None:
        self.maker, self.taker = maker(databases[0]), taker("taker", databases[1])
        self.takers = {"taker": self.taker}
        signer = Signer.new()
        verifier = Verifier(signer.jwks())
        self.apps = {
            "maker": create_app(MAKER, self.maker, verifier),
            "taker": create_app(self.taker.service, self.taker.store, verifier),
        }
        self.tokens = {role: signer.issue(uuid4(), roles=[role]) for role in ROLES}

    def call(self, method: str, path: str, body: Any = None, by: str = "admin", key: str | None = None) -> TestResponse:
        """``path`` begins with the service: ``taker/parked``."""
        headers = {"Authorization": f"Bearer {self.tokens[by]}"} | ({"Idempotency-Key": key} if key else {})
        more = {"json": body or {}} if method == "POST" else {}
        client = self.apps[path.partition("/")[0]].test_client()
        return client.open(f"/api/v1/{path}", method=method, headers=headers, **more)

    def make(self, *notes: str) -> UUID:
        with self.maker.begin() as tx:
            return make(tx, *notes)

    def change(self, subject: UUID, *notes: str) -> None:
        with self.maker.begin() as tx:
            change(tx, subject, *notes)

    def rows(self) -> list[Outgoing]:
        """Every fact that was ever told, oldest first."""
        outbox = MAKER_TABLES.outbox
        with self.maker.reading() as tx:
            found = tx.session.execute(sa.select(outbox).order_by(outbox.c.id)).all()
        return [Outgoing(row.id, row.event_id, row.type, bytes(row.body)) for row in found]

    def carry(self) -> None:
        """All that is committed goes to the takers."""
        bus = InProcessBus({name: each.consumer for name, each in self.takers.items()})
        relay = Relay(self.maker, bus)
        while relay.step():
            pass

    def settle(self) -> None:
        """The same, and what waits for its time has it."""
        self.carry()
        for _ in range(8):
            for each in self.takers.values():
                each.let_time_pass()
                each.consumer.retry_due()

    def stumble(self, *notes: str) -> tuple[UUID, dict[str, Any]]:
        """A thing whose fact ``bad`` could not be applied, and that fact as it is listed."""
        self.taker.moods["bad"] = refuse
        subject = self.make(*notes)
        self.settle()
        [parked] = self.parked()
        return subject, parked

    def parked(self, query: str = "") -> list[dict[str, Any]]:
        answer = self.call("GET", f"taker/parked{query}", by="auditor")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json["items"]
        return found

    def audited(self) -> list[Any]:
        table = TAKER_TABLES.audit
        with self.taker.store.reading() as tx:
            rows = tx.session.execute(sa.select(table).where(table.c.kind == "Parked").order_by(table.c.id))
            return [(row.action.rpartition("/")[2], row.subject, row.changes) for row in rows]

    def unreadable(self, body: bytes) -> dict[str, Any]:
        self.taker.consumer.deliver([Delivery(body)])
        return self.parked()[0]


class ParkedSuite:
    @pytest.fixture
    def desk(self, databases: tuple[Database, Database]) -> Iterator[Desk]:
        with known():
            yield Desk(*databases)

    def test_a_parked_fact_is_listed_with_its_reason_and_shown_with_its_bytes_and_what_waits_behind(
        self, desk: Desk
    ) -> None:
        subject, parked = desk.stumble("made", "bad", "after", "later")

        assert (parked["reason"], parked["detail"]) == ("handler_error", "ValueError: it does not fit")
        assert (parked["subject"], parked["sequence"], parked["blocks"]) == (str(subject), "2", True)
        whole = desk.call("GET", f"taker/parked/{parked['id']}", by="auditor").json
        assert '"note":"bad"' in whole["body"]
        assert base64.b64decode(whole["body_base64"]).decode() == whole["body"]
        assert whole["waiting"] == 2
        assert [one["action"] for one in whole["allowed"]] == []  # an auditor only looks
        mine = desk.call("GET", f"taker/parked/{parked['id']}").json
        assert [one["action"] for one in mine["allowed"]] == ["replay", "discard"]

    def test_the_list_pages_and_is_narrowed_to_a_reason_or_a_record(self, desk: Desk) -> None:
        subject, _ = desk.stumble("bad")
        for count in range(3):
            desk.unreadable(b"no fact %d" % count)

        found, query = [], "?limit=2"
        while query:
            page = desk.call("GET", f"taker/parked{query}").json
            found += [one["reason"] for one in page["items"]]
            query = f"?limit=2&cursor={page['next']}" if page["next"] else ""

        assert found == ["malformed"] * 3 + ["handler_error"]
        assert len(desk.parked("?reason=malformed")) == 3
        assert [one["subject"] for one in desk.parked(f"?subject={subject}")] == [str(subject)]

    def test_a_replayed_fact_is_applied_and_what_waited_behind_it_follows_in_order(self, desk: Desk) -> None:
        subject, parked = desk.stumble("made", "bad", "after", "later")
        assert desk.taker.heard(subject) == ["made"]
        del desk.taker.moods["bad"]

        answer = desk.call("POST", f"taker/parked/{parked['id']}/replay")

        assert (answer.status_code, answer.json["outcome"]) == (200, "replayed")
        desk.settle()
        assert desk.taker.heard(subject) == ["made", "bad", "after", "later"]
        assert desk.parked() == []
        [(act, ident, changes)] = desk.audited()
        assert (act, ident) == ("replay", parked["id"])
        assert changes["replayed"][1]["subject"] == str(subject)

    def test_a_second_failure_parks_it_again_and_nothing_behind_it_slips_past(self, desk: Desk) -> None:
        subject, first = desk.stumble("made", "bad", "after")

        desk.call("POST", f"taker/parked/{first['id']}/replay")
        desk.settle()

        [again] = desk.parked()
        assert again["id"] != first["id"]
        assert desk.taker.heard(subject) == ["made"]
        assert desk.call("POST", f"taker/parked/{first['id']}/replay").status_code == 404

    def test_a_discarded_fact_is_stepped_over_and_who_gave_it_up_is_written_down(self, desk: Desk) -> None:
        subject, parked = desk.stumble("made", "bad", "after")
        another = desk.unreadable(b"no fact")

        answer = desk.call("POST", f"taker/parked/{parked['id']}/discard", {"note": "known to be wrong"})

        assert answer.json["outcome"] == "discarded"
        desk.settle()
        assert desk.taker.heard(subject) == ["made", "after"]
        assert desk.parked() == [another]
        [(act, _, changes)] = desk.audited()
        assert (act, changes["discarded"][1]["note"]) == ("discard", "known to be wrong")

    def test_a_dead_letter_is_given_up_in_its_turn_and_never_before(self, desk: Desk) -> None:
        subject = desk.make("first", "second", "third", "fourth")
        first, second, third, fourth = (Delivery(row.body) for row in desk.rows())
        desk.taker.consumer.deliver([first, fourth])
        DeadLetters(desk.taker.store, "plumbline.taker.dead").deliver([third])
        [parked] = desk.parked()

        said = problem(desk.call("POST", f"taker/parked/{parked['id']}/discard"), 409, "conflict")

        assert "its record is at 1 and this is 3" in said["detail"]
        desk.taker.consumer.deliver([second])
        assert desk.call("POST", f"taker/parked/{parked['id']}/discard").status_code == 200
        desk.taker.consumer.retry_due()
        assert desk.taker.heard(subject) == ["first", "second", "fourth"]

    def test_what_still_cannot_be_read_stays_parked_and_says_so(self, desk: Desk) -> None:
        parked = desk.unreadable(b"\x80\x04pickled")

        said = problem(desk.call("POST", f"taker/parked/{parked['id']}/replay"), 409, "conflict")

        assert "still cannot be read" in said["detail"]
        whole = desk.call("GET", f"taker/parked/{parked['id']}").json
        assert (whole["body"], base64.b64decode(whole["body_base64"])) == (None, b"\x80\x04pickled")
        assert desk.call("POST", f"taker/parked/{parked['id']}/discard").status_code == 200
        assert desk.parked() == []

    def test_a_fork_of_history_cannot_be_replayed_only_discarded(self, desk: Desk) -> None:
        subject = desk.make("made")
        desk.settle()
        [made] = desk.rows()
        fork = desk.unreadable(forged(made, id=str(uuid4()), data={"note": "other"}).body)

        problem(desk.call("POST", f"taker/parked/{fork['id']}/replay"), 409)
        assert desk.call("POST", f"taker/parked/{fork['id']}/discard").status_code == 200
        assert desk.taker.heard(subject) == ["made"]

    @pytest.mark.parametrize("it", ["waits", "was parked", "is parked then"])
    def test_a_fork_tried_again_and_discarded_takes_nothing_from_the_fact_whose_number_it_has(
        self, desk: Desk, it: str
    ) -> None:
        desk.taker.moods["bad"] = refuse
        subject = desk.make("made", "bad", "after")
        desk.carry()
        if it == "was parked":
            desk.settle()
        for row in desk.rows()[1:]:
            desk.unreadable(forged(row, id=str(uuid4()), data={"note": "other"}).body)
        if it == "is parked then":
            desk.settle()
        forks = desk.parked("?reason=history_fork")

        assert len(forks) == 2
        for act, answer in (("replay", 409), ("discard", 200)):
            assert {desk.call("POST", f"taker/parked/{one['id']}/{act}").status_code for one in forks} == {answer}

        desk.settle()
        assert desk.taker.heard(subject) == ["made"]
        [parked] = desk.parked()
        del desk.taker.moods["bad"]
        assert desk.call("POST", f"taker/parked/{parked['id']}/replay").status_code == 200
        desk.settle()
        assert desk.taker.heard(subject) == ["made", "bad", "after"]

    def test_a_refused_fact_can_be_read_once_it_is_understood(self, desk: Desk) -> None:
        """Such as one that came as another content type, or under another user's name: an operator vouches for it."""
        subject = desk.make("first", "second")
        first, second = desk.rows()
        desk.taker.consumer.deliver([Delivery(second.body, producer="somebody")])
        [parked] = desk.parked()
        assert parked["reason"] == "producer_mismatch"

        assert desk.call("POST", f"taker/parked/{parked['id']}/replay").status_code == 200

        desk.taker.consumer.deliver([Delivery(first.body)])
        assert desk.taker.heard(subject) == ["first", "second"]

    def test_an_auditor_looks_and_others_do_not(self, desk: Desk) -> None:
        _, parked = desk.stumble("bad")
        for act in ("replay", "discard"):
            problem(desk.call("POST", f"taker/parked/{parked['id']}/{act}", by="auditor"), 403)
            problem(desk.call("POST", f"taker/parked/{parked['id']}/{act}", by="csr"), 403)
        problem(desk.call("POST", "taker/replay", {"since": "2026-01-01T00:00:00Z"}, by="auditor"), 403)
        problem(desk.call("GET", "taker/parked", by="csr"), 403)
        assert len(desk.parked()) == 1

    @pytest.mark.parametrize("ident", ["0", "99", "-1", "x", "9" * 18, "9" * 40, "1.5", "٣", str(UUID(int=7))])
    def test_what_is_not_parked_is_not_found(self, desk: Desk, ident: str) -> None:
        problem(desk.call("GET", f"taker/parked/{ident}"), 404)
        problem(desk.call("POST", f"taker/parked/{ident}/replay"), 404)
        problem(desk.call("POST", f"taker/parked/{ident}/discard"), 404)

    def test_a_repeated_decision_gets_its_first_answer(self, desk: Desk) -> None:
        _, parked = desk.stumble("bad")
        first, again = (desk.call("POST", f"taker/parked/{parked['id']}/discard", key="once") for _ in range(2))
        assert (first.status_code, first.data) == (200, again.data)
        assert again.headers["Idempotency-Replayed"] == "true"

    def test_readiness_names_what_is_parked_and_what_to_do(self, desk: Desk) -> None:
        desk.stumble("bad")
        said = desk.call("GET", "taker/readyz").json
        assert said["status"] == "degraded"
        assert said["parts"]["parked"]["detail"] == "1 could not be applied: ./plumbline parked list --service taker"
        assert 'plumbline_parked{service="taker"} 1.0' in desk.call("GET", "taker/metrics").text

    def test_a_new_subscriber_gets_everything_that_is_sent_again(self, desk: Desk, databases: Any) -> None:
        subject = desk.make("made", "changed")
        desk.settle()
        desk.takers["late"] = late = taker("late", databases[2])

        answer = desk.call("POST", "maker/replay", {"since": "2020-01-01T00:00:00+01:00"})

        assert answer.json == {"count": 2, "left": 0, "next": None, "kept_since": None}
        assert desk.call("GET", "maker/readyz").json["parts"]["outbox"]["detail"] == "2 are sent again"
        desk.settle()
        assert late.heard(subject) == ["made", "changed"] == desk.taker.heard(subject)

    def test_only_what_was_told_since_then_is_sent_again(self, desk: Desk) -> None:
        desk.make("made", "changed")
        desk.settle()
        soon = datetime.now(UTC) + timedelta(hours=1)
        assert desk.call("POST", "maker/replay", {"since": soon.isoformat()}).json["count"] == 0

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({}, "/since"),
            ({"since": "yesterday"}, "/since"),
            ({"since": "2026-01-01T00:00:00"}, "/since"),
            ({"since": "2026-01-01T00:00:00Z", "cursor": "5"}, "/cursor"),
            ({"since": "2026-01-01T00:00:00Z", "cursor": "2026-01-01"}, "/cursor"),
            ({"since": "2026-01-01T00:00:00Z", "until": "x"}, "/until"),
        ],
    )
    def test_a_replay_that_is_asked_for_wrongly_says_what_is_wrong(
        self, desk: Desk, body: dict[str, Any], pointer: str
    ) -> None:
        said = problem(desk.call("POST", "maker/replay", body), 422)
        assert [one["pointer"] for one in said["errors"]] == [pointer]
