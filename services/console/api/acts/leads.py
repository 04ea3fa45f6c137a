"""What can be done with a lead."""

from services.console.adapters.words import said
from services.console.api.acts.act import Act, Field

CHANNELS = (
    ("phone", said("Phone")),
    ("email", said("E-mail")),
    ("web", said("Web form")),
    ("walk_in", said("Walk-in")),
    ("referral", said("Referral")),
    ("technician", said("Technician")),
)
INTEREST = (
    ("", said("Not said")),
    ("none", said("None")),
    ("low", said("Low")),
    ("medium", said("Medium")),
    ("high", said("High")),
)
YES_NO = (("", said("Not known")), ("true", said("Yes")), ("false", said("No")))
CONSENTS = (("phone", said("May be called")), ("sms", said("May be sent texts")), ("email", said("May be sent e-mail")))
TOUCH = (
    ("phone", said("Call")),
    ("sms", said("Text")),
    ("email", said("E-mail")),
    ("visit", said("Visit")),
    ("other", said("Other")),
)
OUTCOMES = (
    ("reached", said("Spoke")),
    ("left_message", said("Left a message")),
    ("no_answer", said("No answer")),
    ("wrong_number", said("Wrong number")),
    ("other", said("Other")),
)
TOUCHED = {**dict(TOUCH), **dict(OUTCOMES)}  #: what was said of an attempt, in the words it was said in
DIRECTIONS = (("outbound", said("We reached out")), ("inbound", said("They did")))
INVALID = (
    ("spam", said("Spam")),
    ("wrong_contact", said("Wrong contact")),
    ("not_a_customer", said("Not a customer")),
    ("out_of_area", said("Out of area")),
    ("not_offered", said("We do not offer that")),
    ("other", said("Other")),
)
TYPES = (
    ("none", said("None")),
    ("mql", said("Marketing qualified")),
    ("sql", said("Sales qualified")),
    ("pql", said("Product qualified")),
)
#: all of an address: an edit says all of it, so what stood in no field was lost
ADDRESS = (
    Field("address.line1", said("Street")),
    Field("address.city", said("City")),
    Field("address.region", said("State")),
    Field("address.postal_code", said("ZIP code")),
    Field("address.line2", said("Flat, suite"), folded=True),
    Field("address.country", said("Country"), folded=True, hint=said("Two letters, such as US.")),
)
CONTACT = (
    Field("channel", said("How"), "pick", required=True, choices=TOUCH, first="phone"),
    Field("direction", said("Who reached out"), "pick", required=True, choices=DIRECTIONS, first="outbound"),
    Field("outcome", said("What came of it"), "pick", required=True, choices=OUTCOMES, first="reached"),
    Field("note", said("Note"), "area"),
    Field("at", said("When"), "moment", folded=True, hint=said("Left out: now.")),
)
PROSPECT = (
    Field("person_name", said("Name")),
    Field("company", said("Company")),
    Field("phones", said("Phone numbers"), "lines", hint=said("One on a line.")),
    Field("emails", said("E-mail addresses"), "several", hint=said("One on a line.")),
    *ADDRESS,
    Field("request", said("What do they want?"), "area"),
    Field("trade", said("Trade"), "choice", choices="trades"),
    Field("service_interest", said("Service")),
    Field("interest_level", said("Interest"), "pick", choices=INTEREST),
    Field("urgent", said("Urgent"), "yes"),
    Field("source", said("Heard of us through")),
    Field("campaign", said("Campaign"), folded=True),
    Field("fit.in_service_area", said("In our area"), "pick", choices=YES_NO, folded=True, emptied=True),
    Field("fit.trade_offered", said("We do that work"), "pick", choices=YES_NO, folded=True, emptied=True),
    Field("fit.customer_type", said("Kind of customer"), folded=True, emptied=True),
    Field("fit.budget_band", said("Budget"), folded=True, emptied=True),
    *(
        Field(f"consent.{channel}", label, "pick", choices=YES_NO, folded=True, emptied=True)
        for channel, label in CONSENTS
    ),
    Field("do_not_contact", said("Do not contact"), "yes", folded=True),
)
LEAD = "/leads/<lead_id>"
#: pictures first: a phone offers its camera for them
FILE = Field(
    "file",
    said("Photo or document"),
    "file",
    required=True,
    hint=said("Up to 10 MB: a photo, PDF, Word, Excel, PowerPoint or OpenDocument."),
    accept="image/*,.pdf,.docx,.xlsx,.pptx,.odt,.ods,.odp",
)


def files_of(record: str, path: str, shown: str, may: str) -> tuple[Act, Act]:
    """To put a file at a record, and to remove one."""
    put = Act(f"{record}.file", f"POST {path}/files", may, said("Put a file here"), shown, "file", icon="plus",
              fields=(FILE,), done=said("It is here now."))  # fmt: skip
    remove = Act(
        f"{record}.file-remove",
        f"POST {path}/files/<file_id>/remove",
        may,
        said("Remove"),
        shown,
        icon="x",
        look="stop",
        title=said("Remove this file?"),
        about=said("It is gone for good. That it was there, and why it went, stays in the history."),
        fields=(Field("reason", said("Why"), "area", required=True),),
        record=path,
        done=said("Removed."),
    )
    return put, remove


