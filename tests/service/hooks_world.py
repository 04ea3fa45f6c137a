"""What the tests of webhooks share: facts that arrive, senders that do what is to be done, and what became of it."""

from typing import Any
from uuid import UUID, uuid4

from embedded.testing import Bench
from libs.common.contracts import leads
from services.notifications.adapters import SENDERS
from tests.service.notification_facts import fact

HOOKS = "/api/v1/notifications/webhooks"


def store_of(bench: Bench) -> Any:
    return bench.system.parts["notifications"].store


def send(bench: Bench) -> None:
    """The senders do what is to be done now."""
    while any(job.run(store_of(bench)) for job in SENDERS):
        pass


def tell(bench: Bench, kind: type[Any] = leads.LeadNurturing, by: str = "leads", **more: Any) -> UUID:
    event = fact(kind, **{"subject": uuid4(), **more})
    bench.tell(event, by=by)
    return event.subject


def hook(bench: Bench, url: str, *types: str, **more: Any) -> str:
    answer = bench.as_("admin").post(HOOKS, {"url": url, "types": list(types or ("#",)), **more})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return f"{HOOKS}/{answer.get_json()['id']}"


def state(bench: Bench, path: str) -> dict[str, Any]:
    found: dict[str, Any] = bench.as_("auditor").get(path).get_json()
    return found


def log(bench: Bench, path: str, **asked: str) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return bench.as_("auditor").items(f"{path}/deliveries?{query}")
