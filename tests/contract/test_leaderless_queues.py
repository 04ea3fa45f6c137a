"""A queue without a leader stops its publishers and is taken away; one that is only late, or may elect, is not."""

from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest

from commands import topology
from libs.common.rabbit.leaderless import LOOKS, take_away, without_leader
from libs.common.rabbit.management import Management

WELL = {"type": "quorum", "state": "running", "members": ["a"], "online": ["a"]}
MUTE = {"type": "quorum", "members": ["a"], "online": ["a"]}


class Broker(Management):
    """Its management API: it has these queues, and deletes them when it is told to."""

    def __init__(self, **queues: dict[str, Any]) -> None:
        super().__init__("http://nobody.example", "amqp://guest:guest@nobody.example/%2F")
        self.queues = queues

    def call(self, method: str, path: str, body: object = None) -> Any:
        kind, vhost, *name = path.partition("?")[0].split("/")
        assert (kind, vhost) == ("queues", "%2F")
        if method == "DELETE":
            del self.queues[name[0]]
            return None
        return [{"name": name, **queue} for name, queue in self.queues.items()]


def test_it_is_taken_away_once_it_is_sure() -> None:
    broker, looks = Broker(inbox=MUTE, leads=WELL), dict[str, int]()

    assert [take_away(broker, looks) for _ in range(LOOKS + 1)] == [[], [], ["inbox"], []]
    assert set(broker.queues) == {"leads"}


def test_one_that_has_spoken_in_between_is_looked_at_from_the_beginning() -> None:
    broker, looks = Broker(inbox=MUTE, leads=WELL), dict[str, int]()
    for _ in range(LOOKS - 1):
        take_away(broker, looks)
    broker.queues["inbox"] = WELL
    take_away(broker, looks)
    broker.queues["inbox"] = MUTE

    assert take_away(broker, looks) == []


@pytest.mark.parametrize(
    ("why", "queues"),
    [
        ("the broker was just started, or gathers no figures", {"inbox": MUTE, "leads": MUTE}),
        ("a member is away", {"inbox": MUTE | {"members": ["a", "b", "c"], "online": ["a"]}, "leads": WELL}),
        ("its process is down, and a start may bring back what it holds", {"inbox": MUTE | {"online": []}, "x": WELL}),
        ("nobody knows who is up", {"inbox": {"type": "quorum"}, "leads": WELL}),
        ("a stream has another kind of leader", {"history": MUTE | {"type": "stream"}, "leads": WELL}),
        ("a classic queue has none", {"inbox": {"type": "classic"}, "leads": WELL}),
    ],
)
def test_what_may_be_well_is_left_alone(why: str, queues: dict[str, dict[str, Any]]) -> None:
    assert without_leader(Broker(**queues)) == set(), why


@pytest.fixture
def watching() -> Iterator[Callable[..., None]]:
    """`topology --watch` without its pauses, until it has looked often enough."""
    with patch.object(topology, "AGAIN_S", 0.0), patch.object(topology.signal, "signal") as handlers:

        def run(broker: Broker, make: Callable[[], object]) -> None:
            looks, count = dict[str, int](), iter(range(2 * LOOKS))

            def look() -> list[str]:
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
    assert said == ["The queue plumbline.leads came back without a leader, and stopped its publishers: deleted."]
