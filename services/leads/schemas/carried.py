"""What a lead carries as JSON, for readers of the document: it is shown as it was kept."""

from typing import TypedDict

from libs.common.contracts.parts import Instant


class Validity(TypedDict):
    """The decision whether it is worth working; ``reason`` is of one that is not."""

    decision: str
    by: str
    at: Instant
    reason: str
    note: str


class ImportedWith(TypedDict):
    """What a row of a file said besides: the id it had there, and the columns that no field takes."""

    external_id: str
    extra: dict[str, str]


class ScorePart(TypedDict):
    """What one rule gave."""

    field: str
    equals: str | int | bool | None
    points: int
