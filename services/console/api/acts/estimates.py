"""What can be done with an estimate."""

from services.console.adapters.words import said
from services.console.api.acts.act import Act, Field

ESTIMATE = "/estimates/<estimate_id>"
LINK = f"{ESTIMATE}/links/<link_id>"
SIDES = (("customer", said("The customer")), ("us", said("We")))
ROUNDS = (
    ("counter", said("Counter-offer")),
    ("concession", said("Concession")),
    ("scope", said("Change of scope")),
    ("note", said("Note")),
)
WHY_NOT = (
    ("price", said("The price")),
    ("competition", said("Somebody else does it")),
    ("timing", said("Not now")),
    ("scope", said("Not what they need")),
    ("other", said("Another reason")),
)
NOTE = Field("note", said("Note"), "area")
TO = Field("to", said("Send it to"), "several", required=True, hint=said("One e-mail address on a line."))


def _act(key: str, permission: str, label: str, **more: object) -> Act:
    """An act at the estimate's own address, under the name that its ``allowed`` has for it."""
    given = {"title": label, "action": key, **more}
    return Act(f"estimate.{key}", f"POST {ESTIMATE}/{key}", permission, label, ESTIMATE, **given)  # type: ignore[arg-type]


ACTS = (
    Act(
        "estimate.create",
        "POST /estimates",
        "estimate.draft",
        said("Another estimate"),
        "/opportunities/<opportunity_id>",
        icon="plus",
        fields=(Field("opportunity_id", said("Opportunity"), "hidden"),),
        done=said("Drafted and selected."),
        then="/estimates/{id}",
    ),
    Act(
        "estimate.correct",
        f"PATCH {ESTIMATE}",
        "estimate.draft",
        said("Notes, terms, last day"),
        ESTIMATE,
        "edit",
        title=said("Put notes, terms or the last day right"),
        icon="pen",
        edits=True,
        fields=(
            Field("valid_until", said("Good until"), "day"),
            Field("notes", said("Notes"), "area"),
            Field("terms", said("Terms"), "area"),
        ),
        done=said("Saved."),
    ),
    _act(
        "send",
        "estimate.send",
        said("Send"),
        icon="send",
        look="go",
        title=said("Send it to the customer"),
        about=said("It is frozen as it is, and each address gets the link by e-mail."),
        fields=(TO,),
        shows="estimate-sent.html",
        otherwise="estimate.submit",
    ),
    Act(
        "estimate.share",
        f"POST {ESTIMATE}/links",
        "estimate.send",
        said("Another link"),
        ESTIMATE,
        icon="link",
        title=said("Send another link"),
        about=said("To the same offer; those that are out stay good."),
        fields=(TO,),
        shows="estimate-sent.html",
    ),
    Act(
        "estimate.revoke",
        f"POST {LINK}/revoke",
        "estimate.send",
        said("Close the link"),
        ESTIMATE,
        icon="lock",
        title=said("Close this link?"),
        about=said("Whoever has it sees nothing any more. It cannot be opened again."),
        record=ESTIMATE,
        ask_first=True,
        look="stop",
        done=said("Closed."),
    ),
    _act(
        "submit",
        "estimate.draft",
        said("Ask for approval"),
        icon="lock",
        title=said("Ask for the approval of this price"),
        fields=(NOTE,),
        done=said("Asked; whoever approves is told."),
    ),
    _act(
        "approve",
        "estimate.approve",
        said("Approve"),
        icon="check",
        look="go",
        title=said("Let exactly this price go out"),
        fields=(NOTE,),
        done=said("Approved. It can be sent."),
    ),
    _act(
        "refuse",
        "estimate.approve",
        said("Do not approve"),
        icon="x",
        look="stop",
        title=said("Why not this price?"),
        fields=(Field("reason", said("Reason"), "area", required=True),),
        done=said("Refused; it is a draft again."),
    ),
    _act(
        "revise",
        "estimate.draft",
        said("Revise"),
        icon="pen",
        title=said("Begin the next version"),
        about=said("The one that is out holds no longer, nor does its link."),
        fields=(Field("reason", said("What is to change?"), "area", required=True),),
        done=said("The next version is a draft."),
    ),
    Act(
        "estimate.round",
        f"POST {ESTIMATE}/rounds",
        "estimate.draft",
        said("Record a round"),
        ESTIMATE,
        icon="plus",
        title=said("What was said about the price?"),
        fields=(
            Field("side", said("Who"), "pick", required=True, choices=SIDES, first="customer"),
            Field("kind", said("What"), "pick", required=True, choices=ROUNDS, first="counter"),
            Field("amount", said("Amount"), "money", hint=said("With a minus where the price goes down.")),
            Field("note", said("In words"), "area", required=True),
            Field("from_revision", said("From version"), "whole", folded=True),
            Field("to_revision", said("To version"), "whole", folded=True),
        ),
        done=said("Recorded."),
    ),
    _act(
        "extend",
        "estimate.send",
        said("Extend"),
        icon="clock",
        title=said("Let it hold longer"),
        fields=(Field("valid_until", said("Good until"), "day", required=True), Field("reason", said("Why"))),
        done=said("It holds until then."),
    ),
    _act(
        "withdraw",
        "estimate.send",
        said("Withdraw"),
        icon="undo",
        look="stop",
        title=said("Take the offer back?"),
        about=said("Its link says nothing of it any more."),
        fields=(Field("reason", said("Why")),),
        ask_first=True,
        done=said("Withdrawn."),
    ),
    _act(
        "select",
        "estimate.select",
        said("Select"),
        icon="check",
        title=said("Let the opportunity stand on this one"),
        done=said("Selected."),
    ),
    _act(
        "accept",
        "estimate.record_decision",
        said("Record their yes"),
        icon="check",
        title=said("What did they say yes to?"),
        about=said("Once, like a yes through the link. It cannot be taken back."),
        fields=(
            Field("option", said("Option"), "choice", required=True, choices="estimate_options"),
            Field("add_ons", said("Add-ons"), "many", choices="estimate_add_ons"),
            Field("method", said("How they said it"), "pick", required=True, choices="yes_methods", first="verbal"),
            Field("typed_name", said("Who said it"), required=True, hint=said("Their full name; it stands for them.")),
        ),
        done=said("Accepted. The sale opens by itself."),
    ),
    _act(
        "decline",
        "estimate.record_decision",
        said("Record their no"),
        icon="x",
        look="stop",
        title=said("What decided it?"),
        fields=(Field("reason", said("Reason"), "pick", required=True, choices=WHY_NOT), NOTE),
        done=said("Declined."),
    ),
)
