"""What leaves the house: posts to webhooks and chats."""

from services.notifications.adapters.posting import SENDERS

__all__ = ["SENDERS"]
