"""Timeline, search, calendar, what to do today, and reports."""

from typing import Any

from libs.common.web import Page, Schema, fields
from services.console.schemas.cards import WITHOUT, CardOut
from services.console.usecases import REPORTS


class TimelineQuery(Page):
    correlation_id = fields.Uuid(required=True)


class ToldOut(Schema):
    """One fact. ``words`` are those of its fields that are worth showing."""

    id = fields.Uuid()
    at = fields.Instant()
    kind = fields.Text()
    card_id = fields.Uuid()
    subject = fields.Uuid()
    number = fields.Text()
    actor = fields.Text()
    actor_name = fields.Text()
    words = fields.Raw(like=dict[str, Any])
    people = fields.Raw(like=dict[str, str | None])


class SearchQuery(Schema):
    q = fields.Text(required=True, max_length=200, blank=False)
    limit = fields.Whole(least=1, most=50, load_default=20)


class FoundOut(Schema):
    items = fields.List(fields.Nested(CardOut))


class CalendarQuery(Schema):
    """Times from ``from`` on and before ``to``, at most 100 days; of a person, or of a team's people."""

    from_ = fields.Instant(required=True, data_key="from", attribute="from")
    to = fields.Instant(required=True)
    person = fields.Uuid()
    team = fields.Uuid()
    branch = fields.Uuid()


class GoingOut(Schema):
    id = fields.Uuid()
    name = fields.Text()


class EntryOut(Schema):
    """An appointment, or the window of booked work (``entry`` says which): null is what the one has not."""

    entry = fields.Code(("appointment", "work"))
    id = fields.Uuid()
    card_id = fields.Uuid()
    number = fields.Text()
    title = fields.Text()
    who = fields.Text()
    what = fields.Text()
    type = fields.Text()
    state = fields.Text()
    scheduling = fields.Text()
    starts_at = fields.Instant()
    ends_at = fields.Instant()
    site = fields.Text()
    phone = fields.Text()
    note = fields.Text()
    branch = fields.Uuid()
    opportunity_id = fields.Uuid()
    salesperson_id = fields.Uuid()
    salesperson = fields.Text()
    team_id = fields.Uuid()
    assignee_id = fields.Uuid()
    people = fields.List(fields.Nested(GoingOut))


class CalendarOut(Schema):
    items = fields.List(fields.Nested(EntryOut))


class TodayQuery(Schema):
    person = fields.Uuid()
    team = fields.Uuid()
    branch = fields.Uuid()
    limit = fields.Whole(least=1, most=50)


class WaitingCardOut(CardOut):
    """``due_at``: since or until when it waits."""

    due_at = fields.Instant()


class WaitingOut(Schema):
    """``count`` is all of them, ``cards`` the most urgent."""

    key = fields.Text()
    count = fields.Whole()
    cards = fields.List(fields.Nested(WaitingCardOut))


class TodayOut(Schema):
    waiting = fields.List(fields.Nested(WaitingOut))
    appointments = fields.List(fields.Nested(EntryOut))


class ReportQuery(Schema):
    """``since`` and ``until`` bound the time that the report's definition names."""

    since = fields.Instant()
    until = fields.Instant()
    by = fields.Code((*WITHOUT[:-1], "person", "team"))
    person = fields.Uuid()
    team = fields.Uuid()
    branch = fields.Uuid()
    trade = fields.Text(max_length=80)
    source = fields.Text(max_length=200)
    campaign = fields.Text(max_length=200)
    channel = fields.Text(max_length=40)
    format = fields.Code(("json", "csv"))


class TitleOut(Schema):
    name = fields.Code(REPORTS, required=True)
    title = fields.Text()
    definition = fields.Text()
    by = fields.List(fields.Text())


class TitlesOut(Schema):
    items = fields.List(fields.Nested(TitleOut))


class ColumnOut(Schema):
    """``asks`` with the row's ``cards`` is the question that lists what the number counts."""

    key = fields.Text()
    label = fields.Text()
    kind = fields.Code(("text", "count", "money", "amount", "percent", "minutes", "days"))
    asks = fields.Raw(like=dict[str, str | bool])


class ReportOut(Schema):
    name = fields.Code(REPORTS, required=True)
    title = fields.Text()
    definition = fields.Text()
    by = fields.Text()
    columns = fields.List(fields.Nested(ColumnOut))
    rows = fields.List(fields.Raw(like=dict[str, Any]))
