"""Queues that nobody leads though every node is up: found, and taken away.

RabbitMQ writes a quorum queue down at once, but the names of its replicas half a second later. A node that is killed
in between makes the replica anew when it starts, as one that waits for a leader, and there is none. What was in the
queue is lost then, and whatever is told to it is confirmed never. Or a replica cannot be started at all, and whatever
is told to it is refused. One such queue, of whomever, stops its publishers.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from libs.common.rabbit.management import Management
from libs.common.rabbit.subscribers import PREFIX
from libs.common.rabbit.topology import queue_of

#: How often one is found so before it is deleted, by what its name begins with; others' we do not touch. A leader
#: speaks every five seconds, and the management API tells it up to five later; we look every ten. A service loses
#: nothing. A subscriber would: its queue of 1 GB, which is well and being read from the disk, takes up to a minute.
LOOKS = {queue_of(""): 3, PREFIX: 12}


def without_leader(broker: Management) -> set[str]:
    """Quorum queues of ours that nobody leads, where another is led, and whose every member's node is up.

    Raises Refusal or BusDown.
    """
    asked = "columns=name,type,state,leader,members"
    queues = [one for one in broker.call("GET", f"queues/{broker.here}?{asked}") if one["type"] == "quorum"]
    if not any(_led(one) for one in queues):
        return set()  # a broker that has just been started, or that gathers no figures
    ours = [one for one in queues if one["name"].startswith(tuple(LOOKS)) and one.get("members")]
    lost = {one["name"]: set(one["members"]) for one in ours if not _led(one)}
    if not lost:
        return set()
    up = {one["name"] for one in broker.call("GET", "nodes?columns=name,running") if one["running"]}
    return {name for name, members in lost.items() if members <= up}  # else who is away may yet lead it


def take_away(broker: Management, looks: dict[str, int]) -> Iterator[str]:
    """Looks once. Deletes the queues that nobody has led for as many looks as it takes to be sure.

    Gives each as soon as it is gone: the broker may go away before the next. ``looks``: for how many each has had none,
    from one call to the next. What a service's queue held it reads again from the history, as with any that is lost; a
    subscriber does so itself. Raises Refusal or BusDown.
    """
    found = {name: looks.get(name, 0) + 1 for name in without_leader(broker)}
    looks.clear()
    looks.update(found)
    for name in sorted(name for name, count in found.items() if count >= _enough(name)):
        broker.call("DELETE", f"queues/{broker.here}/{quote(name, safe='')}")
        del looks[name]
        yield name


def _led(queue: dict[str, Any]) -> bool:
    """The state is the leader's last word and stays when its process ends; the leader's name goes then."""
    return bool(queue.get("state") and queue.get("leader"))


def _enough(name: str) -> int:
    return next(count for beginning, count in LOOKS.items() if name.startswith(beginning))
