"""What may be asked of the read model, and what it answers."""

from typing import Any

from libs.common.web import Page, Schema, fields
from services.console.states import Phase

OUTCOMES = ("open", "won", "done", "lost", "invalid", "merged")
WITHOUT = ("source", "campaign", "channel", "trade", "branch", "owner_id")
SORTS = ("received_at", "value", "closed_at", "stage_entered_at")


class CardQuery(Page):
    """Which cards; what a report's row gives leads to them."""

    person = fields.Uuid()
    team = fields.Uuid()
    branch = fields.Uuid()
    trade = fields.Text(max_length=80)
    source = fields.Text(max_length=200)
    campaign = fields.Text(max_length=200)
    channel = fields.Text(max_length=40)
    phase = fields.Code(Phase)
    lane = fields.Text(max_length=80)
    outcome = fields.Code(OUTCOMES)
    stage = fields.Text(max_length=40)
    lead_state = fields.Text(max_length=40)
    estimate_state = fields.Text(max_length=40)
    booking_state = fields.Text(max_length=40)
    salesperson_id = fields.Uuid()
    team_id = fields.Uuid()
    lost_reason = fields.Text(max_length=80)
    lost_in = fields.Text(max_length=40)
    invalid_reason = fields.Text(max_length=80)
    received_from = fields.Instant()
    received_until = fields.Instant()
    closed_from = fields.Instant()
    closed_until = fields.Instant()
    opportunity = fields.Flag()
    won = fields.Flag()
    lost = fields.Flag()
    answered = fields.Flag()
    answered_late = fields.Flag()
    merged = fields.Flag()
    priced = fields.Flag()
    assigned = fields.Flag()
    settled = fields.Flag()
    settled_from = fields.Instant()
    settled_until = fields.Instant()
    clocked = fields.Flag()
    returned = fields.Flag()
    without = fields.Code(WITHOUT)
    been_in = fields.Text(max_length=40)
    still_there = fields.Flag()
    entered_from = fields.Instant()
    entered_until = fields.Instant()
    offer_live = fields.Flag()
    offered_from = fields.Instant()
    offered_until = fields.Instant()
    accepted = fields.Flag()
    accepted_by = fields.Uuid()
    accepted_by_nobody = fields.Flag()
    accepted_in = fields.Currency()
    discounted = fields.Flag()
    accepted_from = fields.Instant()
    accepted_until = fields.Instant()
    handed_over = fields.Flag()
    handed_to = fields.Uuid()
    handed_to_nobody = fields.Flag()
    taken_over = fields.Flag()
    handed_over_from = fields.Instant()
    handed_over_until = fields.Instant()
    overdue = fields.Flag()
    answer_late = fields.Flag()
    follow_up_late = fields.Flag()
    age = fields.Whole(least=0, most=3650)
    sort = fields.Code(SORTS)


class BoardQuery(CardQuery):
    """``limit`` is the number of cards a lane; what was closed is shown for ``closed_days``."""

    closed_days = fields.Whole(least=1, most=365)


class CardOut(Schema):
    """One funnel, briefly. ``id`` is the lead's; ``value`` is what was expected, then offered, then sold."""

    id = fields.Uuid()
    phase = fields.Code(Phase)
    lane = fields.Text()
    outcome = fields.Code(OUTCOMES)
    who = fields.Text()
    what = fields.Text()
    company = fields.Text()
    lead_number = fields.Text()
    lead_state = fields.Text()
    opportunity_id = fields.Uuid()
    opportunity_number = fields.Text()
    estimate_id = fields.Uuid()
    estimate_number = fields.Text()
    estimate_state = fields.Text()
    booking_id = fields.Uuid()
    booking_number = fields.Text()
    booking_state = fields.Text()
    stage = fields.Text()
    stage_type = fields.Text()
    probability = fields.Whole()
    value = fields.Money()
    value_max = fields.Money()
    currency = fields.Text()
    source = fields.Text()
    campaign = fields.Text()
    channel = fields.Text()
    trade = fields.Text()
    city = fields.Text()
    postal_code = fields.Text()
    branch = fields.Uuid()
    owner_id = fields.Uuid()
    owner = fields.Text()
    salesperson_id = fields.Uuid()
    inside_rep_id = fields.Uuid()
    lead_owner_id = fields.Uuid()
    generated_by = fields.Uuid()
    team_id = fields.Uuid()
    received_at = fields.Instant()
    answer_due_at = fields.Instant()
    follow_up_at = fields.Instant()
    offer_ends_at = fields.Instant()
    take_over_by = fields.Instant()
    stage_entered_at = fields.Instant()
    closed_at = fields.Instant()
    next_appointment_at = fields.Instant()
    last_at = fields.Instant()
    last_kind = fields.Text()


