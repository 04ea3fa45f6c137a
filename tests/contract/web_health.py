"""What a service says of its worker, and of what nobody will try again."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from libs.common import status
from libs.common.mail import FAILED, TRIES
from libs.common.status import report_to
from tests.contract.web_world import TABLES, World

PARTS = ["relay", "timers", "consumer", "commands", "dead letters", "dead commands", "bindings", "mail"]


def said(world: World) -> dict[str, Any]:
    answer = world.get("/readyz", by=None)
    assert answer.status_code == 200
    return dict(answer.json or {})


def spoke(world: World, part: str, ago: timedelta, detail: str = "") -> None:
    with world.store.begin() as tx:
        row = {"part": part, "ok": not detail, "detail": detail, "at": tx.now - ago}
        tx.session.execute(tx.insert(TABLES.worker_status).values(**row))


def mail_failed(world: World, attempts: int, ago: timedelta = timedelta()) -> None:
    with world.store.begin() as tx:
        row = {"id": UUID(int=1), "recipient": "a@b.example", "subject": "s", "body": "b", "attachments": []}
        state = {"state": FAILED, "attempts": attempts, "due_at": tx.now - ago, "error": "ConnectionRefusedError"}
        tx.session.execute(sa.insert(TABLES.mail).values(**row, **state))


class Health:
    @pytest.mark.parametrize("part", PARTS)
    @pytest.mark.parametrize("ago", [timedelta(days=2, seconds=50), -timedelta(days=3)])  # or a clock was set back
    def test_a_part_of_the_worker_that_has_fallen_silent_is_named(
        self, world: World, part: str, ago: timedelta
    ) -> None:
        spoke(world, part, ago)
        assert said(world)["status"] == "degraded"
        assert "nothing heard of it" in said(world)["parts"][part]["detail"]

    def test_how_long_it_has_been_silent_is_said_in_all_its_seconds_and_so_is_what_it_said_last(
        self, world: World
    ) -> None:
        spoke(world, "bindings", timedelta(days=2, seconds=50), "reading what the queue missed")
        detail = said(world)["parts"]["bindings"]["detail"]
        assert detail.startswith(f"nothing heard of it for {2 * 86400 + 50} s")
        assert detail.endswith("; it last said: reading what the queue missed")

    def test_a_part_that_says_something_else_is_heard_at_once_and_one_that_repeats_itself_in_time(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        report = report_to(world.store)
        for why in ("RabbitMQ cannot be reached", "RabbitMQ lets nobody in"):
            report("relay", False, why)
        assert said(world)["parts"]["relay"]["detail"] == "RabbitMQ lets nobody in"

        with world.store.begin() as tx:
            tx.session.execute(sa.update(TABLES.worker_status).values(at=tx.now - timedelta(minutes=1)))
        monkeypatch.setattr(status, "REPEAT_S", 0.0)
        report("relay", False, "RabbitMQ lets nobody in")
        assert said(world)["parts"]["relay"]["detail"] == "RabbitMQ lets nobody in"

    def test_a_worker_in_trouble_is_heard_though_another_one_is_well(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ill, well = report_to(world.store), report_to(world.store)
        ill("consumer", False, "RabbitMQ cannot be reached")
        well("consumer", True, "")
        assert said(world)["parts"]["consumer"] == {"ok": False, "detail": "RabbitMQ cannot be reached"}

        ill("consumer", True, "")
        assert said(world)["parts"]["consumer"] == {"ok": True}

        monkeypatch.setattr(status, "REPEAT_S", 0.0)
        well("consumer", False, "RabbitMQ lets nobody in")
        ill("consumer", True, "")
        assert said(world)["parts"]["consumer"] == {"ok": False, "detail": "RabbitMQ lets nobody in"}

    @pytest.mark.parametrize("ago", [timedelta(seconds=30), -timedelta(days=3)])  # or a clock was set back
    def test_a_worker_that_died_in_trouble_is_soon_forgotten(self, world: World, ago: timedelta) -> None:
        well = report_to(world.store)
        report_to(world.store)("consumer", False, "RabbitMQ cannot be reached")
        well("consumer", True, "")
        with world.store.begin() as tx:
            tx.session.execute(sa.update(TABLES.worker_status).values(at=tx.now - ago))

        well("consumer", True, "")

        assert said(world)["parts"]["consumer"] == {"ok": True}

    def test_a_timer_that_was_given_up_is_told_and_counted(self, world: World) -> None:
        with world.store.begin() as tx:
            row = {"kind": "nudge", "due_at": tx.now, "payload": {}, "attempts": 10, "failed": "ValueError: no"}
            late = {"kind": "nudge", "due_at": tx.now, "payload": {}, "attempts": 9, "failed": None}
            rows = [{**row, "subject": UUID(int=1)}, {**late, "subject": UUID(int=2)}]
            tx.session.execute(sa.insert(TABLES.timers), rows)
        assert said(world)["status"] == "degraded"
        assert said(world)["parts"]["timers given up"]["detail"].startswith("1 of them failed")
        assert 'plumbline_timers_given_up{service="boxes"} 1.0' in world.get("/metrics").text

    def test_mail_that_no_server_took_is_told_and_counted_for_a_day(self, world: World) -> None:
        mail_failed(world, TRIES)
        assert said(world)["status"] == "degraded"
        assert said(world)["parts"]["mail given up"]["detail"].startswith("1 of the last day")
        assert 'plumbline_mail_given_up{service="boxes"} 1.0' in world.get("/metrics").text
        with world.store.begin() as tx:
            tx.session.execute(sa.update(TABLES.mail).values(due_at=tx.now - timedelta(days=2)))
        assert said(world)["status"] == "ok"

    def test_mail_whose_reader_was_refused_for_good_is_no_trouble_of_the_system(self, world: World) -> None:
        mail_failed(world, attempts=1)
        assert said(world)["status"] == "ok"
