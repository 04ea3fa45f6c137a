"""Jobs and customers: what was sold to whom, for which site, and what everybody calls it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request

from libs.common.auth import Scope
from services.console.adapters import words
from services.console.api.screens import filing, forms, sheets
from services.console.api.screens.frame import doors, go, me, names, page, screen
from services.console.api.screens.offers import Offers

bp = Blueprint("console_jobs", __name__)

STATES = ("pending", "in_progress", "completed", "closed", "cancelled")


@bp.get("/jobs")
@screen(may="job.read")
def jobs() -> Response:
    """Every job, newest first."""
    asked = {name: request.args.get(name, "") for name in ("status", "q", "cursor")}
    if sheets.wanted():
        return sheets.file_of("/bookings/jobs", asked)
    found = doors().get("/bookings/jobs", limit=50, **asked)
    return page("jobs.html", nav="/bookings", found=found, asked=asked, states=STATES)


@bp.get("/jobs/<uuid:job_id>")
@screen(may="job.read")
def job(job_id: UUID) -> Response:
    """One job: what it is called, where it is, and the bookings that do it."""
    ident = str(job_id)
    record = doors().get(f"/bookings/jobs/{ident}")
    rule = None
    if me().may("job.edit"):
        asked = {"acceptance_id": record["acceptance_id"]}
        rule = doors().maybe("/bookings/jobs/name-preview", None, **asked)
    offers = Offers(record, (ident,))
    files = filing.at(f"/bookings/jobs/{ident}")
    return page(
        "job.html",
        nav="/bookings",
        job=record,
        rule=rule,
        offers=offers,
        files=files,
        taken=filing.taken(files, offers, "job.file-remove", "jobs"),
        bookings=doors().maybe_every("/bookings", job_id=ident),
        priced=_sees_its_price(record),
        who=names(record["salesperson_id"]),
    )


def _sees_its_price(record: dict[str, Any]) -> bool:
    """Every job of the branch may be read, an estimate only by whom it is of and those above."""
    scope, seller = me().scope("estimate.read"), str(record["salesperson_id"])
    return scope is Scope.ALL or (scope is not None and seller in {str(one) for one in me().whose(scope)})


@bp.get("/customers")
@screen(may="customer.read")
def customers() -> Response:
    """Who has bought, newest first."""
    asked = {name: request.args.get(name, "") for name in ("q", "cursor")}
    if sheets.wanted():
        return sheets.file_of("/bookings/customers", asked)
    found = doors().get("/bookings/customers", limit=50, **asked)
    return page("customers.html", nav="/bookings", found=found, asked=asked)


@bp.get("/customers/<uuid:customer_id>")
@screen(may="customer.read")
def customer(customer_id: UUID) -> Response:
    """One customer: who to talk to, who pays, and what they have bought."""
    return _customer(str(customer_id))


def _customer(ident: str, status: int = 200, typed: list[dict[str, str]] | None = None, others: Any = ()) -> Response:
    read = doors().look(f"/bookings/customers/{ident}")
    record = read.data
    rows = [_row(one) for one in record["contacts"] or ()] if typed is None else typed
    return page(
        "customer.html",
        status,
        nav="/bookings",
        customer=record,
        offers=Offers(record, (ident,)),
        jobs=doors().maybe_every("/bookings/jobs", customer_id=ident),
        bookings=doors().maybe_every("/bookings", customer_id=ident),
        rows=[*rows, dict.fromkeys(PARTS, "")],
        tag=read.tag,
        others=others,
    )


PARTS = ("name", "company", "phone", "email")


def _row(contact: dict[str, Any]) -> dict[str, str]:
    return {
        "name": contact.get("name") or "",
        "company": contact.get("company") or "",
        "phone": ", ".join(one.get("typed") or one["e164"] for one in contact.get("phones") or ()),
        "email": ", ".join(contact.get("emails") or ()),
    }


@bp.post("/customers/<uuid:customer_id>/contacts")
@screen(may="customer.edit")
def contacts(customer_id: UUID) -> Response:
    """Sets who to talk to; a row that is emptied goes."""
    ident = str(customer_id)
    columns = [request.form.getlist(part) for part in PARTS]
    rows = [dict(zip(PARTS, (text.strip() for text in row), strict=True)) for row in zip(*columns, strict=False)]
    rows = [one for one in rows if any(one.values())]
    body = {"contacts": [_contact(one) for one in rows]}
    headers = {"If-Match": request.form.get("_tag", "")}
    said = doors().ask("PATCH", f"/bookings/customers/{ident}", body, headers=headers)
    if said.ok:
        return go(f"/customers/{ident}", words.said("Saved."))
    if said.status == 412:
        return _customer(
            ident,
            412,
            rows,
            [words.said("Somebody changed this while you had it open. Save again to put yours over it.")],
        )
    faults = [_said_of(one, rows) for one in said.problem.get("errors") or ()]
    return _customer(ident, said.status, rows, faults or [str(said.problem.get("detail"))])


def _said_of(fault: dict[str, Any], rows: list[dict[str, str]]) -> str:
    """``/contacts/1/phones/0/e164: …`` by the name of that row."""
    parts = str(fault.get("pointer") or "").strip("/").split("/")
    whose = rows[int(parts[1])]["name"] if len(parts) > 1 and parts[1].isdigit() and int(parts[1]) < len(rows) else ""
    return f"{whose}: {fault.get('detail')}" if whose else str(fault.get("detail"))


def _contact(row: dict[str, str]) -> dict[str, Any]:
    phones = [one.strip() for one in row["phone"].split(",") if one.strip()]
    return {
        "name": row["name"],
        "company": row["company"],
        "phones": [{"e164": one, "typed": one} for one in phones],
        "emails": forms.parted(row["email"]),
    }