class SumOut(Schema):
    currency = fields.Text()
    count = fields.Whole()
    value = fields.Money()
    weighted = fields.Number(places=8)


class LaneOut(Schema):
    """``next`` is the cursor with which ``/cards?lane=`` goes on."""

    key = fields.Text()
    count = fields.Whole()
    sums = fields.List(fields.Nested(SumOut))
    cards = fields.List(fields.Nested(CardOut))
    next = fields.Text()


class BoardOut(Schema):
    lanes = fields.List(fields.Nested(LaneOut))


class CardEstimateOut(Schema):
    """``discount`` is what was taken off the list price of the option that was accepted."""

    id = fields.Uuid()
    card_id = fields.Uuid()
    number = fields.Text()
    title = fields.Text()
    revision = fields.Whole()
    state = fields.Text()
    total = fields.Money()
    total_max = fields.Money()
    currency = fields.Text()
    salesperson_id = fields.Uuid()
    valid_until = fields.Day()
    expires_at = fields.Instant()
    drafted_at = fields.Instant()
    sent_at = fields.Instant()
    viewed_at = fields.Instant()
    decided_at = fields.Instant()
    decline_reason = fields.Text()
    accepted_total = fields.Money()
    list_price = fields.Money()
    discount = fields.Money()
    rounds = fields.Whole()


class CardBookingOut(Schema):
    """``handed_over_at`` is when it was first given to a team, ``assigned_at`` when last."""

    id = fields.Uuid()
    card_id = fields.Uuid()
    number = fields.Text()
    title = fields.Text()
    state = fields.Text()
    job_id = fields.Uuid()
    customer_id = fields.Uuid()
    customer_name = fields.Text()
    contract_total = fields.Money()
    currency = fields.Text()
    branch = fields.Uuid()
    salesperson_id = fields.Uuid()
    team_id = fields.Uuid()
    assignee_id = fields.Uuid()
    scheduling = fields.Text()
    ordering = fields.Text()
    due_at = fields.Instant()
    window_starts_at = fields.Instant()
    window_ends_at = fields.Instant()
    site = fields.Text()
    made_at = fields.Instant()
    handed_over_at = fields.Instant()
    assigned_at = fields.Instant()
    acknowledge_by = fields.Instant()
    accepted_at = fields.Instant()
    started_at = fields.Instant()
    completed_at = fields.Instant()
    cancelled_at = fields.Instant()
    returns = fields.Whole()
    return_reason = fields.Text()


class CardAppointmentOut(Schema):
    """``people`` are the ids of whoever goes there, between spaces."""

    id = fields.Uuid()
    card_id = fields.Uuid()
    opportunity_id = fields.Uuid()
    number = fields.Text()
    title = fields.Text()
    type = fields.Text()
    state = fields.Text()
    starts_at = fields.Instant()
    ends_at = fields.Instant()
    people = fields.Text()
    salesperson_id = fields.Uuid()
    branch = fields.Uuid()
    site = fields.Text()
    phone = fields.Text()
    note = fields.Text()


class WholeCardOut(CardOut):
    """All that is known of a funnel: further fields are named after the record that they are of."""

    estimates = fields.List(fields.Nested(CardEstimateOut))
    bookings = fields.List(fields.Nested(CardBookingOut))
    appointments = fields.List(fields.Nested(CardAppointmentOut))
    people = fields.Raw(like=dict[str, str | None])


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
    """An appointment, or the window of booked work (``entry`` says which)."""

    entry = fields.Code(("appointment", "work"))
    id = fields.Uuid()
    card_id = fields.Uuid()
    number = fields.Text()
    title = fields.Text()
    who = fields.Text()
    what = fields.Text()
    type = fields.Text()
    state = fields.Text()
    starts_at = fields.Instant()
    ends_at = fields.Instant()
    site = fields.Text()
    branch = fields.Uuid()
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
    name = fields.Text()
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
    name = fields.Text()
    title = fields.Text()
    definition = fields.Text()
    by = fields.Text()
    columns = fields.List(fields.Nested(ColumnOut))
    rows = fields.List(fields.Raw(like=dict[str, Any]))
