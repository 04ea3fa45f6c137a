"""What the business does with opportunities, divided by act. Each function is one act inside one transaction."""

from services.opportunities.usecases.decide import convert, lose, move, reopen
from services.opportunities.usecases.opening import enter, follow_lead, open_from_lead
from services.opportunities.usecases.paper import mail, sheet
from services.opportunities.usecases.questions import answer, override
from services.opportunities.usecases.stages import shown
from services.opportunities.usecases.work import assign, edit, follow_owner, hand_over, log_contact, worked_by

__all__ = [
    "answer",
    "assign",
    "convert",
    "edit",
    "enter",
    "follow_lead",
    "follow_owner",
    "hand_over",
    "log_contact",
    "lose",
    "mail",
    "move",
    "open_from_lead",
    "override",
    "reopen",
    "sheet",
    "shown",
    "worked_by",
]
