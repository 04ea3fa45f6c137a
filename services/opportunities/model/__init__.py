"""The mapped aggregates: opportunity, appointment, question set."""

from services.opportunities.model.appointment import Appointment, Assignment
from services.opportunities.model.base import SHELF, TABLES, Base
from services.opportunities.model.opportunity import ContactAttempt, Offer, Opportunity, Sale
from services.opportunities.model.questions import AnswerSheet, QuestionSet

__all__ = [
    "SHELF",
    "TABLES",
    "AnswerSheet",
    "Appointment",
    "Assignment",
    "Base",
    "ContactAttempt",
    "Offer",
    "Opportunity",
    "QuestionSet",
    "Sale",
]
