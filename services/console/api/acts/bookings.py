"""What can be done with sold work: its booking order, its sale, its job and its customer."""

from dataclasses import replace

from services.console.adapters.words import said
from services.console.api.acts.act import Act, Field
from services.console.api.acts.estimates import TO
from services.console.api.acts.leads import ADDRESS, files_of

BOOKING = "/bookings/<booking_id>"
SALE = "/bookings/sales/<acceptance_id>"
JOB = "/bookings/jobs/<job_id>"
CUSTOMER = "/bookings/customers/<customer_id>"
#: where the pages of the console are, which are not where the service keeps its records
JOBS, CUSTOMERS = "/jobs/<job_id>", "/customers/<customer_id>"


def _place(part: str) -> tuple[Field, ...]:
    return tuple(replace(one, name=one.name.replace("address", part, 1)) for one in ADDRESS)


HOLDS = (
    ("deposit", said("The deposit")),
    ("permit", said("A permit")),
    ("cancel_period", said("The customer may still cancel")),
)
ORDERING = (
    ("not_needed", said("Nothing to order")),
    ("to_order", said("To order")),
    ("ordered", said("Ordered")),
    ("received", said("All here")),
)
SCHEDULING = (
    ("unscheduled", said("Not scheduled")),
    ("proposed", said("Proposed")),
    ("scheduled", said("Scheduled")),
)
TAXED = Field("tax_status", said("Tax status"))
NOTE = Field("note", said("Note"), "area")


def _act(
    key: str, may: str | tuple[str, ...], label: str, done: str, *, path: str = "", title: str = "", about: str = "",
    fields: tuple[Field, ...] = (), icon: str = "", look: str = "", ask_first: bool = False,
) -> Act:  # fmt: skip
    """What is done to a booking order under the name that its ``allowed`` gives it."""
    where = f"POST {BOOKING}/{path or key}"
    return Act(
        f"booking.{key}",
        where,
        may,
        label,
        BOOKING,
        key.replace("-", "_"),
        title=title or label,
        about=about,
        fields=fields,
        icon=icon,
        look=look,
        done=done,
        ask_first=ask_first,
    )


def _edit(
    key: str, may: str | tuple[str, ...], label: str, *fields: Field, icon: str = "pen", about: str = "", **fixed: bool
) -> Act:
    """A part of the order that one permission reaches."""
    return Act(
        f"booking.{key}",
        f"PATCH {BOOKING}",
        may,
        label,
        BOOKING,
        title=label,
        about=about,
        fields=fields,
        fixed=fixed,
        icon=icon,
        edits=True,
        done=said("Saved."),
    )


ORDER_ACTS = (
    Act(
        "booking.create",
        "POST /bookings",
        "booking.create",
        said("Draft a booking"),
        "/bookings",
        icon="plus",
        title=said("Which sales become one booking?"),
        about=said("Of the same customer and the same site. The first one's job is the booking's."),
        fields=(Field("acceptance_ids", said("Accepted estimates"), "many", required=True, choices="unbooked_sales"),),
        done=said("Drafted."),
        then="/bookings/{id}",
    ),
    _act("ready", "booking.prepare", said("It is ready"), said("Ready for operations."), icon="check", look="go"),
    _act(
        "assign-to-operation",
        "booking.assign_to_operation",
        said("Assign to Operation"),
        said("Assigned; the team is alerted."),
        title=said("Assign to Operation"),
        icon="ops",
        look="go",
        fields=(
            Field("team_id", said("Team"), "choice", required=True, choices="operations_teams"),
            Field("assignee_id", said("Person of the team"), "choice", choices="operations_people"),
            Field("due_at", said("Due by"), "moment"),
            Field("note", said("Note for the team")),
        ),
    ),
    _act(
        "accept", "booking.operate", said("Accept"), said("Accepted; whoever assigned it has been told."), icon="check",
        look="go",
    ),
    _act(
        "reassign",
        ("booking.operate", "booking.assign_to_operation"),
        said("Give to someone else"),
        said("Given on; they are alerted."),
        title=said("Who takes it instead?"),
        about=said("They take it over anew. Without a person it is the whole team's."),
        icon="user",
        fields=(
            Field("team_id", said("Team"), "choice", choices="operations_teams_or_same"),
            Field("assignee_id", said("Person of the team"), "choice", choices="operations_people"),
            Field("note", said("Why"), "area"),
        ),
    ),
    _act(
        "return",
        "booking.operate",
        said("Return it"),
        said("Returned; whoever assigned it has been told why."),
        title=said("Why does it go back?"),
        icon="undo",
        look="stop",
        fields=(Field("reason", said("Reason"), required=True, hint=said("It is said to whoever assigned it.")),),
    ),
    _act("start", "booking.operate", said("Start"), said("Started."), icon="arrow", look="go"),
    _act("complete", "booking.operate", said("Complete"), said("Done."), title=said("Is the work done?"), icon="check",
         look="go", fields=(NOTE,)),
    _act(
        "hold",
        "booking.prepare",
        said("Put on hold"),
        said("On hold."),
        title=said("What stands in the way?"),
        icon="hold",
        fields=(
            Field("reason", said("What for"), "pick", required=True, choices=HOLDS),
            Field("until", said("Until"), "moment", hint=said("Then it goes on by itself.")),
            NOTE,
        ),
    ),
    _act("release", "booking.prepare", said("It may go on"), said("It goes on."), title=said("What has changed?"),
         icon="arrow", look="go", fields=(NOTE,)),
    _act(
        "cancel",
        "booking.cancel",
        said("Cancel the booking"),
        said("Cancelled; everybody who had it has been told."),
        title=said("Why is the work not done?"),
        about=said("This cannot be taken back."),
        icon="x",
        look="stop",
        fields=(Field("reason", said("Reason"), "area", required=True),),
    ),
    Act(
        "booking.mail",
        f"POST {BOOKING}/mail",
        "booking.mail",
        said("Send by e-mail"),
        BOOKING,
        icon="send",
        title=said("Send it on paper by e-mail"),
        about=said("Each address gets the booking order as a PDF: the work, the site, the checklist; no price."),
        fields=(TO, Field("note", said("A word with it"), "area")),
        done=said("Sent."),
    ),
    Act(
        "booking.change-order",
        f"POST {BOOKING}/change-orders",
        "booking.create",
        said("Add a change order"),
        BOOKING,
        icon="plus",
        title=said("What was sold on top?"),
        about=said(
            "An accepted estimate of the same job. One of the same opportunity is added by itself. "
            "Operations, if they have the work, must read it."
        ),
        fields=(Field("acceptance_id", said("Accepted estimate"), "choice", required=True, choices="further_sales"),),
        done=said("Added."),
    ),
    Act(
        "booking.acknowledge",
        f"POST {BOOKING}/change-orders/<acceptance_id>/acknowledge",
        "booking.operate",
        said("Read it"),
        BOOKING,
        "acknowledge",
        icon="check",
        done=said("Noted that you know of it."),
    ),
    _edit(
        "deposit",
        "booking.prepare",
        said("Record the deposit"),
        Field("deposit_paid", said("Paid so far"), "money"),
        Field("deposit_waived", said("Go on without it"), "yes"),
    ),
    _edit("waive", "booking.prepare", said("Waive it"), icon="check", deposit_waived=True),
    _edit(
        "site",
        "booking.prepare",
        said("Permits and access"),
        Field("permits", said("Permits"), "area"),
        Field("access_notes", said("Access"), "area", hint=said("Gate codes, keys, pets.")),
    ),
    _edit(
        "window",
        ("booking.prepare", "booking.schedule"),
        said("Promised window"),
        Field("window_starts_at", said("From"), "moment"),
        Field("window_ends_at", said("Until"), "moment"),
        icon="calendar",
    ),
    _edit(
        "schedule",
        "booking.schedule",
        said("Schedule"),
        Field("window_starts_at", said("From"), "moment"),
        Field("window_ends_at", said("Until"), "moment"),
        Field("scheduling_status", said("How sure is it?"), "pick", choices=SCHEDULING),
        icon="calendar",
    ),
    _edit(
        "order",
        "booking.order",
        said("Material"),
        Field("ordering_status", said("Where does the material stand?"), "pick", choices=ORDERING),
        icon="wrench",
    ),
)  # fmt: skip

