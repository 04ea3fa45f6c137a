"""No field exists in one client only (R38): what a call takes can be said in a form of the console, or stands here."""

from collections.abc import Iterator
from typing import Any

from services.console.api.acts import EVERY
from services.console.api.acts.entry import ENTRY
from tests.contract.test_openapi import DOCUMENTS

AT_THE_RECORD = "said at the record that is made"
#: what a call takes that none of its forms asks for, and where it is said instead
ELSEWHERE = {
    "POST /leads": {
        **dict.fromkeys(("fit", "consent", "do_not_contact", "next_action_at", "address"), AT_THE_RECORD),
        **dict.fromkeys(("phones", "emails"), "one of each is asked for; more are said at the record"),
        "generated_by": "whoever hands it in", "branch": "by their address, else one's own",
    },
    "POST /opportunities": {
        **dict.fromkeys(("prospect.fit", "prospect.consent", "prospect.do_not_contact"), AT_THE_RECORD),
        "prospect.service_interest": "product_interest is asked for", "prospect.owner_id": "the salesperson",
        "prospect.generated_by": "whoever hands it in", "prospect.branch": "by their address, else one's own",
    },
    "PATCH /leads/<lead_id>": {"next_action_at": "an act of its own: come back later"},
    "POST /leads/<lead_id>/validate": {"note": "the one press of a call; a note is logged with the contact"},
    "POST /estimates": {"options": "the builder"},
    "POST /estimates/<estimate_id>/accept": {"signature": "drawn at the table"},
    "PATCH /bookings/<booking_id>": {"checklist": "ticked on the page"},
    "PATCH /bookings/customers/<customer_id>": {"contacts": "a table on the page"},
    **{f"POST /staff/{one}": {"id": "for programs that bring their own"} for one in ("people", "teams", "branches")},
}  # fmt: skip


def taken(service: str, method: str, path: str) -> Iterator[str]:
    """The names in a call's body, parts with dots."""
    of = DOCUMENTS[service]
    named = {one.replace("{", "<").replace("}", ">"): one for one in of["paths"]}
    body = of["paths"][named[f"/api/v1{path}"]][method.lower()].get("requestBody", {"content": {}})
    for kind in body["content"].values():
        yield from _names(of, kind["schema"], "")


def _names(of: dict[str, Any], schema: dict[str, Any], before: str) -> Iterator[str]:
    every = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    found = [of["components"]["schemas"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in every]
    inner = {name: part for one in found for name, part in one.get("properties", {}).items()}
    for name, part in inner.items():
        yield from list(_names(of, part, f"{before}{name}.")) or [before + name]


def test_whatever_a_call_takes_can_be_said_in_a_form_of_the_consoles() -> None:
    forms: dict[str, set[str]] = {"POST /leads": {one.name for one in ENTRY}}
    for act in EVERY.values():
        forms.setdefault(act.call, set()).update({one.name.lstrip("?") for one in act.fields}, act.fixed)
    nowhere, excused = [], set()
    for call, fields in forms.items():
        method, path = call.split()
        for name in taken(path.split("/")[1], method, path):
            if name in fields or any(one.startswith(f"{name}.") for one in fields):
                continue
            why = next((one for one in ELSEWHERE.get(call, {}) if name == one or name.startswith(f"{one}.")), "")
            excused.add((call, why))
            nowhere += [] if why else [f"{call}: {name}"]
    assert nowhere == []
    assert excused == {(call, name) for call, names in ELSEWHERE.items() for name in names}, "what is excused is there"
