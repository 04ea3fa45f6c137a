"""What can be done with an opportunity and its appointments."""

from services.console.adapters.words import said
from services.console.api.acts.act import Act, Field
from services.console.api.acts.leads import ADDRESS, CONTACT

KINDS = (("sales_call", said("Sales call")), ("site_survey", said("Site survey")))
FINANCING = (
    ("", said("Not said")),
    ("offered_approved", said("Offered, approved")),
    ("offered_declined_cash", said("Offered, pays cash")),
    ("offered_declined_lost", said("Offered, declined")),
    ("declined_cash", said("Did not want it")),
    ("not_offered", said("Not offered")),
)
SITE = tuple(Field(one.name.replace("address.", "site."), one.label, folded=True) for one in ADDRESS)
BILL_TO = (
    Field("bill_to.name", said("Bill to: name"), folded=True),
    Field("bill_to.company", said("Bill to: company"), folded=True),
    *(Field(one.name.replace("address.", "bill_to.address."), one.label, folded=True) for one in ADDRESS),
    Field("bill_to.emails", said("Bill to: e-mail"), "lines", folded=True),
    Field("bill_to.tax_status", said("Tax status"), folded=True),
)
OPPORTUNITY = "/opportunities/<opportunity_id>"
APPOINTMENT = "/opportunities/appointments/<appointment_id>"
TIME = (
    Field("starts_at", said("Starts"), "moment", required=True),
    Field("duration_min", said("Minutes"), "whole", hint=said("Left out: as the branch has it.")),
    Field("assignee_ids", said("Who goes"), "many", choices="salespeople"),
)
ELSE = (
    Field("note", said("Note"), "area"),
    Field("window_starts_at", said("Promised from"), "moment", folded=True),
    Field("window_ends_at", said("Promised until"), "moment", folded=True),
    *(Field(one.name, one.label, folded=True) for one in ADDRESS),
)
FORCE = (Field("force", said("Even though somebody is taken then"), "yes", folded=True),)


def _visit(
    action: str, path: str, label: str, done: str, *, icon: str = "", fields: tuple[Field, ...] = (), look: str = ""
) -> Act:
    return Act(
        f"appointment.{path}",
        f"POST {APPOINTMENT}/{path}",
        "opportunity.appoint",
        label,
        OPPORTUNITY,
        action,
        title=label,
        icon=icon,
        fields=fields,
        look=look,
        done=done,
    )


