"""A queue of ours without a leader stops its publishers and is taken away; one that is only late, or may elect, is not,
and a stranger's never."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import pytest

from commands import topology
from libs.common.bus import BusDown
from libs.common.rabbit.leaderless import LOOKS, take_away, without_leader
from libs.common.rabbit.management import Management

WELL = {"type": "quorum", "state": "running", "leader": "a", "members": ["a"]}
MUTE = {"type": "quorum", "leader": "a", "members": ["a"]}
DOWN = WELL | {"leader": None}  #: its leader's last word was that it runs


class Broker(Management):
    """Its management API: it has these queues, of its nodes a runs, and it deletes queues when it is told to."""

    def __init__(self, **queues: dict[str, Any]) -> None:
        super().__init__("http://nobody.example", "amqp://guest:guest@nobody.example/%2F")
        self.queues, self.away = queues, False
        self.leaves = False  #: after it has deleted one

    def call(self, method: str, path: str, body: object = None) -> Any:
        if path.startswith("nodes?"):
            return [{"name": "a", "running": True}, {"name": "b", "running": False}]
        kind, vhost, *name = path.partition("?")[0].split("/")
        assert (kind, vhost) == ("queues", "%2F")
        if method == "DELETE":
            [deleted] = name
            if self.away:
                raise BusDown("RabbitMQ is away")
            del self.queues[unquote(deleted)]
            self.away = self.leaves
            return None
        return [{"name": name, **queue} for name, queue in self.queues.items()]


OURS, WELLS = "plumbline.opportunities", "plumbline.leads"
ENOUGH = LOOKS["plumbline."]


@pytest.mark.parametrize("queue", [MUTE, DOWN], ids=["mute", "down"])
@pytest.mark.parametrize(
    ("name", "looks"),
    [
        (OURS, 3),
        ("plumbline.leads.dead", 3),
        ("plumbline.commands", 3),
        ("subscriber.crm.inbox", 12),
        ("subscriber.crm.in/box", 12),
    ],
)
def test_it_is_taken_away_once_it_is_sure(name: str, looks: int, queue: dict[str, Any]) -> None:
    broker, found = Broker(**{name: queue, "plumbline.staff": WELL}), dict[str, int]()

    seen = [list(take_away(broker, found)) for _ in range(looks + 1)]

    assert seen == [*([] for _ in range(looks - 1)), [name], []]
    assert set(broker.queues) == {"plumbline.staff"}


def test_one_that_has_spoken_in_between_is_looked_at_from_the_beginning() -> None:
    broker, looks = Broker(**{OURS: MUTE, WELLS: WELL}), dict[str, int]()
    for _ in range(ENOUGH - 1):
        list(take_away(broker, looks))
    broker.queues[OURS] = WELL
    list(take_away(broker, looks))
    broker.queues[OURS] = MUTE

    assert list(take_away(broker, looks)) == []


def test_one_that_is_made_anew_is_looked_at_from_the_beginning() -> None:
    broker, looks = Broker(**{OURS: MUTE, WELLS: WELL}), dict[str, int]()
    for _ in range(ENOUGH):
        list(take_away(broker, looks))
    broker.queues[OURS] = MUTE

    assert [list(take_away(broker, looks)) for _ in range(ENOUGH)] == [[], [], [OURS]]


@pytest.mark.parametrize(
    ("why", "queues"),
    [
        ("the broker was just started, or gathers no figures", {OURS: MUTE, WELLS: MUTE}),
        ("it is led", {OURS: WELL, WELLS: WELL}),
        ("a member's node is away", {OURS: MUTE | {"members": ["a", "b"]}, WELLS: WELL}),
        ("a member's node is away, and its own process down", {OURS: DOWN | {"members": ["a", "b"]}, WELLS: WELL}),
        ("nobody says who leads any", {OURS: DOWN, WELLS: DOWN}),
        ("nobody knows who belongs to it", {OURS: {"type": "quorum"}, WELLS: WELL}),
        ("a stream has another kind of leader", {"plumbline.history": MUTE | {"type": "stream"}, WELLS: WELL}),
        ("a stream's leader says nothing of a quorum queue's", {OURS: MUTE, WELLS: WELL | {"type": "stream"}}),
        ("a classic queue has none", {OURS: MUTE | {"type": "classic"}, WELLS: WELL}),
        ("a stranger's is the stranger's", {"crm.plumbline.leads": MUTE, "plumblines": MUTE, WELLS: WELL}),
    ],
)
def test_what_may_be_well_or_is_not_ours_is_left_alone(why: str, queues: dict[str, dict[str, Any]]) -> None:
    assert without_leader(Broker(**queues)) == set(), why


@pytest.fixture
def watching() -> Iterator[Callable[..., None]]:
    """`topology --watch` without its pauses, until it has looked often enough."""
    with patch.object(topology, "AGAIN_S", 0.0), patch.object(topology.signal, "signal") as handlers:

        def run(broker: Broker, make: Callable[[], object]) -> None:
            looks, count = dict[str, int](), iter(range(2 * ENOUGH))

            def look() -> Iterable[str]:
                if next(count, None) is None:
                    handlers.call_args.args[1]()
                    return []
                return take_away(broker, looks)

            topology.keep(look, make)

        yield run


def test_who_watches_says_so_and_makes_ours_again_at_once(
    watching: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    broker = Broker(**{"plumbline.leads": MUTE, "plumbline.staff": WELL})

    watching(broker, lambda: broker.queues.setdefault("plumbline.leads", WELL))

    assert broker.queues["plumbline.leads"] == WELL
    said = capsys.readouterr().err.splitlines()
    assert said == ["The queue plumbline.leads had no leader, and stopped its publishers: deleted."]


def test_a_deletion_is_told_though_the_broker_goes_away_before_the_next(
    watching: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    broker = Broker(**{"plumbline.leads": MUTE, OURS: MUTE, "plumbline.staff": WELL})
    broker.leaves = True

    watching(broker, lambda: None)

    said = capsys.readouterr().err.splitlines()[:2]
    assert said == [topology.DELETED.format("plumbline.leads"), "RabbitMQ is away"]
