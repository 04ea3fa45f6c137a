"""Where something stands on its way: the steps of a stage bar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.console.adapters import words
from services.console.api.screens.frame import place


@dataclass(frozen=True)
class Step:
    """``state`` is done, now or nothing."""

    label: str
    when: Any = ""
    state: str = ""


def along(labels: Sequence[tuple[str, str]], at: str, times: Mapping[str, Any] | None = None) -> list[Step]:
    """``labels`` are (code, label) in their order; what lies before ``at`` is done, and what lies behind it is to come:
    of what came back, too."""
    codes = [code for code, _ in labels]
    here = codes.index(at) if at in codes else -1
    known = times or {}
    return [
        Step(label, words.day(known.get(code), place()), "done" if n < here else "now") if n <= here else Step(label)
        for n, (code, label) in enumerate(labels)
    ]


LEAD = (
    ("new", words.said("New")),
    ("contacted", words.said("Contacted")),
    ("valid", words.said("Valid")),
    ("converted", words.said("Sold")),
)


def of_lead(record: Mapping[str, Any]) -> list[Step]:
    """A lead that waits is still one that was contacted; one that ended has no way on."""
    state = str(record["state"])
    if state in ("invalid", "merged"):
        return []
    times = {
        "new": record["received_at"],
        "contacted": record["first_responded_at"],
        "valid": (record["validity"] or {}).get("at"),
        "converted": record["converted_at"],
    }
    return along(LEAD, "contacted" if state == "nurturing" else state, times)


def of_opportunity(
    record: Mapping[str, Any], stages: Sequence[Mapping[str, Any]], happened: Sequence[Mapping[str, Any]]
) -> list[Step]:
    """The branch's stages but Lost; each with the day on which it was last entered."""
    if record["stage_type"] == "lost":
        return []
    times = {one["stage"]: one["at"] for one in reversed(happened) if one.get("stage")}
    times[str(record["stage"])] = record["stage_since"]
    return along([(one["code"], one["label"]) for one in stages if one["type"] != "lost"], str(record["stage"]), times)
