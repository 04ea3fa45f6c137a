"""The auditor finds what it is there for: each thing that may go wrong is done by hand, and it says so."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bench.auditor import audit
from bench.ledger import Careful, Ledger
from embedded.system import Part
from embedded.testing import CAST, Bench
from tests.flow.funnel import Funnel


@pytest.fixture
def sold(bench: Callable[..., Bench]) -> Bench:
    """A system in which one enquiry has become a booking."""
    made = bench()
    Funnel(made).booked()
    return made


@pytest.fixture
def ledger(sold: Bench, tmp_path: Path) -> Iterator[Ledger]:
    """What a client was told: a lead, under a key."""
    made, key = Ledger(tmp_path / "ledger"), str(uuid.uuid4())
    made.asked(key, "POST", "/api/v1/leads")
    body = {"channel": "phone", "person_name": "Ivy Castellan", "owner_id": str(CAST["salesperson"][0])}
    answer = sold.as_("csr").post("/api/v1/leads", body, headers={"Idempotency-Key": key})
    sold.settle()
    made.told(key, answer.status_code, answer.get_data(), replayed=False)
    yield made
    made.close()


def execute(part: Part, statement: Any) -> None:
    with part.store.begin() as tx:
        assert tx.session.execute(statement).rowcount > 0  # type: ignore[attr-defined]


def tables(part: Part) -> Any:
    return part.service.metadata.tables


def lose_a_fact(system: dict[str, Part]) -> None:
    outbox = tables(system["leads"])["outbox"]
    execute(system["leads"], sa.delete(outbox).where(outbox.c.agg_seq == 1))


def lose_the_last_fact(system: dict[str, Part]) -> None:
    outbox = tables(system["bookings"])["outbox"]
    execute(system["bookings"], sa.delete(outbox).where(outbox.c.type == "plumbline.booking.created.v1"))


def lose_a_record(system: dict[str, Part]) -> None:
    execute(system["bookings"], sa.delete(tables(system["bookings"])["sales"]))


def lose_an_effect(system: dict[str, Part]) -> None:
    execute(system["notifications"], sa.delete(tables(system["notifications"])["lead_watch"]))


def repeat_an_effect(system: dict[str, Part]) -> None:
    audit = tables(system["opportunities"])["audit"]
    same = [column for column in audit.c if column.name not in ("id", "position", "hash")]
    again = sa.select(*same).where(audit.c.action == "plumbline.lead.validated.v1")
    execute(system["opportunities"], sa.insert(audit).from_select([one.name for one in same], again))


def forget_a_position(system: dict[str, Part]) -> None:
    execute(system["estimates"], sa.delete(tables(system["estimates"])["stream_pos"]))


def leave_a_fact_unsent(system: dict[str, Part]) -> None:
    execute(system["leads"], sa.update(tables(system["leads"])["outbox"]).values(published_at=None))


def forget_an_answer(system: dict[str, Part]) -> None:
    execute(system["leads"], sa.delete(tables(system["leads"])["idempotency"]))


def change_an_answer(system: dict[str, Part]) -> None:
    execute(system["leads"], sa.update(tables(system["leads"])["idempotency"]).values(body=b"{}"))


WRONGS = {
    lose_a_fact: "facts are not numbered 1, 2, …",
    lose_the_last_fact: "a record without its facts",
    lose_a_record: "a fact without its record",
    lose_an_effect: "does not have one row in notifications.lead_watch",
    repeat_an_effect: "changed twice by the same fact",
    forget_a_position: "estimates is not where",
    leave_a_fact_unsent: "were never sent",
    forget_an_answer: "acknowledged, and lost",
    change_an_answer: "kept otherwise than it was answered",
}


def test_a_system_at_rest_has_no_fault(sold: Bench, ledger: Ledger) -> None:
    assert audit(sold.system, ledger) == []


@pytest.mark.parametrize("wrong", WRONGS)
def test_the_auditor_says_what_is_wrong(sold: Bench, ledger: Ledger, wrong: Callable[[dict[str, Part]], None]) -> None:
    wrong(sold.system.parts)
    assert any(WRONGS[wrong] in fault for fault in audit(sold.system, ledger))


@pytest.mark.parametrize(("body", "replayed", "said"), [(b'{"other": 1}', True, "marked"), (None, False, "not marked")])
def test_the_auditor_compares_what_a_client_was_told_twice(
    sold: Bench, ledger: Ledger, body: bytes | None, replayed: bool, said: str
) -> None:
    [key], first = ledger.entries, json.loads(ledger.path.read_text().splitlines()[-1])
    ledger.told(key, 201, body or first["body"].encode(), replayed=replayed)
    [fault] = audit(sold.system, ledger)
    assert "a repeat was answered otherwise, or not marked as one" in fault
    assert f": 201, {said}: " in fault


def test_who_is_to_sign_in_again_was_told_nothing_of_what_they_asked(sold: Bench, ledger: Ledger) -> None:
    [key] = ledger.entries
    ledger.told(key, 401, b"{}", replayed=False)
    assert audit(sold.system, ledger) == []


def test_what_was_answered_is_asked_once_more_and_not_for_ever(tmp_path: Path) -> None:
    asked: list[str] = []

    class Answered(Careful):
        def _once(self, method: str, *_: object) -> tuple[int, str | None, bytes]:
            asked.append(method)
            return 201, None, b"{}"

    with closing(Ledger(tmp_path / "ledger")) as book:
        client = Answered("http://nowhere", ledger=book, repeats=1.0)
        client.call("POST", "/leads", {})
        client.call("GET", "/leads")

    assert asked == ["POST", "POST", "GET"]
