"""What happened to a funnel, in words: read from the console's own read model."""

from typing import Any


def timeline(_correlation_id: Any) -> list[dict[str, Any]]:
    return []
