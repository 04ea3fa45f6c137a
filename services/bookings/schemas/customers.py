"""Customers, jobs and their names: what comes in and what goes out."""

from typing import Any

from marshmallow import post_load

from libs.common.contracts.parts import Address, Answered, BillTo, Contact
from libs.common.schema.parts import AddressIn, BillToIn
from libs.common.web import Allowed, Listed, Schema, Sheet, Sort, fields, same
from services.bookings.settings import check_template
from services.bookings.states import JobState


class PhoneIn(Schema):
    """A number in whatever way it is written; kept as one to dial, with how it was said."""

    e164 = fields.Phone(required=True)
    typed = fields.Text(max_length=40)

    @post_load
    def as_said(self, data: dict[str, Any], **_more: Any) -> dict[str, Any]:
        return {"e164": data["e164"], "typed": data.get("typed") or data["e164"]}


class ContactIn(Schema):
    name = fields.Text(max_length=200)
    company = fields.Text(max_length=200)
    phones = fields.List(fields.Nested(PhoneIn), most=10)
    emails = fields.List(fields.Email(), most=10)


class CustomerEditIn(Schema):
    name = fields.Name()
    tax_status = fields.Text(max_length=40)
    bill_to = fields.Nested(BillToIn)
    contacts = fields.List(fields.Nested(ContactIn), most=500)  # each sale may bring one


class CustomerOut(Schema):
    id = fields.Uuid()
    number = fields.Text()
    name = fields.Text()
    tax_status = fields.Text()
    bill_to = fields.Raw(like=BillTo)
    contacts = fields.Raw(like=list[Contact])
    branch = fields.Uuid()
    version = fields.Whole()
    created_at = fields.Instant()
    created_by = fields.Text()
    updated_at = fields.Instant()
    updated_by = fields.Text()


CUSTOMERS = Sheet(
    "customers",
    same("number", "name", "tax_status")
    | {"contacts": "contacts.name", "phones": "contacts.phones.typed", "emails": "contacts.emails"}
    | {"bill_to": "bill_to.name", "bill_to_company": "bill_to.company"}
    | {
        "street": "bill_to.address.line1",
        "city": "bill_to.address.city",
        "region": "bill_to.address.region",
        "postal_code": "bill_to.address.postal_code",
    }
    | same("created_at", "branch", "id"),
)


class CustomerQuery(Listed):
    q = fields.Text(max_length=200)
    branch = fields.Uuid()
    sort = Sort("created_at", "name")


class JobIn(Schema):
    """The office makes the job that a sale left to it; without a name it is called by the rule."""

    acceptance_id = fields.Uuid(required=True)
    name = fields.Name(allow_none=True)


class JobEditIn(Schema):
    type = fields.Text(max_length=200)
    site = fields.Nested(AddressIn)


class RenameIn(Schema):
    name = fields.Name(required=True)


class PreviewQuery(Schema):
    """Without a template the branch's own; without an acceptance an example's values."""

    template = fields.Name(validate=check_template)
    sequence = fields.Code(("year", "customer", "branch"))
    acceptance_id = fields.Uuid()
    branch = fields.Uuid()


class PreviewOut(Schema):
    name = fields.Text()
    template = fields.Text()
    tokens = fields.List(fields.Text())


class JobOut(Schema):
    id = fields.Uuid()
    number = fields.Text()
    name = fields.Text()
    status = fields.Code(JobState)
    type = fields.Text()
    site = fields.Raw(like=Address)
    customer_id = fields.Uuid()
    customer_name = fields.Text()
    opportunity_id = fields.Uuid()
    lead_id = fields.Uuid()
    acceptance_id = fields.Uuid()
    estimate_id = fields.Uuid()
    salesperson_id = fields.Uuid()
    answers = fields.Raw(like=list[Answered])
    branch = fields.Uuid()
    version = fields.Whole()
    created_at = fields.Instant()
    created_by = fields.Text()
    updated_at = fields.Instant()
    updated_by = fields.Text()
    allowed = Allowed({"rename": "job.edit", "close": "job.edit", "file": "job.file"})


JOBS = Sheet(
    "jobs",
    same("number", "name", "status", "type", "customer_name")
    | {"street": "site.line1", "city": "site.city", "region": "site.region", "postal_code": "site.postal_code"}
    | {"salesperson": "salesperson_id"}
    | same("created_at", "branch", "id"),
)


class JobQuery(Listed):
    customer_id = fields.Uuid()
    opportunity_id = fields.Uuid()
    status = fields.Code(JobState)
    branch = fields.Uuid()
    q = fields.Text(max_length=200)
    sort = Sort("created_at", "name")


__all__ = [
    "CUSTOMERS", "JOBS", "CustomerEditIn", "CustomerOut", "CustomerQuery", "JobEditIn", "JobIn", "JobOut", "JobQuery",
    "PreviewOut", "PreviewQuery", "RenameIn",
]  # fmt: skip
