"""While too much waits to be told to the others, changes are refused and everything else goes on."""

from dataclasses import replace
from uuid import uuid4

import pytest
import sqlalchemy as sa

from libs.common import outbox
from libs.common.dberrors import TryAgain
from libs.common.deployment import OutboxLimits
from libs.common.tx import Tx
from tests.contract.web_world import TABLES, World, problem


def wait_to_be_sent(world: World, count: int) -> None:
    with world.store.begin() as tx:
        row = {"agg_seq": 1, "type": "plumbline.box.packed.v1", "body": b"{}", "created_at": tx.now}
        rows = [{**row, "event_id": uuid4(), "agg": uuid4()} for _ in range(count)]
        tx.session.execute(sa.insert(TABLES.outbox), rows)


class Backlog:
    @pytest.fixture(autouse=True)
    def limited(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(outbox, "LOOK_S", 0.0)  # each request looks, so that no test waits a second
        world.store.deployment = replace(world.store.deployment, outbox=OutboxLimits(most_rows=3))

    def test_over_the_cap_a_change_is_refused_and_leaves_nothing(self, world: World) -> None:
        wait_to_be_sent(world, 3)
        first = world.box()["id"]
        wait_to_be_sent(world, 1)

        for answer in (world.post("", {"label": "x"}, Idempotency_Key="k"), world.post(f"/{first}/assign")):
            said = problem(answer, 503, "outbox-backlog")
            assert int(answer.headers["Retry-After"]) > 0
            assert "more than 3 facts wait to be sent" in said["detail"]
        assert world.boxes() == 1

    def test_the_refused_request_has_its_effect_under_the_same_key_once_the_facts_are_sent(self, world: World) -> None:
        wait_to_be_sent(world, 4)
        problem(world.post("", {"label": "x"}, Idempotency_Key="k"), 503)
        with world.store.begin() as tx:
            tx.session.execute(sa.update(TABLES.outbox).values(published_at=tx.now))

        assert world.post("", {"label": "x"}, Idempotency_Key="k").status_code == 201
        assert world.boxes() == 1

    def test_over_the_cap_people_look_and_operators_act(self, world: World) -> None:
        wait_to_be_sent(world, 4)

        assert world.get("").status_code == 200
        parts = world.get("/readyz").json["parts"]
        assert not parts["outbox"]["ok"]
        assert "changes are refused" in parts["outbox"]["detail"]
        assert 'plumbline_outbox_full{service="boxes"} 1.0' in world.get("/metrics").text
        assert world.post("/replay", {"since": "2026-01-01T00:00:00Z"}, by="admin").status_code == 200
        problem(world.post("/parked/7/discard", by="admin"), 404)

    def test_a_database_restarted_since_the_last_look_is_no_reason_to_refuse(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looks: list[str] = []
        counted = outbox.too_much

        def stale_at_first(tx: Tx) -> str:
            looks.append("")
            if len(looks) == 1:
                raise TryAgain("the database was restarted")
            return counted(tx)

        monkeypatch.setattr(outbox, "too_much", stale_at_first)

        assert world.post("", {"label": "x"}).status_code == 201
        assert len(looks) == 2
