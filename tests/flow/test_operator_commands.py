"""An operator's commands over an embedded system that does not run: the same routes, the outboxes as its history."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

import services
from libs.common import audit
from libs.common.bus import Delivery
from libs.common.contracts.commands import Command, LeadCapture
from libs.common.contracts.publishers import PUBLISHERS
from libs.common.intake import Intake
from libs.common.rebuild import models_of
from libs.common.service import Service
from libs.common.tx import Tx
from libs.local.folder import owned
from services.leads.handlers import commands as wishes
from tests.flow.stopped import Stopped


@pytest.fixture
def stopped(tmp_path: Path) -> Stopped:
    return Stopped(tmp_path)


def test_what_is_parked_is_listed_over_all_services_and_by_one(stopped: Stopped) -> None:
    subject = stopped.misfit()
    stopped.junk("bookings", b"\x00\xff")

    found = stopped.asked("parked", "list")

    named = [(one["service"], one["reason"], one["subject"]) for one in found]
    assert named == [("opportunities", "invalid_payload", str(subject)), ("bookings", "malformed", None)]
    assert [one["service"] for one in stopped.asked("parked", "list", "--service", "bookings")] == ["bookings"]
    assert [one["service"] for one in stopped.asked("parked", "list", "--reason", "malformed")] == ["bookings"]
    told = stopped.run("parked", "list")
    assert "opportunities:1" in told.stdout
    assert "2 parked." in told.stderr


def test_one_is_shown_with_all_that_is_known_and_with_its_very_bytes(stopped: Stopped) -> None:
    stopped.misfit()
    stopped.junk("bookings", b"\x00\xff")

    shown = stopped.run("parked", "show", "opportunities:1").stdout

    assert "invalid_payload" in shown
    assert "1 facts behind it" in shown
    assert '"type": "plumbline.lead.validated.v1"' in shown
    assert stopped.run("parked", "show", "bookings:1", "--raw").stdout_bytes == b"\x00\xff"


def test_one_that_fails_again_is_parked_again_and_one_that_is_given_up_lets_the_next_come(stopped: Stopped) -> None:
    stopped.misfit()

    assert stopped.asked("parked", "replay", "opportunities:1") == {"replayed": ["opportunities:1"], "refused": []}
    [again] = stopped.asked("parked", "list")
    assert (again["id"], again["sequence"]) == ("2", "1")
    assert stopped.asked("parked", "discard", "--all", "--yes", "--note", "a test") == {
        "discarded": ["opportunities:2"],
        "refused": [],
    }

    [behind] = stopped.asked("parked", "list")
    assert behind["sequence"] == "2"


def test_what_cannot_be_replayed_is_told_and_the_others_are(stopped: Stopped) -> None:
    stopped.junk("bookings", b"nothing")
    stopped.misfit()

    done = stopped.run("parked", "replay", "--all")

    assert done.exit_code == 1
    assert "1 replayed." in done.stdout
    assert "bookings:1: it still cannot be read" in done.stderr


def test_one_that_ends_in_a_bug_again_is_told_and_the_others_are_replayed(
    stopped: Stopped, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Ann", "Bob"):
        data = {"channel": "web", "person_name": name}
        wish = {"specversion": "1.0", "id": name, "source": "/crm", "type": LeadCapture.name, "data": data}
        with stopped.opened() as system:
            Intake(system.parts["leads"].store, {}).deliver([Delivery(json.dumps(wish).encode())])

    def capture(_tx: Tx, command: Command) -> None:
        if command.id == "Ann":
            raise ValueError("a bug")

    monkeypatch.setitem(cast(dict[str, Any], wishes), LeadCapture.name, capture)
    done = stopped.run("parked", "replay", "--all")

    assert (done.exit_code, "1 replayed." in done.stdout) == (1, True)
    assert "leads:1: the fault is ours" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("parked", "replay"), 2, "or say --all"),
        (("parked", "replay", "leads:1", "--all"), 2, "or say --all"),
        (("parked", "replay", "12"), 2, "such as leads:12"),
        (("parked", "show", "nobody:1"), 2, "such as leads:12"),
        (("parked", "show", "leads:1"), 1, "nothing is parked here as 1"),
        (("parked", "discard", "leads:1"), 2, "say --yes"),
        (("replay", "--service", "leads", "--since", "yesterday"), 2, "no time such as first"),
        (("replay", "--service", "leads", "--since", "2026-01-01T00:00:00"), 2, "no time such as first"),
        (("events", "tail", "--from", "blue"), 2, "no event's id and no time"),
        (("events", "show", "blue"), 2, "not a valid UUID"),
        (("events", "show", str(UUID(int=7))), 1, "no fact"),
    ],
)
def test_what_is_asked_for_wrongly_is_refused_in_plain_words(
    stopped: Stopped, words: tuple[str, ...], code: int, said: str
) -> None:
    done = stopped.run(*words)
    assert (done.exit_code, done.exception is None or isinstance(done.exception, SystemExit)) == (code, True)
    assert said in done.output


def test_the_audit_is_checked_and_one_that_was_altered_is_told_of(stopped: Stopped) -> None:
    lead = {"channel": "phone", "person_name": "Ada Byron", "phones": ["615-555-0100"]}
    for _ in range(2):
        assert stopped.call("POST", "/api/v1/leads", lead)
    with stopped.opened() as system:
        store = system.parts["leads"].store
        audit.chain(store)
    [said] = stopped.asked("audit", "--service", "leads")
    assert (said["service"], said["position"] >= 2, said["broken_at"]) == ("leads", True, None)
    assert stopped.run("audit").exit_code == 0

    with stopped.opened() as system, (store := system.parts["leads"].store).alone() as connection:
        connection.execute(store.tables.audit.update().where(store.tables.audit.c.position == 1).values(client="mine"))
    done = stopped.run("audit")
    assert (done.exit_code, "leads: row 1 does not follow" in done.output) == (1, True)


WITHOUT = [
    ("parked", "list"),
    ("audit",),
    ("replay", "--service", "leads", "--since", "1h"),
    ("events", "tail"),
    ("rebuild", "--service", "leads"),
]


@pytest.mark.parametrize("words", WITHOUT)
def test_a_folder_without_a_system_is_not_ready(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(
        import_module(f"commands.{words[0]}").command, [*words[1:], "--data", str(tmp_path / "no")]
    )
    assert done.exit_code == 3
    assert "holds no system" in done.output
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize("words", WITHOUT)
def test_somebody_elses_folder_is_taken_for_no_system_and_left_as_it_is(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "recipes.db").write_text("cake")

    done = CliRunner().invoke(import_module(f"commands.{words[0]}").command, [*words[1:], "--data", str(tmp_path)])

    assert done.exit_code == 3
    assert "holds no system" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["recipes.db"]


@pytest.mark.parametrize("words", [("events", "tail"), ("events", "show", str(UUID(int=7)))])
@pytest.mark.parametrize("content", ["no database", ""])
def test_a_history_that_cannot_be_read_is_told_in_a_line(tmp_path: Path, words: tuple[str, ...], content: str) -> None:
    (tmp_path / "leads.db").write_text(content)

    done = CliRunner().invoke(import_module(f"commands.{words[0]}").command, [*words[1:], "--data", str(tmp_path)])

    assert done.exit_code == 3
    assert "holds no system that can be read" in done.output
    assert len(done.output.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "said"), [("", "is empty"), (" \n", "is empty"), (b"\xff\xfe{", "not text in UTF-8")]
)
def test_a_file_of_columns_that_says_nothing_is_used_wrongly(stopped: Stopped, content: str | bytes, said: str) -> None:
    file = stopped.data / "columns.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())

    done = stopped.run("leads", "import", __file__, "--map", str(file))

    assert done.exit_code == 2
    assert said in done.output


@pytest.mark.parametrize("words", [("parked", "list"), ("leads", "import", __file__)])
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--url", "http://127.0.0.1:abc"), "is no address such as"),
        (("--url", "http://[::1"), "is no address such as"),
        (("--url", "ftp://plumbline.example"), "is no address such as"),
        (("--url", ""), "is no address such as"),
        (("--token", "two\nlines"), "a token has"),
        (("--token", "abcé"), "a token has"),
    ],
)
def test_an_address_or_a_token_that_is_none_is_used_wrongly(
    words: tuple[str, ...], asked: tuple[str, str], said: str
) -> None:
    done = CliRunner().invoke(import_module(f"commands.{words[0]}").command, [*words[1:], *asked])
    assert done.exit_code == 2
    assert said in done.output


@pytest.mark.parametrize("since", ["999999d", "0001-01-01T00:00:00Z", "1066-10-14T09:00:00+01:00"])
def test_what_is_before_all_times_is_from_the_first(stopped: Stopped, since: str) -> None:
    stopped.lead("ann")

    assert stopped.asked("replay", "--service", "leads", "--since", since)["count"] >= 1
    assert "plumbline.lead.captured.v1" in stopped.run("events", "tail", "--from", since, "--no-follow").output


def test_a_running_system_is_never_opened_from_behind(stopped: Stopped) -> None:
    with owned(stopped.data):  # as `up` does; nobody listens at its address here
        done = stopped.run("parked", "list")
    assert done.exit_code == 3
    assert "nobody answers" in done.output
    with owned(stopped.data):
        done = stopped.run("rebuild", "--service", "leads")
    assert done.exit_code == 3
    assert "stop it first" in done.output


def test_a_service_that_lost_its_copy_has_it_again_when_the_others_tell_again(stopped: Stopped) -> None:
    branch = {"name": "Nashville", "time_zone": "America/Chicago", "currency": "USD"}
    stopped.call("POST", "/api/v1/staff/branches", branch)
    for database in stopped.data.glob("leads.db*"):
        database.unlink()
    with stopped.opened() as system, system.parts["leads"].store.reading() as tx:
        assert tx.execute(tx.tables.branches.select()).all() == []

    said = stopped.asked("replay", "--service", "staff", "--since", "first")

    assert said["count"] >= 1
    with stopped.opened() as system:
        for part in system.parts.values():
            with part.store.reading() as tx:
                assert [row.name for row in tx.execute(tx.tables.branches.select())] == ["Nashville"]


def test_a_copy_of_people_that_went_wrong_is_built_anew_from_the_outboxes(stopped: Stopped) -> None:
    for name in ("Nashville", "Memphis"):
        stopped.call(
            "POST", "/api/v1/staff/branches", {"name": name, "time_zone": "America/Chicago", "currency": "USD"}
        )
    with stopped.opened() as system, system.parts["leads"].store.begin() as tx:
        tx.execute(tx.tables.branches.update().values(name="spoilt"))

    said = stopped.asked("rebuild", "--service", "leads")

    assert said == {"service": "leads", "models": [{"tables": ["people", "teams", "branches"], "records": 2}]}
    with stopped.opened() as system, system.parts["leads"].store.reading() as tx:
        assert {row.name for row in tx.execute(tx.tables.branches.select())} == {"Nashville", "Memphis"}
    assert "has no read model" in stopped.run("rebuild", "--service", "staff").stdout


@pytest.mark.parametrize("service", services.every(), ids=lambda service: service.name)
def test_nothing_but_its_read_models_hears_what_a_model_is_built_of(service: Service) -> None:
    """Or what else heard it would hear it twice, its positions going with the model's."""
    for model in models_of(service):
        streams = {stream for stream, owner in PUBLISHERS.items() if owner in model.producers}
        heard = {name for name in service.subscriptions.facts if name.split(".")[1] in streams}
        assert heard == set(model.subscriptions.facts)