ACTS = (
    *files_of("lead", LEAD, LEAD, "lead.file"),
    Act(
        "lead.edit",
        f"PATCH {LEAD}",
        "lead.edit",
        said("Edit"),
        LEAD,
        "edit",
        icon="pen",
        title=said("Correct or complete"),
        fields=PROSPECT,
        edits=True,
        done=said("Saved."),
    ),
    Act(
        "lead.contact",
        f"POST {LEAD}/contact-attempts",
        "lead.edit",
        said("Log contact"),
        LEAD,
        "contact",
        icon="phone",
        title=said("Log a contact"),
        fields=CONTACT,
        done=said("Logged."),
    ),
    Act(
        "lead.validate",
        f"POST {LEAD}/validate",
        "lead.decide",
        said("Worth working"),
        LEAD,
        "validate",
        icon="check",
        look="go",
        fields=(),
        done=said("Valid. An opportunity opens by itself."),
    ),
    Act(
        "lead.invalidate",
        f"POST {LEAD}/invalidate",
        "lead.decide",
        said("Not valid"),
        LEAD,
        "invalidate",
        icon="x",
        look="stop",
        title=said("Why is it not a lead?"),
        about=said("This ends the process; it can be reopened."),
        fields=(
            Field("reason", said("Reason"), "pick", required=True, choices=INVALID),
            Field("note", said("Note"), "area"),
        ),
        done=said("Closed as not valid."),
    ),
    Act(
        "lead.reopen",
        f"POST {LEAD}/reopen",
        "lead.reopen",
        said("Look at it again"),
        LEAD,
        "reopen",
        icon="undo",
        fields=(Field("note", said("Note"), "area"),),
        title=said("Look at it again"),
        done=said("Open again."),
    ),
    Act(
        "lead.nurture",
        f"POST {LEAD}/nurture",
        "lead.edit",
        said("Come back later"),
        LEAD,
        "nurture",
        icon="clock",
        title=said("When do we come back to them?"),
        fields=(
            Field("next_action_at", said("Come back at"), "moment", required=True, ahead=True),
            Field("note", said("Note"), "area"),
        ),
        done=said("It comes back then."),
    ),
    Act(
        "lead.type",
        f"POST {LEAD}/type",
        "lead.edit",
        said("Set the type"),
        LEAD,
        "type",
        icon="user",
        title=said("Which type of lead is it?"),
        fields=(
            Field("lead_type", said("Type"), "pick", required=True, choices=TYPES),
            Field("evidence", said("What shows it?"), "area", required=True),
        ),
        done=said("Set."),
    ),
    Act(
        "lead.assign",
        f"POST {LEAD}/assign",
        "lead.assign",
        said("Give it to somebody"),
        LEAD,
        "assign",
        icon="user",
        title=said("Who takes it?"),
        fields=(Field("owner_id", said("Person"), "choice", required=True, choices="owners"),),
        done=said("Given; they are alerted."),
    ),
    Act(
        "lead.merge",
        f"POST {LEAD}/merge",
        "lead.merge",
        said("Merge a duplicate"),
        LEAD,
        "merge",
        icon="merge",
        title=said("Which one is the same prospect?"),
        about=said("Its history comes here. It can be taken back."),
        fields=(Field("duplicate_id", said("The other lead"), "choice", required=True, choices="duplicates"),),
        done=said("Merged."),
    ),
    Act(
        "lead.unmerge",
        f"POST {LEAD}/unmerge",
        "lead.merge",
        said("Take the merge back"),
        LEAD,
        "unmerge",
        icon="undo",
        ask_first=True,
        title=said("Was the merge a mistake?"),
        done=said("It stands on its own again."),
    ),
    Act(
        "lead.hand_over",
        "POST /leads/hand-over",
        "lead.assign",
        said("Hand over work"),
        "/leads",
        icon="user",
        title=said("Hand over somebody's enquiries"),
        about=said(
            "Every enquiry of theirs that is not over, and its opportunity with it. What was arranged with a customer "
            "stays with whoever goes there."
        ),
        fields=(
            Field("from_id", said("From"), "choice", required=True, choices="holders"),
            Field("owner_id", said("To"), "choice", required=True, choices="owners"),
        ),
        shows="handed-over.html",
    ),
    Act(
        "lead.import",
        "POST /leads/import",
        "lead.import",
        said("Import a file"),
        "/leads",
        icon="arrow",
        title=said("A CSV of enquiries"),
        about=said("The same file twice adds nothing. A dry run says what would come, and takes nothing in."),
        fields=(
            Field("file", said("File"), "file", required=True),
            Field("?dry_run", said("Only a dry run"), "yes", first="true"),
            Field(
                "map",
                said("Columns"),
                "pairs",
                folded=True,
                hint=said("Where a column is not recognised, one on a line: Phone no. = phones."),
            ),
        ),
        shows="imported.html",
    ),
)
