"""One enquiry's whole way as data: the samples tell of Ivy Castellan's heat pump, with fixed ids and times."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from libs.common.contracts.base import Event
from libs.common.contracts.catalogue import publisher, receiver
from libs.common.contracts.commands import COMMANDS


def ident(number: int) -> str:
    return f"0197a3c0-5e00-7000-8000-{number:012x}"


def at(day: int, clock: str) -> str:
    return f"2026-03-{day:02d}T{clock}:00Z"


LEAD, OPPORTUNITY, APPOINTMENT, ESTIMATE, ACCEPTANCE = map(ident, range(0x10, 0x15))
CUSTOMER, JOB, BOOKING, NOTIFICATION, OPTION = map(ident, range(0x15, 0x1A))
SALES, INSIDE, MANAGER, OPERATIONS, TECHNICIAN = map(ident, range(0x20, 0x25))
BRANCH, TEAM, OTHER = ident(0x30), ident(0x31), ident(0x3F)

ADDRESS = {
    "line1": "1204 Forrest Ave",
    "line2": "",
    "city": "Nashville",
    "region": "TN",
    "postal_code": "37201",
    "country": "US",
}
PHONES = [{"e164": "+16155550142", "typed": "(615) 555-0142"}]
CONTACT = {"name": "Ivy Castellan", "company": "", "phones": PHONES, "emails": ["ivy@castellan.example"]}
LINE = {
    "description": "Heat pump, 3 ton, installed",
    "qty": "1.000",
    "unit_price": "8400.0000",
    "amount": "8400.00",
    "task_code": "HP-300",
    "discount_percent": None,
    "discount_amount": None,
    "taxable": True,
    "tax_code": "exempt",
    "hours": "12.5",
    "add_on": False,
}

#: what a field says wherever it stands
SAYS: dict[str, Any] = {
    "subject": LEAD, "lead_id": LEAD, "opportunity_id": OPPORTUNITY, "estimate_id": ESTIMATE, "customer_id": CUSTOMER,
    "acceptance_id": ACCEPTANCE, "job_id": JOB, "booking_id": BOOKING, "option_id": OPTION, "record_id": OPPORTUNITY,
    "event_id": ident(0x99), "selected_estimate_id": ESTIMATE, "previous_estimate_id": OTHER, "copied_from": OTHER,
    "acceptance_ids": [ACCEPTANCE], "estimate_ids": [ESTIMATE], "opportunity_ids": [OPPORTUNITY],
    "lead_ids": [LEAD], "duplicate_ids": [OTHER], "duplicate_of": OTHER,
    "moved_appointment_ids": [APPOINTMENT], "owner_id": INSIDE, "previous_owner_id": None, "salesperson_id": SALES,
    "previous_salesperson_id": None, "inside_rep_id": INSIDE, "assignee_ids": [SALES], "team_id": TEAM,
    "previous_assignee_ids": [INSIDE], "assignee_id": TECHNICIAN, "assigned_by": MANAGER, "submitted_by": SALES,
    "decided_by": MANAGER, "accepted_by": OPERATIONS, "returned_by": OPERATIONS, "recipient_id": SALES,
    "previous_team_id": ident(0x32), "previous_assignee_id": None, "past_team_ids": [TEAM], "branch": BRANCH,
    "past_assignee_ids": [TECHNICIAN], "generated_by": TECHNICIAN, "cover_id": MANAGER, "member_ids": [OPERATIONS],
    "team_ids": [TEAM],
    "number": "L-00042", "lead_number": "L-00042", "duplicate_of_number": "L-00007", "opportunity_number": "O-00031",
    "title": "Ivy Castellan", "customer_name": "Ivy Castellan", "person_name": "Ivy Castellan", "company": "",
    "typed_name": "Ivy Castellan", "previous_title": "Castellan 1", "channel": "phone", "direction": "outbound",
    "outcome": "reached", "note": "Prefers mornings", "notes": "Permit included", "phones": PHONES,
    "emails": ["ivy@castellan.example"], "to": ["ivy@castellan.example"], "address": ADDRESS, "site": ADDRESS,
    "contact": CONTACT, "contacts": [CONTACT], "source": "website", "campaign": "spring tune-up", "trade": "hvac",
    "service_interest": "heat pump", "product_interest": "heat pump", "request": "Wants a price for a new heat pump",
    "interest_level": "high", "customer_type": "residential", "budget_band": "5000_10000", "lead_type": "sql",
    "previous_type": "none", "evidence": "Asked for a visit", "consent": {"email": True, "phone": True},
    "description": "Replace the furnace by a heat pump", "text": "Could you leave the old furnace in?",
    "job_type": "installation", "method": "link", "door": "lead", "tax_status": "taxable",
    "financing_activity": "not_offered", "changed": ["next_follow_up_at"], "matched_by": ["email"],
    "disqualified_by": [], "score": 70, "probability": 60, "attempts": 1, "round": 1, "revision": 2,
    "previous_revision": 1, "from_revision": 1, "to_revision": 2, "side": "customer", "total": "8400.00",
    "total_max": "8400.00", "contract_total": "8400.00", "previous_total": "8000.00", "expected_value": "8400.00",
    "deposit_due": "840.00", "deposit_paid": "840.00", "currency": "USD", "others_live": False, "selected": True,
    "option_name": "Standard", "lines": [LINE], "added": [{**LINE, "description": "Surge protector", "add_on": True}],
    "snapshot_hash": "sha256:5e2b0c1f", "reason": "price", "reasons": ["discount 12 % is above your 10 %"],
    "previous_reason": "", "previous_state": "draft", "previous_status": "to_order", "state": "new",
    "stage": "estimate_sent", "stage_type": "open", "previous_stage": "converted", "previous_stage_type": "open",
    "lost_in": "estimate_sent", "hold": "deposit", "status": "pending", "type": "sales_call",
    "ordering_status": "to_order", "scheduling_status": "scheduled", "access_notes": "Gate code 4711",
    "permits": "Mechanical permit 26-118", "steps": ["customer", "job", "booking", "records", "won", "converted"],
    "step": "customer", "remaining": ["job", "booking", "records", "won", "converted"], "kind": "estimate_viewed",
    "skills": ["hvac"], "trades": ["hvac"], "territory": ["37201"], "service_area": ["37201"], "roles": ["salesperson"],
    "email": "sam@demo.example", "phone": "+16155550100", "time_zone": "America/Chicago", "locale": "en_US",
    "acknowledge_minutes": 120, "active": True, "name": "Sam Ortega",
    "received_at": at(2, "15:04"), "first_response_due_at": at(2, "16:04"), "first_responded_at": at(2, "15:20"),
    "at": at(2, "15:20"), "next_action_at": at(9, "15:00"), "next_follow_up_at": at(9, "15:00"),
    "decided_at": at(2, "15:25"), "starts_at": at(4, "16:00"), "ends_at": at(4, "17:00"),
    "window_starts_at": at(4, "15:00"), "window_ends_at": at(4, "18:00"), "previous_starts_at": at(3, "16:00"),
    "previous_ends_at": at(3, "17:00"), "entered_at": at(4, "18:00"), "converted_at": at(4, "17:30"),
    "won_at": at(6, "20:10"), "lost_at": at(6, "20:10"), "submitted_at": at(5, "14:00"), "sent_at": at(5, "15:00"),
    "viewed_at": at(5, "19:00"), "requested_at": at(5, "19:30"), "revised_at": at(5, "20:00"),
    "accepted_at": at(6, "20:10"), "declined_at": at(6, "20:10"), "withdrawn_at": at(6, "20:10"),
    "expired_at": "2026-04-05T05:00:00Z", "expires_at": "2026-04-05T05:00:00Z", "valid_until": "2026-04-04",
    "previous_valid_until": "2026-03-21", "expected_close": "2026-03-20", "cancel_until": at(10, "05:00"),
    "missed_at": at(4, "16:30"), "completed_at": at(13, "21:00"), "started_at": at(13, "14:00"),
    "cancelled_at": at(12, "14:00"), "returned_at": at(9, "14:30"), "undone_at": at(7, "14:00"),
    "acknowledge_by": at(9, "16:00"), "due_at": at(13, "22:00"), "until": at(10, "05:00"), "failed_at": at(5, "19:05"),
    "absent_from": at(16, "05:00"), "absent_until": at(21, "05:00"), "opens": "08:00:00", "closes": "17:00:00",
    "added_by": TECHNICIAN, "added_at": at(2, "15:05"), "sha256": "5e2b0c1f" * 8, "size": 2_345_678,
    "hours": "12.5", "day": "2026-07-03", "e164": "+16155550142", "typed": "(615) 555-0142",
}  # fmt: skip

#: what it says in the facts of one aggregate, or in one fact
OPPORTUNITY_SAYS = {"number": "O-00031", "title": "Castellan: heat pump"}
UNASSIGNED = {"team_id": None, "assignee_id": None, "assigned_by": None, "due_at": None}
BOOKED = {"number": "BO-00019", "title": "Castellan Forrest Ave", "state": "assigned"}
ELSEWHERE: dict[str, dict[str, Any]] = {
    "opportunity": {"subject": OPPORTUNITY, **OPPORTUNITY_SAYS},
    "appointment": {"subject": APPOINTMENT, **OPPORTUNITY_SAYS, "state": "scheduled", "job_id": None},
    "estimate": {"subject": ESTIMATE, "number": "EST-2026-00012-R2", "title": "Castellan: heat pump", "state": "sent",
                 "job_id": None},
    "customer": {"subject": CUSTOMER, "number": "C-00008"},
    "job": {"subject": JOB, "number": "J-00015", "title": "Castellan Forrest Ave", "type": "installation"},
    "sale": {"subject": ACCEPTANCE, "number": "EST-2026-00012-R2", "title": "Castellan: heat pump"},
    "booking": {"subject": BOOKING, **BOOKED},
    "notification": {"subject": NOTIFICATION, "channel": "email", "number": "EST-2026-00012-R2"},
    "lead.captured": {"opportunity_id": None, "next_action_at": None},
    "lead.contacted": {"state": "contacted", "first": True, "opportunity_id": None},
    "lead.nurturing": {"state": "nurturing"},
    "lead.validated": {"state": "valid", "first_response_due_at": None, "opportunity_id": None},
    "lead.file_removed": {"reason": "Of another house"},
    "lead.invalidated": {"state": "invalid", "reason": "not_a_customer"},
    "lead.reopened": {"previous_state": "invalid", "previous_reason": "spam", "opportunity_id": None,
                      "acceptance_id": None},
    "lead.merged": {"state": "merged", "previous_state": "new"},
    "lead.converted": {"state": "converted", "converted_at": at(6, "20:10")},
    "opportunity.opened": {"stage": "new", "probability": 10, "first_response_due_at": None},
    "opportunity.file_removed": {"reason": "Of another house", "job_id": None},
    "opportunity.file_added": {"job_id": None},
    "opportunity.assigned": {"stage": "new", "reason": "round_robin"},
    "opportunity.contacted": {"stage": "contacted", "first": True},
    "opportunity.qualified": {"stage": "qualified", "qualified": True, "overridden": False, "reason": ""},
    "opportunity.converted": {"stage": "converted", "probability": 50, "qualified": True},
    "opportunity.won": {"stage": "won", "stage_type": "won"},
    "opportunity.mailed": {"to": ["technician@demo.example"]},
    "opportunity.lost": {"stage": "lost", "stage_type": "lost", "void_offers": False},
    "opportunity.reopened": {"previous_stage": "lost", "previous_reason": "price", "acceptance_id": None},
    "appointment.rescheduled": {"reason": "Customer asked for a day later"},
    "appointment.completed": {"state": "completed", "completed_at": at(4, "17:00")},
    "appointment.missed": {"state": "no_show"},
    "appointment.cancelled": {"state": "cancelled", "reason": "Customer is travelling"},
    "appointment.moved": {"state": "completed", "job_id": JOB},
    "estimate.drafted": {"state": "draft", "number": "EST-2026-00012", "revision": 1,
                         "on_conversion": True, "copied_from": None, "total": "0.00",
                         "total_max": "0.00"},
    "estimate.submitted": {"state": "pending_approval"},
    "estimate.approved": {"state": "approved", "decided_at": at(5, "14:20")},
    "estimate.refused": {"state": "draft", "decided_at": at(5, "14:20"), "reason": "Margin under the floor"},
    "estimate.viewed": {"state": "viewed", "first": True},
    "estimate.changes_requested": {"state": "changes_requested"},
    "estimate.round_recorded": {"kind": "counter", "amount": "-400.00", "at": at(5, "19:45")},
    "estimate.revised": {"state": "draft", "previous_state": "changes_requested", "reason": "Leave the furnace in"},
    "estimate.extended": {"reason": "Waiting for the bank"},
    "estimate.accepted": {"state": "accepted"},
    "estimate.declined": {"state": "declined"},
    "estimate.expired": {"state": "expired"},
    "estimate.withdrawn": {"state": "withdrawn", "opportunity_lost": True},
    "estimate.moved": {"state": "accepted", "job_id": JOB},
    "sale.started": {"customer_id": None, "job_id": None, "booking_id": None},
    "sale.step_done": {"job_id": None, "booking_id": None},
    "sale.retried": {"steps": ["converted"]},
    "sale.undone": {"reason": "Customer changed their mind"},
    "sale.completed": {"completed_at": at(6, "20:11")},
    "booking.created": {"state": "draft", **UNASSIGNED},
    "booking.ready": {"state": "ready", **UNASSIGNED},
    "booking.accepted": {"state": "accepted", "accepted_at": at(9, "15:10")},
    "booking.returned": {"state": "returned", "reason": "No site access"},
    "booking.held": {"state": "on_hold", **UNASSIGNED},
    "booking.released": {"state": "ready", **UNASSIGNED},
    "booking.scheduled": {"state": "accepted", "window_starts_at": at(13, "14:00"), "window_ends_at": at(13, "22:00"),
                          "previous_starts_at": None, "previous_ends_at": None},
    "booking.ordered": {"state": "accepted", "ordering_status": "ordered"},
    "booking.started": {"state": "in_progress", "ordering_status": "received"},
    "booking.completed": {"state": "completed", "ordering_status": "received"},
    "booking.cancelled": {"state": "cancelled", "reason": "Sale undone", "previous_state": "assigned"},
    "booking.mailed": {"to": ["crew@demo.example"]},
    "booking.change_ordered": {"state": "accepted", "previous_total": "8250.00"},
    "booking.changed": {"state": "draft", **UNASSIGNED, "changed": ["checklist"], "done": ["site_access"]},
    "booking.unacknowledged": {"state": "assigned", "acceptance_id": None},
    "booking.change_acknowledged": {"state": "accepted", "acknowledged_by": OPERATIONS,
                                    "acknowledged_at": at(9, "15:30")},
    "job.file_removed": {"reason": "Of another house"},
    "job.created": {"moves": ["estimate", "appointments"]},
    "job.changed": {"changed": ["status"], "status": "in_progress", "previous_status": "pending"},
    "customer.changed": {"changed": ["contacts"]},
    "sale.step_failed": {"steps": ["lead_converted"]},
    "notification.failed": {"reason": "550 no such user", "attempts": 5},
    "staff.person_changed": {"subject": SALES},
    "staff.team_changed": {"subject": TEAM},
    "staff.branch_changed": {"subject": BRANCH},
}  # fmt: skip

#: what it says inside one part
PARTS: dict[str, dict[str, Any]] = {
    "Address": ADDRESS,
    "Contact": CONTACT,
    "Fit": {"in_service_area": True, "trade_offered": True},
    "Prospect": {"lead_type": "none"},
    "LineSold": LINE,
    "Material": {"description": "Heat pump, 3 ton", "qty": "1.000", "unit": "piece", "code": "HP3T",
                 "task_code": "HP-300", "cost": "4100.0000"},
    "BillTo": {"name": "Ivy Castellan"},
    "FileAt": {"id": ident(0x40), "name": "Old furnace.jpg", "kind": "image/jpeg",
               "href": f"/api/v1/leads/{LEAD}/files/{ident(0x40)}"},
    "Totals": {"subtotal": "8400.00", "discount": "0.00", "net": "8400.00", "tax": "0.00", "deposit": "840.00",
               "balance": "7560.00",
               "taxes": [{"code": "exempt", "rate": "0.000000", "taxable": "8400.00", "tax": "0.00"}]},
    "Person": {"branch": BRANCH, "calendar": None},
    "Team": {"name": "Installers", "kind": "operations", "lead_id": OPERATIONS},
    "Branch": {"name": "Nashville", "email": "office@demo.example"},
    "Calendar": {"hours": {day: [{"opens": "08:00:00", "closes": "17:00:00"}] for day in
                           ("monday", "tuesday", "wednesday", "thursday", "friday")}},
    "Holiday": {"name": "Independence Day, observed"},
}  # fmt: skip
#: what a command's field says, where it says it otherwise than a fact
ASKED: dict[str, Any] = {
    "channel": "web", "company": None, "phones": ["(615) 555-0142"], "generated_by": None, "next_action_at": None,
    "urgent": False, "do_not_contact": False, "owner_id": None, "branch": None,
    "fit": {"in_service_area": True, "trade_offered": None, "customer_type": "residential", "budget_band": None},
}  # fmt: skip
#: the field of a fact that says when it happened, and the day it happens on without one
HAPPENED = (
    "converted_at", "won_at", "lost_at", "missed_at", "completed_at", "started_at", "cancelled_at", "returned_at",
    "undone_at", "submitted_at", "decided_at", "sent_at", "viewed_at", "requested_at", "revised_at", "accepted_at",
    "declined_at", "withdrawn_at", "expired_at", "failed_at", "entered_at", "at", "received_at",
)  # fmt: skip
DAYS = {"opportunity": 2, "appointment": 3, "estimate": 5, "customer": 6, "job": 6, "sale": 6, "booking": 9}
BY_TYPE: dict[Any, Any] = {
    UUID: OTHER, str: "text", int: 1, bool: False, Decimal: "1.00", datetime: at(2, "15:04"), date: "2026-03-02",
    time: "08:00:00",
}  # fmt: skip


def envelope(fact: type[Event], number: int) -> dict[str, Any]:
    """A whole message of this fact. ``number`` makes its id."""
    aggregate, said = fact.aggregate(), fact.name.split(".", 1)[1].rpartition(".")[0]
    data = _whole(fact, SAYS | ELSEWHERE.get(aggregate, {}) | ELSEWHERE.get(said, {}))
    subject = data.pop("subject")
    return {
        "specversion": "1.0",
        "id": ident(0x1000 + number),
        "source": f"/plumbline/{publisher(fact)}",
        "type": fact.name,
        "subject": subject,
        "sequence": "1",
        "time": next((data[one] for one in HAPPENED if one in data), at(DAYS.get(aggregate, 2), "15:04")),
        "datacontenttype": "application/json",
        "dataschema": f"https://plumbline.example/api/v1/{publisher(fact)}/schemas/{fact.name}.json",
        "correlationid": data.get("lead_id") or subject,
        "causationid": ident(0x999),
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "actor": INSIDE,
        "branch": BRANCH,
        "data": data,
    }


def wish(name: str) -> dict[str, Any]:
    """A whole message of this command, as another system would send it."""
    fields_of = msgspec.json.schema(COMMANDS[name])["$defs"][COMMANDS[name].__name__]["properties"]
    return {
        "specversion": "1.0",
        "id": "form-4711",
        "source": "https://castellan.example/contact",
        "type": name,
        "time": at(2, "15:04"),
        "datacontenttype": "application/json",
        "dataschema": f"https://plumbline.example/api/v1/{receiver(name)}/schemas/{name}.json",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "data": {field: ASKED.get(field, SAYS.get(field)) for field in fields_of},
    }


def _whole(kind: Any, says: Mapping[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: _value(hints[field.name], field.name, says) for field in fields(kind)}


def _value(hint: Any, name: str, says: Mapping[str, Any]) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if name in says and says[name] is None:
            return None
        return _value(next(one for one in inner if one is not type(None)), name, says)
    if isinstance(hint, type) and is_dataclass(hint):
        return _whole(hint, SAYS | PARTS.get(hint.__name__, {}))
    if name in says:
        return says[name]
    if origin is tuple:
        return [_value(inner[0], "", says)]
    if origin is dict:
        return {}
    return BY_TYPE[hint]