@pytest.mark.parametrize("service", services.every(), ids=lambda service: service.name)
def test_a_read_model_is_referred_to_by_nobody_and_numbers_no_rows(service: Service) -> None:
    """Its tables take their places one after the other, with the rows' own keys."""
    built = [table for model in models_of(service) for table in model.tables]
    referred = {key.column.table for table in service.metadata.tables.values() for key in table.foreign_keys}
    assert not [table.name for table in built if table in referred or table.autoincrement_column is not None]


class TestHistory:
    @pytest.fixture
    def said(self, stopped: Stopped) -> Callable[..., list[dict[str, Any]]]:
        for name in ("Ann", "Bob"):
            lead = stopped.lead(name)
            stopped.call("POST", f"/api/v1/leads/{lead}/validate", {})

        def tail(*words: str) -> list[dict[str, Any]]:
            done = stopped.run("events", "tail", "--json", *words)
            assert done.exit_code == 0, done.output
            return [json.loads(one) for one in done.stdout.splitlines()]

        return tail

    def test_the_outboxes_are_one_history_in_the_order_of_time(self, said: Callable[..., list[dict[str, Any]]]) -> None:
        facts = said("--no-follow")
        times = [datetime.fromisoformat(one["time"]) for one in facts]
        assert times == sorted(times)
        assert {one["source"] for one in facts} == {"/plumbline/leads", "/plumbline/opportunities"}

    def test_a_type_is_chosen_as_a_binding_chooses_it(self, said: Callable[..., list[dict[str, Any]]]) -> None:
        def kinds(pattern: str) -> set[str]:
            return {one["type"] for one in said("--no-follow", "--type", pattern)}

        assert kinds("plumbline.opportunity.opened.v1") == {"plumbline.opportunity.opened.v1"}
        assert kinds("opportunity.#") >= {"plumbline.opportunity.opened.v1"}
        assert kinds("*.captured.*") == {"plumbline.lead.captured.v1"}
        assert kinds("booking.#") == set()

    def test_it_begins_with_a_fact_or_a_time_and_ends_when_told(
        self, stopped: Stopped, said: Callable[..., list[dict[str, Any]]]
    ) -> None:
        facts = said("--no-follow")
        third = facts[2]

        assert said("--from", third["id"], "--limit", "2") == facts[2:4]
        assert said("--from", facts[-1]["time"], "--no-follow") == facts[-1:]
        assert said("--from", "first", "-n", "1") == facts[:1]
        assert stopped.asked("events", "show", third["id"]) == third

    def test_a_fact_is_found_that_was_told_before_a_clock_was_set_back(
        self, stopped: Stopped, said: Callable[..., list[dict[str, Any]]]
    ) -> None:
        [first, *_] = said("--no-follow", "--type", "lead.captured.v1")
        with stopped.opened() as system, system.parts["leads"].store.begin() as tx:
            facts = tx.tables.outbox
            ahead = {"created_at": tx.now + timedelta(days=1)}
            tx.execute(sa.update(facts).where(facts.c.event_id == UUID(first["id"])).values(ahead))

        assert stopped.asked("events", "show", first["id"]) == first
