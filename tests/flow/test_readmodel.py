"""The console's read model over SQLite: the same in any order, built anew, or begun late."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

import services
from embedded.system import System
from embedded.testing import Bench
from libs.common import orm, outbox
from libs.common.orm import Database
from tests.contract.readmodel_suite import Console, ReadModelSuite
from tests.flow.funnel import Funnel


class TestReadModelOnSqlite(ReadModelSuite):
    @pytest.fixture
    def database(self, tmp_path: Path) -> Database:
        return orm.connect(f"sqlite:///{tmp_path / 'console.db'}", durable=False)


def test_a_console_that_joins_a_running_company_is_filled_by_a_replay(tmp_path: Path) -> None:
    before = Bench(tmp_path, [name for name in services.NAMES if name != "console"])
    Funnel(before).booked()
    before.close()
    system = System.on_files(tmp_path, services.every(), durable=False)
    cards: Any = services.spec("console").metadata.tables["cards"]

    def shown() -> list[str]:
        with system.parts["console"].store.reading() as tx:
            return list(tx.execute(sa.select(cards.c.lane)).scalars())

    system.settle()
    assert shown() == []
    for part in system.parts.values():
        with part.store.begin() as tx:
            outbox.send_again(tx, before.clock().replace(year=2000))
    system.settle()
    system.close()

    system = System.on_files(tmp_path, services.every(), durable=False)
    assert shown() == ["booking.draft"]
    system.close()


def test_what_was_merged_into_a_card_is_found_without_looking_at_all_cards(tmp_path: Path) -> None:
    """Every page of a lead or an opportunity asks for it."""
    console = Console(orm.connect(f"sqlite:///{tmp_path / 'console.db'}"))
    plan = sa.text("EXPLAIN QUERY PLAN SELECT id FROM cards WHERE duplicate_of = :card")
    with console.store.reading() as tx:
        [step] = tx.execute(plan, {"card": UUID(int=1).hex}).all()
    assert "USING INDEX ix_cards_duplicate_of" in step.detail