SALE_ACTS = (
    Act("sale.retry", f"POST {SALE}/retry", "booking.prepare", said("Try again"), BOOKING, "retry", icon="undo",
        done=said("Asked again; it is ticked when it has happened.")),
    Act(
        "sale.undo",
        f"POST {SALE}/undo",
        "booking.cancel",
        said("Undo the sale"),
        BOOKING,
        "undo",
        icon="undo",
        look="stop",
        title=said("Take the sale back?"),
        about=said("Booking and job are cancelled. It works while operations have not taken the work over."),
        fields=(Field("reason", said("Why"), "area"),),
        done=said("Undone; booking and job are being cancelled."),
    ),
)  # fmt: skip

JOB_ACTS = (
    *files_of("job", JOB, JOBS, "job.file"),
    Act(
        "job.make",
        "POST /bookings/jobs",
        "job.edit",
        said("Make the job"),
        "/bookings",
        icon="plus",
        title=said("Make the job of a sale"),
        about=said("Without a name it is called by the rule. Estimate, visits and booking move to it."),
        fields=(
            Field("acceptance_id", said("Sale"), "choice", required=True, choices="jobless_sales"),
            Field("name", said("Name")),
        ),
        done=said("Made."),
        then="/jobs/{id}",
    ),
    Act(
        "job.edit",
        f"PATCH {JOB}",
        "job.edit",
        said("Edit"),
        JOBS,
        icon="pen",
        title=said("Correct the job"),
        edits=True,
        fields=(
            Field("type", said("Kind of work")),
            *_place("site"),
        ),
        done=said("Saved."),
    ),
    Act(
        "job.rename",
        f"POST {JOB}/rename",
        "job.edit",
        said("Rename"),
        JOBS,
        "rename",
        icon="pen",
        title=said("What shall everybody call it?"),
        about=said("Everywhere at once. It is kept who renamed it."),
        fields=(Field("name", said("Name"), required=True),),
        done=said("Renamed."),
    ),
    Act("job.close", f"POST {JOB}/close", "job.edit", said("Close the job"), JOBS, "close", icon="check", look="go",
        done=said("Closed: everything is settled.")),
)  # fmt: skip

CUSTOMER_ACTS = (
    Act(
        "customer.edit",
        f"PATCH {CUSTOMER}",
        "customer.edit",
        said("Edit"),
        CUSTOMERS,
        icon="pen",
        title=said("Correct or complete"),
        edits=True,
        fields=(
            Field("name", said("Name"), required=True),
            TAXED,
            Field("bill_to.name", said("Bill to: name")),
            Field("bill_to.company", said("Bill to: company")),
            *_place("bill_to.address"),
            Field("bill_to.emails", said("Bill to: e-mail"), "several", hint=said("One on a line.")),
            Field("bill_to.tax_status", said("Bill to: tax status"), folded=True),
        ),
        done=said("Saved."),
    ),
)

ACTS = (*ORDER_ACTS, *SALE_ACTS, *JOB_ACTS, *CUSTOMER_ACTS)
