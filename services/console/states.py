"""How far a funnel has come. The console changes no record: the machines are with those who own them."""

from enum import StrEnum


class Phase(StrEnum):
    LEAD = "lead"
    OPPORTUNITY = "opportunity"
    ESTIMATE = "estimate"
    BOOKING = "booking"
