"""Whatever is asked of a large company's read model is answered so soon that a page of it is there within 150 ms."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from embedded.testing import HOME
from libs.common.auth import Caller
from libs.common.orm import Database
from libs.common.store import Store
from libs.common.tx import Tx
from services.console import usecases
from services.console.service import SPEC
from tests.contract.crowd import NOW, SALESPEOPLE, WHO

MOST_MS_OF_A_REPORT = 150
YEAR = {"since": NOW - timedelta(days=365)}
Ask = Callable[[Tx, Caller], Any]


def _later(tx: Tx, days: int) -> Tx:
    tx._now = NOW + timedelta(days=days)
    return tx


def theirs(tx: Tx, who: Caller) -> UUID:
    """A card that this caller sees."""
    ident: UUID = usecases.cards(tx, who, {"limit": 1}).items[0]["id"]
    return ident


ASKED: dict[str, Ask] = {
    "board": lambda tx, who: usecases.board(tx, who, {}),
    "board of a half year in which nothing ended": lambda tx, who: usecases.board(_later(tx, 182), who, {}),
    "board of what ended since yesterday": lambda tx, who: usecases.board(tx, who, {"closed_days": 1}),
    "board of a salesperson": lambda tx, who: usecases.board(tx, who, {"person": SALESPEOPLE[0]}),
    "board of a trade and a source": lambda tx, who: usecases.board(tx, who, {"trade": "hvac", "source": "web"}),
    "board of what is late": lambda tx, who: usecases.board(tx, who, {"overdue": True}),
    "board of a branch, older": lambda tx, who: usecases.board(tx, who, {"branch": HOME, "age": 30}),
    "cards": lambda tx, who: usecases.cards(tx, who, {}),
    "cards by value": lambda tx, who: usecases.cards(tx, who, {"sort": "value"}),
    "a card": lambda tx, who: usecases.card(tx, who, theirs(tx, who)),
    "what happened with a card": lambda tx, who: usecases.timeline(tx, who, theirs(tx, who), {}).items,
    "cards of a lane": lambda tx, who: usecases.cards(tx, who, {"lane": "opportunity.qualified"}),
    "search by a name": lambda tx, who: usecases.search(tx, who, "castellan"),
    "search by two words": lambda tx, who: usecases.search(tx, who, "ivy cast"),
    "search by three letters": lambda tx, who: usecases.search(tx, who, "for"),
    "search by the last digits": lambda tx, who: usecases.search(tx, who, "0142"),
    "search by a number": lambda tx, who: usecases.search(tx, who, "L-00017"),
    "search by two letters": lambda tx, who: usecases.search(tx, who, "an"),
    "calendar of a week": lambda tx, who: usecases.calendar(tx, who, NOW - timedelta(days=7), NOW, {}),
    "today": lambda tx, who: usecases.today(tx, who, {}),
    **{
        f"report {name}, a year": lambda tx, who, name=name: usecases.report(tx, who, name, YEAR)
        for name in usecases.REPORTS
    },
    **{
        f"report {name}, all": lambda tx, who, name=name: usecases.report(tx, who, name, {})
        for name in usecases.REPORTS
    },
}


class SizeSuite:
    clock = staticmethod(time.perf_counter)
    most_ms = 80  # alone it takes half of that; work on the neighbouring core slows this one

    @pytest.mark.long
    @pytest.mark.timeout(1800)
    def test_everything_is_answered_soon(self, crowd: Database) -> None:
        store = Store("console", crowd, SPEC.tables, clock=lambda: NOW)
        took = {
            f"{name} ({who})": self._ms(store, ask, caller)
            for name, ask in ASKED.items()
            for who, caller in WHO.items()
        }
        slow = {
            name: ms for name, ms in took.items() if ms > (MOST_MS_OF_A_REPORT if "report" in name else self.most_ms)
        }
        assert slow == {}, sorted(took.items(), key=lambda one: -one[1])[:40]

    @classmethod
    def _ms(cls, store: Store, ask: Ask, who: Caller) -> float:
        """The best of a few: others may be at work on this machine."""
        best = float("inf")
        for _ in range(5):
            began = cls.clock()
            with store.reading() as tx:
                tx._now = NOW  # the crowd's own time
                assert msgspec.json.encode(ask(tx, who))
            best = min(best, cls.clock() - began)
        return best * 1000
