"""How far a funnel has come. The console changes no record: the machines are with those who own them."""

from enum import IntFlag, StrEnum


class Phase(StrEnum):
    LEAD = "lead"
    OPPORTUNITY = "opportunity"
    ESTIMATE = "estimate"
    BOOKING = "booking"


class Step(IntFlag):
    """What a funnel has come to, as Card.steps adds it up."""

    OPPORTUNITY = 1
    PRICED = 2
    WON = 4
    BOOKED = 8
    HANDED_OVER = 16


#: the board's lanes and their place in it: of a stage its usual probability, so that a company's own stages, which are
#: told with theirs, stand among them
LANES = {
    "lead.new": -3,
    "lead.contacted": -2,
    "lead.nurturing": -1,
    "opportunity.new": 10,
    "opportunity.contacted": 20,
    "opportunity.appointment_set": 30,
    "opportunity.qualified": 40,
    "opportunity.converted": 50,
    "opportunity.estimate_sent": 60,
    "opportunity.negotiation": 80,
    "opportunity.won": 101,
    "opportunity.lost": 102,
    "booking.draft": 111,
    "booking.returned": 112,
    "booking.on_hold": 113,
    "booking.ready": 114,
    "booking.assigned": 115,
    "booking.accepted": 116,
    "booking.in_progress": 117,
    "booking.completed": 118,
}
