"""What can be done with an estimate."""

from services.console.adapters.words import said
from services.console.api.acts.act import Act, Field

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
)
