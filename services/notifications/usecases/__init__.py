"""What the business does to have people told: each function is one act inside one transaction."""

from services.notifications.usecases import preferences, webhooks
from services.notifications.usecases.forwarding import FORWARDED, forward, forwarded
from services.notifications.usecases.outgoing import follow_up, forget_news
from services.notifications.usecases.reading import in_app, mine, one_of_mine, read, read_all
from services.notifications.usecases.statusbar import counters
from services.notifications.usecases.tell import tell
from services.notifications.usecases.timers import TIMERS
from services.notifications.usecases.watching import watch

__all__ = [
    "FORWARDED", "TIMERS", "counters", "follow_up", "forget_news", "forward", "forwarded", "in_app", "mine",
    "one_of_mine", "preferences", "read", "read_all", "tell", "watch", "webhooks",
]  # fmt: skip
