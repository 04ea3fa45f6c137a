"""Queues that came back from the death of their broker without a leader: found, and taken away.

RabbitMQ writes a quorum queue down at once, but the names of its replicas half a second later. A node that is killed
in between makes the replica anew when it starts, as one that waits for a leader, and there is none. What was in the
queue is lost then, and whatever is told to it is confirmed never: one such queue, of whomever, stops its publishers.
"""

from collections.abc import Iterator
from urllib.parse import quote

from libs.common.rabbit.management import Management
from libs.common.rabbit.subscribers import PREFIX
from libs.common.rabbit.topology import queue_of

OURS = (queue_of(""), PREFIX)  #: what the names of services' and subscribers' queues begin with; others we do not touch
LOOKS = 3  #: a leader speaks every five seconds, and the management API tells it up to five later; we look every ten


def without_leader(broker: Management) -> set[str]:
    """Quorum queues of ours whose every member is up and whose leader says nothing, where another queue's does.

    Raises Refusal or BusDown.
    """
    asked = "columns=name,type,state,members,online"
    queues = [one for one in broker.call("GET", f"queues/{broker.here}?{asked}") if one["type"] == "quorum"]
    if not any(one.get("state") for one in queues):
        return set()  # a broker that has just been started, or that gathers no figures
    whole = [one for one in queues if one.get("members") and set(one["members"]) == set(one.get("online") or [])]
    return {one["name"] for one in whole if not one.get("state") and one["name"].startswith(OURS)}


def take_away(broker: Management, looks: dict[str, int]) -> Iterator[str]:
    """Looks once. Deletes the queues that have had no leader for as many looks as it takes to be sure.

    Gives each as soon as it is gone: the broker may go away before the next. ``looks``: for how many each has had none,
    from one call to the next. What a service's queue held it reads again from the history, as with any that is lost; a
    subscriber does so itself. Raises Refusal or BusDown.
    """
    found = {name: looks.get(name, 0) + 1 for name in without_leader(broker)}
    looks.clear()
    looks.update(found)
    for name in sorted(name for name, count in found.items() if count >= LOOKS):
        broker.call("DELETE", f"queues/{broker.here}/{quote(name, safe='')}")
        del looks[name]
        yield name
