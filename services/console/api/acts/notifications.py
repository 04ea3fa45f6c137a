"""What can be done with what one was told."""

from libs.common.web import SIGNED_IN
from services.console.adapters.words import said
from services.console.api.acts.act import Act

HERE = "/notifications"

ACTS = (
    Act("notification.read", f"POST {HERE}/<notification_id>/read", SIGNED_IN, said("Seen"), HERE, icon="check"),
    Act(
        "notification.read-all",
        f"POST {HERE}/read-all",
        SIGNED_IN,
        said("I have seen them all"),
        HERE,
        icon="check",
        done=said("Nothing is unread."),
    ),
)
