"""What other systems ask of leads on the bus, as tests. Each database's own test file brings a ``leads`` fixture."""

import json
from typing import Any
from uuid import UUID, uuid4

import jsonschema
import pytest
import sqlalchemy as sa

from embedded.testing import CAST, HOME, Bench
from libs.common.bus import Delivery
from libs.common.contracts.catalogue import command_schema
from libs.common.contracts.commands import LeadCapture
from libs.common.contracts.leads import LeadAssigned, LeadCaptured
from libs.common.intake import Intake
from services.leads.service import SPEC

LEADS = "/api/v1/leads"
WEB: dict[str, Any] = {
    "channel": "web",
    "person_name": "Ivy Castellan",
    "emails": ["ivy@castellan.example"],
    "phones": ["(615) 555-0142"],
    "request": "A price for a heat pump",
    "address": {"line1": "1204 Forrest Ave", "city": "Nashville", "postal_code": "37201"},
    "fit": {"customer_type": "residential"},
    "consent": {"email": True},
}
#: bodies, and whether an enquiry comes of them; said at the HTTP door and on the bus
SAID: dict[str, tuple[dict[str, Any], bool]] = {
    "all of it": (WEB, True),
    "the bare minimum": ({"channel": "phone", "company": "Castellan Ltd"}, True),
    "nulls": (WEB | {"person_name": "Ivy", "company": None, "address": None, "owner_id": None}, True),
    "an owner who works here": (WEB | {"owner_id": str(CAST["salesperson"][0])}, True),
    "nothing": ({}, False),
    "nobody": ({"channel": "web"}, False),
    "no such channel": (WEB | {"channel": "pigeon"}, False),
    "a field that is not given": (WEB | {"state": "converted"}, False),
    "a field that is not given, inside": (WEB | {"fit": {"score": 100}}, False),
    "a list for a text": (WEB | {"request": ["a price"]}, False),
    "a text for a yes or no": (WEB | {"urgent": "yes"}, False),
    "a telephone that is none": (WEB | {"phones": ["javascript:alert(1)"]}, False),
    "an address of mail with a second line": (WEB | {"emails": ["ivy@castellan.example\nBcc: all@x.example"]}, False),
    "NUL": (WEB | {"request": "a\0b"}, False),
    "a time without offset": (WEB | {"received_at": "2026-03-02T15:04:00"}, False),
    "an owner whom nobody knows": (WEB | {"owner_id": str(UUID(int=9))}, False),
    "an owner who works no leads": (WEB | {"owner_id": str(CAST["operations"][0])}, False),
    "a branch that is not there": (WEB | {"branch": str(UUID(int=9))}, False),
}


def wish(data: object, ident: str | None = None, **more: Any) -> Delivery:
    envelope = {"specversion": "1.0", "id": ident or str(uuid4()), "source": "https://castellan.example/form"}
    return Delivery(json.dumps({**envelope, "type": LeadCapture.name, "data": data, **more}).encode())


def ask(leads: Bench, *wishes: Delivery) -> None:
    Intake(leads.system.parts["leads"].store, SPEC.commands).deliver(wishes)


def taken(leads: Bench) -> list[dict[str, Any]]:
    return leads.as_("office").items(LEADS)


def parked(leads: Bench) -> list[tuple[str, str, bytes]]:
    store = leads.system.parts["leads"].store
    with store.reading() as tx:
        rows = tx.session.execute(sa.select(store.tables.parked).order_by(store.tables.parked.c.id))
        return [(row.reason, row.detail, bytes(row.body)) for row in rows]


