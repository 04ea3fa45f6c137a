"""Says when messages found no queue: a fact without a reader, or a command that nobody takes."""

from collections.abc import Callable

from libs.common.rabbit.management import Management
from libs.common.rabbit.topology import UNROUTED

Report = Callable[[str, bool, str], None]


def look(broker: Management, report: Report) -> int:
    """How many lie in the queue of what was not routed. Raises Refusal or BusDown."""
    found = broker.call("GET", f"queues/{broker.here}/{UNROUTED}")
    count = int(found.get("messages", 0))
    said = (
        f"{count} messages found no queue and lie in {UNROUTED}: run ./plumbline topology, have their facts sent again"
        " (./plumbline replay), then empty that queue"
    )
    report("unrouted", not count, said if count else "")
    return count
