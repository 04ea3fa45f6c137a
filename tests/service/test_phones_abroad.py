"""A phone number that says no country is the branch's, at every door that takes one in."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from uuid import uuid4

import msgspec
import pytest

import services
from embedded.testing import AWAY, HOME, Bench
from libs.common.bus import Delivery
from libs.common.contracts.commands import LeadCapture
from libs.common.contracts.leads import LeadCaptured
from libs.common.contracts.opportunities import OpportunityOpened
from libs.common.contracts.parts import Address
from libs.common.contracts.staff import Branch, BranchChanged
from libs.common.intake import Intake
from services.leads.service import SPEC
from tests.flow.funnel import API, Funnel
from tests.service.console_reader import Reader

TYPED, DIALLED = "030 901820", "+4930901820"
WHO = {"channel": "phone", "person_name": "Ada Byron", "request": "A price"}


@pytest.fixture
def berlin(bench: Callable[..., Bench]) -> Bench:
    """The first branch is in Berlin; the other one is in Vienna by its language alone."""
    made = bench(*services.NAMES)
    for ident, name, more in (
        (HOME, "Berlin", {"address": Address(line1="Torstr. 1", city="Berlin", postal_code="10119", country="DE")}),
        (AWAY, "Wien", {"locale": "de_AT"}),
    ):
        there = Branch(name=name, time_zone="Europe/Berlin", currency="EUR", **more)
        made.tell(BranchChanged(subject=ident, branch=there), by="staff")
    return made


def numbers(bench: Bench) -> list[str]:
    """What others are told to dial, newest last."""
    return [one["e164"] for fact in bench.told("leads", LeadCaptured) for one in fact.data["prospect"]["phones"]]


def test_a_number_is_the_branchs_at_the_door_and_in_corrections(berlin: Bench) -> None:
    csr = berlin.as_("csr")
    lead = csr.post(f"{API}/leads", WHO | {"phones": [TYPED]}).get_json()
    assert numbers(berlin) == [DIALLED]
    said = csr.post(f"{API}/leads", WHO | {"phones": ["+1 615 555 0142", "(615) 555-0142"]})
    assert said.status_code == 201, "a number that says its country is of that one"
    assert numbers(berlin)[1] == "+16155550142"
    again = csr.post(f"{API}/leads", {"channel": "web", "person_name": "A. B.", "phones": ["+49 30 901820"]})
    assert [one["id"] for one in again.get_json()["duplicates"]] == [lead["id"]]

    path = f"{API}/leads/{lead['id']}"
    assert csr.edit("PATCH", path, {"phones": ["089 23300"]}).get_json()["phones"] == ["+49 89 23300"]
    for typed in ("089 23300", "08923300", "+498923300"):
        assert [one["id"] for one in csr.items(f"{API}/leads?q={typed.replace('+', '%2B')}")] == [lead["id"]]
    refused = csr.post(f"{API}/leads", WHO | {"phones": ["12"]})
    assert [one["pointer"] for one in refused.get_json()["errors"]] == ["/phones/0"]


def test_a_number_is_of_the_branch_that_the_enquiry_is_of(berlin: Bench) -> None:
    said = WHO | {"phones": ["01 58858"], "branch": str(AWAY)}
    assert berlin.as_("csr").post(f"{API}/leads", said).status_code == 201
    assert numbers(berlin) == ["+43158858"]


def test_a_number_in_a_file_is_the_branchs(berlin: Bench) -> None:
    form = {"file": (BytesIO(f"Full Name,Phone\nAda,{TYPED}\n".encode()), "leads.csv")}
    kind = "multipart/form-data"
    report = berlin.as_("csr").call("POST", f"{API}/leads/import", data=form, content_type=kind).get_json()
    assert (report["created"], report["rejected"]) == (1, [])
    assert numbers(berlin) == [DIALLED]


def test_a_number_that_another_system_sends_is_the_branchs(berlin: Bench) -> None:
    body = {
        "specversion": "1.0", "id": str(uuid4()), "source": "https://site.example", "type": LeadCapture.name,
        "time": datetime.now(UTC).isoformat(), "datacontenttype": "application/json",
        "data": {**WHO, "channel": "web", "phones": [TYPED], "branch": str(HOME)},
    }  # fmt: skip
    Intake(berlin.system.parts["leads"].store, SPEC.commands).deliver(
        [Delivery(msgspec.json.encode(body), "application/cloudevents+json")]
    )
    assert numbers(berlin) == [DIALLED]


def test_a_number_at_the_second_door_and_of_a_customer_is_the_branchs(berlin: Bench) -> None:
    funnel = Funnel(berlin)
    said = {"prospect": WHO | {"phones": [TYPED]}, "product_interest": "pump"}
    funnel.do("csr", "/opportunities", said)
    [opened] = berlin.told("opportunities", OpportunityOpened)
    assert opened.data["prospect"]["phones"][0]["e164"] == DIALLED
    assert numbers(berlin) == [DIALLED]

    booking = funnel.booked()
    customer = f"{API}/bookings/customers/{booking['customer_id']}"
    contacts = [{"name": "Ada", "phones": [{"e164": TYPED}]}]
    after = berlin.as_("office").edit("PATCH", customer, {"contacts": contacts}).get_json()
    assert after["contacts"][0]["phones"] == [{"e164": DIALLED, "typed": TYPED}]


def test_a_number_typed_into_the_console_is_the_branchs_and_rings(berlin: Bench) -> None:
    berlin.as_("csr").post(f"{API}/leads", WHO | {"phones": [TYPED]})
    berlin.settle()
    reader = Reader(berlin, "csr")
    assert f"tel:{DIALLED}" in reader.open(f"/leads/{berlin.as_('csr').items(f'{API}/leads')[0]['id']}").html
    found = berlin.as_("csr").get(f"{API}/pipeline/search?q=030901820").get_json()["items"]
    assert [one["who"] for one in found] == ["Ada Byron"]


def test_the_numbers_of_people_and_of_the_branch_itself_are_its_countrys(bench: Callable[..., Bench]) -> None:
    admin = (staff := bench("staff")).as_("admin")
    body = {"name": "Berlin", "time_zone": "Europe/Berlin", "currency": "EUR", "phone": TYPED}
    place = {"line1": "Torstr. 1", "city": "Berlin", "country": "DE"}
    refused = admin.post(f"{API}/staff/branches", body)
    assert [one["pointer"] for one in refused.get_json()["errors"]] == ["/phone"], "in no country where anybody is"
    made = admin.post(f"{API}/staff/branches", body | {"address": place})
    assert (made.status_code, made.get_json()["phone"]) == (201, "+49 30 901820")
    branch = made.get_json()["id"]

    who = {"name": "Rosa", "email": "rosa@test.example", "roles": ["csr"], "branch": branch, "phone": "089 23300"}
    person = admin.post(f"{API}/staff/people", who).get_json()
    assert person["phone"] == "+49 89 23300"
    path = f"{API}/staff/people/{person['id']}"
    assert admin.edit("PATCH", path, {"phone": TYPED}).get_json()["phone"] == "+49 30 901820"
    assert admin.edit("PATCH", path, {"phone": "+1 615 555 0142"}).get_json()["phone"] == "+1 615 555 0142"
    assert admin.edit("PATCH", path, {"phone": None}).get_json()["phone"] is None
    path = f"{API}/staff/branches/{branch}"
    vienna = {"address": place | {"country": "AT"}, "phone": "01 58858"}
    assert admin.edit("PATCH", path, vienna).get_json()["phone"] == "+43 1 58858"
    assert staff.told("staff", BranchChanged)[-1].data["branch"]["phone"] == "+43 1 58858"
    for wrong in ({"address": 3}, {"address": {"country": 3}}, {"locale": 3}):
        assert admin.post(f"{API}/staff/branches", body | wrong).status_code == 422
