"""What a service looks for every few seconds costs the same after years: it reads what waits, not what is over."""

from collections.abc import Callable
from dataclasses import replace

import pytest

import services
from embedded.testing import Bench
from libs.common.deployment import OutboxLimits
from libs.common.loops import KERNEL_JOBS
from tests.service import plans

FEW = ("webhooks", "(", "CONSTANT ROW")  #: as many as there are receivers; rows that were given


@pytest.mark.parametrize("name", services.NAMES)
def test_what_is_looked_for_again_and_again_is_found_by_an_index(bench: Callable[..., Bench], name: str) -> None:
    service = bench(name)
    [part] = service.system.parts.values()
    around, keeping = part.store.deployment, OutboxLimits(keep_days=30)
    part.store.deployment = replace(around, smtp_url="smtp://mail.example", outbox=keeping, news_keep_days=30)

    with plans.asked(service) as asked:
        part.relay.step()
        service.system.due()
        for job in (*KERNEL_JOBS, *part.service.jobs):
            job.run(part.store)

    reads = [step.removeprefix("SCAN ") for steps in asked for step in steps if step.startswith("SCAN ")]
    assert asked
    assert [one for one in reads if "USING" not in one and not one.startswith((*FEW, "anon_"))] == []


def test_what_became_of_messages_is_asked_of_those_on_their_way_and_not_of_all_mail_that_ever_went(
    bench: Callable[..., Bench],
) -> None:
    service = bench("notifications")
    [part] = service.system.parts.values()
    [job] = [one for one in part.service.jobs if one.name == "outgoing"]

    with plans.asked(service) as asked:
        job.run(part.store)

    assert [steps[0] for steps in asked] == ["SCAN notifications USING INDEX ix_notifications_unsent"] * 2
