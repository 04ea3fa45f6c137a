"""What opportunities carry as JSON, for readers of the document: it is shown as it was kept."""

from typing import TypedDict
from uuid import UUID

from libs.common.contracts.parts import Instant

#: as its question's type has it: true or false, a choice or several, a number or an amount or a day as text
Answer = bool | int | str | list[str]


class Lost(TypedDict):
    """Why it was lost, and in which stage."""

    reason: str
    note: str
    stage: str
    at: Instant


class Override(TypedDict):
    """A person's word against the answers'."""

    qualified: bool
    reason: str
    by: str
    at: Instant


class Stood(TypedDict):
    """Where an appointment stood before it was arranged anew."""

    starts_at: Instant
    ends_at: Instant
    assignee_ids: list[UUID]
    reason: str
    by: str
    at: Instant


Condition = TypedDict("Condition", {"question": str, "equals": Answer | None, "in": list[Answer]})


class Question(TypedDict):
    """A question keeps its id through all versions of its set; ``show_if`` names an earlier one by its key."""

    id: str
    key: str
    text: str
    type: str
    choices: list[str]
    required: bool
    weight: int
    disqualifying: list[Answer]
    show_if: Condition


class Scope(TypedDict):
    """Of whom a set is asked; without any of these of everybody."""

    trade: str
    product: str
    stage: str
