"""What can be done about messages that could not be applied, and about those that are to be told again; per service."""

import services
from services.console.adapters.words import said
from services.console.api.acts.act import Act, Field

PARKED = "/settings/parked"


def _of(name: str) -> tuple[Act, ...]:
    one = f"/{name}/parked/<parked_id>"
    page = f"{PARKED}/{name}/<parked_id>"
    return (
        Act(
            f"parked.{name}.replay", f"POST {one}/replay", "parked.admin", said("Try it again"), page, "replay",
            icon="undo", look="go", done=said("Given back to its record; what waited behind it follows."), then=PARKED,
        ),
        Act(
            f"parked.{name}.discard", f"POST {one}/discard", "parked.admin", said("Give it up"), page, "discard",
            icon="x", look="stop", title=said("Give it up for good?"),
            about=said("What it says will never be applied; its record goes on behind it."),
            fields=(Field("note", said("Why")),), done=said("Given up."), then=PARKED,
        ),
        Act(
            f"told.{name}.again", f"POST /{name}/replay", "parked.admin", said("Tell it again"), PARKED, icon="undo",
            title=said("Since when is it to be told again?"),
            about=said("Who has a fact already skips it. For a queue that was lost, or a reader that is new."),
            fields=(Field("since", said("Since"), "moment", required=True), Field("cursor", "", "hidden")),
            done=said("On their way."), shows="told-again.html",
        ),
    )  # fmt: skip


ACTS = tuple(act for name in services.NAMES for act in _of(name))