class LeadWishes:
    def test_an_enquiry_from_another_system_is_a_lead_like_any_other(self, leads: Bench) -> None:
        ask(leads, wish(WEB, "form-4711"))

        [row] = taken(leads)
        lead = leads.as_("office").get(f"{LEADS}/{row['id']}").get_json()
        by_hand = leads.as_("csr").post(LEADS, WEB).get_json()
        own = {"id", "number", "duplicates", "created_by", "created_at", "updated_at", "received_at", "updated_by"}
        own |= {"first_response_due_at", "allowed"}
        assert {k: v for k, v in lead.items() if k not in own} == {k: v for k, v in by_hand.items() if k not in own}
        assert lead["branch"] == str(HOME)
        fact = leads.told("leads", LeadCaptured)[0]
        assert (fact.causationid, fact.actor, str(fact.subject)) == ("form-4711", "system", lead["id"])

    def test_the_same_wish_twice_is_one_enquiry_whatever_it_says_the_second_time(self, leads: Bench) -> None:
        ask(leads, wish(WEB, "form-1"), wish(WEB, "form-1"))
        ask(leads, wish(WEB | {"person_name": "Somebody else"}, "form-1"), wish(WEB, "form-1", source="/another"))

        assert [lead["person_name"] for lead in taken(leads)] == ["Ivy Castellan"] * 2
        assert parked(leads) == []

    @pytest.mark.parametrize("what", SAID)
    def test_the_bus_takes_what_the_door_takes_and_parks_the_rest_with_the_same_words(
        self, leads: Bench, what: str
    ) -> None:
        body, fine = SAID[what]
        answer = leads.as_("office").post(LEADS, body)
        assert answer.status_code == (201 if fine else 422)
        before = len(taken(leads))

        ask(leads, one := wish(body))

        assert len(taken(leads)) == before + fine
        if fine:
            jsonschema.Draft202012Validator(command_schema(LeadCapture.name)).validate(body)
            assert parked(leads) == []
        else:
            [(reason, detail, raw)] = parked(leads)
            assert (reason, raw) == ("refused", one.body)
            for fault in answer.get_json()["errors"]:
                assert fault["pointer"] in detail
                assert fault["detail"] in detail

    def test_a_wish_that_can_be_read_in_two_ways_is_not_guessed(self, leads: Bench) -> None:
        twice = wish(WEB).body.replace(b'"channel": "web"', b'"channel": "web", "channel": "phone"')
        ask(leads, Delivery(twice))

        assert taken(leads) == []
        [(reason, detail, raw)] = parked(leads)
        assert (reason, "'channel' appears twice" in detail, raw) == ("refused", True, twice)

    def test_a_refused_wish_may_be_put_right_and_sent_again(self, leads: Bench) -> None:
        ask(leads, wish({"channel": "web"}, "form-2"), wish(WEB | {"person_name": "The next one"}))
        ask(leads, wish(WEB, "form-2"))

        assert {lead["person_name"] for lead in taken(leads)} == {"Ivy Castellan", "The next one"}
        assert len(parked(leads)) == 1

    def test_a_wish_that_is_replayed_is_read_as_strictly_as_before(self, leads: Bench) -> None:
        twice = wish(WEB).body.replace(b'"channel": "web"', b'"channel": "web", "channel": "phone"')
        ask(leads, wish(WEB | {"request": "a\0b"}), Delivery(twice))

        answers = [leads.as_("admin").post(f"{LEADS}/parked/{number}/replay") for number in (1, 2)]

        assert [answer.status_code for answer in answers] == [422, 409]
        assert "/data/request" in answers[0].get_json()["errors"][0]["pointer"]
        assert "'channel' appears twice" in answers[1].get_json()["detail"]
        assert (taken(leads), len(parked(leads))) == ([], 2)

    def test_a_wish_that_is_replayed_is_fulfilled_in_its_own_name(self, leads: Bench) -> None:
        ask(leads, Delivery(wish(WEB, "form-9").body, "application/json"))
        assert leads.as_("admin").post(f"{LEADS}/parked/1/replay").status_code == 200

        [fact] = leads.told("leads", LeadCaptured)
        assert fact.causationid == "form-9"
        store = leads.system.parts["leads"].store
        with store.reading() as tx:
            rows = tx.session.execute(sa.select(store.tables.audit).order_by(store.tables.audit.c.id)).all()
        whose = {row.kind: (row.actor, row.client == "https://castellan.example/form") for row in rows}
        admin = str(CAST["admin"][0])
        assert whose == {"Lead": (admin, True), "Parked": (admin, False)}

    def test_an_enquiry_with_an_owner_is_given_to_them(self, leads: Bench) -> None:
        ask(leads, wish(WEB | {"owner_id": str(CAST["salesperson"][0])}))

        assert [fact.data["owner_id"] for fact in leads.told("leads", LeadAssigned)] == [str(CAST["salesperson"][0])]

    def test_the_audit_says_which_system_asked(self, leads: Bench) -> None:
        ask(leads, wish(WEB, "form-3"))

        store = leads.system.parts["leads"].store
        with store.reading() as tx:
            [row] = tx.session.execute(sa.select(store.tables.audit).where(store.tables.audit.c.kind == "Lead"))
        assert (row.action, row.request, row.client) == (LeadCapture.name, "form-3", "https://castellan.example/form")
