"""``limit(key, per_minute)``: refuses what is tried too often. See limits for where the counts are kept."""

from libs.common.web.context import edge


def limit(key: str, per_minute: int, *, cost: int = 1) -> None:
    """Counts an attempt. Raises TooMany with Retry-After when the minute's worth is spent; ``cost=0`` only looks."""
    edge().limits.spend(key, per_minute, cost)
