"""What can be done with webhooks: other systems that are posted the funnel's facts."""

from services.console.adapters.words import said
from services.console.api.acts.act import Act, Field

HOOKS = "/notifications/webhooks"
ONE = f"{HOOKS}/<webhook_id>"
PAGE = "/settings/webhooks/<webhook_id>"
MAY = "webhook.admin"
ABOUT = (
    Field("url", said("Address"), "url", required=True, hint=said("Where the other system listens; https, outside.")),
    Field(
        "types", said("What it is told"), "lines", required=True,
        hint=said("plumbline.booking.# is everything of bookings, # is everything; one on a line."),
    ),
    Field("description", said("What it is for")),
    Field("branch", said("Only for"), "choice", choices="branches_or_all"),
)  # fmt: skip

ACTS = (
    Act(
        "webhook.add", f"POST {HOOKS}", MAY, said("A new webhook"), "/settings/webhooks", icon="plus", look="go",
        title=said("A new webhook"), fields=ABOUT, done=said("Made. Try it, and give its secret to the other system."),
        then="/settings/webhooks/{id}",
    ),
    Act(
        "webhook.edit", f"PATCH {ONE}", MAY, said("Edit"), PAGE, icon="pen", title=said("Address, what it is told"),
        edits=True, fields=ABOUT, done=said("Saved. What waits goes to the new address."),
    ),
    Act(
        "webhook.test", f"POST {ONE}/test", MAY, said("Try it"), PAGE, icon="send", look="go",
        done=said("On its way; look below in a moment."),
    ),
    Act(
        "webhook.pause", f"POST {ONE}/pause", MAY, said("Pause"), PAGE, "pause", icon="hold",
        done=said("Nothing goes there now; what is for it waits."),
    ),
    Act(
        "webhook.resume", f"POST {ONE}/resume", MAY, said("Go on"), PAGE, "resume", icon="check", look="go",
        done=said("It goes on, with what waited first."),
    ),
    Act(
        "webhook.rotate", f"POST {ONE}/rotate-secret", MAY, said("A new secret"), PAGE, icon="undo", ask_first=True,
        title=said("A new secret?"),
        about=said("For a day the former one signs as well, so that the other system can change without a gap."),
        done=said("Changed. For a day the former one signs as well."), then="/settings/webhooks/{id}/secret",
    ),
    Act(
        "webhook.again", f"POST {ONE}/deliveries/<delivery_id>/again", MAY, said("Send it again"), PAGE, icon="undo",
        done=said("On its way; look below in a moment."),
    ),
    Act(
        "webhook.all-again", f"POST {ONE}/deliveries/again", MAY, said("Send again what was given up"), PAGE,
        icon="undo", done=said("On its way; look below in a moment."),
    ),
    Act(
        "webhook.remove", f"POST {ONE}/remove", MAY, said("Remove"), PAGE, "remove", icon="x", look="stop",
        ask_first=True, title=said("Remove it for good?"), about=said("What waits for it goes nowhere."),
        done=said("Removed."), then="/settings/webhooks",
    ),
)  # fmt: skip
