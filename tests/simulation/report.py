"""What all the seeds of a test run did to the kernel, summed up for the end of pytest's output."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

SIMULATED = "simulated"  #: the property under which a test reports


def summary(reports: Iterable[Any]) -> list[str]:
    """The lines to print; none when nothing was simulated."""
    total: Counter[str] = Counter()
    for report in reports:
        for name, told in getattr(report, "user_properties", ()):
            if name == SIMULATED:
                total += Counter(json.loads(told))
    if not total:
        return []
    seeds = total.pop("seeds")
    return [f"{seeds} seeds: " + ", ".join(f"{count} {what}" for what, count in sorted(total.items()))]
