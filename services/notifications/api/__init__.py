"""Notifications over HTTP."""

from services.notifications.api import messages, webhooks

BLUEPRINTS = (messages.bp, messages.bar, webhooks.bp)

__all__ = ["BLUEPRINTS"]
