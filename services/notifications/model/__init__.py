"""What notifications keeps: messages, what each person prefers, and the little it must know of others' records."""

from services.notifications.model.base import TABLES, Base
from services.notifications.model.message import Notification, Preference
from services.notifications.model.watches import (
    AppointmentPerson,
    AppointmentWatch,
    BookingWatch,
    EstimateWatch,
    LeadWatch,
    OpportunityWatch,
    Watch,
)
from services.notifications.model.webhooks import WAITING, Webhook, WebhookDelivery, new_secret

__all__ = [
    "TABLES", "WAITING", "AppointmentPerson", "AppointmentWatch", "Base", "BookingWatch",
    "EstimateWatch", "LeadWatch", "Notification", "OpportunityWatch", "Preference", "Watch", "Webhook",
    "WebhookDelivery", "new_secret",
]  # fmt: skip
