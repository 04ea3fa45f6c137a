"""What can be done with price books and tax codes."""

from services.console.adapters.words import said
from services.console.api.acts.act import Act, Field

BOOKS = "/estimates/price-books"
BOOK = f"{BOOKS}/<book_id>"
TAX = "/estimates/tax-codes/<code>"
STATES = (("draft", said("Draft")), ("active", said("In use")), ("retired", said("Retired")))
FILES = (("tasks", said("Tasks")), ("assemblies", said("Parts of tasks")))
ABOUT = (
    Field("name", said("Name"), required=True),
    Field("branch", said("Only for"), "choice", choices="branches_or_all"),
    Field("status", said("State"), "pick", choices=STATES, first="draft"),
    Field("effective_from", said("From"), "day"),
    Field("effective_until", said("Until"), "day"),
)

ACTS = (
    Act(
        "book.add",
        f"POST {BOOKS}",
        "pricebook.edit",
        said("A new price book"),
        "/settings/price-books",
        icon="plus",
        look="go",
        title=said("A new price book"),
        fields=(*ABOUT, Field("currency", said("Currency"), hint=said("Left out: the company's."), folded=True)),
        done=said("Made. Its tasks come out of a file."),
        then="/settings/price-books/{id}",
    ),
    Act(
        "book.edit",
        f"PATCH {BOOK}",
        "pricebook.edit",
        said("Edit"),
        "/settings/price-books/<book_id>",
        icon="pen",
        title=said("Name, dates, state"),
        edits=True,
        fields=ABOUT,
        done=said("Saved."),
    ),
    Act(
        "book.import",
        f"POST {BOOK}/import",
        "pricebook.edit",
        said("Import a file"),
        "/settings/price-books/<book_id>",
        icon="arrow",
        title=said("A CSV of tasks"),
        about=said("By code: what is there is changed, what is new is added; the same file again changes nothing."),
        record=BOOK,
        fields=(
            Field("file", said("File"), "file", required=True),
            Field("?kind", said("What is in it"), "pick", choices=FILES, first="tasks"),
            Field("?dry_run", said("Only a dry run"), "yes", first="true"),
        ),
        shows="book-imported.html",
    ),
    Act(
        "tax.put",
        f"PUT {TAX}",
        "taxcode.edit",
        said("Change"),
        "/settings/tax-codes",
        icon="pen",
        title=said("Name and rate of a tax code"),
        about=said("What was priced before keeps its rate."),
        fields=(
            Field("name", said("Name"), required=True, begins="name"),
            Field("rate", said("Rate"), "number", required=True, begins="rate", hint=said("0.0975 is 9.75 %.")),
            Field("branch", said("Only for"), "choice", choices="branches_or_all", begins="branch"),
        ),
        done=said("Saved."),
    ),
)
