"""Who says what: the one service that publishes a stream."""

PUBLISHERS = {
    "lead": "leads",
    "opportunity": "opportunities",
    "appointment": "opportunities",
    "estimate": "estimates",
    "customer": "bookings",
    "job": "bookings",
    "sale": "bookings",
    "booking": "bookings",
    "notification": "notifications",
    "webhook": "notifications",
    "staff": "staff",
}
