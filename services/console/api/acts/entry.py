"""The quick entry's fields: what fits into half a minute on the telephone."""

from services.console.adapters.words import said
from services.console.api.acts.act import Field
from services.console.api.acts.leads import CHANNELS, INTEREST

SOON = (("true", said("Today")), ("false", said("No hurry")))

ENTRY = (
    Field("channel", said("How did they reach us?"), "pick", required=True, choices=CHANNELS, first="phone"),
    Field("phone", said("Phone"), "tel"),
    Field("person_name", said("Name")),
    Field("company", said("Company")),
    Field("request", said("What do they want?"), "area"),
    Field("trade", said("Trade"), "choice", choices="trades"),
    Field("urgent", said("How soon?"), "pick", choices=SOON, first="false"),
    Field("address.line1", said("Street")),
    Field("address.city", said("City")),
    Field("address.postal_code", said("ZIP code")),
    Field("email", said("E-mail"), "emails"),
    Field("owner_id", said("Give it to"), "choice", choices="owners_or_nobody"),
    Field("source", said("Heard of us through")),
    Field("interest_level", said("Interest"), "pick", choices=INTEREST),
    Field("service_interest", said("Service")),
    Field("campaign", said("Campaign")),
    Field("received_at", said("When did they ask?"), "moment", hint=said("Left out: now.")),
)
#: seldom said, and asked by the one company or the other
FOLDED = (
    "company", "address.city", "email", "interest_level", "service_interest", "campaign", "received_at",
)  # fmt: skip
