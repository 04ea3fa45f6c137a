"""What one service says of what is another's is believed by nobody, though its user may publish."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from embedded.testing import CAST, Bench
from libs.common.bus import Delivery
from libs.common.contracts.base import Message
from libs.common.contracts.staff import Person, PersonChanged


@pytest.mark.parametrize("service", ["opportunities", "bookings", "notifications"])
def test_nobody_becomes_an_admin_by_what_another_service_than_staff_says(
    bench: Callable[..., Bench], service: str
) -> None:
    here = bench(service)
    csr = PersonChanged(subject=CAST["csr"][0], person=Person(name="csr", email="csr@test.example", roles=("admin",)))
    forged = Message(
        id=uuid4(),
        source="/plumbline/leads",
        type=csr.name,
        subject=csr.subject,
        sequence="1",
        time=here.clock(),
        correlationid=csr.subject,
        causationid="test",
        data=csr.data(),
    )

    here.system.parts[service].consumer.deliver([Delivery(forged.encode(), producer="leads")])

    assert here.as_("csr").get(f"/api/v1/{service}/settings").status_code == 403
    [parked] = here.as_("admin").items(f"/api/v1/{service}/parked")
    assert (parked["reason"], parked["blocks"]) == ("producer_mismatch", False)
    assert parked["detail"] == "leads sent plumbline.staff.person_changed.v1, which staff alone may say"
