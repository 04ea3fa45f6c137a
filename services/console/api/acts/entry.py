"""The quick entry's fields: what fits into half a minute on the telephone."""

from services.console.adapters.words import said
from services.console.api.acts.act import Field
from services.console.api.acts.leads import CHANNELS

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
    Field("email", said("E-mail"), "email"),
    Field("owner_id", said("Give it to"), "choice", choices="owners_or_nobody"),
    Field("source", said("Heard of us through")),
)
