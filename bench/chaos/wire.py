"""What the broker knows: how often it delivered again, and every message that ever went over it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from libs.common.contracts.base import decode
from libs.common.rabbit.history import batches
from libs.common.rabbit.publisher import HISTORY
from libs.local.broker import Broker


def broker_of(data: Path) -> Broker:
    """The broker of `up --distributed` in this folder, as its administrator."""
    admin = urlsplit((data / "secrets" / "broker-admin-url").read_text())
    ports = json.loads((data / "ports.json").read_text())
    return Broker(
        host="127.0.0.1",
        port=ports["amqp"],
        management_url=f"http://127.0.0.1:{ports['management']}",
        admin=(unquote(admin.username or ""), unquote(admin.password or "")),
    )


class Redeliveries:
    """Sums up what the broker counts since it was last started; it forgets with each restart."""

    def __init__(self, broker: Broker) -> None:
        self.broker, self.total = broker, 0
        self._seen: dict[str, int] = {}

    def look(self) -> None:
        try:
            queues = self.broker.manage("GET", "/api/queues?columns=name,message_stats", seconds=3)
        except (OSError, ValueError):
            return
        for queue in queues:
            now = int(queue.get("message_stats", {}).get("redeliver", 0))
            before = self._seen.get(queue["name"], 0)
            self.total += now - before if now >= before else now
            self._seen[queue["name"]] = now


def left_over(broker: Broker) -> list[str]:
    """Messages that nobody has taken: in a service's queue, in one for what could not be delivered or routed."""
    queues = broker.manage("GET", "/api/queues?columns=name,messages")
    return [f"{queue['name']} holds {queue['messages']} messages" for queue in queues if _stuck(queue)]


def _stuck(queue: dict[str, Any]) -> bool:
    return bool(queue.get("messages")) and queue["name"] != HISTORY


def history(broker: Broker) -> Counter[str]:
    """How often each fact went over the broker, by its id."""
    seen: Counter[str] = Counter()
    for batch in batches(broker.url(), None, "chaos"):
        seen.update(str(decode(one.body, one.content_type).id) for one in batch)
    return seen
