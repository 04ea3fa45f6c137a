"""Every report there is, with its definition; and as CSV."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from libs.common.auth import Caller, named
from libs.common.csvwriting import line
from libs.common.errors import Fault, Forbidden, Invalid, NotFound
from libs.common.tx import Tx
from services.console.usecases.queries.asking import Asked
from services.console.usecases.queries.reports import of_cards, of_records
from services.console.usecases.queries.reports.report import Column, Definition, Report, Row

GROUP = Column("label", "", "text")
CARDS_BY = ("source", "campaign", "channel", "trade", "branch", "person")
WON = Column("value", "Value won", "money", {"won": True})

DEFINITIONS = (
    Definition(
        "funnel",
        "Funnel",
        "Enquiries received in the time asked for, and how far each has come until now. Duplicates that were merged "
        "are left out. Ready for a price: converted. Won: an offer was accepted, and the sale not undone. Booked: "
        "there is a booking order that is not cancelled. Rate: won of all received. Value: all that was sold, in "
        "whichever order.",
        (
            GROUP,
            Column("leads", "Leads"),
            Column("invalid", "Not valid", asks={"outcome": "invalid"}),
            Column("opportunities", "Opportunities", asks={"opportunity": True}),
            Column("priced", "Ready for a price", asks={"priced": True}),
            Column("won", "Won", asks={"won": True}),
            Column("booked", "Booked", asks={"phase": "booking"}),
            Column("handed_over", "Handed over", asks={"assigned": True}),
            Column("rate", "Rate", "percent"),
            WON,
        ),
        of_cards.funnel,
        CARDS_BY,
    ),
    Definition(
        "close-rate",
        "Close rate",
        "Opportunities that were won or lost in the time asked for, and still are. Rate: won of both. Value: all that "
        "was sold, in whichever order.",
        (
            GROUP,
            Column("won", "Won", asks={"won": True}),
            Column("lost", "Lost", asks={"lost": True}),
            Column("rate", "Close rate", "percent"),
            WON,
        ),
        of_cards.close_rate,
        ("person", *(name for name in CARDS_BY if name != "person")),
    ),
    Definition(
        "response-time",
        "Response time",
        "Enquiries received in the time asked for whose first response was due by a clock. In time: the first attempt "
        "to reach them was not after that. Average: from receipt to the first attempt, around the clock.",
        (
            GROUP,
            Column("leads", "Leads"),
            Column("answered", "Answered", asks={"answered": True}),
            Column("in_time", "In time", asks={"answered_late": False}),
            Column("late", "Late", asks={"answered_late": True}),
            Column("rate", "In time of answered", "percent"),
            Column("average", "Average", "minutes"),
        ),
        of_cards.response_time,
        ("person", *(name for name in CARDS_BY if name != "person")),
    ),
    Definition(
        "time-in-stage",
        "Time in stage",
        "Stays of opportunities in an open stage that began in the time asked for. Average: of those that have ended. "
        "An opportunity that comes back to a stage stays there twice. A stay is counted with whoever has the "
        "opportunity now. A number leads to the enquiries behind it, each once.",
        (
            Column("stage", "Stage", "text"),
            Column("stays", "Stays"),
            Column("there", "Still there", asks={"still_there": True}),
            Column("average", "Average", "days"),
            Column("longest", "Longest", "days"),
        ),
        of_records.time_in_stage,
        may="opportunity.read",
    ),
    Definition(
        "lost-reasons",
        "Reasons for losing",
        "Opportunities lost in the time asked for, and still lost, by the stage they were in and the reason given. "
        "Value: as last known.",
        (
            Column("stage", "Lost in", "text"),
            Column("reason", "Reason", "text"),
            Column("lost", "Lost"),
            Column("value", "Value", "money"),
        ),
        of_cards.lost_reasons,
    ),
    Definition(
        "estimate-ageing",
        "Ageing of estimates",
        "Offers that lie with customers now, by the time since they were sent, whatever time is asked for. Value: the "
        "cheapest option of each.",
        (Column("age", "Sent", "text"), Column("offers", "Offers"), Column("value", "Value", "money")),
        of_records.estimate_ageing,
        may="estimate.read",
    ),
    Definition(
        "discounts",
        "Discounts given",
        "Estimates accepted in the time asked for, also where the sale was undone. Discount: what the lines and the "
        "document take off quantity times unit price. Rate: of that list price. A number leads to the enquiries behind "
        "it, each once.",
        (
            GROUP,
            Column("currency", "Currency", "text"),
            Column("accepted", "Accepted"),
            Column("given", "With a discount", asks={"discounted": True}),
            Column("list_price", "List price", "amount"),
            Column("discount", "Discount", "amount"),
            Column("rate", "Rate", "percent"),
        ),
        of_records.discounts,
        ("person",),
        may="estimate.read",
    ),
    Definition(
        "campaign-return",
        "Return of campaigns",
        "What came of the enquiries received in the time asked for, by campaign or by source. Duplicates that were "
        "merged are left out. Rate: won of all received. Value: all that was sold, in whichever order. For each "
        "enquiry: that, divided by all received.",
        (
            GROUP,
            Column("leads", "Leads"),
            Column("opportunities", "Opportunities", asks={"opportunity": True}),
            Column("won", "Won", asks={"won": True}),
            Column("rate", "Rate", "percent"),
            WON,
            Column("each", "For each enquiry", "money"),
        ),
        of_cards.campaign_return,
        ("campaign", "source"),
    ),
    Definition(
        "hand-over",
        "Hand-over to operations",
        "Booking orders first handed to operations in the time asked for, also where they were cancelled since, by the "
        "team last given them. Days run "
        "from the acceptance of the offer, and from the last assignment to its acceptance by the team. A number "
        "leads to the enquiries behind it, each once.",
        (
            GROUP,
            Column("handed_over", "Handed over"),
            Column("accepted", "Accepted", asks={"taken_over": True}),
            Column("until_handed_over", "Until handed over", "days"),
            Column("until_accepted", "Until accepted", "days"),
            Column("returns", "Returns", asks={"returned": True}),
            Column("rate", "Returned", "percent"),
        ),
        of_records.hand_over,
        ("team",),
        may=("booking.read", "staff.read"),  # and whoever sets how soon a team is to answer
    ),
)

REPORTS: Mapping[str, Definition] = {one.name: one for one in DEFINITIONS}


def titles(who: Caller) -> list[dict[str, Any]]:
    """What there is for the caller: names, titles, definitions, and what each may be divided by."""
    mine = (one for one in DEFINITIONS if who.may(one.may))
    return [{"name": one.name, "title": one.title, "definition": one.text, "by": list(one.by)} for one in mine]


def report(tx: Tx, who: Caller, name: str, asked: Asked) -> Report:
    """A report in the caller's scope; ``asked``: since, until, by, and what may be asked of cards. Raises NotFound, and
    Forbidden for one of records that the caller may not read."""
    if name not in REPORTS:
        raise NotFound(f"there is no report {name}; there are {', '.join(REPORTS)}")
    one = REPORTS[name]
    if not who.may(one.may):
        raise Forbidden(f"none of your roles has the permission {' or '.join(named(one.may))}")
    by = asked.get("by") or (one.by[0] if one.by else "")
    if by and by not in one.by:
        among = f"is divided by {', '.join(one.by)}" if one.by else "is not divided by anything"
        raise Invalid(f"the report {name} {among}", errors=[Fault("?by", among)])
    return Report(one.name, one.title, one.text, by, one.columns, one.rows(tx, who, asked, by))


def csv_of(shown: Report) -> str:
    """The same for a spreadsheet: amounts are numbers that it can add up, so each currency has a column of its own."""
    columns = [part for column in shown.columns for part in _parts(shown, column)]
    head = line(label for label, _ in columns)
    return head + "".join(line(cell(row) for _, cell in columns) for row in shown.rows)


def _parts(shown: Report, column: Column) -> list[tuple[str, Callable[[Row], Any]]]:
    """A column's labels, and what stands below each."""
    label, key = column.label or shown.by, column.key
    if column.kind != "money":
        return [(label, lambda row: row[key])]
    currencies = sorted({one["currency"] for row in shown.rows for one in row[key]})
    return [(f"{label} {code}", partial(_sum, key, code)) for code in currencies] or [(label, partial(_sum, key, ""))]


def _sum(key: str, currency: str, row: Row) -> Any:
    return next((one["amount"] for one in row[key] if one["currency"] == currency), None)