ACTS = (
    Act(
        "opportunity.edit",
        f"PATCH {OPPORTUNITY}",
        "opportunity.work",
        said("Edit"),
        OPPORTUNITY,
        "edit",
        icon="pen",
        title=said("Correct or complete"),
        edits=True,
        done=said("Saved."),
        fields=(
            Field("title", said("Title"), required=True),
            Field("product_interest", said("What it is about"), required=True),
            Field("trade", said("Trade"), "choice", choices="trades"),
            Field("description", said("Description"), "area"),
            Field("expected_value", said("Expected value"), "money"),
            Field("expected_close", said("Expected by"), "day"),
            Field("next_follow_up_at", said("Follow up at"), "moment"),
            Field("financing_activity", said("Financing"), "choice", choices=FINANCING),
            Field("inside_rep_id", said("Inside rep"), "choice", choices="people"),
            Field("source", said("Source"), folded=True),
            Field("campaign", said("Campaign"), folded=True),
            *SITE,
            *BILL_TO,
        ),
    ),
    Act(
        "opportunity.assign",
        f"POST {OPPORTUNITY}/assign",
        "opportunity.assign",
        said("Give it to somebody"),
        OPPORTUNITY,
        "assign",
        icon="user",
        title=said("Who takes it?"),
        fields=(
            Field("salesperson_id", said("Salesperson"), "choice", required=True, choices="salespeople"),
            Field("reason", said("Why"), hint=said("Kept with the hand-over.")),
        ),
        done=said("Given; they are alerted."),
    ),
    Act(
        "opportunity.contact",
        f"POST {OPPORTUNITY}/contact-attempts",
        "opportunity.work",
        said("Log contact"),
        OPPORTUNITY,
        "contact",
        icon="phone",
        title=said("Log a contact"),
        fields=CONTACT,
        done=said("Logged."),
    ),
    Act(
        "opportunity.appoint",
        f"POST {OPPORTUNITY}/appointments",
        "opportunity.appoint",
        said("Set an appointment"),
        OPPORTUNITY,
        "appoint",
        icon="calendar",
        title=said("When, and who goes?"),
        fields=(
            Field("type", said("What for"), "pick", required=True, choices=KINDS, first="sales_call"),
            *TIME,
            *ELSE,
            *FORCE,
        ),
        done=said("Set; whoever goes is told."),
    ),
    Act(
        "opportunity.stage",
        f"POST {OPPORTUNITY}/stage",
        "opportunity.work",
        said("Move to a stage"),
        OPPORTUNITY,
        "move",
        icon="board",
        title=said("Where does it stand?"),
        fields=(Field("stage", said("Stage"), "choice", required=True, choices="stages"),),
        done=said("Moved."),
    ),
    Act(
        "opportunity.convert",
        f"POST {OPPORTUNITY}/convert",
        "opportunity.work",
        said("Convert: ready for a price"),
        OPPORTUNITY,
        "convert",
        icon="arrow",
        look="go",
        done=said("Converted. An estimate is drafted by itself."),
    ),
    Act(
        "opportunity.lose",
        f"POST {OPPORTUNITY}/lose",
        "opportunity.work",
        said("It came to nothing"),
        OPPORTUNITY,
        "lose",
        icon="x",
        look="stop",
        title=said("Why was it lost?"),
        about=said("This ends the process; it can be reopened."),
        fields=(
            Field("reason", said("Reason"), "choice", required=True, choices="lost_reasons"),
            Field("note", said("Note"), "area"),
            Field("void_offers", said("Withdraw what is still out with the customer"), "yes"),
        ),
        done=said("Closed as lost."),
    ),
    Act(
        "opportunity.reopen",
        f"POST {OPPORTUNITY}/reopen",
        "opportunity.reopen",
        said("Work it again"),
        OPPORTUNITY,
        "reopen",
        icon="undo",
        title=said("Work it again"),
        fields=(Field("note", said("Note"), "area"),),
        done=said("Open again."),
    ),
    Act(
        "opportunity.qualification",
        f"POST {OPPORTUNITY}/qualification",
        "opportunity.override",
        said("Decide by hand"),
        OPPORTUNITY,
        "override",
        icon="check",
        title=said("Does it qualify, whatever the answers say?"),
        fields=(
            Field(
                "qualified",
                said("Qualifies"),
                "pick",
                required=True,
                choices=(("true", said("Yes")), ("false", said("No"))),
            ),
            Field("reason", said("Why"), "area", required=True),
        ),
        done=said("Decided."),
    ),
    Act(
        "appointment.edit",
        f"PATCH {APPOINTMENT}",
        "opportunity.appoint",
        said("Edit"),
        OPPORTUNITY,
        "edit",
        icon="pen",
        title=said("Note, place and promised window"),
        edits=True,
        fields=ELSE,
        done=said("Saved."),
    ),
    _visit("confirm", "confirm", said("Confirmed"), said("Confirmed."), icon="check"),
    _visit("set_out", "en-route", said("On my way"), said("On the way."), icon="walk"),
    _visit("arrive", "on-site", said("I am there"), said("There."), icon="pin"),
    _visit(
        "complete",
        "complete",
        said("It took place"),
        said("Recorded."),
        icon="check",
        fields=(Field("note", said("Note"), "area"),),
    ),
    _visit(
        "miss",
        "no-show",
        said("Nobody was there"),
        said("Recorded."),
        icon="x",
        fields=(Field("note", said("Note"), "area"),),
    ),
    _visit(
        "reschedule",
        "reschedule",
        said("Move it"),
        said("Moved; whoever goes is told."),
        icon="calendar",
        fields=(*TIME, Field("reason", said("Why")), *ELSE, *FORCE),
    ),
    _visit(
        "cancel",
        "cancel",
        said("Cancel it"),
        said("Cancelled."),
        icon="x",
        look="stop",
        fields=(Field("reason", said("Why")),),
    ),
)
