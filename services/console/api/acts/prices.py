"""What can be done with price books."""

from services.console.adapters.words import said
from services.console.api.acts.act import Act, Field

BOOK = "/estimates/price-books/<book_id>"
PAGE = "/settings/prices"
STATUS = (("draft", said("Draft")), ("active", said("In use")), ("retired", said("Retired")))
KINDS = (("tasks", said("Tasks")), ("assemblies", said("What tasks are made of")))
OF_A_BOOK = (
    Field("name", said("Name"), required=True),
    Field("branch", said("Branch"), "choice", choices="branches_or_all"),
    Field("effective_from", said("From"), "day"),
    Field("effective_until", said("Until"), "day"),
    Field("status", said("State"), "pick", choices=STATUS, first="draft"),
)

ACTS = (
    Act(
        "book.make", "POST /estimates/price-books", "pricebook.edit", said("A new price book"), PAGE, icon="plus",
        look="go", title=said("A new price book"), done=said("Made. Now put prices into it from a file."),
        fields=(*OF_A_BOOK, Field("currency", said("Currency"), hint=said("Left out: as the company has it."))),
        then=PAGE + "/{id}",
    ),
    Act(
        "book.edit", f"PATCH {BOOK}", "pricebook.edit", said("Edit"), f"{PAGE}/<book_id>", icon="pen", edits=True,
        title=said("Name, dates, in use or not"), fields=OF_A_BOOK, done=said("Saved."),
    ),
    Act(
        "book.import", f"POST {BOOK}/import", "pricebook.edit", said("Prices from a file"), f"{PAGE}/<book_id>",
        icon="arrow", title=said("A CSV of prices"), shows="imported-prices.html",
        about=said("By code: what is there is changed, what is new comes. The same file again adds nothing."),
        fields=(
            Field("file", said("File"), "file", required=True),
            Field("?kind", said("What is in it"), "pick", choices=KINDS, first="tasks"),
            Field("?dry_run", said("Only a dry run"), "yes", first="true"),
        ),
    ),
)  # fmt: skip
